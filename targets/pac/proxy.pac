{%- macro lines(header) %}{% for line in header %}// {{ line }}
{% endfor %}{% endmacro %}
{%- macro table(tables) -%}
{
  ready: {},
  names: {
{%- for (top, lines) in tables.names %}
".{{ top }}": [{% for line in lines %}
"{{ line }}"{% if !loop.last %},{% endif %}{% endfor %}
]{% if !loop.last %},{% endif %}{% endfor %}
  },
  globs: {
{%- for (parent, items) in tables.globs %}
".{{ parent }}": [{% for item in items %}"{{ item }}"{% if !loop.last %}, {% endif %}{% endfor %}]{% if !loop.last %},{% endif %}{% endfor %}
  }
};
{% endmacro %}
{%- if header_first %}{% call lines(header) %}{% endcall %}
{% endif %}function FindProxyForURL(url, host) {
  var name = host.toLowerCase();
  if (name.charAt(name.length - 1) == ".") {
    name = name.substring(0, name.length - 1);
  }
  if (!/^[a-z0-9_.-]+$/.test(name)) {
    return THRUWAY_OTHERWISE;
  }
{%- if !direct.is_empty() %}
  if (thruwayListed(THRUWAY_DIRECT, name)) {
    return "DIRECT";
  }
{%- endif %}
{%- if !proxied.is_empty() %}
  if (thruwayListed(THRUWAY_PROXIED, name)) {
    return THRUWAY_PROXIES;
  }
{%- endif %}
  return THRUWAY_OTHERWISE;
}
{% if !header_first %}
{% call lines(header) %}{% endcall %}
{%- endif %}
// What listed hosts get, and what everything else gets.
var THRUWAY_PROXIES = "{{ proxies }}";
var THRUWAY_OTHERWISE = "{{ otherwise }}";

// Whether a list holds a name: itself, or through a name above it.
function thruwayListed(list, name) {
  var dot = name.lastIndexOf(".");
  var table = thruwayTable(list, "." + name.substring(dot + 1));
  var rest = dot < 0 ? "" : name.substring(0, dot);
  if (table["=" + rest] === 1 || table["." + rest] === 1) {
    return true;
  }
  while (rest != "") {
    dot = rest.indexOf(".");
    rest = dot < 0 ? "" : rest.substring(dot + 1);
    if (table["." + rest] === 1 || table["*" + rest] === 1) {
      return true;
    }
  }
  return thruwayGlob(list.globs, name);
}

// The names under one top-level label, unpacked when first asked for.
function thruwayTable(list, top) {
  var table = list.ready[top], packed = list.names[top], names, i, j;
  if (table || !packed) {
    return table || {};
  }
  table = {};
  for (i = 0; i < packed.length; i++) {
    names = packed[i].split(" ");
    for (j = 0; j < names.length; j++) {
      table[names[j]] = 1;
    }
  }
  list.ready[top] = table;
  return table;
}

// Whether a pattern with a star inside a label matches, looked up by its parent.
function thruwayGlob(globs, name) {
  var dot = name.indexOf("."), parent = name, below, patterns, i;
  while (dot >= 0) {
    parent = parent.substring(dot + 1);
    patterns = globs["." + parent];
    if (patterns) {
      below = name.substring(0, name.length - parent.length - 1);
      for (i = 0; i < patterns.length; i++) {
        if (thruwayMatches(patterns[i], below)) {
          return true;
        }
      }
    }
    dot = parent.indexOf(".");
  }
  return false;
}

// "*end": any text that ends so. Else as many labels, a star in one being one or more characters.
function thruwayMatches(pattern, text) {
  var labels, own, i, star, tail;
  if (pattern.charAt(0) == "*") {
    tail = pattern.substring(1);
    return text.length >= tail.length && text.substring(text.length - tail.length) == tail;
  }
  labels = pattern.split(".");
  own = text.split(".");
  if (labels.length != own.length) {
    return false;
  }
  for (i = 0; i < labels.length; i++) {
    star = labels[i].indexOf("*");
    if (star < 0) {
      if (labels[i] != own[i]) {
        return false;
      }
    } else {
      tail = labels[i].substring(star + 1);
      if (own[i].length <= star + tail.length ||
          own[i].substring(0, star) != labels[i].substring(0, star) ||
          own[i].substring(own[i].length - tail.length) != tail) {
        return false;
      }
    }
  }
  return true;
}

// "=": that name; ".": the name and all below; "*": all below. Without the top-level label, which is the key.
{%- if !direct.is_empty() %}
var THRUWAY_DIRECT = {% call table(direct) %}{% endcall %}
{%- endif %}
{%- if !proxied.is_empty() %}
var THRUWAY_PROXIED = {% call table(proxied) %}{% endcall %}
{%- endif %}


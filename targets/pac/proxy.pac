{%- macro lines(header) %}{% for line in header %}// {{ line }}
{% endfor %}{% endmacro %}
{%- macro names(table) %}
{%- if table.is_empty() %}{}{% else %}{
{%- for (top, lines) in table %}
".{{ top }}": [{% for line in lines %}
"{{ line }}"{% if !loop.last %},{% endif %}{% endfor %}
]{% if !loop.last %},{% endif %}{% endfor %}
  }{% endif %}
{%- endmacro %}
{%- macro list(tables) -%}
{
  ready: {},
  exact: {% call names(tables.exact) %}{% endcall %},
  subtree: {% call names(tables.subtree) %}{% endcall %},
  below: {% call names(tables.below) %}{% endcall %},
{%- if tables.globs.is_empty() %}
  globs: null
{%- else %}
  globs: {
{%- for (parent, items) in tables.globs %}
".{{ parent }}": [{% for item in items %}"{{ item }}"{% if !loop.last %}, {% endif %}{% endfor %}]{% if !loop.last %},{% endif %}{% endfor %}
  }
{%- endif %}
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

// Whether a list holds a name: itself, or through a name above it. Keys begin with a dot, so that no key is the name
// of something that every object has.
function thruwayListed(list, name) {
  var full = "." + name, top = full.lastIndexOf("."), dot = 0;
  var table = thruwayTable(list, full.substring(top));
  var rest = full.substring(0, top);
  if (table[rest] & 1) {
    return true;
  }
  while (rest != "") {
    dot = rest.indexOf(".", 1);
    rest = dot < 0 ? "" : rest.substring(dot);
    if (table[rest] & 2) {
      return true;
    }
  }
  return list.globs !== null && thruwayGlob(list.globs, full);
}

// The names under one top-level label, unpacked when first asked for: 1 for the name itself, 2 for all below.
function thruwayTable(list, top) {
  var table = list.ready[top];
  if (!table) {
    table = {};
    thruwayUnpack(table, list.exact[top], 1);
    thruwayUnpack(table, list.subtree[top], 3);
    thruwayUnpack(table, list.below[top], 2);
    if (list.exact[top] || list.subtree[top] || list.below[top]) {
      list.ready[top] = table;
    }
  }
  return table;
}

function thruwayUnpack(table, lines, bits) {
  var names, i, j;
  for (i = 0; lines && i < lines.length; i++) {
    names = lines[i].split(" ");
    for (j = 0; j < names.length; j++) {
      table[names[j]] |= bits;
    }
  }
}

// Whether a pattern with a star inside a label matches, looked up by its parent.
function thruwayGlob(globs, full) {
  var dot = full.indexOf(".", 1), patterns, below, i;
  while (dot > 0) {
    patterns = globs[full.substring(dot)];
    if (patterns) {
      below = full.substring(1, dot);
      for (i = 0; i < patterns.length; i++) {
        if (thruwayMatches(patterns[i], below)) {
          return true;
        }
      }
    }
    dot = full.indexOf(".", dot + 1);
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

// By top-level label: names alone, names with all below, all below a name. By parent: what stands in front of it.
{%- if !direct.is_empty() %}
var THRUWAY_DIRECT = {% call list(direct) %}{% endcall %}
{%- endif %}
{%- if !proxied.is_empty() %}
var THRUWAY_PROXIED = {% call list(proxied) %}{% endcall %}
{%- endif %}


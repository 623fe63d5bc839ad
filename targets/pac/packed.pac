{%- macro lines(header) %}{% for line in header %}// {{ line }}
{% endfor %}{% endmacro %}
{%- macro ends(ends) -%}
{
{%- for end in ends %}
"{{ end.end }}": [{% for line in end.lines %}
"{{ line }}"{% if !loop.last %},{% endif %}{% endfor %}
]{% if !loop.last %},{% endif %}{% endfor %}
  }
{%- endmacro %}
{%- macro list(packed) -%}
{
  zones: {% call ends(packed.zones) %}{% endcall %},
  globs: {% call ends(packed.globs) %}{% endcall %}
};
{%- endmacro %}
{%- if header_first %}{% call lines(header) %}{% endcall %}
{% endif %}function FindProxyForURL(url, host) {
  var full = "." + host.toLowerCase(), dot = full.lastIndexOf(".");
  if (dot == full.length - 1) {
    full = full.substring(0, dot);
    dot = full.lastIndexOf(".");
  }
{%- if !direct.is_empty() %}
  if (thruwayListed(THRUWAY_DIRECT, full, dot)) {
    return "DIRECT";
  }
{%- endif %}
{%- if !proxied.is_empty() %}
  if (thruwayListed(THRUWAY_PROXIED, full, dot)) {
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

// How to read the lists. A name is written without its end, which stands before the lines, and before it how it is
// meant: " name" with everything below it, "=name" alone, "*name" everything below it and not itself. ":name" says that
// there is a longer end for what is below it. Lines, and names on them, are in the order of their last labels.
//
// Whether a list holds a name: itself, or through a name above it. Every key begins with a dot, so that no key is the
// name of something that every object has.
function thruwayListed(list, full, dot) {
  var top = full.substring(dot), lines = list.zones[top], end = dot, label, table, bits;
  if (dot > 0 && lines) {
    dot = full.lastIndexOf(".", dot - 1);
  } else {
    lines = list.zones[""];
    end = full.length;
  }
  while (true) {
    label = full.substring(dot, end);
    table = thruwayTable(lines, label);
    bits = table[label];
    if (dot <= 0) {
      if (bits & 1) {
        return true;
      }
      break;
    }
    if (bits & 2) {
      return thruwayIsName(full);
    }
    if (bits & 4 && thruwayBelow(table, full.substring(0, end))) {
      return thruwayIsName(full);
    }
    if (!(bits & 8)) {
      break;
    }
    lines = list.zones[full.substring(dot)];
    end = dot;
    dot = full.lastIndexOf(".", dot - 1);
  }
  return list.globs[top] ? thruwayGlob(list.globs[top], full, top) && thruwayIsName(full) : false;
}

function thruwayIsName(full) {
  return /^[a-z0-9_.-]+$/.test(full);
}

// Whether a table holds what has more than one label before the end.
function thruwayBelow(table, rest) {
  var dot;
  if (table[rest] & 1) {
    return true;
  }
  while ((dot = rest.indexOf(".", 1)) > 0) {
    rest = rest.substring(dot);
    if (table[rest] & 2) {
      return true;
    }
  }
  return false;
}

// The names of the line that a label is on, unpacked when first asked for: 1 for the name, 2 for all below it, 4 if
// there are names below it, 8 if these have a longer end.
function thruwayTable(lines, label) {
  var low = 0, high = lines.length - 1, labels = lines.labels || thruwayPrepare(lines), middle;
  while (low < high) {
    middle = (low + high + 1) >> 1;
    if (labels[middle] > label) {
      high = middle - 1;
    } else {
      low = middle;
    }
  }
  return lines.tables[low] || (lines.tables[low] = thruwayUnpack(lines[low] || ""));
}

// The label with which each line begins.
function thruwayPrepare(lines) {
  var labels = [], i, first;
  for (i = 0; i < lines.length; i++) {
    first = "." + /^.([^ =*:]*)/.exec(lines[i])[1];
    labels[i] = first.substring(first.lastIndexOf("."));
  }
  lines.tables = [];
  return lines.labels = labels;
}

function thruwayUnpack(line) {
  var table = {}, entry = /([ =*:])([^ =*:]+)/g, bits = {" ": 3, "=": 1, "*": 2, ":": 8}, found, name, dot;
  while ((found = entry.exec(line))) {
    name = "." + found[2];
    table[name] |= bits[found[1]];
    dot = name.lastIndexOf(".");
    if (dot > 0) {
      table[name.substring(dot)] |= 4;
    }
  }
  return table;
}

// Whether a name with stars matches, looked up by what stands behind the last label with a star.
function thruwayGlob(globs, full, top) {
  var byParent = globs.byParent || (globs.byParent = thruwayByParent(globs, top)), dot = full.indexOf(".", 1), own, i;
  while (dot > 0) {
    own = byParent[full.substring(dot)];
    for (i = 0; own && i < own.length; i++) {
      if (thruwayMatches(own[i], full.substring(1, dot))) {
        return true;
      }
    }
    dot = full.indexOf(".", dot + 1);
  }
  return false;
}

function thruwayByParent(globs, top) {
  var byParent = {}, i, glob, dot, parent;
  for (i = 0; i < globs.length; i++) {
    glob = globs[i] + top;
    dot = glob.indexOf(".", glob.lastIndexOf("*"));
    parent = glob.substring(dot);
    if (!byParent[parent]) {
      byParent[parent] = [];
    }
    byParent[parent].push(glob.substring(0, dot));
  }
  return byParent;
}

{% include "pac/matches.pac" %}

{%- if !direct.is_empty() %}

// Hosts that get a direct connection, whatever scheme, port and path.
var THRUWAY_DIRECT = {% call list(direct) %}{% endcall %}
{%- endif %}
{%- if !proxied.is_empty() %}

// Hosts that get the proxies, whatever scheme, port and path.
var THRUWAY_PROXIED = {% call list(proxied) %}{% endcall %}
{%- endif %}


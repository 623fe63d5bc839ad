{%- macro lines(header) %}{% for line in header %}// {{ line }}
{% endfor %}{% endmacro %}
{%- macro lines_of(lines) -%}
[{% for line in lines %}
    "{{ line }}"{% if !loop.last %},{% endif %}{% endfor %}{% if !lines.is_empty() %}
  {% endif %}]
{%- endmacro %}
{%- macro list(tables) -%}
{
  // The names alone.
  exact: {% call lines_of(tables.exact) %}{% endcall %},
  // The names with everything below them.
  subtree: {% call lines_of(tables.subtree) %}{% endcall %},
  // Everything below the names, and not the names.
  below: {% call lines_of(tables.below) %}{% endcall %},
  // Names with stars. In front: any text. Else: one or more characters of a label.
  globs: {% call lines_of(tables.globs) %}{% endcall %},
  byTop: false,
  ready: {}
};
{%- endmacro %}
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

// Whether a list holds a name: itself, or through a name above it. Every key begins with a dot, so that no key is the
// name of something that every object has.
function thruwayListed(list, name) {
  var full = "." + name, top = list.byTop ? full.substring(full.lastIndexOf(".")) : "";
  var rest = full.substring(0, full.length - top.length), table = thruwayTable(list, top), dot = 0;
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
  return list.globs.length > 0 && thruwayGlob(list, full);
}

// The names, or those under one top-level label, unpacked when first asked for: 1 for the name, 2 for all below it.
function thruwayTable(list, top) {
  var key = "names" + top, table = list.ready[key];
  if (!table) {
    table = {};
    thruwayUnpack(table, top ? list.exact[top] : list.exact, 1);
    thruwayUnpack(table, top ? list.subtree[top] : list.subtree, 3);
    thruwayUnpack(table, top ? list.below[top] : list.below, 2);
    // What nothing is listed under is not kept: there is no end of it.
    if (!top || list.exact[top] || list.subtree[top] || list.below[top]) {
      list.ready[key] = table;
    }
  }
  return table;
}

function thruwayUnpack(table, lines, bits) {
  var names, i, j;
  for (i = 0; lines && i < lines.length; i++) {
    names = lines[i].split(" ");
    for (j = 0; j < names.length; j++) {
      table[names[j] == "" ? "" : "." + names[j]] |= bits;
    }
  }
}

// Whether a name with stars matches, looked up by what stands behind the last label with a star.
function thruwayGlob(list, full) {
  var globs = list.ready.globs, dot = full.indexOf(".", 1), patterns, i;
  if (!globs) {
    globs = list.ready.globs = thruwayByParent(list.globs);
  }
  while (dot > 0) {
    patterns = globs[full.substring(dot)];
    for (i = 0; patterns && i < patterns.length; i++) {
      if (thruwayMatches(patterns[i], full.substring(1, dot))) {
        return true;
      }
    }
    dot = full.indexOf(".", dot + 1);
  }
  return false;
}

function thruwayByParent(globs) {
  var byParent = {}, i, dot, parent;
  for (i = 0; i < globs.length; i++) {
    dot = globs[i].indexOf(".", globs[i].lastIndexOf("*"));
    parent = globs[i].substring(dot);
    if (!byParent[parent]) {
      byParent[parent] = [];
    }
    byParent[parent].push(globs[i].substring(0, dot));
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


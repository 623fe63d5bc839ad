{% for line in header %}// {{ line }}
{% endfor %}//
// For the forwarding profile's PAC file, never for that of an app profile: these lines into its function, before it
// returns anything else. The function itself must begin on the first line of the file.
  var name = host.toLowerCase();
  if (name.charAt(name.length - 1) == ".") {
    name = name.substring(0, name.length - 1);
  }
  if (
{%- for condition in conditions %}
    {# Checked names in code of our own, see `pac::encode`. #}
    {{- condition|safe }}{% if !loop.last %} ||{% endif %}
{%- endfor %}
  ) {
    return "DIRECT";
  }


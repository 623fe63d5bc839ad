@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem For systems without dynamic keywords: the rules for addresses alone. Names are not let through here. Run it as an
rem administrator. Run again it replaces its own rules; remove-netsh.cmd takes them back.
{% for rule in rules %}
netsh advfirewall firewall delete rule name="{{ rule.name }}" >nul 2>&1
netsh advfirewall firewall add rule name="{{ rule.name }}" dir=out action=allow protocol=TCP{% if !rule.ports.is_empty() %} remoteport={{ rule.ports|join(",") }}{% endif %} remoteip={{ rule.networks|join(",") }} profile=any enable=yes
{%- endfor %}


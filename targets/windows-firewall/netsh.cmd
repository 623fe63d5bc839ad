@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem For systems without dynamic keywords: the rules for addresses alone. Names are not let through here. Run it as an
rem administrator. Its rules all have one name, by which it first deletes those of an earlier run.
{% if rules.is_empty() %}rem No address was asked for, so there is nothing to add.
{% else %}rem Every rule is tried, and the exit code is 1 if one could not be added.
{% endif %}
{% if !rules.is_empty() %}setlocal
set failed=0
{% endif %}netsh advfirewall firewall delete rule name="thruway-{{ profile }}-netsh" >nul 2>&1
{%- for rule in rules %}
netsh advfirewall firewall add rule name="thruway-{{ profile }}-netsh" dir=out action=allow protocol=TCP{% if !rule.ports.is_empty() %} remoteport={{ rule.ports|join(",") }}{% endif %} remoteip={{ rule.networks|join(",") }} profile=any enable=yes || set failed=1
{%- endfor %}
{%- if !rules.is_empty() %}
exit /b %failed%
{%- endif %}


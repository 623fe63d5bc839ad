@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem Removes the rules that netsh.cmd made, by their names, and nothing else.
{% for rule in rules %}
netsh advfirewall firewall delete rule name="{{ rule.name }}"
{%- endfor %}


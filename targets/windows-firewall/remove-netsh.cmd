@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem Removes the rules that netsh.cmd of this profile added, in this run or an earlier one, by their name.

netsh advfirewall firewall delete rule name="thruway-{{ profile }}-netsh"


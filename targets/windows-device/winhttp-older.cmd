@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem For a Windows whose netsh knows no `set advproxy`: the same proxy by the command that is deprecated since. What
rem winhttp.cmd says of laptops holds here, too. `netsh winhttp reset proxy` takes it back, `netsh winhttp show proxy`
rem says what holds.

{# Exceptions are checked: no quote, no percent sign; between quotes a bracket of `<local>` is a character. -#}
netsh winhttp set proxy proxy-server="{{ winhttp.proxy }}"{% if !winhttp.bypass.is_empty() %} bypass-list="{{ winhttp.bypass|safe }}"{% endif %}


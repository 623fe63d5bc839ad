@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem Sets the proxy of WinHTTP for the whole machine, from winhttp.json beside this file. Run it as an administrator.
rem It is for desktops that stay in one network: every service that uses WinHTTP takes this proxy, and a laptop that
rem leaves the network reaches nothing by it. remove-winhttp.cmd takes it back, check-winhttp.ps1 says what holds.

netsh winhttp set advproxy setting-scope=machine settings-file="%~dp0winhttp.json"


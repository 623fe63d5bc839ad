@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem Takes the proxy of WinHTTP away, so that services connect directly. What was there before is not restored. The second
rem command is documented to remove a proxy; whether it removes one that `set advproxy` has set, no document says, so the
rem first one sets none. A Windows that does not know it says so and goes on.

netsh winhttp set advproxy setting-scope=machine settings-file="%~dp0no-winhttp.json"
netsh winhttp reset proxy


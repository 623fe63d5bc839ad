@echo off
{% for line in header %}rem {{ line }}
{% endfor -%}
rem
rem Takes the proxy of WinHTTP away, so that services connect directly. What was there before is not restored, and what
rem was set since is taken away as well: run check-winhttp.ps1 first, which exits 1 if another proxy holds. The second
rem command is documented to remove a proxy; whether it removes one that `set advproxy` has set, no document says, so the
rem first one sets none. Both are run, and the exit code is 1 if either fails. A Windows whose netsh does not know the
rem first needs `netsh winhttp reset proxy` alone.

setlocal
set failed=0
netsh winhttp set advproxy setting-scope=machine settings-file="%~dp0no-winhttp.json" || set failed=1
netsh winhttp reset proxy || set failed=1
exit /b %failed%


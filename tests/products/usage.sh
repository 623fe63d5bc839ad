#!/bin/sh
# Writes ten days of a log of Squid's, and what it says of the built-in policy, as a page and for programs.
#
# Usage: usage.sh THRUWAY FOLDER
set -eu
thruway=$1 folder=$2
mkdir -p "$folder"
awk 'BEGIN {
  split("login.microsoftonline.com login.live.com x.cp.wd.microsoft.com winatp-gw-weu.microsoft.com " \
    "v20.events.data.microsoft.com automatedirstrprdweu.blob.core.windows.net own.blob.core.windows.net " \
    "-x.wd.microsoft.com rnicrosoft.com new.events.data.microsoft.com www.example.com", hosts, " ")
  for (day = 0; day < 10; day++) for (at = 1; at <= 11; at++) for (n = 0; n < 12 - at; n++) {
    kind = (at + n) % 5
    result = kind == 0 ? "TCP_DENIED/403" : kind == 1 ? "TCP_DENIED/407" : "TCP_TUNNEL/200"
    method = "CONNECT"; url = hosts[at] ":443"
    if (kind == 2) { method = "GET"; url = "https://" hosts[at] "/"; result = "TCP_MISS/200" }
    printf "%d.000 12 10.0.%d.%d %s %d %s %s - HIER_DIRECT/192.0.2.1 -\n", \
      1790000000 + day * 86400 + 60 * at + n, day, n, result, 700 * at, method, url
  }
}' >"$folder/access.log"
printf '\033]0;owned\a<img src=x onerror=alert(1)>\n' >>"$folder/access.log"
"$thruway" -q --today 2026-11-24 audit log "$folder/access.log" --format html >"$folder/usage.html"
"$thruway" -q --today 2026-11-24 audit log "$folder/access.log" --format json >"$folder/usage.json"

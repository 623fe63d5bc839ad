#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Compares what holds on this machine with what was asked for, and asks the product whether it gets through. Exit 1 if
# something differs. Exit 2 if the managed configuration names no proxy: what `mdatp config proxy set` set, no document
# says how to read, and a test that gets through may have gone around the proxy.
set -eu

wanted='{{ proxy }}'
managed=/etc/opt/microsoft/mdatp/managed/mdatp_managed.json
dropin=/etc/systemd/system/mdatp.service.d/10-thruway-proxy.conf
differences=0
found=

# Compares a place with what was asked for; a slash behind the port makes no difference.
compare() {
  if [ "${2%/}" = "$wanted" ]; then
    echo "ok      $1: $2"
  else
    echo "DIFFERS $1: '$2', not '$wanted'"
    differences=1
  fi
}

if [ -e "$managed" ]; then
  found=$(sed -n 's/.*"proxy"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$managed")
fi
if [ -n "$found" ]; then
  compare "$managed" "$found"
fi
if [ -e "$dropin" ]; then
  compare "$dropin" "$(sed -n 's/^Environment="HTTPS_PROXY=\(.*\)"$/\1/p' "$dropin")"
fi
mdatp connectivity test || differences=1
if [ -z "$found" ]; then
  echo "NOT CHECKED: $managed names no proxy, and what 'mdatp config proxy set' set cannot be read." >&2
  echo "NOT CHECKED: look into the proxy's own log, whether '$wanted' is used." >&2
fi
if [ $differences -ne 0 ]; then
  exit 1
elif [ -z "$found" ]; then
  exit 2
fi


#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Compares what holds on this machine with what was asked for, and asks the product whether it gets through. Exit 1 if
# something differs.
set -eu

wanted='{{ proxy }}'
managed=/etc/opt/microsoft/mdatp/managed/mdatp_managed.json
dropin=/etc/systemd/system/mdatp.service.d/10-thruway-proxy.conf
differences=0

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
  compare "$managed" "$(sed -n 's/.*"proxy"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$managed")"
else
  echo "none    $managed: the proxy is set by the command line, or not at all"
fi
if [ -e "$dropin" ]; then
  compare "$dropin" "$(sed -n 's/^Environment="HTTPS_PROXY=\(.*\)"$/\1/p' "$dropin")"
fi
mdatp connectivity test || differences=1
exit $differences


#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Takes the proxy away, as root: the managed configuration and the drop-in, where they are the files that lie beside
# this one. What else is in them is not touched. Exit 1 if something has to be done by hand.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
managed=/etc/opt/microsoft/mdatp/managed/mdatp_managed.json
dropin=/etc/systemd/system/mdatp.service.d/10-thruway-proxy.conf
left=0

if [ -e "$managed" ]; then
  if cmp -s "$here/mdatp_managed.json" "$managed"; then
    rm "$managed"
    echo "removed $managed"
  else
    echo "$managed holds other settings: remove cloudService.proxy by hand"
    left=1
  fi
fi
if [ -e "$dropin" ]; then
  if cmp -s "$here/mdatp.service.d/10-thruway-proxy.conf" "$dropin"; then
    rm "$dropin"
    systemctl daemon-reload
    systemctl restart mdatp
    echo "removed $dropin"
  else
    echo "$dropin was changed: remove it by hand"
    left=1
  fi
fi
echo "What 'mdatp config proxy set' set stays: where we looked, no document names a command that takes it back."
exit $left


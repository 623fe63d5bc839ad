#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Sets the proxy of Microsoft Defender for Endpoint on this machine, as root, once it is installed. Where a management
# tool distributes mdatp_managed.json, that goes before what is set here. No document says how to read it back, so
# check-proxy.sh cannot tell whether it holds, and exits 2.
set -eu

mdatp config proxy set --value '{{ proxy }}'


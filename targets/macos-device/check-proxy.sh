#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Compares the managed preferences of this Mac with what was asked for, and asks the product whether it gets through.
# Exit 1 if something differs.
set -eu

wanted='{{ proxy }}'
managed='/Library/Managed Preferences/com.microsoft.wdav.plist'
differences=0

found=$(/usr/libexec/PlistBuddy -c 'Print :cloudService:proxy' "$managed" 2>/dev/null || true)
if [ "$found" = "$wanted" ]; then
  echo "ok      cloudService.proxy: $found"
else
  echo "DIFFERS cloudService.proxy: '$found', not '$wanted'"
  differences=1
fi
mdatp connectivity test || differences=1
exit $differences


#!/bin/sh
{% for line in header %}# {{ line }}
{% endfor %}#
# Takes the configuration profile away where it was installed by hand, as root. What a management tool installed only it
# takes away: unassign the profile, or remove `cloudService` from the preferences in Jamf.
set -eu

profiles remove -identifier '{{ identifier }}'


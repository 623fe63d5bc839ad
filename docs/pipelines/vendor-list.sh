#!/bin/sh
# Fetches the vendor's list. Where it is a new one, compiles it into policy/ and writes what changed to change.md.
#
# Usage: vendor-list.sh URL LIST
# Exit 0, with or without change.md; anything else is an error, and nothing is to be committed.
set -eu
url=$1 list=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The name says what kind of a file it is.
old=$scratch/$(basename "$list")

code=0
thruway update --url "$url" --into "$list" --keep "$old" --exit-code || code=$?
case $code in
  0) echo "no new list"; exit 0 ;;
  3) ;;
  *) exit "$code" ;;
esac
thruway compile --out policy
thruway diff "$old" "$list" --format md >change.md

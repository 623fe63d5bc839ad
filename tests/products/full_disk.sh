#!/bin/sh
# A disk that is full at every size: the old folder or the new one, whole, and an error that says what and where.
#
# Usage: full_disk.sh THRUWAY
# Mounts a file system of its own in a mount namespace, so it needs root.
set -eu
thruway=$(realpath "$1")
if [ "${2:-}" != inside ]; then
  exec unshare -m -- sh "$0" "$thruway" inside
fi

disk=$(mktemp -d) said=$(mktemp)
trap 'cd /; umount "$disk"; rmdir "$disk"; rm "$said"' EXIT
mount -t tmpfs -o size=1m,nr_inodes=400 tmpfs "$disk"
cd "$disk"
for name in a b; do
  printf 'version: 1\nname: %s\nsources: [{ file: %s.csv }]\n' $name $name >$name.yaml
  printf 'Endpoint/URL,Port,Geography\n%s.example.com,443,WW\n' $name >$name.csv
done
compile() { "$thruway" compile --quiet --allow-shrink --today 2026-11-24 --profile $1.yaml >"$said" 2>&1; }
sum() { find out -type f -exec sha256sum {} + | sort -k2 | sha256sum; }

compile b; new=$(sum)
compile a; old=$(sum)

refused=0 written=0
try() { # try WHAT: compiles and looks at what is there
  if compile b; then
    [ "$(sum)" = "$new" ] || { echo "$1: exit 0, and the folder is not the new one"; exit 1; }
    written=$((written + 1))
    rm -f fill*; compile a
  else
    [ "$(sum)" = "$old" ] || { echo "$1: the folder is not the old one"; cat "$said"; exit 1; }
    grep -q '^error: cannot write .*No space left on device' "$said" || { echo "$1:"; cat "$said"; exit 1; }
    refused=$((refused + 1))
  fi
  [ -z "$(ls -A | grep thruway- || true)" ] || { echo "$1: left behind: $(ls -A)"; exit 1; }
}

free_kilobytes() { df -k --output=avail . | tail -1 | tr -d ' '; }
for keep in 0 1 4 8 16 24 32 48 64 80 96 112 128 144 160 192 224 256 320 384; do
  rm -f fill
  size=$(($(free_kilobytes) - keep))
  [ $size -gt 0 ] || { echo "no room to try $keep kilobytes"; exit 1; }
  head -c ${size}k /dev/zero >fill
  try "$keep kilobytes free"
done
rm -f fill
for keep in 0 1 2 3 5 8 13 21 34 55 89; do
  rm -f fill*
  free=$(df --output=iavail . | tail -1 | tr -d ' ')
  count=$((free - keep))
  i=0; while [ $i -lt $count ]; do : >fill$i; i=$((i + 1)); done
  try "$keep files free"
done
rm -f fill*
[ $refused -ge 10 ] && [ $written -ge 2 ] || { echo "refused $refused times, written $written times"; exit 1; }
echo "refused $refused times, written $written times"

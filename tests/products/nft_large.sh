#!/bin/sh
# nft and dnsmasq take 20,000 rules, and none is missing.
#
# Usage: nft_large.sh THRUWAY. Works as an ordinary user, where namespaces are allowed.
set -eu
thruway=$(realpath "$1")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
{
  echo 'Service,Geography,Category,Port,Endpoint/URL'
  seq 19000 | awk '{ printf "s,WW,c,%d,host-%d.region-%d.example.com\n", $1 % 3 ? 443 : 8443, $1, $1 % 97 }'
  # Every second address, so that none can be put together with the next.
  seq 1000 | awk '{ printf "s,WW,c,443,203.0.%d.%d\n", $1 / 100, ($1 % 100) * 2 }'
} >list.csv
cat >thruway.yaml <<'PROFILE'
version: 1
name: large
sources: [{ file: list.csv }]
targets: { nftables: { lan: [lan0], wan: [wan0] } }
PROFILE
"$thruway" compile --profile thruway.yaml --today 2026-11-24 --out out >/dev/null
unshare -Urn nft -c -f out/nftables/thruway.nft
dnsmasq --test -C out/nftables/dnsmasq.conf
[ "$(grep -c '^nftset=' out/nftables/dnsmasq.conf)" -eq 19000 ]
[ "$(grep -c '^  203' out/nftables/thruway.nft)" -eq 1000 ]

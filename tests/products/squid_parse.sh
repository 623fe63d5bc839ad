#!/bin/sh
# Usage: squid_parse.sh DIR
# Lets the real Squid read DIR/squid/squid.conf, as it is and with its TLS lines switched on by a throw-away CA.
# Exit 0: no complaint. 1: a complaint, which is printed. 2: could not run.
# The exit status of `squid -k parse` proves little: a missing file or a bad expression is only a message (5.7).
set -u
[ $# -eq 1 ] && [ -f "$1/squid/squid.conf" ] || { echo "usage: squid_parse.sh DIR, with DIR/squid/squid.conf" >&2; exit 2; }
for tool in squid openssl; do
  command -v "$tool" >/dev/null || { echo "squid_parse: $tool is not installed (Debian: squid-openssl, openssl)" >&2; exit 2; }
done
squid -v | grep -q -- --with-openssl || { echo "squid_parse: this Squid has no OpenSSL (Debian: squid-openssl)" >&2; exit 2; }

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cp "$1"/squid/* "$work" && cd "$work" || exit 2

failed=0
parse() { # what, configuration
  squid -k parse -f "$2" >messages 2>&1
  status=$?
  # What Squid advises of many expressions is a finding of ours already (`limit-exceeded`); it takes them.
  if grep -E 'ERROR|WARNING|Warning|FATAL|Skipping|BUG|Bungled' messages |
    grep -v 'WARNING: there are more than 100 regular expressions' >complaints || [ $status -ne 0 ]; then
    echo "squid_parse: $1: exit $status" >&2
    cat complaints >&2
    failed=1
  fi
}

parse "as written" squid.conf

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=throw-away" -addext basicConstraints=critical,CA:TRUE \
  -keyout ca.key -out ca.crt 2>/dev/null && cat ca.crt ca.key >ca.pem || { echo "squid_parse: no CA" >&2; exit 2; }
if grep -q '^#tls http_port' squid.conf; then
  sed -e '/^http_port 3128$/d' -e 's/^#tls //' squid.conf >tls.conf
else
  sed -e 's/^#tls //' squid.conf >tls.conf
fi
parse "with TLS" tls.conf
exit $failed

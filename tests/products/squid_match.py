#!/usr/bin/env python3
"""Asks the real Squid which requests the emitted configuration lets through, and whom it asks for credentials.

Usage: squid_match.py DIR PROBES

DIR/squid/squid.conf is run as it is, and then with `thruway_users` by proxy_auth, as its comment tells. PROBES holds
one question a line, as probes.py writes them: `anonymous URL` is let through, `users URL` is let through and asked for
credentials where there are any, `deny URL` is not let through. HTTPS is asked by CONNECT, on a port that does not
inspect, so that Squid's answer to CONNECT is all there is.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import http.client
import os
import sys
import tempfile
from functools import partial
from urllib.parse import urlsplit

import squid_lab
from squid_lab import CLIENT, ORIGIN, PORT, STRANGER, Asker, Squid

# `never_direct`: an allowed request is answered by an error in forwarding, at once.
NO_FORWARDING = ["never_direct allow all"]
ANSWERS = {403: "denied", 407: "credentials?", 500: "passed", 502: "passed", 503: "passed"}
# If Squid looked up the names of these addresses, it would find a listed one.
LOOKED_UP = ["203.0.113.7", "2001:db8::1"]


def ask(url, client=CLIENT, password=None):
    """What Squid does with a request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.sock = squid_lab.connect(PORT, client=client)
    if parts.scheme == "https":
        host = parts.netloc if parts.port else f"{parts.netloc}:443"
        connection.putrequest("CONNECT", host, skip_host=True)
    else:
        host = parts.netloc
        connection.putrequest("GET", url, skip_host=True)
    connection.putheader("Host", host)
    if password:
        connection.putheader(*squid_lab.credentials(password).strip().split(": "))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return ANSWERS.get(status, f"status {status}")


def with_authentication(lines, work):
    return squid_lab.with_authentication(lines, work) + NO_FORWARDING


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_lab.enter()
    with open(sys.argv[2]) as file:
        probes = [line.split() for line in file if line.strip()]
    names = (urlsplit(url).hostname for _, url in sorted(probes, key=lambda probe: probe[0] != "deny"))
    # The last is a listed one, and what a look-up of the server's address would find.
    hosts = [name for name in dict.fromkeys(names) if not squid_lab.is_literal(name)]
    looked_up = [f"{address} {hosts[-1]}" for address in LOOKED_UP]
    passing = [url for word, url in probes if word != "deny"]
    if not passing or len(passing) == len(probes):
        squid_lab.give_up(f"{sys.argv[2]} asks for nothing that is let through, or for nothing that is not")
    asker = Asker()

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, looked_up, change=lambda lines: lines + NO_FORWARDING) as squid:
            passes = lambda word: "denied" if word == "deny" else "passed"
            asker.check("as written", ask, ((passes(word), url) for word, url in probes))
            # A dot at the end of a name and the case of its letters mean nothing.
            variant = lambda url, host: url.replace(host, f"{host.upper()}.", 1)
            asker.check("with a dot", ask, (("passed", variant(url, urlsplit(url).hostname)) for url in passing))
            literals = [ORIGIN, LOOKED_UP[0], f"[{LOOKED_UP[1]}]"]
            address = [f"{start}{own}/" for own in literals for start in ("https://", "http://")]
            address.append(f"https://{ORIGIN}:8443/")
            asker.check("by address", ask, (("denied", url) for url in address))
            asker.check("from another network", partial(ask, client=STRANGER), (("denied", url) for url in passing))
            asker.no_complaints(squid)

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, leads_to="127.0.0.1", change=lambda lines: lines + NO_FORWARDING):
            asker.check("to the proxy's own address", ask, (("denied", url) for url in passing[:20]))

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, change=lambda lines: with_authentication(lines, work)):
            asks = {"deny": "denied", "users": "credentials?", "anonymous": "passed"}
            asker.check("without credentials", ask, ((asks[word], url) for word, url in probes))
            users = [url for word, url in probes if word == "users"]
            asker.check("with credentials", partial(ask, password="right"), (("passed", url) for url in users))
            wrong = (("credentials?", url) for url in users[:5])
            asker.check("with wrong credentials", partial(ask, password="wrong"), wrong)

    asker.done()


if __name__ == "__main__":
    main()

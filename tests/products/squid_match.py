#!/usr/bin/env python3
"""Asks the real Squid which requests the emitted configuration lets through, and whom it asks for credentials.

Usage: squid_match.py DIR PROBES

DIR/squid/squid.conf is run as it is, and then with `thruway_users` by proxy_auth, as its comment tells. PROBES holds
one question a line, as probes.py writes them: `anonymous URL` is let through, `users URL` is let through and asked for
credentials where there are any, `deny URL` is not let through. HTTPS is asked by CONNECT.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import base64
import http.client
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import squid_lab
from squid_lab import CLIENT, ORIGIN, PORT, STRANGER, Squid

# `never_direct`: an allowed request is answered by an error in forwarding, at once.
NO_FORWARDING = ["never_direct allow all"]
ANSWERS = {403: "denied", 407: "credentials?", 500: "passed", 502: "passed", 503: "passed"}
# Takes one password. The program speaks a line for a line.
HELPER = '#!/bin/sh\nwhile read -r line; do [ "$line" = "somebody right" ] && echo OK || echo ERR; done\n'


def ask(url, client=CLIENT, password=None):
    """What Squid does with a request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=15, source_address=(client, 0))
    if parts.scheme == "https":
        host = f"{parts.hostname}:{parts.port or 443}"
        connection.putrequest("CONNECT", host, skip_host=True)
    else:
        host = parts.netloc
        connection.putrequest("GET", url, skip_host=True)
    connection.putheader("Host", host)
    if password:
        token = base64.b64encode(f"somebody:{password}".encode()).decode()
        connection.putheader("Proxy-Authorization", f"Basic {token}")
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return ANSWERS.get(status, f"status {status}")


class Asker:
    def __init__(self):
        self.asked = self.wrong = 0

    def check(self, what, questions, **how):
        """Asks all of (answer, URL)."""
        questions = list(questions)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda question: ask(question[1], **how), questions))
        self.asked += len(questions)
        for (want, url), got in zip(questions, answers):
            if got != want:
                self.wrong += 1
                print(f"squid_match: {what}: {url}: {got}, should be {want}", file=sys.stderr)


def with_authentication(lines, work):
    helper = f"{work}/helper"
    with open(helper, "w") as file:
        file.write(HELPER)
    os.chmod(helper, 0o755)
    users = [
        f"auth_param basic program {helper}",
        "auth_param basic children 1 startup=1",
        "acl thruway_users proxy_auth REQUIRED",
    ]
    return squid_lab.replaced(lines, "acl thruway_users any-of localnet", users) + NO_FORWARDING


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_lab.enter()
    with open(sys.argv[2]) as file:
        probes = [line.split() for line in file if line.strip()]
    # If Squid looked up the name of the address, it would find the last: a listed one.
    hosts = list(dict.fromkeys(urlsplit(url).hostname for _, url in sorted(probes, key=lambda probe: probe[0] != "deny")))
    passing = [url for word, url in probes if word != "deny"]
    if not passing or len(passing) == len(probes):
        squid_lab.give_up(f"{sys.argv[2]} asks for nothing that is let through, or for nothing that is not")
    asker = Asker()

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, change=lambda lines: lines + NO_FORWARDING):
            passes = lambda word: "denied" if word == "deny" else "passed"
            asker.check("as written", ((passes(word), url) for word, url in probes))
            # A dot at the end of a name and the case of its letters mean nothing.
            variant = lambda url, host: url.replace(host, f"{host.upper()}.", 1)
            asker.check("with a dot", (("passed", variant(url, urlsplit(url).hostname)) for url in passing))
            address = [f"https://{ORIGIN}/", f"http://{ORIGIN}/", f"https://{ORIGIN}:8443/"]
            asker.check("by address", (("denied", url) for url in address))
            asker.check("from another network", (("denied", url) for url in passing), client=STRANGER)

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, leads_to="127.0.0.1", change=lambda lines: lines + NO_FORWARDING):
            asker.check("to the proxy's own address", (("denied", url) for url in passing[:20]))

    with tempfile.TemporaryDirectory() as work:
        with Squid(sys.argv[1], work, hosts, change=lambda lines: with_authentication(lines, work)):
            asks = {"deny": "denied", "users": "credentials?", "anonymous": "passed"}
            asker.check("without credentials", ((asks[word], url) for word, url in probes))
            users = [url for word, url in probes if word == "users"]
            asker.check("with credentials", (("passed", url) for url in users), password="right")
            asker.check("with wrong credentials", (("credentials?", url) for url in users[:5]), password="wrong")

    print(f"squid_match: {asker.asked} requests, {asker.wrong} wrong")
    sys.exit(1 if asker.wrong else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Looks at whose certificate a client of the real Squid sees: what is exempt from inspection, and what is not.

Usage: squid_tls.py DIR PROBES

DIR/squid/squid.conf is run as it is, with its TLS lines switched on as its comments tell. Every name leads to a server
with a CA of its own. PROBES holds one question a line, as probes.py writes them: `splice HOST:PORT NAME`, where the
client sees the server's certificate, `bump …`, where it sees one of Squid's and the request reaches the server, and
`deny …`, where Squid answers inside with its page. HOST is what the client asks Squid for, NAME what it says in its
hello, `-` for none, and a fourth word the host that the request inside is for where it is not NAME.
In explicit mode everything is asked again with `thruway_users` by proxy_auth, by the words of squid.txt beside PROBES.
In intercept mode the client's connections are redirected, and its plain requests are asked, too.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import squid_lab
import squid_web
from squid_lab import Asker, Squid, is_literal
from squid_web import Client, Server, host_of, with_tls

INTERCEPT_PORT = "http_port 3129 intercept"


def redirected(probes, urls):
    """What can be asked where the client does not know of Squid.

    There is no CONNECT host to differ from the name. Without a name nothing is exempt, and what is taken out of the
    connection is judged by its own host. Port 80 is redirected as plain HTTP, and every other as TLS."""
    kept = [probe for probe in probes if probe[2] in ("-", host_of(probe[1])) and not probe[1].endswith(":80")]
    kept = [("bump" if (want, name) == ("splice", "-") else want, place, name, *inner)
            for want, place, name, *inner in kept]
    plain = [(word, url) for word, url in urls if url.startswith("http://") and urlsplit(url).port is None]
    return kept, [("denied" if word == "deny" else "passed", url) for word, url in plain]


def with_credentials(probes, urls):
    """The questions of a client that says who it is, and of one that does not."""
    words = {(parts.netloc if parts.port else f"{parts.netloc}:443"): word
             for word, parts in ((word, urlsplit(url)) for word, url in urls) if parts.scheme == "https"}
    own = [(want, place, name) for want, place, name, *inner in probes if name == host_of(place) and not inner]
    asked = [(want, words[place], place, name) for want, place, name in own if place in words]
    without = [(want if word == "anonymous" else "credentials?" if word == "users" else "deny", place, name)
               for want, word, place, name in asked]
    users = [(want, place, name, None, "right") for want, word, place, name in asked if word == "users"]
    wrong = [("credentials?", place, name, None, "wrong") for _, place, name, *_ in users[:5]]
    return without + users + wrong


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_web.need()
    squid_lab.enter()
    folder, probes_file = sys.argv[1], Path(sys.argv[2])
    probes = [tuple(line.split()) for line in probes_file.read_text().splitlines()]
    urls = [tuple(line.split()) for line in probes_file.with_name("squid.txt").read_text().splitlines()]
    intercept = INTERCEPT_PORT in Path(f"{folder}/squid/squid.conf").read_text().splitlines()
    plain = []
    if intercept:
        probes, plain = redirected(probes, urls)
    hosts = squid_web.hosts_of(probes) | {urlsplit(url).netloc for _, url in plain}
    asker = Asker()

    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(f"{folder}/squid", work, dirs_exist_ok=True)
        squid_web.make_squid_ca(work)
        squid_web.make_server_certificate(work, hosts)
        ports = {int(place.rpartition(":")[2]) for _, place, *_ in probes} | {80}
        squid_web.lead_to_servers(ports if intercept else ())
        Server().use(work)
        client = Client(work, intercept)
        names = sorted(host for host in hosts if not is_literal(host))
        with Squid(folder, work, names, change=lambda lines: with_tls(lines, work)) as squid:
            asker.check("as written", client.ask, probes)
            asker.check("as written", client.ask_plain, plain)
            asker.no_complaints(squid)
        if not intercept:
            change = lambda lines: squid_lab.with_authentication(with_tls(lines, work), work)
            with Squid(folder, work, names, change=change):
                asker.check("with authentication", client.ask, with_credentials(probes, urls))
    asker.done()


if __name__ == "__main__":
    main()

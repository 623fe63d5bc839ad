#!/usr/bin/env python3
"""Gives the real Squid a new list under load: what both lists let through never fails, and then the new list counts.

Usage: squid_reload.py THRUWAY

Two lists are compiled that share hosts of every kind; the second has one more and one less. Squid is asked 50 times a
second for what both let through, with and without inspection and by plain HTTP, and in the middle `squid -k parse` and
`squid -k reconfigure` are run. Tunnels that were open before are used after. With two workers no connection is refused;
a single one closes its port for a moment, where a client tries again. Exit 0: as it should be. 1: not. 2: could not run.
"""

import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import probes
import squid_lab
import squid_web
from squid_lab import Asker, Squid
from squid_web import Client, Server, issuer_of, judge, read_head, with_tls

RATE, SECONDS = 50, 8
# How long a client goes on trying to connect. Squid with one worker closes its port while it reads its files.
PATIENCE = 2
# What is exempt from inspection, what is not, and what is asked in plain HTTP; in both lists.
BOTH = [("splice", "kept.example.com"), ("splice", "a.below.example.com"), ("splice", "pre-x.glob.example.com"),
        ("bump", "login.microsoftonline.com"), ("passed", "http://crl.example.com/pki/x")]  # fmt: skip
ROWS = ["443,kept.example.com", "443,*.below.example.com", "443,pre-*.glob.example.com", "443,login.microsoftonline.com",
        "80,http://crl.example.com/pki/*"]  # fmt: skip
OLD, NEW = "removed.example.com", "added.example.com"


def compiled(program, folder, host):
    folder.mkdir()
    rows = [f"s,WW,c,{row}" for row in [*ROWS, f"443,{host}"]]
    (folder / "list.csv").write_text("\n".join(["Service,Geography,Category,Port,Endpoint/URL", *rows]) + "\n")
    (folder / "thruway.yaml").write_text(
        "version: 1\nname: reload\nsources: [{ file: list.csv }]\n"
        "lints: { identity-endpoint: { bypass-inspection: hold } }\n"
        'proxies: ["proxy.contoso.com:8080"]\ntargets: { squid: {} }\n'
    )
    compile = [program, "compile", "-q", "--profile", f"{folder}/thruway.yaml", "--today", probes.TODAY]
    probes.run(*compile, "--out", f"{folder}/out")
    return f"{folder}/out"


class Load:
    """Asks at a steady rate, whatever the answers. A client that is refused a connection tries again."""

    def __init__(self, client):
        self.client, self.wrong, self.refused = client, ["the load has not run"], []

    def ask(self, at):
        want, what = BOTH[at % len(BOTH)]
        begun = time.monotonic()
        while (got := self.tried(want, what)) is None and time.monotonic() < begun + PATIENCE:
            self.refused.append(time.monotonic())
            time.sleep(0.02)
        return f"{what}: {got}, should be {want}" if got != want else None

    def tried(self, want, what):
        try:
            return self.client.asked_plain(what) if want == "passed" else self.client.asked(f"{what}:443", what)
        except (ConnectionRefusedError, ConnectionResetError):
            # The port is closed, with whoever waited there to be taken in.
            return None
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    def run(self):
        start = time.monotonic()
        with ThreadPoolExecutor(32) as pool:
            asked = []
            for at in range(RATE * SECONDS):
                time.sleep(max(0, start + at / RATE - time.monotonic()))
                asked.append(pool.submit(self.ask, at))
        self.wrong = [text for text in (one.result() for one in asked) if text]


class Tunnel:
    """Opened now, used later."""

    def __init__(self, client, host):
        self.host = host
        self.connection, _ = client.open(f"{host}:443", host)
        self.issuer = issuer_of(self.connection)

    def __str__(self):
        return self.host

    def used(self):
        try:
            self.connection.sendall(f"GET / HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n".encode())
            return judge(read_head(self.connection), self.issuer)
        except OSError as error:
            return f"{type(error).__name__}: {error}"


def reloaded(asker, server, old, new, workers):
    """One Squid, and what happens to it."""
    hosts = [what for want, what in BOTH if want != "passed"] + ["crl.example.com", OLD, NEW]
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(f"{old}/squid", work, dirs_exist_ok=True)
        squid_web.make_squid_ca(work)
        squid_web.make_server_certificate(work, hosts)
        server.use(work)
        client = Client(work)
        ask = lambda host: client.ask(f"{host}:443", host)
        change = lambda lines: [f"workers {workers}"] * (workers > 1) + with_tls(lines, work)
        with Squid(old, work, hosts, change=change) as squid:
            asker.check("before", ask, [("splice", OLD), ("deny", NEW)])
            tunnels = [(want, Tunnel(client, what)) for want, what in BOTH if want != "passed"]
            load = Load(client)
            thread = threading.Thread(target=load.run)
            thread.start()
            time.sleep(SECONDS / 2)
            squid.use(new)
            squid.reconfigure()
            thread.join()
            asker.check("a tunnel from before", Tunnel.used, tunnels)
            asker.check("after", ask, [("deny", OLD), ("splice", NEW)] + [(want, tunnel.host) for want, tunnel in tunnels])
            asker.no_complaints(squid)
    asker.asked += RATE * SECONDS
    for line in load.wrong:
        asker.is_wrong(f"during the reload, {workers} workers: {line}")
    refused = max(load.refused) - min(load.refused) if load.refused else 0
    print(f"{workers} workers, {RATE} requests a second: {len(load.refused)} times no connection, in {refused:.2f} s")
    if workers > 1 and load.refused:
        asker.is_wrong("several workers refuse a connection")


def main():
    if len(sys.argv) != 2:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_web.need()
    squid_lab.enter()
    squid_web.lead_to_servers()
    asker, server = Asker(), Server()
    with tempfile.TemporaryDirectory() as base:
        old, new = compiled(sys.argv[1], Path(base) / "old", OLD), compiled(sys.argv[1], Path(base) / "new", NEW)
        for workers in (1, 2):
            reloaded(asker, server, old, new, workers)
    asker.done()


if __name__ == "__main__":
    main()

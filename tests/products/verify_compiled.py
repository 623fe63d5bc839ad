#!/usr/bin/env python3
"""Asks `verify` about a Squid that runs what `compile` wrote: everything passes and nothing is inspected. Then one host is
taken from the exempt list, and one from the allowlist, and `verify` shows these and no others.

Usage: verify_compiled.py PROGRAM PROFILE DIR

DIR/squid is what PROGRAM compiled for PROFILE. Every name leads to a server with a CA of its own.
Exit 0: it is so. 1: it is not. 2: could not run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

import squid_lab
import squid_web
from squid_lab import CLIENT, PORT, Squid
from squid_web import Server, with_tls

ROUTE = f"proxy=http://{CLIENT}:{PORT}"


class Verify:
    def __init__(self, program, profile):
        self.command = [program, "verify", "--profile", profile, "--today", "2026-11-24", "--format", "json"]
        self.asked, self.wrong = 0, 0

    def list(self):
        return json.loads(squid_lab.run(*self.command, "--list"))["endpoints"]

    def ask(self, work):
        done = subprocess.run(
            [*self.command, "--route", ROUTE, "--ca", f"{work}/ca.crt", "--expected-root", f"{work}/origin-ca.crt",
             "--jobs", "8", "--timeout", "30"], capture_output=True, text=True)  # fmt: skip
        if done.returncode not in (0, 1):
            squid_lab.give_up(done.stderr)
        report = json.loads(done.stdout)
        return done.returncode, {own["url"]: (own["routes"][0]["verdict"], own["routes"][0]["why"])
                                 for own in report["endpoints"]}

    def check(self, what, got, want):
        self.asked += 1
        if got != want:
            self.wrong += 1
            print(f"verify_compiled.py: {what}: {got}, should be {want}", file=sys.stderr)

    def compare(self, what, answers, want):
        for url, verdict in want.items():
            self.check(f"{what}: {url}: {answers[url][1]}", answers[url][0], verdict)


def without(folder, host, intent):
    """A copy of DIR whose lists of an intent do not have a host."""
    copy = f"{folder}-{intent}"
    shutil.copytree(os.environ["THRUWAY_DIR"], copy)
    found = 0
    for name in os.listdir(f"{copy}/squid"):
        if name.startswith(f"{intent}."):
            with open(f"{copy}/squid/{name}") as file:
                lines = file.read().splitlines()
            kept = [line for line in lines if line != host]
            found += len(lines) - len(kept)
            with open(f"{copy}/squid/{name}", "w") as file:
                file.write("\n".join(kept) + "\n")
    if found != 1:
        squid_lab.give_up(f"{host} is {found} times in the lists of {intent}")
    return copy


def main():
    if len(sys.argv) != 4 or not os.path.exists(f"{sys.argv[3]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_web.need()
    squid_lab.enter()
    verify = Verify(os.path.abspath(sys.argv[1]), sys.argv[2])
    os.environ["THRUWAY_DIR"] = sys.argv[3]
    endpoints = verify.list()
    green = {own["url"]: "passes" if own["exempt"] or own["url"].startswith("http:") else "passes-inspected"
             for own in endpoints}
    hosts = {urlsplit(url).hostname for url in green}
    # One that the lists name by itself, so that it can be taken out.
    own = next(row for row in endpoints if row["exempt"] and row["rule"] == urlsplit(row["url"]).hostname)
    host = own["rule"]
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(f"{sys.argv[3]}/squid", f"{work}/made")
        squid_web.make_squid_ca(f"{work}/made")
        squid_web.make_server_certificate(f"{work}/made", hosts)
        squid_web.lead_to_servers()
        Server().use(f"{work}/made")

        def ask(folder, name):
            own = f"{work}/{name}"
            os.mkdir(own)
            os.chmod(work, 0o755)
            for file in ("ca.key", "ca.crt", "ca.pem", "origin-ca.crt", "ssl_db"):
                made = f"{work}/made/{file}"
                squid_lab.run("cp", "-a", made, own)
            with Squid(folder, own, sorted(hosts), change=lambda lines: with_tls(lines, own)):
                return verify.ask(own)

        code, answers = ask(sys.argv[3], "green")
        verify.compare("as compiled", answers, green)
        verify.check("exit as compiled", code, 0)

        code, answers = ask(without(f"{work}/copy", host, "bypass-inspection"), "inspected")
        verify.compare("one inspected", answers, green | {own["url"]: "inspected"})
        verify.check("who inspects", "Squid inspection" in answers[own["url"]][1], True)
        verify.check("exit with one inspected", code, 1)

        code, answers = ask(without(f"{work}/copy", host, "allow"), "refused")
        verify.compare("one not allowed", answers, green | {own["url"]: "refused"})
        verify.check("exit with one not allowed", code, 1)
    print(f"verify_compiled.py: {verify.asked} questions, {verify.wrong} wrong")
    sys.exit(1 if verify.wrong else 0)


if __name__ == "__main__":
    main()

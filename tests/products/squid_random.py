#!/usr/bin/env python3
"""Asks the real Squid about random policies: every decision is the one that `thruway match` gives.

Usage: squid_random.py THRUWAY COUNT [SEED [FIRST]]

Every policy is a list and a profile over the names that the tests of emitters use (src/emit/testing.rs), so that rules
often meet: all kinds of hosts, ports, paths, both schemes, intents that differ, both modes. Squid is started for each on
the files as they were written, in turn with and without authentication. The same SEED and number give the same policy;
FIRST is the number to begin with. Exit 0: no difference. 1: a difference, told with the policy. 2: could not run.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import probes
import squid_lab
import squid_tls
import squid_web
from squid_lab import Asker, Squid, is_literal
from squid_web import Client, Server, with_tls

SEED = "thruway"
VOCABULARY = Path(__file__).parents[2] / "src/emit/testing.rs"
# On lists of shared hosting and of sign-in: what a lint may hold for one intent and not for another.
HELD = ["*.blob.core.windows.net", "a.blob.core.windows.net", "login.microsoftonline.com", "*.z1.web.core.windows.net"]
NETWORKS = ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32"]
PORTS = ["80", "443", "443", "443", '"80, 443"', "8443", '"443, 8000-8080, 9000-9001"', '"443, 1-1023"', "65535"]
PATHS = ["", "", "", "/pki/certs", "/pki/*", "/pki*", "/a.b+c(d)/"]
LEVELS = ["allow", "warn", "hold"]
INTENTS = ["allow", "bypass-inspection", "bypass-authentication"]
# Questions of each kind for one policy.
MOST = 90


def vocabulary(name):
    """The texts of a constant of the Rust tests."""
    constant = re.search(rf"^const {name}: &\[&str\] = &\[(.*?)^\];", VOCABULARY.read_text(), re.M | re.S)
    return re.findall(r'"([^"]+)"', constant[1])


HOSTS, STARS = vocabulary("HOSTS"), vocabulary("STARS")


def written(chance):
    """A cell as people write one: scheme, host, path."""
    # Below one label alone is a registry, which is refused as a whole.
    name = chance.choice(HOSTS)
    prefix = chance.choice(["", ".", "*."]) if "." in name else ""
    kinds = [prefix + name] * 8 + [chance.choice(STARS)] * 3 + [chance.choice(HELD)] * 2 + [chance.choice(NETWORKS)]
    host = chance.choice(kinds)
    if "/" in host or ":" in host:
        return host
    return chance.choice(["", "", "http://", "https://"]) + host + chance.choice(PATHS)


def make(folder, chance):
    """Writes a list and a profile."""
    rows = [f"s,WW,c,{chance.choice(PORTS)},{written(chance)}" for _ in range(chance.randint(1, 12))]
    header = "Service,Geography,Category,Port,Endpoint/URL"
    (folder / "list.csv").write_text("\n".join([header, *rows]) + "\n")
    levels = lambda: ", ".join(f"{intent}: {chance.choice(LEVELS)}" for intent in INTENTS)
    mode = "intercept" if chance.random() < 0.25 else "explicit"
    (folder / "thruway.yaml").write_text(
        "version: 1\nname: random\nsources: [{ file: list.csv }]\n"
        f"lints:\n  covers-public-suffix: {{ {levels()} }}\n  identity-endpoint: {{ {levels()} }}\n"
        f'proxies: ["proxy.contoso.com:8080"]\ntargets: {{ squid: {{ mode: {mode} }} }}\n'
    )
    return mode


def some(chance, questions):
    """A few of many, rare answers first: most of what can be asked is denied."""
    answers = Counter(question[0] for question in questions)
    return sorted(questions, key=lambda question: chance.random() * answers[question[0]])[:MOST]


class Bench:
    """What all policies share: namespace, servers, Squid's CA."""

    def __init__(self, program, work, asker):
        self.program, self.shared, self.asker = program, work, asker
        self.server = Server()
        self.refused = self.policies = 0

    def compiled(self, folder):
        command = [self.program, "compile", "-q", "--profile", f"{folder}/thruway.yaml", "--today", probes.TODAY]
        done = subprocess.run([*command, "--out", f"{folder}/out"], capture_output=True, text=True)
        if done.returncode > 1:
            squid_lab.give_up(f"compile: exit {done.returncode}: {done.stderr}")
        return done.returncode == 0

    def certificates(self, work, hosts):
        if not os.path.exists(f"{self.shared}/ca.pem"):
            shutil.copy(f"{work}/squid.conf", self.shared)
            squid_web.make_squid_ca(self.shared)
        for name in squid_web.CA_FILES + ["ssl_db"]:
            squid_lab.run("cp", "-a", f"{self.shared}/{name}", work)
        squid_web.make_server_certificate(work, hosts)
        self.server.use(work)

    def ask(self, folder, chance, mode):
        thruway = probes.Thruway(self.program, f"{folder}/thruway.yaml")
        patterns, boundary = thruway.patterns(), thruway.boundary()
        urls = probes.access_probes(thruway, patterns, boundary)
        tls = probes.tls_probes(thruway, patterns, boundary)
        plain = [(word, url) for word, url in urls if url.startswith("http:")]
        with_users = mode == "explicit" and chance.random() < 0.5
        if mode == "intercept":
            tls, plain = squid_tls.redirected(tls, urls)
        elif with_users:
            tls = squid_tls.with_credentials(tls, urls)
            users = [("passed", url, "right") for word, url in plain if word == "users"]
            asks = {"deny": "denied", "users": "credentials?", "anonymous": "passed"}
            plain = [(asks[word], url) for word, url in plain] + users
        else:
            plain = [("denied" if word == "deny" else "passed", url) for word, url in plain]
        tls, plain = some(chance, tls), some(chance, plain)
        hosts = squid_web.hosts_of(tls)
        known = hosts | {urlsplit(url).hostname for _, url, *_ in plain}
        names = sorted(host for host in known if not is_literal(host))
        ports = {int(place.rpartition(":")[2]) for _, place, *_ in tls} | {80}
        squid_web.lead_to_servers(ports if mode == "intercept" else ())

        with tempfile.TemporaryDirectory() as work:
            shutil.copytree(f"{folder}/out/squid", work, dirs_exist_ok=True)
            self.certificates(work, hosts or {"none"})
            client = Client(work, mode == "intercept")
            adapted = squid_lab.with_authentication if with_users else lambda lines, _: lines
            change = lambda lines: adapted(with_tls(lines, work), work)
            with Squid(f"{folder}/out", work, names, change=change) as squid:
                self.asker.check("TLS", client.ask, tls)
                self.asker.check("plain", client.ask_plain, plain)
                self.asker.no_complaints(squid)

    def one(self, seed, number):
        chance = random.Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            mode = make(folder, chance)
            if not self.compiled(folder):
                self.refused += 1
                return
            self.policies += 1
            wrong = self.asker.wrong
            self.ask(folder, chance, mode)
            if self.asker.wrong > wrong:
                print(f"squid_random.py: seed {seed!r}, policy {number}, mode {mode}", file=sys.stderr)
                print((folder / "list.csv").read_text() + (folder / "thruway.yaml").read_text(), file=sys.stderr)


def main():
    if len(sys.argv) not in (3, 4, 5):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_web.need()
    squid_lab.enter()
    program, count = sys.argv[1], int(sys.argv[2])
    seed = sys.argv[3] if len(sys.argv) > 3 else SEED
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    asker = Asker()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(program, work, asker)
        for number in range(first, first + count):
            bench.one(seed, number)
    print(f"seed {seed!r}: {bench.policies} policies, {bench.refused} refused by `compile`")
    if bench.policies * 2 < count:
        squid_lab.give_up("too many policies are refused")
    asker.done()


if __name__ == "__main__":
    main()

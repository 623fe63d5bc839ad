#!/usr/bin/env python3
"""Writes the questions that the real products are asked, with the answers that the program itself gives.

Usage: probes.py THRUWAY PROFILE DIR [EVERY]

The rules of `thruway show policy` say what is worth asking: what a rule matches, and what lies just beside it. The
answers are those of `thruway match` alone. Writes into DIR:
  squid.txt      anonymous|users|deny URL              for squid_match.py
  squid-tls.txt  splice|bump|deny HOST:PORT NAME       for squid_tls.py: CONNECT host, and name in the TLS hello or `-`
  pac.txt        DIRECT|proxies|otherwise URL          for pac_pactester.py, pac_node.mjs and pac_browser.py
With EVERY, one rule of so many is asked about. Addresses are left out: no product lists them. Exit 0: written. 1: something
is not understood, or an answer is an error.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

PATTERN = re.compile(r"(?:(?P<scheme>http|any)://)?(?P<host>[^:/\[]+)(?::(?P<ports>[0-9,*-]+))?(?P<path>/.*)?\Z")
# What no list holds, so that a list that lets everything through is seen.
UNLISTED = ["unlisted.test", "localhost", "constructor.test"]
# Rules whose hosts are asked by TLS with a name that is not their own; each costs a handshake or two.
MISMATCHED = 12


def parsed(text):
    """Scheme, host pattern, ports and path pattern of a rule as `show policy` writes it."""
    match = PATTERN.match(text)
    if not match:
        sys.exit(f"probes: no rule is understood in {text!r}")
    scheme = {"http": ["http"], "any": ["http", "https"], None: ["https"]}[match["scheme"]]
    ports = match["ports"]
    if ports is None:
        ports = [80 if scheme == ["http"] else 443]
    elif ports == "*":
        ports = [80, 443]
    else:
        ports = [int(number) for number in re.split("[,-]", ports)]
    return scheme, match["host"], ports, match["path"]


def is_address(host):
    return "/" in host or re.fullmatch(r"[0-9.]+", host)


def hosts_of(pattern):
    """Names near a pattern that are not too long to be names; the first is one that it matches."""
    return [name for name in near(pattern) if len(name) <= 253 and all(0 < len(label) < 64 for label in name.split("."))]


def near(pattern):
    """Names that the pattern matches, and names that lie just beside it; the first is one that it matches."""
    if pattern.startswith(("*.", ".")) and "*" not in pattern[1:]:
        name = pattern.lstrip("*.")
        return [f"a.{name}", f"b.a.{name}", name, f"not{name}", f"{name}.evil.test"]
    if pattern.startswith("*") and "*" not in pattern[1:]:
        text = pattern[1:]
        return [f"z{text}", text, f"a.z{text}", f"z.{text}", text[1:], f"{text}.evil.test"]
    if "*" in pattern:
        inside = re.sub(r"(?<=[^.*])\*|\*(?=[^.])", "", pattern)
        return [
            pattern.replace("*", "q"),
            pattern.replace("*", "q-1_"),
            inside.replace("*", "q"),
            re.sub(r"(^|\.)\*(?=\.|\Z)", "", pattern).replace("*", ""),
            pattern.replace("*", "q.r"),
            f"x{pattern.replace('*', 'q')}",
            f"x.{pattern.replace('*', 'q')}",
            f"{pattern.replace('*', 'q')}.evil.test",
        ]
    above = pattern.partition(".")[2]
    return [pattern, f"below.{pattern}", f"not{pattern}", f"{pattern}.evil.test"] + ([above] if above else [])


def paths_of(path):
    """Paths that a path pattern matches, and paths beside it; the first is one that it matches."""
    if path is None:
        return ["/", "/some/path"]
    if path.endswith("*"):
        text = path[:-1]
        return [f"{text}x/y", text, text[:-1] or "/", f"/x{text}y", "/", f"{text}x".upper()]
    return [path, f"{path}/x", f"{path}2", f"/x{path}", "/", path.upper()]


def url(scheme, host, port, path):
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}{'' if port == default else f':{port}'}{path}"


def urls_of(pattern, services):
    """Questions about one rule."""
    schemes, host, ports, path = parsed(pattern)
    hosts, paths = hosts_of(host), paths_of(path)
    own = [(scheme, port) for scheme in schemes for port in ports]
    for name in hosts:
        yield from (url(scheme, name, port, paths[0]) for scheme, port in own)
    for scheme, port in own:
        yield from (url(scheme, hosts[0], port, other) for other in paths[1:])
    beside = services | {("https", 80), ("http", 443), ("http", 8080), (own[0][0], min(ports[-1] + 1, 65535))}
    yield from (url(scheme, hosts[0], port, paths[0]) for scheme, port in sorted(beside - set(own)))


class Thruway:
    def __init__(self, program, profile):
        self.program, self.profile = program, profile

    def ask(self, *arguments, stdin=None):
        command = [self.program, *arguments, "--format", "json", "--profile", self.profile, "--today", "2026-11-24"]
        run = subprocess.run(command, input=stdin, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"probes: {' '.join(command)}: exit {run.returncode}: {run.stdout[-500:]} {run.stderr[-2000:]}")
        return run.stdout

    def patterns(self):
        """Every rule without an address, by intent."""
        policy = json.loads(self.ask("show", "policy"))
        patterns = {intent: [rule["pattern"] for rule in lists["rules"]] for intent, lists in policy.items()}
        named = lambda pattern: not pattern.startswith("[") and not is_address(parsed(pattern)[1])
        return {intent: [pattern for pattern in rules if named(pattern)] for intent, rules in patterns.items()}

    def match(self, urls):
        """The decision for every URL."""
        lines = self.ask("match", stdin="".join(f"{line}\n" for line in urls)).splitlines()
        answers = [json.loads(line) for line in lines]
        if [answer["input"] for answer in answers] != list(urls):
            sys.exit("probes: `match` did not answer every line")
        return dict(zip(urls, answers))


def lets_through(answer):
    """What a proxy does with a request: without asking who it is, after asking, or not at all."""
    if not answer["allow"]:
        return "deny"
    return "anonymous" if answer["bypass_authentication"] else "users"


def tls_answer(answer):
    if not answer["allow"]:
        return "deny"
    return "splice" if answer["bypass_inspection"] else "bump"


def tls_probes(thruway, patterns):
    """Every rule's host under its own name, and some under other names."""
    places = {}
    for pattern in patterns["bypass_inspection"] + patterns["allow"]:
        schemes, host, ports, path = parsed(pattern)
        if "https" in schemes:
            for port in ports:
                places.update({(name, port): None for name in hosts_of(host)[:3]})
    places.update({(name, 443): None for name in UNLISTED})
    address = lambda place: url("https", *place, "/")
    answers = thruway.match([address(place) for place in places])
    by_answer = {"splice": [], "bump": [], "deny": []}
    for place in places:
        by_answer[tls_answer(answers[address(place)])].append(place)
    for answer, own in by_answer.items():
        yield from ((answer, name, port, name) for name, port in own)
    listed, inspected, denied = by_answer["splice"], by_answer["bump"], by_answer["deny"]
    for name, port in listed[:MISMATCHED]:
        yield "splice", name, port, "-"
        # Access is checked again for the name in the hello.
        yield "deny", name, port, "unlisted.test"
        yield from (("bump", name, port, other) for other, other_port in inspected[:2] if other_port == port)
    for name, port in inspected[:MISMATCHED]:
        yield "bump", name, port, "-"
        yield from (("bump", name, port, other) for other, other_port in listed[:2] if other_port == port)
    for name, port in denied[:MISMATCHED]:
        yield from (("deny", name, port, other) for other, other_port in listed[:2] if other_port == port)


def pac_probes(thruway, patterns, services):
    """One question per host: a PAC knows nothing else, so a host is listed if any request to it is."""
    hosts, paths = {}, {"/": None}
    for pattern in sum(patterns.values(), []):
        _, host, _, path = parsed(pattern)
        hosts.update({name: None for name in hosts_of(host)})
        paths.update({own: None for own in paths_of(path)})
    hosts.update({name: None for name in UNLISTED})
    every = {name: [url(scheme, name, port, path) for scheme, port in sorted(services) for path in paths] for name in hosts}
    answers = thruway.match(sum(every.values(), []))
    for name, urls in every.items():
        direct = [own for own in urls if answers[own]["direct"]]
        allowed = [own for own in urls if answers[own]["allow"]]
        if direct:
            yield "DIRECT", direct[0]
        else:
            yield ("proxies", allowed[0]) if allowed else ("otherwise", urls[0])


def write(path, lines):
    lines = list(dict.fromkeys(" ".join(map(str, line)) for line in lines))
    path.write_text("".join(f"{line}\n" for line in lines))


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    thruway, folder = Thruway(sys.argv[1], sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    every = int(sys.argv[4]) if len(sys.argv) == 5 else 1
    patterns = {intent: rules[::every] for intent, rules in thruway.patterns().items()}
    services = set()
    for schemes, _, ports, _ in map(parsed, sum(patterns.values(), [])):
        services |= {(scheme, port) for scheme in schemes for port in ports}

    urls = [f"https://{name}/" for name in UNLISTED] + [f"http://{name}/" for name in UNLISTED]
    for pattern in sum(patterns.values(), []):
        urls += urls_of(pattern, services)
    urls = list(dict.fromkeys(urls))
    answers = thruway.match(urls)
    write(folder / "squid.txt", ((lets_through(answers[own]), own) for own in urls))
    tls = tls_probes(thruway, patterns)
    write(folder / "squid-tls.txt", ((want, f"{host}:{port}", name) for want, host, port, name in tls))
    write(folder / "pac.txt", pac_probes(thruway, patterns, services))


if __name__ == "__main__":
    main()

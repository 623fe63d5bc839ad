#!/usr/bin/env python3
"""Writes the questions that the real products are asked, with the answers that the program itself gives.

Usage: probes.py THRUWAY PROFILE DIR [EVERY]

What is asked comes from two sides: the rules of `thruway show policy` with what lies just beside each, made here, and
a request of every kind that the rules tell apart, from the program `boundary` beside THRUWAY. The answers are those of
`thruway match` alone, but for what Squid cannot say: see `said_by_squid`. Writes into DIR:
  squid.txt      anonymous|users|deny URL                for squid_match.py
  squid-tls.txt  splice|bump|deny HOST:PORT NAME [HOST]  for squid_tls.py: CONNECT host, name in the TLS hello or `-`, and
                                                         the host that the request inside is for where it is another
  pac.txt        DIRECT|proxies|otherwise URL            for pac_pactester.py, pac_node.mjs and pac_browser.py
With EVERY, one rule of so many is asked about, and only for pac.txt. A PAC is not asked about addresses, which it does
not list. Exit 0: written. 1: something is not understood, or an answer is an error.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from squid_lab import is_literal

PATTERN = re.compile(r"(?:(?P<scheme>http|any)://)?(?P<host>[^:/\[]+)(?::(?P<ports>[0-9,*-]+))?(?P<path>/.*)?\Z")
# What no list holds, so that a list that lets everything through is seen.
UNLISTED = ["unlisted.test", "localhost", "constructor.test"]
ADDRESSES = ["203.0.113.7", "192.0.2.1", "127.0.0.1", "[2001:db8::1]", "[::1]"]
# Places of each kind that are asked by TLS under another name, or for another host; each costs a handshake or two.
MISMATCHED = 16
TODAY = "2026-11-24"


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
        deep = [f"e.d.c.b.a.{name}", f"f.e.d.c.b.a.{name}"]
        return [f"a.{name}", f"b.a.{name}", name, f"not{name}", f"{name}.evil.test", *deep]
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
            pattern.replace("*", ""),
            f"x{pattern.replace('*', 'q')}",
            f"x.{pattern.replace('*', 'q')}",
            f"{pattern.replace('*', 'q')}.evil.test",
        ]
    above = pattern.partition(".")[2]
    beside = [f"below.{pattern}", f"e.d.c.b.a.{pattern}", f"not{pattern}", f"{pattern}.evil.test"]
    return [pattern, *beside] + ([above] if above else [])


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


def run(*command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"probes: {' '.join(command)}: exit {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return done.stdout


class Thruway:
    def __init__(self, program, profile):
        self.program, self.profile = program, profile

    def ask(self, *arguments, stdin=None):
        how = ["--format", "json", "--profile", self.profile, "--today", TODAY]
        return run(self.program, *arguments, *how, stdin=stdin)

    def boundary(self):
        """A URL of every kind that the rules tell apart."""
        return run(str(Path(self.program).parent / "examples/boundary"), self.profile, TODAY).split()

    def patterns(self):
        """Every rule without an address, by intent."""
        policy = json.loads(self.ask("show", "policy"))
        patterns = {intent: [rule["pattern"] for rule in lists["rules"]] for intent, lists in policy.items()}
        named = lambda pattern: "[" not in pattern and not is_address(parsed(pattern)[1])
        return {intent: [pattern for pattern in rules if named(pattern)] for intent, rules in patterns.items()}

    def match(self, urls):
        """The decision for every URL."""
        lines = self.ask("match", stdin="".join(f"{line}\n" for line in urls)).splitlines()
        answers = [json.loads(line) for line in lines]
        if [answer["input"] for answer in answers] != list(urls):
            sys.exit("probes: `match` did not answer every line")
        return dict(zip(urls, answers))


def said_by_squid(answer):
    """The answer without the rules that Squid has no words for; targets/squid/NOTES.md says why."""
    said = dict(answer)
    rules = [PATTERN.match(rule["pattern"]) for rule in answer["rules"] if "[" not in rule["pattern"]]
    rules = [rule for rule in rules if not is_address(rule["host"]) and "%" not in (rule["path"] or "")]
    if not rules:
        said.update(allow=False, bypass_inspection=False, bypass_authentication=False)
    if all(rule["host"] in ("none", ".none") for rule in rules):
        said["bypass_inspection"] = False
    return said


def lets_through(answer):
    """What a proxy does with a request: without asking who it is, after asking, or not at all."""
    if not answer["allow"]:
        return "deny"
    return "anonymous" if answer["bypass_authentication"] else "users"


def tls_answer(answer):
    if not answer["allow"]:
        return "deny"
    return "splice" if answer["bypass_inspection"] else "bump"


def spread(places, count=MISMATCHED):
    """Some of them, from everywhere: one kind of rule often stands together."""
    return places[:: len(places) // count + 1]


def squid_answers(thruway, urls):
    return {own: said_by_squid(answer) for own, answer in thruway.match(list(dict.fromkeys(urls))).items()}


def services_of(patterns):
    """Schemes and ports of all rules."""
    every = map(parsed, sum(patterns.values(), []))
    return {(scheme, port) for schemes, _, ports, _ in every for scheme in schemes for port in ports}


def access_probes(thruway, patterns, boundary):
    """Every rule and what lies beside it: (answer, URL)."""
    services = services_of(patterns)
    urls = [f"{scheme}://{name}/" for scheme in ("https", "http") for name in UNLISTED + ADDRESSES] + boundary
    for pattern in sum(patterns.values(), []):
        urls += urls_of(pattern, services)
    return [(lets_through(answer), own) for own, answer in squid_answers(thruway, urls).items()]


def tls_probes(thruway, patterns, boundary):
    """Every host under its own name, and some under other names: (answer, place, name, host of the request inside)."""
    return list(dict.fromkeys((want, f"{host}:{port}", *names) for want, host, port, *names in
                              asked_by_tls(thruway, patterns, boundary)))


def asked_by_tls(thruway, patterns, boundary):
    """The same in parts: (answer, host, port, name, host of the request inside)."""
    places, listed_ports = {}, set()
    for pattern in patterns["bypass_inspection"] + patterns["allow"]:
        schemes, host, ports, path = parsed(pattern)
        if "https" in schemes:
            names = hosts_of(host)
            listed_ports.update(ports)
            places.update({(name, port): None for name in names for port in ports})
            places.update({(names[0], port): None for port in (80, 8080, min(ports[-1] + 1, 65535))})
    places.update({(name, 443): None for name in UNLISTED + ADDRESSES})
    for own in map(urlsplit, boundary):
        host, port = own.netloc.removesuffix(f":{own.port}"), own.port or 443
        # Nobody has that address.
        if own.scheme == "https" and port in listed_ports and host not in ("0.0.0.0", "[::]"):
            places[host, port] = None
    address = lambda place: url("https", *place, "/")
    answers = squid_answers(thruway, map(address, places))
    by_answer = {"splice": [], "bump": [], "deny": []}
    for place in places:
        by_answer[tls_answer(answers[address(place)])].append(place)
    for answer, own in by_answer.items():
        yield from ((answer, name, port, "-" if is_literal(name) else name) for name, port in own)
    listed, inspected = by_answer["splice"], by_answer["bump"]
    denied = [place for place in by_answer["deny"] if not is_literal(place[0])]
    # Exempt from inspection and not allowed.
    held = [place for place in denied if answers[address(place)]["bypass_inspection"]]
    others = lambda port, of: spread([name for name, other_port in of if other_port == port], 3)
    for name, port in spread(listed):
        yield "splice", name, port, "-"
        # A dot at the end and the case of letters mean nothing.
        yield "splice", f"{name.upper()}.", port, name.title()
        # Under another name it is opened, and the request inside is judged by its own host.
        refused = ["unlisted.test", *others(port, denied), *others(port, held)]
        yield from (("deny", name, port, other) for other in refused)
        yield from (("bump", name, port, other) for other in others(port, inspected))
    for name, port in spread(inspected):
        yield "bump", name, port, "-"
        yield "bump", f"{name.upper()}.", port, name.title()
        yield from (("bump", name, port, other) for other in others(port, listed))
        yield from (("deny", name, port, name, other) for other in ["unlisted.test", *others(port, denied)])
        yield from (("bump", name, port, name, other) for other in others(port, listed))
    for name, port in spread(denied):
        yield from (("deny", name, port, other) for other in others(port, listed) + others(port, inspected))
    for name, port in spread(by_answer["deny"]):
        yield "deny", name, port, "-"


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
    write(folder / "pac.txt", pac_probes(thruway, patterns, services_of(patterns)))
    if every == 1:
        boundary = thruway.boundary()
        write(folder / "squid.txt", access_probes(thruway, patterns, boundary))
        write(folder / "squid-tls.txt", tls_probes(thruway, patterns, boundary))


if __name__ == "__main__":
    main()

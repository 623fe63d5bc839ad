#!/usr/bin/env python3
"""Writes what a gateway or a device with nftables and dnsmasq has to let through, and what it has to stop.

Usage: nft_probes.py THRUWAY PROFILE FILTER FILE

FILTER is the emitted thruway.nft, which says where it stands: a gateway has the rules for `allow`, a device those for
`direct` and the proxies. Writes lines `pass|stop HOST PORT` for nft_lab.py. What the product makes of a rule is said here
from its manual: a name with everything below it, TCP ports, no scheme, no path; a rule with a star inside a label is
left out by default. Where that and `thruway match` differ, it must be by this. Exit 0: written. 1: they differ.
"""

import ipaddress
import json
import re
import sys
from pathlib import Path

from probes import UNLISTED, Thruway, hosts_of, parsed, url

# Of a rule that is a network; it may have hundreds.
MOST_NETWORKS = 40
ASKED_PORTS = {80, 443, 8080, 8443}


def ports_of(text):
    """Ports as written behind a host; nothing written is the port of the scheme."""
    if text is None:
        return [(443, 443)]
    if text == "*":
        return [(0, 65535)]
    ranges = (part.partition("-") for part in text.split(","))
    return [(int(low), int(high or low)) for low, _, high in ranges]


class Rule:
    """What a rule is in the product."""

    def __init__(self, pattern):
        address = re.fullmatch(r"(?:(http|any)://)?(?:\[([0-9a-f:./]+)\]|([0-9.]+(?:/[0-9]+)?))(?::([0-9,*-]+))?(?:/.*)?", pattern)
        self.pattern, self.network, self.name, self.starred = pattern, None, None, False
        if address and (address[2] or not re.fullmatch(r"[0-9]+", address[3])):
            self.network = ipaddress.ip_network(address[2] or address[3])
            scheme, ports = address[1], address[4]
        else:
            scheme, rest = re.fullmatch(r"(?:(http|any)://)?(.*)", pattern).groups()
            host, ports = re.match(r"([^:/]+)(?::([0-9,*-]+))?", rest).groups()
            self.name = re.sub(r"^\*?\.", "", host)
            self.starred = "*" in self.name
        self.ports = [(80, 80)] if scheme == "http" and ports is None else ports_of(ports)

    def covers(self, host, port):
        if self.starred or not any(low <= port <= high for low, high in self.ports):
            return False
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return self.name is not None and (host == self.name or host.endswith("." + self.name))
        return self.network is not None and address.version == self.network.version and address in self.network

    def hosts(self):
        if self.network is None:
            return hosts_of(parsed(self.pattern)[1])
        inside = [self.network[0], self.network[-1]]
        # Next to it, where it does not reach the end of all addresses.
        beside = [int(self.network[0]) - 1, int(self.network[-1]) + 1]
        bits = self.network.max_prefixlen
        kind = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
        return [str(address) for address in inside] + [str(kind(own)) for own in beside if 0 < own < 2**bits]


def proxies_of(profile):
    """Rules for the proxies, as the line of the profile names them."""
    line = re.search(r"^proxies: (\[.*\])$", Path(profile).read_text(), re.M)
    return [Rule(f"any://{proxy}") for proxy in json.loads(line[1])]


def main():
    if len(sys.argv) != 5:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    program, profile, written, out = sys.argv[1:]
    device = "hook output" in Path(written).read_text()
    thruway = Thruway(program, profile)
    policy = json.loads(thruway.ask("show", "policy"))["direct" if device else "allow"]["rules"]
    asked = [Rule(rule["pattern"]) for rule in policy]
    rules = asked + (proxies_of(profile) if device else [])

    networks = [rule for rule in rules if rule.network is not None]
    hosts = dict.fromkeys(UNLISTED)
    for rule in [rule for rule in rules if rule.network is None] + networks[:: len(networks) // MOST_NETWORKS + 1]:
        # A name is at most 253 octets long, and one beside it may be longer.
        fits = lambda host: len(host) <= 253 and all(0 < len(label) <= 63 for label in host.split("."))
        hosts.update((host, None) for host in rule.hosts() if ":" in host or fits(host))
    ports = sorted(ASKED_PORTS | {end for rule in rules for pair in rule.ports for end in pair if pair != (0, 65535)})
    every = [(host, port) for host in hosts for port in ports]

    bracketed = lambda host: f"[{host}]" if ":" in host else host
    address = lambda scheme, host, port: url(scheme, bracketed(host), port, "/")
    answers = thruway.match(list(dict.fromkeys(address(own, *place) for place in every for own in ("http", "https"))))
    lines = []
    for place in every:
        passes = any(rule.covers(*place) for rule in rules)
        asked_for = any(answers[address(own, *place)]["direct" if device else "allow"] for own in ("http", "https"))
        if asked_for and not passes and not any(rule.starred for rule in asked):
            sys.exit(f"`match` lets {place} through, and no rule says so")
        if not asked_for and passes and place[0] in UNLISTED:
            sys.exit(f"{place} is in no list")
        lines.append(f"{'pass' if passes else 'stop'} {place[0]} {place[1]}\n")
    Path(out).write_text("".join(lines))


if __name__ == "__main__":
    main()

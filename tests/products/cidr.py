#!/usr/bin/env python3
"""Networks in the sets of nftables are those that Python's `ipaddress` makes of the same list.

Usage: cidr.py THRUWAY [COUNT [SEED]]

COUNT lists of networks of both families, at random and from the edges of what there is: neighbours, one inside another,
the ends of what a client can reach, single addresses. Exit 0: no difference. 1: a difference, told with the list.
"""

import csv
import ipaddress
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROFILE = "version: 1\nname: cidr\nsources: [{ file: list.csv }]\n"
EDGES = [
    ["198.18.0.0/16", "198.19.0.0/16"],
    ["1.0.0.0/32", "1.0.0.1/32", "223.255.255.255/32", "223.255.255.254/32"],
    ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"],
    # Neighbours that make no network together.
    ["10.0.1.0/24", "10.0.2.0/24"],
    ["10.0.0.0/16", "10.0.1.0/24", "10.0.255.255/32"],
    [f"10.0.0.{at}/32" for at in range(256)],
    [f"10.0.0.{at}/32" for at in range(1, 255)],
    ["2001:db8:0:fffe::/64", "2001:db8:0:ffff::/64"],
    ["2001:db8::/33", "2001:db8:8000::/33", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128"],
    [f"2001:db8::{at:x}/128" for at in range(3, 40)],
    ["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128", "10.0.0.0/31"],
]


def network(make, ipv6):
    """A network among few, so that many meet."""
    bits = 128 if ipv6 else 32
    base = (0x2001_0DB8 << 96) if ipv6 else 0x0A00_0000
    length = bits - make.choice([0, 0, 1, 2, 3, 4, 8])
    address = (base + make.randrange(1 << 10)) >> (bits - length) << (bits - length)
    return str((ipaddress.IPv6Network if ipv6 else ipaddress.IPv4Network)((address, length)))


def lists(count, seed):
    yield from EDGES
    make = random.Random(seed)
    for _ in range(count):
        yield [network(make, make.random() < 0.5) for _ in range(make.choice([1, 5, 60, 400]))]


def written(thruway, networks, folder):
    """The elements of the sets, in their order."""
    with open(folder / "list.csv", "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Endpoint/URL", "Port"])
        writer.writerows([one, 443] for one in networks)
    (folder / "thruway.yaml").write_text(PROFILE)
    command = [thruway, "compile", "-q", "--target", "nftables", "--allow-shrink", "--today", "2026-11-24",
               "--profile", folder / "thruway.yaml", "--out", folder / "out"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"cidr: {networks}: {done.stderr}")
    text = (folder / "out/nftables/thruway.nft").read_text()
    sets = re.findall(r"^add element \S+ \S+ thruway_fixed([46])_443 \{\n(.*?)^\}", text, re.M | re.S)
    return {family: re.findall(r"[^\s,]+", elements) for family, elements in sets}


def wanted(networks):
    own = [ipaddress.ip_network(one) for one in networks]
    families = {"4": [one for one in own if one.version == 4], "6": [one for one in own if one.version == 6]}
    return {family: [str(one) for one in ipaddress.collapse_addresses(of)] for family, of in families.items() if of}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    thruway, count = str(Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    asked = 0
    for networks in lists(count, sys.argv[3] if len(sys.argv) > 3 else "thruway"):
        with tempfile.TemporaryDirectory() as folder:
            got, want = written(thruway, networks, Path(folder)), wanted(networks)
        asked += len(networks)
        if got != want:
            print(f"cidr: of {networks}\n  written: {got}\n  wanted:  {want}", file=sys.stderr)
            sys.exit(1)
    print(f"{asked} questions: the sets hold what ipaddress.collapse_addresses makes of them")


if __name__ == "__main__":
    main()

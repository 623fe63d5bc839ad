#!/usr/bin/env python3
"""Writes a list of made-up rules of every kind, 20,000 or as many as said, and a profile for it.

Usage: large.py DIR [RULES]
"""

import csv
import sys
from pathlib import Path

HOSTS = [
    "host{n}.region{a}.example{b}.com",
    "*.tenant{n}.example{b}.net",
    ".sub{n}.example.org",
    "a.*.t{n}.example.com",
    "pre{n}-*.example.com",
    "*cdn{n}.example{a}.net",
]


def main():
    folder, rules = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "list.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"])
        for n in range(rules):
            # Plain names are most of a real list.
            host = HOSTS[n % len(HOSTS) if n // len(HOSTS) % 3 == 0 else 0].format(n=n, a=n % 97, b=n % 211)
            writer.writerow(["Large", "WW", f"Category {n % 23}", [443, 443, 443, 80, 8443][n % 5], host, "Required"])
    profile = "version: 1\nname: large\nsources: [{ file: list.csv }]\nproxies: [\"proxy.contoso.com:8080\"]\n"
    (folder / "thruway.yaml").write_text(profile)


if __name__ == "__main__":
    main()

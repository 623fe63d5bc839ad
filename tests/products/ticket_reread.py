#!/usr/bin/env python3
"""Reads ticket.csv back as a spreadsheet would, and compares it with what `thruway show policy` says.

Usage: ticket_reread.py THRUWAY PROFILE TICKET_CSV
Exit 0: every rule and every held rule has its line, and there is no other. 1: a difference, or a cell that is a formula.
"""

import csv
import json
import subprocess
import sys
from collections import Counter


def main():
    program, profile, path = sys.argv[1:]
    command = [program, "show", "policy", "--format", "json", "--profile", profile, "--today", "2026-11-24"]
    policy = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    want = Counter()
    for intent, lists in policy.items():
        for status, of in (("add", "rules"), ("left out", "held")):
            want.update((status, intent.replace("_", "-"), rule["pattern"]) for rule in lists[of])

    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    wrong = [f"a formula: {cell!r}" for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]
    got = Counter((row["Action"], row["Intent"], pattern(row)) for row in rows)
    wrong += [f"missing: {line}" for line in want - got] + [f"not asked for: {line}" for line in got - want]
    print("\n".join(["ticket_reread: " + line for line in wrong[:20]] + [f"ticket_reread: {len(rows)} lines, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


def pattern(row):
    """A line as `show policy` writes a pattern: the port and the scheme where they are not HTTPS on 443."""
    scheme = {"http": "http://", "https": "", "http+https": "any://"}[row["Scheme"]]
    # What would be a formula has a quote in front.
    host = row["Destination"].removeprefix("'")
    host = f"[{host}]" if ":" in host else host
    default = {"http": "80", "https": "443"}.get(row["Scheme"])
    ports = {default: "", "0-65535": ":*"}.get(row["Ports"], f":{row['Ports']}")
    return f"{scheme}{host}{ports}{row['Path']}"


if __name__ == "__main__":
    main()

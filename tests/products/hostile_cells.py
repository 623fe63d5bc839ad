#!/usr/bin/env python3
"""Writes a list of every cell of tests/hostile/cells.yaml that does not stop a run, and a profile for it.

Each cell is in a row of its own under a domain of its own, so that none covers another, and in the row's service and
category too.

Usage: hostile_cells.py DIR
"""

import ast
import csv
import re
import sys
from pathlib import Path

CELLS = Path(__file__).parent.parent / "hostile" / "cells.yaml"
HEADER = ["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"]
TAME = {"Geography": "WW", "Port": "443", "Endpoint/URL": "a.example.com", "Required or Optional": "Required"}
# What is longer is about the time that it takes, which is tested elsewhere.
LONGEST = 1_000


def cells():
    """Column and text of every cell that gives a rule or is held. Ports are asked for all hosts; a few are enough."""
    column, about = "Endpoint/URL", ""
    for line in CELLS.read_text(encoding="utf-8").splitlines():
        if line.startswith("- about:"):
            column, about = "Endpoint/URL", line.removeprefix("- about: ")
        elif line.startswith("  in: "):
            column = line.removeprefix("  in: ")
        elif line.startswith("    - "):
            # The escapes of YAML are Python's too.
            text, _, means = ast.literal_eval(line.removeprefix("    - "))
            if not means.startswith(("denied", "refused")) and not about.startswith("Ports"):
                yield column, re.sub("⟨(.*?)\\*([0-9]+)⟩", lambda part: part[1] * int(part[2]), text, flags=re.S)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    with open(folder / "list.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for number, (column, text) in enumerate(cells()):
            if len(text) > LONGEST:
                continue
            row = {**TAME, column: text}
            row["Endpoint/URL"] = row["Endpoint/URL"].replace("example.com", f"c{number}.example.com")
            writer.writerow({**row, "Service": text, "Category": text})
            rows += 1
    if rows < 300:
        sys.exit(f"only {rows} cells")
    profile = (
        "version: 1\nname: hostile-cells\nsources: [{ file: list.csv }]\n"
        'proxies: ["proxy.contoso.com:8080"]\n'
    )
    (folder / "thruway.yaml").write_text(profile)
    print(f"{rows} cells")


if __name__ == "__main__":
    main()

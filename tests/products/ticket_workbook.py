#!/usr/bin/env python3
"""Reads the workbook of a ticket by openpyxl and compares it with the ticket's JSON, in every language.

Usage: ticket_workbook.py THRUWAY PROFILE [OLD]
Exit 0: every line and every file is there once, no cell is a formula, every sheet has a filter and a frozen heading.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter

import openpyxl

# Places of the columns, which have other names in other languages.
DESTINATION, PORTS, PATH = 0, 1, 2


def main():
    program, profile, *old = sys.argv[1:]
    command = [program, "ticket", "--quiet", "--profile", profile, "--today", "2026-11-24"]
    command += ["--from", old[0]] if old else []
    ticket = json.loads(subprocess.run([*command, "--format", "json"], check=True, capture_output=True).stdout)
    wrong, rows = [], 0
    for language in ("en", "ja"):
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            subprocess.run([*command, "--format", "xlsx", "--lang", language, "--out", file.name], check=True)
            book = openpyxl.load_workbook(file.name)
        sheets = book.worksheets
        for sheet in sheets:
            if sheet.freeze_panes != "A2" or sheet.auto_filter.ref is None:
                wrong.append(f"{language}: {sheet.title} has no filter or no frozen heading")
            for row in sheet.iter_rows():
                wrong += [f"{language}: {sheet.title} {own.coordinate} is a formula" for own in row if own.data_type == "f"]
        # After the summary a sheet of lines for each part that has some; what is to be opened is always there.
        parts = [part for part in ("add", "instead", "remove", "covered") if part == "add" or ticket[part]]
        for at, part in enumerate(parts, 1):
            cells = [[own.value or "" for own in row] for row in sheets[at].iter_rows(min_row=2)]
            got = Counter((row[DESTINATION], row[PORTS], row[PATH]) for row in cells)
            want = Counter((own["destination"], own["ports"], own["path"]) for own in ticket[part])
            wrong += [f"{language}: {part}: missing {line}" for line in want - got]
            wrong += [f"{language}: {part}: not asked for {line}" for line in got - want]
            rows += len(cells)
        files = {row[1].value: row[3].value for row in sheets[-2].iter_rows(min_row=2) if row[1].value}
        if files != {own["path"]: own["sha256"] for target in ticket["targets"] for own in target["files"]}:
            wrong.append(f"{language}: other files or digests")
    print("\n".join(["ticket_workbook: " + line for line in wrong[:20]] + [f"ticket_workbook: {rows} lines, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Puts the section of one part, from stdin, into a file of results: in its old one's place, else above what is there.

Usage: results.py FILE PART
"""

import os
import sys
from pathlib import Path


def main():
    path, part = Path(sys.argv[1]), sys.argv[2]
    begin, end = f"<!-- benches/run {part} -->\n", f"<!-- end of {part} -->\n"
    section, text = begin + sys.stdin.read().strip() + "\n" + end, path.read_text()
    first = text.find(begin)
    if first >= 0:
        last = text.index(end, first) + len(end)
        text = text[:first] + section + text[last:]
    else:
        mark = text.index("<!-- benches/run: new parts go above -->\n")
        text = text[:mark] + section + "\n" + text[mark:]
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


if __name__ == "__main__":
    main()

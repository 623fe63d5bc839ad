#!/usr/bin/env python3
"""Writes a profile that differs in Squid's mode alone, explicit or intercept, and compiles no other target.

Usage: squid_other_mode.py PROFILE FILE
"""

import re
import sys
from pathlib import Path


def main():
    if len(sys.argv) != 3:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    profile = Path(sys.argv[1])
    text = profile.read_text()
    mode = "explicit" if "mode: intercept" in text else "intercept"
    # Sources are named from where the profile is. The targets stand last.
    from_here = lambda match: f"{match[1]}{profile.parent.resolve()}/{match[2]}"
    text = re.sub(r"(file: \"?)([^\"\n]+)", from_here, text)
    text = re.sub(r"^targets:.*", "", text, flags=re.M | re.S)
    Path(sys.argv[2]).write_text(f"{text}targets: {{ squid: {{ mode: {mode} }} }}\n")


if __name__ == "__main__":
    main()

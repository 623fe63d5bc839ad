#!/usr/bin/env python3
"""Turns config.xml into `set` commands with pan-python's panconf.py and compares with set-commands.txt.

usage: panos_set.py DIR        (pip install pan-os-python==1.13.1, which brings pan-python)

Both are compared as sets of commands, each command as its words, so that order and quoting do not
count; a list in brackets is as many commands as it has members.
"""
import subprocess
import sys
from pathlib import Path

import panos_outcome


def panconf():
    """The program beside this interpreter."""
    program = Path(sys.executable).parent / "panconf.py"
    if not program.exists():
        sys.exit("missing tool: pip install pan-os-python==1.13.1 into this interpreter's environment")
    return [sys.executable, str(program)]


def words(line):
    """The words of a command: quotes group, nothing escapes."""
    out, word, quote, inside = [], "", None, False
    for character in line:
        if quote:
            if character == quote:
                quote = None
            else:
                word += character
        elif character in "\"'" and not word:
            quote, inside = character, True
        elif character == " ":
            if word or inside:
                out.append(word)
            word, inside = "", False
        else:
            word += character
    if quote:
        raise ValueError(f"a quote without its end: {line}")
    if word or inside:
        out.append(word)
    return out


def commands(text):
    """Every command as a tuple of words, a list in brackets taken apart."""
    found = set()
    for line in filter(None, text.splitlines()):
        parts = words(line)
        if parts[0] != "set":
            raise ValueError(f"no `set` command: {line}")
        if parts[-1] == "]" and "[" in parts:
            at = parts.index("[")
            found |= {tuple(parts[:at] + [member]) for member in parts[at + 1 : -1]}
        else:
            found.add(tuple(parts))
    return found


def main(folder):
    folder = Path(folder)
    ours = commands((folder / "set-commands.txt").read_text())
    run = subprocess.run(
        panconf() + ["--config", str(folder / "config.xml"), "--set"], capture_output=True, text=True
    )
    if run.returncode != 0 or run.stderr:
        return [f"panconf.py: {run.stderr.strip()}"], 0
    theirs = commands(run.stdout)
    errors = [f"in set-commands.txt alone: {' '.join(command)}" for command in sorted(ours - theirs)]
    errors += [f"in config.xml alone: {' '.join(command)}" for command in sorted(theirs - ours)]
    return errors, len(ours)


if __name__ == "__main__":
    panos_outcome.tell(main, __doc__, "commands, the same from config.xml", "differences")

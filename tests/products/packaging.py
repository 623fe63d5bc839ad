#!/usr/bin/env python3
"""Has systemd read the unit and the user of the server, and rate how much the unit could do to the machine.

Usage: packaging.py PROGRAM

Exit 0: it is read, and rated below the limit. 1: something is not as it should be.
"""

import configparser
import os
import re
import subprocess
import sys
import tempfile

LIMIT = 2.0
program = os.path.abspath(sys.argv[1])
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../packaging")
unit = os.path.join(here, "thruway.service")


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    return done.returncode, done.stdout


def fail(*text):
    print(*text)
    sys.exit(1)


class Many(dict):
    """Keeps every line of a key, as systemd does."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def read(path):
    parser = configparser.RawConfigParser(strict=False, dict_type=Many, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    return parser


# The unit and its drop-in, with the program where the tests have it: systemd looks whether it is there.
with tempfile.TemporaryDirectory() as folder:
    with open(unit, encoding="utf-8") as file:
        text = file.read().replace("/usr/bin/thruway", program)
    os.makedirs(f"{folder}/thruway.service.d")
    with open(f"{folder}/thruway.service", "w", encoding="utf-8") as file:
        file.write(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    with open(os.path.join(here, "tls.conf"), encoding="utf-8") as file:
        tls = file.read().replace("/usr/bin/thruway", program)
    with open(f"{folder}/thruway.service.d/tls.conf", "w", encoding="utf-8") as file:
        file.write(tls)
    code, said = run("systemd-analyze", "verify", "--man=no", f"{folder}/thruway.service")
    mine = [line for line in said.splitlines() if "thruway" in line]
    if mine:
        fail("systemd-analyze verify:", *mine)

    code, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    found = re.search(r"Overall exposure level for thruway\.service: ([0-9.]+)", said)
    if not found:
        fail("systemd-analyze security says nothing:", said)
    if float(found[1]) >= LIMIT:
        fail(f"systemd rates the unit {found[1]}, and {LIMIT} is too much:", said)

    # The user of the unit is the one that sysusers makes.
    os.makedirs(f"{folder}/root/etc")
    code, said = run("systemd-sysusers", f"--root={folder}/root", os.path.join(here, "thruway.sysusers"))
    with open(f"{folder}/root/etc/passwd", encoding="utf-8") as file:
        users = {line.split(":")[0]: line.strip().split(":") for line in file}
    service = read(unit)["Service"]
    user = users.get(service["User"])
    if code or not user or user[6] != "/usr/sbin/nologin":
        fail(f"systemd-sysusers makes no `{service['User']}` without a shell:", said, users)

# The options of both command lines are ones that the program knows.
for text in (service["ExecStart"], service["Environment"], tls):
    _, help_text = run(program, "serve", "--help")
    for option in set(re.findall(r"--[a-z][a-z-]+", text)):
        if option not in help_text:
            fail(f"the unit says {option}, which `thruway serve` does not know")

print(f"systemd reads the unit and rates it {found[1]}")

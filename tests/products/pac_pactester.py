#!/usr/bin/env python3
"""Asks an old JavaScript engine (pacparser's SpiderMonkey 1.7) what the emitted PAC answers.

Usage: pac_pactester.py DIR [PROBES]

Loads DIR/pac/proxy.pac and DIR/pac/wpad.dat by `pactester`. PROBES holds one question a line: `DIRECT https://host/`,
`proxies https://host/`, `otherwise https://host/`, where the last two are what the file's own variables say.
Exit 0: both load, answer every question as written, and agree. 1: they do not. 2: could not run.
"""

import os
import re
import shutil
import subprocess
import sys

# Whatever the list holds, these must be answered: names of every object, addresses, a dot at the end.
ALWAYS = ["constructor", "__proto__", "hasOwnProperty", "watch", "www.example.com.", "203.0.113.7", "a"]


def ask(pac, urls_hosts):
    answers = []
    for url, host in urls_hosts:
        run = subprocess.run(["pactester", "-p", pac, "-u", url, "-h", host], capture_output=True, text=True)
        if run.returncode != 0 or not run.stdout.strip():
            print(f"pac_pactester: {pac}: {url}: exit {run.returncode}: {run.stderr.strip()}", file=sys.stderr)
            sys.exit(1)
        answers.append(run.stdout.strip())
    return answers


def main():
    if len(sys.argv) not in (2, 3) or not os.path.exists(f"{sys.argv[1]}/pac/proxy.pac"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    if not shutil.which("pactester"):
        sys.exit(print("pac_pactester: pactester is not installed (Debian: libpacparser1)", file=sys.stderr) or 2)
    pac = f"{sys.argv[1]}/pac/proxy.pac"
    with open(pac) as file:
        text = file.read()
    said = {
        "DIRECT": "DIRECT",
        "proxies": re.search(r'var THRUWAY_PROXIES = "(.*)";', text)[1],
        "otherwise": re.search(r'var THRUWAY_OTHERWISE = "(.*)";', text)[1],
    }
    probes = []
    if len(sys.argv) == 3:
        with open(sys.argv[2]) as file:
            probes = [line.split() for line in file if line.strip()]
    hosts = [url.split("://")[1].split("/")[0].split(":")[0] for _, url in probes]
    questions = list(zip([url for _, url in probes], hosts)) + [(f"https://{host}/", host) for host in ALWAYS]
    answers = ask(pac, questions)
    wrong = 0
    for (want, url), got in zip(probes, answers):
        if got != said[want]:
            wrong += 1
            print(f"pac_pactester: {url}: {got}, should be {said[want]}", file=sys.stderr)
    for (url, _), got in zip(questions, answers):
        if got not in said.values():
            wrong += 1
            print(f"pac_pactester: {url}: {got} is none of the file's answers", file=sys.stderr)
    if ask(f"{sys.argv[1]}/pac/wpad.dat", questions) != answers:
        wrong += 1
        print("pac_pactester: wpad.dat answers otherwise", file=sys.stderr)
    print(f"pac_pactester: {len(questions)} questions, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

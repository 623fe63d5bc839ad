#!/usr/bin/env python3
"""Asks an old JavaScript engine (pacparser's SpiderMonkey 1.7) what the emitted PAC answers.

Usage: pac_pactester.py DIR PROBES

Loads DIR/pac/proxy.pac by `pactester`; DIR/pac/wpad.dat must be the same bytes. PROBES holds one question a line, as
probes.py writes them: `DIRECT URL`, `proxies URL`, `otherwise URL`, where the last two are what the file's own
variables say. Since these may be the same text, the questions are asked of a copy in which they differ.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Whatever the list holds, the file as it is must have an answer for these: names of every object, addresses, dots.
ALWAYS = ["constructor", "__proto__", "hasOwnProperty", "watch", "www.example.com.", "203.0.113.7", "[2001:db8::1]", "a"]
OTHERWISE = re.compile(r'^var THRUWAY_OTHERWISE = "(.*)";$', re.M)
PROXIES = re.compile(r'^var THRUWAY_PROXIES = "(.*)";$', re.M)
ELSE = "PROXY everything-else.invalid:1"


def ask(pac, url, host):
    run = subprocess.run(["pactester", "-p", pac, "-u", url, "-h", host], capture_output=True, text=True)
    if run.returncode != 0 or not run.stdout.strip():
        sys.exit(f"pac_pactester: {pac}: {url}: exit {run.returncode}: {run.stderr.strip()}")
    return run.stdout.strip()


def ask_all(pac, urls, work):
    """The answers in one run; the program takes the host out of the URL."""
    with open(f"{work}/urls", "w") as file:
        file.writelines(f"{url}\n" for url in urls)
    run = subprocess.run(["pactester", "-p", pac, "-f", f"{work}/urls"], capture_output=True, text=True)
    answers = [line.partition(" : ")[2] for line in run.stdout.splitlines()]
    if run.returncode != 0 or len(answers) != len(urls):
        sys.exit(f"pac_pactester: {len(answers)} answers to {len(urls)}: exit {run.returncode}: {run.stderr.strip()}")
    return answers


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/pac/proxy.pac"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    if not shutil.which("pactester"):
        sys.exit(print("pac_pactester: pactester is not installed (Debian: libpacparser1)", file=sys.stderr) or 2)
    pac = f"{sys.argv[1]}/pac/proxy.pac"
    if not filecmp.cmp(pac, f"{sys.argv[1]}/pac/wpad.dat", shallow=False):
        sys.exit("pac_pactester: proxy.pac and wpad.dat differ")
    with open(pac) as file:
        text = file.read()
    with open(sys.argv[2]) as file:
        probes = [line.split() for line in file if line.strip()]
    if not {"proxies", "otherwise"} <= {want for want, _ in probes}:
        sys.exit(f"pac_pactester: {sys.argv[2]} does not ask for both answers")

    wrong = 0
    own = {"DIRECT", PROXIES.search(text)[1], OTHERWISE.search(text)[1]}
    for host in ALWAYS:
        got = ask(pac, f"https://{host}/", host.strip("[]"))
        if got not in own:
            wrong += 1
            print(f"pac_pactester: {host}: {got} is none of the file's answers", file=sys.stderr)

    said = {"DIRECT": "DIRECT", "proxies": PROXIES.search(text)[1], "otherwise": ELSE}
    # Browsers keep a dot at the end of a host, and it means nothing.
    host = re.compile(r"(?<=://)[^/:]+")
    probes += [(want, host.sub(lambda name: f"{name[0].upper()}.", url)) for want, url in probes]
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/copy.pac", "w") as file:
            file.write(OTHERWISE.sub(f'var THRUWAY_OTHERWISE = "{ELSE}";', text))
        answers = ask_all(f"{work}/copy.pac", [url for _, url in probes], work)
    for (want, url), got in zip(probes, answers):
        if got != said[want]:
            wrong += 1
            print(f"pac_pactester: {url}: {got}, should be {said[want]}", file=sys.stderr)
    print(f"pac_pactester: {len(probes) + len(ALWAYS)} questions, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures the PAC of lists of 200, 2,000 and 20,000 made-up domains, and genpac's of the same, and prints Markdown.

Usage: measure.py THRUWAY WORK
       measure.py --pacparser PAC HOSTS      (one engine, in a process of its own)

Every round measures every file once, one after the other, each in a new process; shown is the median of the rounds.
"""

import csv
import ctypes
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from corpus import entries, minimal

SIZES = [200, 2_000, 20_000]
ROUNDS = 5
# genpac takes milliseconds for an answer.
PEER_ROUNDS = 3
PROXY = "proxy.contoso.com:8080"
HERE = Path(__file__).parent

# Limits: octets an entry from 2,000 entries on; milliseconds to load with the first answer at 20,000; answers.
MAX_ENTRY, MAX_LOAD, MAX_V8, MAX_QUICKJS, MAX_PACPARSER = 13.5, 3.0, 1_000, 2_000, 15_000


def pacparser(pac, hosts):
    """Nanoseconds of this process for an answer, and of the call alone."""
    library = ctypes.CDLL("libpacparser.so.1")
    library.pacparser_find_proxy.restype = ctypes.c_char_p
    library.pacparser_find_proxy.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    asked = {"hit": [], "miss": []}
    for line in Path(hosts).read_text().splitlines():
        kind, host = line.split()
        asked[kind].append(host.encode())
    found = {}

    def answer(hosts):
        times = []
        end = time.monotonic() + 1
        while time.monotonic() < end and len(times) < 400:
            for host in hosts if not times else hosts[:100]:
                library.pacparser_find_proxy(b"https://x/", host)
                if time.monotonic() > end:
                    break
            start, count = time.process_time_ns(), 0
            for host in hosts[:100]:
                library.pacparser_find_proxy(b"https://x/", host)
                count += 1
                if time.monotonic() > end:
                    break
            times.append((time.process_time_ns() - start) / count)
        return statistics.median(times)

    library.pacparser_init()
    library.pacparser_parse_pac_string(b'function FindProxyForURL(u, h) { return "DIRECT"; }')
    found["call"] = answer(asked["miss"])
    library.pacparser_cleanup()
    library.pacparser_init()
    start = time.process_time_ns()
    if not library.pacparser_parse_pac_file(str(pac).encode()):
        sys.exit(f"pacparser does not load {pac}")
    found["load"] = (time.process_time_ns() - start) / 1e6
    start = time.process_time_ns()
    library.pacparser_find_proxy(b"https://x/", asked["miss"][0])
    found["first"] = (time.process_time_ns() - start) / 1e6
    found |= {kind: answer(hosts) for kind, hosts in asked.items()}
    print(json.dumps(found))


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def written(thruway, folder, names):
    """The PAC of a list, and the profile that it is of."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "list.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"])
        writer.writerows(["Bench", "WW", "Bench", 443, f".{name}", "Required"] for name in names)
    profile = folder / "thruway.yaml"
    profile.write_text(
        f"version: 1\nname: bench\nsources: [{{ file: list.csv }}]\nproxies: [{PROXY!r}]\n"
        "targets:\n  pac: { otherwise: block }\n"
    )
    run(thruway, "compile", "-q", "--profile", profile, "--target", "pac", "--out", folder / "out")
    return folder / "out/pac/proxy.pac", profile


def peer(work, folder, names):
    """genpac's PAC of the same names, or nothing."""
    genpac = work / "venv/bin/genpac"
    if not genpac.exists():
        return None
    rules, pac = folder / "rules.txt", folder / "genpac.pac"
    rules.write_text("".join(f"||{name}\n" for name in names))
    run(genpac, "-f", "pac", "--gfwlist-disabled", "--user-rule-from", rules, "--pac-proxy", f"PROXY {PROXY}", "-o", pac)
    return pac


def questions(folder, names):
    """A thousand hosts that are listed, and as many that are not."""
    chance = random.Random(7)
    own = set(names)
    with open(folder / "hosts.txt", "w", encoding="utf-8") as file:
        for name in chance.choices(names, k=1_000):
            file.write(f"hit www.{name}\n")
            assert f"zz{name}" not in own
            file.write(f"miss www.zz{name}\n")
    return folder / "hosts.txt"


def main():
    if sys.argv[1] == "--pacparser":
        return pacparser(sys.argv[2], sys.argv[3])
    thruway, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    try:
        ctypes.CDLL("libpacparser.so.1")
        has_pacparser = True
    except OSError:
        has_pacparser = False

    cases = {}
    for size in SIZES:
        names = minimal(entries(size))
        folder = work / str(size)
        pac, profile = written(thruway, folder, names)
        cases[size] = {
            "names": len(names),
            "own": pac,
            "profile": profile,
            "peer": peer(work, folder, names),
            "hosts": questions(folder, names),
        }
    seen = {}

    def note(size, engine, whose, found):
        for what, value in found.items():
            seen.setdefault((size, engine, whose, what), []).append(value)

    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        for size, case in cases.items():
            for whose in ["own", "peer"]:
                pac = case[whose]
                if pac is None or whose == "peer" and number >= PEER_ROUNDS:
                    continue
                note(size, "V8", whose, json.loads(run("node", HERE / "v8.mjs", pac, case["hosts"])))
                if has_pacparser:
                    found = json.loads(run(sys.executable, __file__, "--pacparser", pac, case["hosts"]))
                    note(size, "pacparser", whose, found)
            found = json.loads(run(thruway, "bench", "pac", "-q", "--profile", case["profile"], "--format", "json"))
            times = {what: found[what]["median_us"] * 1e3 for what in ["hit", "miss"]}
            both = {what: found[what]["median_us"] / 1e3 for what in ["load", "first"]}
            note(size, "QuickJS", "own", times | both)

    def of(size, engine, whose, what):
        values = seen.get((size, engine, whose, what))
        return statistics.median(values) if values else None

    def row(what, figure, limit, unit, other):
        shown = lambda value: "-" if value is None else f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"
        verdict = "-" if limit is None or figure is None else "met" if figure <= limit else "**missed**"
        print(f"| {what} | {shown(figure)} | {shown(limit)} | {verdict} | {shown(other)} |")

    print("| PAC | Thruway | limit | | genpac 3.0.1 |\n|---|---|---|---|---|")
    for size, case in cases.items():
        count = case["names"]
        per = lambda pac: None if pac is None else pac.stat().st_size / count
        row(f"{count:,} entries: octets an entry", per(case["own"]), MAX_ENTRY if size > 2_000 else None, "B", per(case["peer"]))
        for engine, limit in [("V8", MAX_V8), ("QuickJS", MAX_QUICKJS), ("pacparser", MAX_PACPARSER)]:
            for what in ["hit", "miss"]:
                own, other = of(size, engine, "own", what), of(size, engine, "peer", what)
                row(f"{count:,} entries, {engine}: {what}", own, limit, "ns", other)
            together = lambda whose: (
                None
                if of(size, engine, whose, "load") is None
                else of(size, engine, whose, "load") + of(size, engine, whose, "first")
            )
            limit = MAX_LOAD if engine == "V8" else None
            row(f"{count:,} entries, {engine}: load and first answer", together("own"), limit, "ms", together("peer"))
    call = of(SIZES[-1], "pacparser", "own", "call")
    if call is None:
        print("\npacparser (Debian: libpacparser1) is not installed, so it was not asked.")
    else:
        print(f"\nOf an answer of pacparser {call:,.0f} ns are the call of a function that does nothing.")
    if cases[SIZES[0]]["peer"] is None:
        print("\ngenpac could not be installed, so it was not measured.")
    version = run("node", "--version").strip()
    print(f"\nV8 of Node.js {version}; medians of {ROUNDS} rounds in turn, genpac of {PEER_ROUNDS}.")


if __name__ == "__main__":
    main()

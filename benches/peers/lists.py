"""The compilation of lists."""

import json
import os
import re
from pathlib import Path

from contest import Contestant, header, make, ms, race, row, times, verdict

QUICK = os.environ["BENCH_QUICK"] == "1"
DATA = Path(os.environ["BENCH_DATA"])
THRUWAY = os.environ["THRUWAY"]
VENV, NODE = Path(os.environ["BENCH_VENV"]), Path(os.environ["BENCH_NODE"])
ROUNDS = 2 if QUICK else 7

LOAD = "import sys, openpyxl; print(sum(1 for sheet in openpyxl.load_workbook(sys.argv[1]) for _ in sheet.iter_rows()))"
COLLAPSE = (
    "import sys, ipaddress; "
    "print(*ipaddress.collapse_addresses(ipaddress.ip_network(line.strip()) for line in open(sys.argv[1])), sep='\\n')"
)


def compiled(name, target, out):
    """A list compiled for one target, or for all."""
    return [THRUWAY, "compile", "-q", "--profile", DATA / f"{name}.yaml", "--today", "2026-11-24", "--out", out, *(["--target", target] if target else [])]


def lines(file, beginning):
    """How many lines of a written file begin so; nothing where there is no such file."""
    try:
        with open(file, encoding="utf-8") as opened:
            return sum(1 for line in opened if re.match(beginning, line))
    except OSError:
        return None


def lists(scratch):
    """Each job by Thruway, and by who else does a part of it."""
    make("list:10000", "list:100000", "prefixes:100000", "workbook:1000")
    jobs = []

    def job(what, goals, ours, *rivals):
        jobs.append((what, goals, Contestant(what, ours), [(Contestant(name, command), *rest) for name, command, *rest in rivals]))

    for size in (10_000, 100_000):
        config = scratch / f"hostlist-{size}.json"
        source = {"type": "hosts", "source": str(DATA / f"list-{size}.txt")}
        config.write_text(json.dumps({"name": "bench", "sources": [source], "transformations": ["Compress"]}))
        out, theirs = scratch / f"squid-{size}", scratch / f"hostlist-{size}.txt"
        job(
            f"list of {size:,} names to Squid's lists",
            [],
            compiled(f"list-{size}", "squid", out),
            (
                "HostlistCompiler Compress",
                [NODE / "node_modules/.bin/hostlist-compiler", "-c", config, "-o", theirs],
                None,
                lambda out=out, theirs=theirs: (lines(out / "squid/allow.https-443.dstdomain", r"[^#\s]"), lines(theirs, r"\|\|"), "rules"),
            ),
        )
    rules = scratch / "genpac.txt"
    rules.write_text("".join(f"||{name}\n" for name in (DATA / "list-10000.txt").read_text().split()))
    job(
        "list of 10,000 names to a PAC file",
        [],
        compiled("list-10000", "pac", scratch / "pac"),
        (
            "genpac",
            [VENV / "bin/genpac", "-f", "pac", "--gfwlist-disabled", "--user-rule-from", rules, "--pac-proxy", "PROXY p:8080", "-o", scratch / "genpac.pac"],
            None,
            None,
        ),
    )
    book = DATA / "workbook-1000.xlsx"
    job(
        "workbook of 1,000 rows to every target",
        [("≤ 6 ms", lambda seconds: seconds <= 0.006)],
        compiled("workbook-1000", None, scratch / "every"),
        ("openpyxl, which loads it alone", [VENV / "bin/python", "-c", LOAD, book], 90, None),
        ("`unzip -p`, which inflates it alone; we at most 1.6×", ["unzip", "-p", book], 1 / 1.6, None),
    )
    job("workbook of 1,000 rows, read and shown", [], [THRUWAY, "show", "-q", "--profile", DATA / "workbook-1000.yaml", "--today", "2026-11-24"])
    names, out = DATA / "prefixes-100000.txt", scratch / "nftables"
    written = out / "nftables/thruway.nft"
    theirs = {"iprange": scratch / "iprange.txt", "python": scratch / "collapsed.txt"}

    def same(theirs):
        return lambda: (lines(written, r"  \d"), lines(theirs, r"\d"), "networks")

    job(
        "100,000 networks to nftables",
        [("≤ 5 ms and a process", None)],
        compiled("prefixes-100000", "nftables", out),
        ("iprange", ["sh", "-c", 'iprange "$1" >"$2"', "sh", names, theirs["iprange"]], 4, same(theirs["iprange"])),
        ("Python collapse_addresses", ["sh", "-c", '"$1" -c "$2" "$3" >"$4"', "sh", VENV / "bin/python", COLLAPSE, names, theirs["python"]], 150, same(theirs["python"])),
    )
    none = Contestant("process", [THRUWAY, "--version"])
    race([none, *(own for _, _, ours, rivals in jobs for own in (ours, *(rival for rival, *_ in rivals)))], ROUNDS, scratch)

    print()
    print("### Compilation of lists by others")
    print()
    print(
        f"Whole processes, {ROUNDS} interleaved rounds, medians. Thruway does more than its peers here: it keeps where each rule"
        f" came from, checks it, writes three lists for Squid, and reads everything back. Its process alone takes {ms(none.wall)}."
    )
    header("what", "figure", "limit", "met/missed", "peer")
    for what, goals, ours, rivals in jobs:
        if ours.failure:
            row(what, f"**FAILED**: {ours.failure}", "–", "–", "–")
            continue
        limit, is_met = goals[0] if goals else ("–", lambda _: None)
        is_met = is_met or (lambda seconds: seconds <= none.wall + 0.005)
        row(what, f"{ms(ours.wall)}, processor time {ms(ours.cpu)}", limit, verdict(is_met(ours.wall)) if goals else "–", "–")
        for rival, goal, count in rivals:
            limit = f"≥ {goal}× ours" if goal and goal > 1 else f"≤ {1 / goal:.1f}× theirs" if goal else "–"
            if rival.failure:
                row(f"… by {rival.name}", f"**NOT MEASURED**: {rival.failure}", limit, "–", "–")
                continue
            factor = rival.wall / ours.wall
            row(f"… by {rival.name}", f"{ms(rival.wall)}, {times(factor)} ours; processor time {ms(rival.cpu)}", limit, verdict(factor >= goal) if goal else "–", agreement(count))


def agreement(count):
    """Whether both wrote as many rules."""
    if count is None:
        return "–"
    ours, theirs, what = count()
    if ours is not None and ours == theirs:
        return f"the same {ours:,} {what}"
    return f"**OTHER RESULT**: {theirs} {what}, Thruway {ours}"

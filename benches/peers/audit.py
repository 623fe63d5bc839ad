"""The audit of a log."""

import json
import os
import subprocess
import sys
from pathlib import Path

from contest import CORES, Contestant, header, make, ms, on, race, resident, row, times, verdict

QUICK = os.environ["BENCH_QUICK"] == "1"
DATA, HERE = Path(os.environ["BENCH_DATA"]), Path(__file__).parent
THRUWAY, NEWLINES = os.environ["THRUWAY"], os.environ["BENCH_NEWLINES"]
PYTHON = Path(os.environ["BENCH_VENV"]) / "bin/python"
ROUNDS = 3 if QUICK else 5
# In megabytes: what is held against the limit; the slice of it that peers get; a short one, for memory.
WHOLE, SLICE, SHORT = (100, 100, 10) if QUICK else (1000, 400, 100)
SMALL, LARGE = "policy-10000", "policy-1000000"
# How often the large policy is compiled, and how often the log is read each time.
COMPILED, READ = 1, 5


def path(megabytes):
    return DATA / f"log-{megabytes}.log"


def audit(policy, *logs, more=()):
    return [THRUWAY, "audit", "log", *logs, "--profile", DATA / f"{policy}.yaml", "--today", "2026-11-24", *more]


def warm(*files):
    """Reads files once, so that they are in the page cache."""
    for file in files:
        with open(file, "rb") as opened:
            while opened.read(1 << 20):
                pass


def totals(log):
    """Requests for hosts of the policy and those that are refused of these, by the audit's own result."""
    done = subprocess.run([str(word) for word in audit(SMALL, log, more=["--format", "json"])], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    endpoints = json.loads(done.stdout)["endpoints"]
    return sum(own["requests"] for own in endpoints), sum(own["denied"] + own["authentication"] for own in endpoints)


def peers(log, names):
    """Who answers the same question, then who answers a simpler one; each with what the goal asks of us, if it asks anything."""
    same = [
        ("mawk, suffix walk", ["mawk", "-v", f"policy={names}", "-f", HERE / "suffix.awk", log], None),
        ("gawk, suffix walk", ["gawk", "-v", f"policy={names}", "-f", HERE / "suffix.awk", log], None),
        ("Python, set and cache", [PYTHON, HERE / "suffix.py", names, log], None),
        ("DuckDB, all cores", [PYTHON, HERE / "suffix_duckdb.py", names, log], 10),
        ("ClickHouse (chdb), all cores", [PYTHON, HERE / "suffix_clickhouse.py", names, log], 15),
    ]
    simpler = [
        ("`wc -l`: counts lines", ["wc", "-l", log], None),
        ("`rg -c -F TCP_DENIED`: one text", ["rg", "-c", "-F", "TCP_DENIED", log], None),
        ("`ugrep -c -F -f`: lines with a name anywhere", ["ugrep", "-c", "-F", "-f", names, log], 10),
        ("`grep -c -F -f`: the same", ["grep", "-c", "-F", "-f", names, log], None),
        ("`rg -c -F -f`: the same", ["rg", "-c", "-F", "-f", names, log], None),
    ]
    return same, simpler


def log(scratch):
    make(f"log:{WHOLE}", f"log:{SLICE}", f"log:{SHORT}", "policy:10000")
    empty = scratch / "empty.log"
    empty.touch()
    whole, part, names = path(WHOLE), path(SLICE), DATA / f"{SMALL}.txt"
    warm(whole, part, path(SHORT), names)
    size = whole.stat().st_size

    cores = (1, 2) if len(CORES) > 1 else (1,)
    limits = {n: Contestant(f"limit {n}", on(n, NEWLINES, whole, n), log=whole) for n in cores}
    ours = {n: Contestant(f"thruway {n}", on(n, *audit(SMALL, whole)), log=whole) for n in cores}
    sliced = ours if part == whole else {n: Contestant(f"thruway slice {n}", on(n, *audit(SMALL, part)), log=part) for n in cores}
    alone = {n: Contestant(f"thruway empty {n}", on(n, *audit(SMALL, empty))) for n in cores}
    same, simpler = peers(part, names)
    same_empty, simpler_empty = peers(empty, names)
    # 1 says of grep and its like that no line matches.
    rivals = [
        (Contestant(name, command), Contestant(name, without, good=(0,) if is_same else (0, 1)), goal, is_same)
        for group, empties, is_same in ((same, same_empty, True), (simpler, simpler_empty, False))
        for (name, command, goal), (_, without, _) in zip(group, empties)
    ]
    everyone = [*limits.values(), *ours.values(), *(sliced.values() if sliced is not ours else ()), *alone.values(), *(own for rival in rivals for own in rival[:2])]
    race(everyone, ROUNDS, scratch)

    print(f"### Audit of a log of {WHOLE:,} MB")
    print()
    print(
        f"Whole processes, {ROUNDS} interleaved rounds begun by another one each time, medians; the log is in the page cache, read"
        " once before. *Scan* is from opening the log to closing it, by inotify; *whole* is the process, in which the policy is"
        " compiled before and the report written after. Processor time is that of the process minus the same on an empty log, so"
        " the report is in it; it says more than the clock where others use the machine. The limit reads blocks of 1 MiB and finds each line end."
    )
    header("what", "figure", "limit", "met/missed", "peer")
    for n in cores:
        speed("the limit: line ends", n, limits[n], size, None, None, whole=False)
    first = limits[1]
    for n in cores:
        speed("10,000 patterns", n, ours[n], size, 3 if n == 1 else None, first, alone=alone[n])
    if len(cores) == 1:
        row("two cores", "**NOT MEASURED**: there is one core here", "≥ 1.9×", "–", "–")
    elif not (ours[1].failure or ours[2].failure):
        gain = ours[1].scan / ours[2].scan
        row("10,000 patterns, two cores to one, scan", times(gain), "≥ 1.9×", verdict(gain >= 1.9), f"the limit: {ratio(limits[1], limits[2])}")
    large_policy(scratch, whole, size)
    memory()
    rivals_table(part, rivals, sliced, alone, own_totals(part))


def speed(what, cores, own, size, limit, floor, alone=None, whole=True):
    """A row: how fast a log is read, and how many times as long as by the limit."""
    what += ", one core" if cores == 1 else ", two cores"
    goal = f"≤ {limit}× the limit" if limit else "–"
    if own.failure:
        row(what, f"**FAILED**: {own.failure}", goal, "–", "–")
        return
    figure = f"scan {ms(own.scan)}, {size / own.scan / 1e6:,.0f} MB/s"
    if floor and floor.failure:
        row(what, figure, goal, "**NOT MEASURED**: the limit failed", "–")
        return
    to_limit = own.scan / floor.scan if floor else None
    if to_limit:
        figure += f", {times(to_limit)} the limit on one core"
        if alone and not alone.failure:
            figure += f" ({times(busy(own, alone) / floor.cpu)} by processor time)"
    if alone and not alone.failure:
        rest = own.wall - alone.wall
        figure += f"; whole {ms(own.wall)} − policy alone {ms(alone.wall)} = {ms(rest)}"
        # What is left beyond the scan is the report. A log that is read while it is closed would be seen here.
        if own.scan < 0.5 * rest - 0.02:
            figure += " (**far above the scan**: the report takes long, or the log is not open while it is read)"
    elif whole:
        figure += f"; whole {ms(own.wall)}"
    row(what, figure, goal, verdict(to_limit <= limit) if limit else "–", "–")


def busy(own, empty):
    """Seconds of processors without those of a run on an empty log. Below a millisecond there is nothing to divide by."""
    return max(own.cpu - empty.cpu, 0.001)


def ratio(one, other):
    return "failed" if one.failure or other.failure else times(one.scan / other.scan)


def large_policy(scratch, whole, size):
    """A million patterns. Compiling them takes far longer than the scan, so the log is read several times each time."""
    if QUICK:
        row("1,000,000 patterns", "**not with `--quick`**", "≤ 6× the limit", "–", "–")
        return
    print("benches: 1,000,000 patterns", file=sys.stderr)
    make("policy:1000000")
    floor = Contestant("limit", on(1, NEWLINES, whole, 1), log=whole)
    ours = Contestant("large", on(1, *audit(LARGE, *[whole] * READ)), log=whole)
    floors = [Contestant("limit", floor.command, log=whole, scans=floor.scans) for _ in range(READ)]
    race([ours, *floors], COMPILED, scratch)
    speed("1,000,000 patterns", 1, ours, size, 6, floors[0])
    try:
        used = resident(audit(LARGE, path(SHORT)))
        row("1,000,000 patterns, resident memory of the whole process", f"{used / 1e6:,.0f} MB", "–", "–", "–")
    except (RuntimeError, OSError) as error:
        row("1,000,000 patterns, resident memory", f"**FAILED**: {error}", "–", "–", "–")


def memory():
    try:
        short, whole = (max(resident(audit(SMALL, path(size))) for _ in range(2)) for size in (SHORT, WHOLE))
    except (RuntimeError, OSError) as error:
        row("10,000 patterns, resident memory", f"**FAILED**: {error}", "< 64 MB", "–", "–")
        return
    figure = f"{short / 1e6:.1f} MB for {SHORT} MB, {whole / 1e6:.1f} MB for {WHOLE:,} MB"
    row("10,000 patterns, resident memory", figure, "< 64 MB", verdict(whole < 64e6), "–")
    row("the same, by the log's size", times(whole / short), "≤ 1.1×", verdict(whole <= 1.1 * short), "–")


def own_totals(part):
    try:
        return totals(part)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"\n**FAILED**: the audit's own totals: {error}")
        return None


def rivals_table(part, rivals, ours, alone, wanted):
    print()
    print(f"### The same log by others: {part.stat().st_size / 1e6:,.0f} MB, 10,000 patterns")
    print()
    print(
        "From the same rounds. *Scan* of a peer is its whole process minus the same on an empty log, ours from opening the log to"
        " closing it; processor time is the difference for all. Ratios are to Thruway on one core, and the goal is about the ratio of scans. Counts go to a file: to"
        " `/dev/null`, GNU grep would stop at the first match."
    )
    if wanted:
        print(f"Thruway counts {wanted[0]:,} requests for hosts of the policy, {wanted[1]:,} of them refused.")
    header("what", "figure", "limit", "met/missed", "peer")
    for n, own in ours.items():
        if own.failure or alone[n].failure:
            row(f"Thruway, {n} core{'s' * (n > 1)}", f"**FAILED**: {own.failure or alone[n].failure}", "–", "–", "–")
        else:
            row(f"Thruway, {n} core{'s' * (n > 1)}", f"scan {ms(own.scan)}; whole {ms(own.wall)}; processor time {ms(busy(own, alone[n]))}", "–", "–", "–")
    one = ours[1]
    for own, empty, goal, is_same in rivals:
        limit = f"≥ {goal}× ours" if goal else "–"
        failure = own.failure or empty.failure or (one.failure or alone[1].failure) and "Thruway failed"
        if failure:
            row(own.name, f"**NOT MEASURED**: {failure}", limit, "–", "–")
            continue
        # A log may be read faster than a process starts, and then there is nothing to divide.
        scan = max(own.wall - empty.wall, 0.0)
        figure = f"scan {ms(scan)}, {times(scan / one.scan)}; whole {ms(own.wall)}, {times(own.wall / one.wall)}"
        figure += f"; processor time {ms(busy(own, empty))}, {times(busy(own, empty) / busy(one, alone[1]))}"
        said = answer(own, is_same, wanted)
        row(own.name, figure, limit, verdict(scan >= goal * one.scan) if goal else "–", said)


def answer(own, is_same, wanted):
    """What a peer answers, and whether it is our answer."""
    if not is_same:
        return f"another question: {int(own.output.split()[0]):,} lines"
    if own.output.split() == [str(number) for number in wanted or ()]:
        return "the same totals"
    return f"**OTHER TOTALS**: {own.output}"


def gzip(scratch):
    make(f"log:{SLICE}", f"gzip:{SLICE}", "policy:10000")
    log = DATA / f"gzip-{SLICE}.log.gz"
    warm(log)
    alone = Contestant("gzip -dc", ["gzip", "-dc", log], log=log, keep=False)
    cores = (1, 2) if len(CORES) > 1 else (1,)
    ours = {n: Contestant(f"thruway {n}", on(n, *audit(SMALL, log)), log=log, keep=False) for n in cores}
    race([alone, *ours.values()], ROUNDS, scratch)
    print()
    print(f"### Audit of a gzip log, {SLICE} MB inflated")
    print()
    print(f"{ROUNDS} interleaved rounds, 10,000 patterns, both to nothing; from opening the log to closing it.")
    header("what", "figure", "limit", "met/missed", "peer")
    for n, own in ours.items():
        what = f"gzip log, {'one core' if n == 1 else 'two cores'}"
        if own.failure or alone.failure:
            row(what, f"**FAILED**: {own.failure or alone.failure}", "≤ 1.05× `gzip -dc`", "–", "–")
            continue
        to_limit = own.scan / alone.scan
        figure = f"scan {ms(own.scan)}, {times(to_limit)}; whole {ms(own.wall)}"
        row(what, figure, "≤ 1.05× `gzip -dc`", verdict(to_limit <= 1.05), f"`gzip -dc` {ms(alone.scan)}")

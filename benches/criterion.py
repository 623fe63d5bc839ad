#!/usr/bin/env python3
"""The medians of one `cargo bench` target beside their limits, as Markdown.

Usage: criterion.py SINCE [CRITERION_DIR], where only what was measured after SINCE (seconds since 1970) counts, and BENCH
is in the environment.
"""

import json
import os
import re
import sys
from pathlib import Path

# What others do in the same bench is no matter of a limit of ours.
OTHERS = re.compile(r"peer|floor|globset|regex|fst|aho|trie|hashmap|ipnet|memchr|memcpy", re.IGNORECASE)

# Of a target of `cargo bench`: which of its benchmarks, by the end of the name; nanoseconds for each element (an entry, a host,
# a prefix); what is said where there is none.
LIMITS = {
    "lookup": [
        (r"\b(200|10000)$", 40, "up to 10,000 patterns"),
        (r"\b1000000$", 75, "1,000,000 patterns"),
    ],
    "subsume": [(r"\b1000000$", 80, "1,000,000 entries")],
    "cidr": [
        (r"v4.*\b(10000|100000|1000000)$", 40, "IPv4, from text to text"),
        (r"v6.*\b(10000|100000|1000000)$", 100, "IPv6, from text to text"),
    ],
}


def main():
    since, folder = float(sys.argv[1]), Path(sys.argv[2])
    limits = [*LIMITS.get(os.environ["BENCH"], [])]
    print("| what | figure | limit | met/missed | peer |\n| --- | --- | --- | --- | --- |")
    found, met = [], set()
    for file in sorted(folder.glob("**/new/estimates.json")):
        if file.stat().st_mtime >= since:
            own = json.loads((file.parent / "benchmark.json").read_text())
            found.append((own["full_id"], own.get("throughput"), json.loads(file.read_text())["median"]["point_estimate"]))
    # Sizes in the order of numbers.
    found.sort(key=lambda own: [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", own[0])])
    for name, throughput, median in found:
        elements = (throughput or {}).get("Elements")
        limit = None if OTHERS.search(name) else next((own for own in limits if re.search(own[0], name)), None)
        figure = length(median) + (f", {median / elements:,.1f} ns each" if elements else "")
        if limit is None:
            print(f"| {name} | {figure} | – | – | – |")
            continue
        met.add(limit)
        if elements is None:
            print(f"| {name} | {figure} | ≤ {limit[1]} ns each | **NOT KNOWN**: the bench names no throughput | – |")
            continue
        is_met = median / elements <= limit[1]
        print(f"| {name} | {figure} | ≤ {limit[1]} ns each | {'met' if is_met else '**missed**'} | – |")
    for limit in limits:
        if limit not in met:
            print(f"| {limit[2]} | **NOT MEASURED**: no benchmark has a name of this kind | ≤ {limit[1]} ns each | – | – |")
    if not found:
        sys.exit("criterion.py: nothing was measured")


def length(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:,.3g} {unit}" if nanoseconds < 1000 * size else f"{nanoseconds / size:,.0f} {unit}"
    return f"{nanoseconds:.3g} ns"


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes what the benches read: logs, policies, lists, prefixes, a workbook. Made up, and the same every time.

Usage: corpora.py DIR WHAT…, where WHAT is `log:MB`, `gzip:MB`, `policy:N`, `list:N`, `prefixes:N` or `workbook:N`.
A file that is there is kept.
"""

import csv
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

TLDS = ["com", "net", "org", "io", "de", "co.uk", "app", "cloud"]
WORDS = ["alpha", "edge", "cdn", "telemetry", "portal", "login", "assets", "media", "update", "signal", "sync", "store"]
HEADER = ["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"]

# Policies hold names of this many patterns at the most; hosts of the log are below the first or the rest of these.
LARGE, SMALL = 1_000_000, 10_000
# Hosts of a log, and how many of them are below a pattern of the small policy, below one of the large one alone, near a
# pattern, asked for without TLS.
HOSTS, IN_SMALL, IN_LARGE, NEAR, PLAIN = 300_000, 30_000, 30_000, 48_000, 24_000
# Of all lines, those for hosts of the small policy and those for hosts of the large one alone.
OF_SMALL, OF_LARGE = 0.09, 0.03
# Of all lines, those that are refused, and those that ask for credentials.
DENIED, CREDENTIALS = 0.07, 0.01
# 2026-11-02, in milliseconds; one line every 11 of these is a day of 7.9 million lines.
START, STEP = 1_793_577_600_000, 11


SYLLABLES = [f"{first}{vowel}{last}" for first in "bdkmprtv" for vowel in "aeio" for last in "nl"]
# Numbers of registered names that no pattern has.
OTHERS = 1 << 23


def registered(number):
    """A registered name. Few look like another one, as is so of names that people choose; each number has its own."""
    mixed = number
    for factor in (0x9E3779, 0x85EBCB, 0xC2B2AF):
        mixed = (mixed ^ mixed >> 13) * factor & 0xFFFFFF
    return "".join(SYLLABLES[mixed >> at & 63] for at in (0, 6, 12, 18)) + "." + TLDS[number % len(TLDS)]


def pattern(number):
    """The name of a pattern. Three are siblings, and none is below another."""
    registrable = number // 3
    return f"{WORDS[number % 3]}{number % 7}.{registered(registrable)}"


def hosts():
    """The hosts of a log as (name, whether it is asked for without TLS, weight)."""
    rng = random.Random("hosts")
    small, large, near, plain = ("small", "large", "near", "plain")
    kinds = [small] * IN_SMALL + [large] * IN_LARGE + [near] * NEAR + [plain] * PLAIN
    kinds += ["other"] * (HOSTS - len(kinds))
    rng.shuffle(kinds)
    # The n-th host is asked for 1/n as often as the first (Zipf).
    weights = [1 / rank for rank in range(1, HOSTS + 1)]
    shares = {small: OF_SMALL, large: OF_LARGE}
    total = {kind: sum(itertools.compress(weights, (own == kind for own in kinds))) for kind in (small, large)}
    rest = sum(weights) - sum(total.values())
    for number, (kind, weight) in enumerate(zip(kinds, weights)):
        if kind in shares:
            weight *= shares[kind] / total[kind]
        else:
            weight *= (1 - OF_SMALL - OF_LARGE) / rest
        below = rng.choice(["", f"n{number % 50}.", f"eu{number % 9}.{rng.choice(WORDS)}."])
        if kind == small:
            name = below + pattern(rng.randrange(SMALL))
        elif kind == large:
            name = below + pattern(rng.randrange(SMALL, LARGE))
        elif kind == near:
            # A sibling of patterns, which ends as they do and is of none.
            name = f"{below}other." + pattern(rng.randrange(SMALL)).split(".", 1)[1]
        else:
            name = f"{below}static-www.{registered(OTHERS + number)}"
        yield name, kind == plain, weight


def log(path, megabytes):
    """Squid's native log. A smaller one is the beginning of a larger one."""
    names, is_plain, weights = zip(*hosts())
    cumulated = list(itertools.accumulate(weights))
    rng = random.Random("log")
    address = [f"{rng.randrange(11, 200)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}" for _ in names]
    ends = [
        f" - HIER_DIRECT/{own} text/html\n" if plain else f"CONNECT {name}:443 - HIER_DIRECT/{own} -\n"
        for name, own, plain in zip(names, address, is_plain)
    ]
    clients = [f"10.{rng.randrange(4)}.{rng.randrange(256)}.{rng.randrange(1, 255)}" for _ in range(5_000)]
    paths = ["/" + "/".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 6))) + rng.choice(["", ".js", "?v=17"]) for _ in range(1 << 8)]
    middles = {False: [], True: []}
    for _ in range(1 << 16):
        verdict, client, size = rng.random(), rng.choice(clients), int(rng.paretovariate(1) * 900)
        for plain, passed in ((False, "TCP_TUNNEL/200"), (True, "TCP_MISS/200")):
            word = "TCP_DENIED/403" if verdict < DENIED else "TCP_DENIED/407" if verdict < DENIED + CREDENTIALS else passed
            middles[plain].append(f"{rng.randrange(90_000):6} {client} {word} {size} ")
    left, time, batch = megabytes * 1_000_000, START, 100_000
    with open(path, "w", encoding="ascii", newline="\n") as file:
        while True:
            lines = []
            for host, kind in zip(rng.choices(range(HOSTS), cum_weights=cumulated, k=batch), rng.choices(range(1 << 16), k=batch)):
                what = f"GET http://{names[host]}{paths[kind & 255]}" if is_plain[host] else ""
                lines.append(f"{time // 1000}.{time % 1000:03} {middles[is_plain[host]][kind]}{what}{ends[host]}")
                time += STEP
            text = "".join(lines)
            if len(text) >= left:
                file.write(text[: text.rindex("\n", 0, left) + 1])
                return
            file.write(text)
            left -= len(text)


def profile(path, entries):
    """A list as CSV with a profile beside it, and the bare entries for peers."""
    with open(path.with_suffix(".csv"), "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(row(number, entry) for number, entry in enumerate(entries))
    path.with_suffix(".txt").write_text("".join(f"{entry.lstrip('.')}\n" for entry in entries))
    path.write_text(f'version: 1\nname: bench\nsources: [{{ file: {path.stem}.csv }}]\nproxies: ["proxy.contoso.com:8080"]\n')


def row(number, entry):
    return ["Bench", "WW", f"Category {number % 23}", 443, entry, "Required"]


def redundant(number):
    """Names of which a quarter is below another one."""
    rng = random.Random("list")
    names = [pattern(at) for at in range(number - number // 4)]
    names += [f"{rng.choice(WORDS)}{at}.{rng.choice(names)}" for at in range(number // 4)]
    rng.shuffle(names)
    return ["." + name for name in names]


def prefixes(number):
    """Networks that overlap and touch each other, in 20.0.0.0/8 and 52.0.0.0/8."""
    rng = random.Random("prefixes")
    for _ in range(number):
        length = rng.randrange(20, 33)
        value = rng.choice([20, 52]) << 24 | rng.randrange(1 << 24) >> (32 - length) << (32 - length)
        yield ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"


def workbook(path, number):
    import openpyxl

    book = openpyxl.Workbook()
    for cells in [HEADER, *(row(at, "." + pattern(at)) for at in range(number))]:
        book.active.append(cells)
    book.save(path.with_suffix(".xlsx"))
    path.write_text(f'version: 1\nname: bench\nsources: [{{ file: {path.stem}.xlsx }}]\nproxies: ["proxy.contoso.com:8080"]\n')


def forget(folder):
    """Removes what another version of this program has made."""
    own, stamp = Path(__file__).read_bytes(), folder / "made-by.py"
    if not stamp.exists() or stamp.read_bytes() != own:
        for kind in ("log", "gzip", "policy", "list", "prefixes", "workbook"):
            for old in folder.glob(f"{kind}-*"):
                old.unlink()
        stamp.write_bytes(own)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    forget(folder)
    for wanted in sys.argv[2:]:
        kind, number = wanted.split(":")[0], int(wanted.split(":")[1])
        path = folder / f"{kind}-{number}{ {'log': '.log', 'gzip': '.log.gz'}.get(kind, '.yaml') }"
        # The profile is written last of its files, and a log gets its name when it is whole.
        if path.exists():
            continue
        print(f"benches: making {path.name}", file=sys.stderr)
        part = path.with_name(path.name + ".part")
        match kind:
            case "log":
                log(part, number)
                os.rename(part, path)
            case "gzip":
                with open(part, "wb") as file:
                    subprocess.run(["gzip", "-cn", folder / f"log-{number}.log"], stdout=file, check=True)
                os.rename(part, path)
            case "policy":
                profile(path, ["." + pattern(at) for at in range(number)])
            case "list":
                profile(path, redundant(number))
            case "prefixes":
                profile(path, list(prefixes(number)))
            case "workbook":
                workbook(path, number)
            case _:
                sys.exit(f"corpora.py: `{wanted}` is not known")


if __name__ == "__main__":
    main()

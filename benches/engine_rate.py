#!/usr/bin/env python3
"""Measures how many rows a second one core of ClickHouse audits, by chDB, and what they take on disk.

Usage: taskset -c 0 engine_rate.py PROGRAM DIR [TIMES]

DIR is what tests/products/sql_log.py made; its log is put into the table TIMES times (10), on a day each. Told is the
processor time of the audit, all threads together, with `max_threads = 1`, so other work on the machine does not count.
"""

import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from chdb import session

program, folder, times = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute(), int(sys.argv[3]) if len(sys.argv) > 3 else 10


def statements(path):
    for part in re.split(r";\n", path.read_text()):
        lines = [line for line in part.split("\n") if line.strip()]
        own = "\n".join(line for line in lines if not line.startswith("--"))
        if own:
            what = re.match(r"CREATE \w+ TABLE (\w+)|-- (\w+):", lines[0] if lines[0].startswith("-- ") and ":" in lines[0] else own)
            yield (what[1] or what[2]) if what else "", own


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


with tempfile.TemporaryDirectory() as scratch:
    out = Path(scratch) / "out"
    subprocess.run([program, "audit", "sql", "--engine", "clickhouse", "--out", out, "-q", "--profile", folder / "thruway.yaml"], check=True)
    connection = session.Session(f"{scratch}/data")
    connection.query("SET max_threads = 1, max_insert_threads = 1")
    create, load, *_ = [own.replace("access.log*", str(folder / "access.log")) for _, own in statements(out / "load-squid.sql")]
    connection.query(create)
    start = spent()
    connection.query(load)
    taken, lines = spent() - start, int(str(connection.query("SELECT count() FROM proxy_log", "TSV")))
    print(f"{lines} lines of text read and put in: {lines / taken:,.0f} a second")
    start = spent()
    for day in range(1, times):
        connection.query(f"INSERT INTO proxy_log SELECT time + INTERVAL {day * 5} DAY, client, host, port, scheme, path, bytes, verdict, inspected "
                         f"FROM proxy_log WHERE time < (SELECT min(time) FROM proxy_log) + INTERVAL 5 DAY")
    connection.query("OPTIMIZE TABLE proxy_log FINAL")
    rows = int(str(connection.query("SELECT count() FROM proxy_log", "TSV")))
    print(f"{rows} rows, put in and merged in {spent() - start:.1f} s of a core")
    print("octets on disk, and of the columns:", str(connection.query(
        "SELECT sum(bytes_on_disk), sum(data_uncompressed_bytes) FROM system.parts WHERE table = 'proxy_log' AND active", "TSV")).strip())
    print("octets of the log as text:", (folder / "access.log").stat().st_size * times)
    for name in ["first", "again"]:
        if name == "again":
            for table in ["rules", "policy", "seen", "hosts", "keys", "near", "matched"]:
                connection.query(f"DROP TEMPORARY TABLE thruway_{table}")
        total = spent()
        parts = []
        for what, statement in statements(out / "audit.sql"):
            start = spent()
            connection.query(statement)
            parts.append((spent() - start, what))
        total = spent() - total
        print(f"{name}: {total:.2f} s of a core, {rows / total:,.0f} rows a second; most of it:",
              ", ".join(f"{what or '?'} {own:.2f} s" for own, what in sorted(parts, reverse=True)[:4]))
    connection.query("CREATE DATABASE continuous; USE continuous")
    connection.query(create)
    for _, statement in statements(out / "continuous.sql"):
        connection.query(statement)
    start = spent()
    connection.query("INSERT INTO continuous.proxy_log SELECT * FROM default.proxy_log")
    taken = spent() - start
    print(f"{rows} rows put in under the view: {rows / taken:,.0f} a second")
    connection.query("USE default")
    print("rows of thruway_seen, hosts:", str(connection.query("SELECT (SELECT count() FROM thruway_seen), (SELECT count() FROM thruway_hosts)", "TSV")).strip())

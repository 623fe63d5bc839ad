#!/usr/bin/env python3
"""Lets engines audit a log by the query that is written for them, and compares with `audit log`.

Usage: sql_engines.py PROGRAM DIR [ENGINE...]

DIR is what sql_log.py made. Exit 0: every count of every engine is that of `audit log`. 1: some are not.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

program, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).absolute()
engines = sys.argv[3:] or ["duckdb", "clickhouse", "spark"]
checked, wrong = 0, []
# Lines of odd.log that are not UTF-8.
NOT_UTF8 = 100


def thruway(*arguments):
    ran = subprocess.run([program, *arguments, "--profile", folder / "thruway.yaml", "--quiet"], capture_output=True, check=True)
    return ran.stdout.decode()


def same(what, got, want):
    global checked
    checked += 1
    if got != want:
        wrong.append(f"{what}: {got!r}, not {want!r}"[:500])


def milliseconds(time):
    if time is None or isinstance(time, int):
        return time
    if isinstance(time, str):
        time = datetime.fromisoformat(time.replace("Z", "+00:00"))
    time = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return round(time.timestamp() * 1000)


def statements(text):
    """The statements of a file, by the comment right before them: those that answer are named there."""
    for part in re.split(r";\n", text):
        lines = [line for line in part.split("\n") if line.strip()]
        comments = [line for line in lines if line.startswith("--")]
        own = "\n".join(line for line in lines if not line.startswith("--"))
        if own:
            named = re.match(r"-- (\w+): ", comments[-1]) if comments else None
            yield named and named[1], own


def compare(name, answers, local):
    """Every count of an engine's answers with those of this program."""
    endpoints = {own["pattern"]: own for own in local["endpoints"] if own["requests"]}
    got = {row["pattern"]: row for row in answers["endpoints"]}
    same(f"{name}: endpoints", sorted(got), sorted(endpoints))
    for pattern in sorted(got.keys() & endpoints.keys()):
        row, own = got[pattern], endpoints[pattern]
        for key in ["requests", "bytes", "denied", "authentication", "inspected"]:
            same(f"{name}: {key} of {pattern}", int(row[key]), own[key])
        for key, end in [("first_seen", "first"), ("last_seen", "last")]:
            same(f"{name}: {key} of {pattern}", milliseconds(row[key]), milliseconds(own["seen"][end]))
        # Those of `audit log` are an estimate to 6.5 %.
        clients = int(row["clients"])
        same(f"{name}: clients of {pattern}, {clients} and about {own['clients']}", abs(clients - own["clients"]) <= 0.25 * clients + 1, True)
    totals = answers["totals"][0]
    requests = local["lines"] - local["without_request"] - local["malformed"]["lines"] - local["outside_time"]
    same(f"{name}: requests", int(totals["requests"]), requests)
    same(f"{name}: others", int(totals["others"]), local["others"])
    same(f"{name}: no host", int(totals["no_host"]) + int(totals["unread"]), local["no_host"])
    same(f"{name}: first", milliseconds(totals["first_seen"]), milliseconds(local["seen"]["first"]))
    same(f"{name}: last", milliseconds(totals["last_seen"]), milliseconds(local["seen"]["last"]))
    wild = {(row["pattern"], row["name"]): (int(row["requests"]), int(row["denied"])) for row in answers["wildcards"]}
    want = {(own["pattern"], host["host"]): (host["requests"], host["denied"]) for own in local["endpoints"] for host in own["hosts"]}
    assert all(host["at_most_too_many"] == 0 for own in local["endpoints"] for host in own["hosts"]), "too many hosts to compare"
    same(f"{name}: hosts behind wildcards", wild, want)
    unused = [own["pattern"] for own in local["endpoints"] if not own["requests"] and own["requirement"] == "required"]
    same(f"{name}: required and unseen", [row["pattern"] for row in answers["required"]], unused)
    # `audit log` tells addresses near the policy as one host without a name.
    near = {}
    for row in answers["near"]:
        host = row["name"] if row["kind"] == "name" else ""
        count, denied = near.get(host, (0, 0))
        near[host] = (count + int(row["requests"]), denied + int(row["denied"]))
    same(f"{name}: near", near, {host["host"]: (host["requests"], host["denied"]) for host in local["near"]})


def audit(engine, out, *more):
    thruway("audit", "sql", "--engine", engine, "--out", out, "--top", "100000", *more)
    return Path(out)


def duckdb_answers(out, log, table=None, only=None):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    load = (out / "load-squid.sql").read_text().replace("access.log*", str(log))
    answers = {}
    for name, statement in statements(load):
        result = connection.execute(statement)
        if name:
            answers[name] = [dict(zip([column[0] for column in result.description], row)) for row in result.fetchall()]
    os.chdir(out)
    for name, statement in statements((out / "audit.sql").read_text()):
        result = connection.execute(statement)
        if name:
            titles = [column[0] for column in result.description]
            answers[name] = [dict(zip(titles, row)) for row in result.fetchall()]
    return connection, answers


def clickhouse_answers(out, log, table=None, only=None):
    from chdb import session

    connection = session.Session()
    load = (out / "load-squid.sql").read_text().replace("access.log*", str(log))
    for _, statement in statements(load):
        connection.query(statement)
    answers = {}
    for name, statement in statements((out / "audit.sql").read_text()):
        result = connection.query(statement, "JSON")
        if name:
            answers[name] = json.loads(result.bytes())["data"]
    connection.close()
    return None, answers


def spark_answers(out, log, table, only=None):
    """`table` is a Parquet file with the log, which DuckDB has read."""
    spark = spark_session()
    spark.catalog.clearCache()
    spark.read.parquet(str(table)).createOrReplaceTempView("proxy_log")
    answers = {}
    for name, statement in statements((out / "audit.sql").read_text()):
        if name and only and name != only:
            continue
        rows = spark.sql(statement).collect()
        if name:
            answers[name] = [row.asDict() for row in rows]
    return None, answers


def spark_session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for key, value in [("spark.sql.session.timeZone", "UTC"), ("spark.sql.shuffle.partitions", "1"),
                       # So little data is quicker read than code for it compiled.
                       ("spark.sql.codegen.wholeStage", "false"), ("spark.sql.adaptive.enabled", "false"),
                       ("spark.ui.showConsoleProgress", "false"), ("spark.local.ip", "127.0.0.1"),
                       ("spark.driver.bindAddress", "127.0.0.1"), ("spark.driver.host", "127.0.0.1"),
                       ("spark.driver.memory", "2g")]:
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


ANSWERS = {"duckdb": duckdb_answers, "clickhouse": clickhouse_answers, "spark": spark_answers}


def daily(out, log, local):
    """What a view counts of blocks as they come is what is counted of the whole."""
    from chdb import session

    connection = session.Session()
    create, *load = [statement for _, statement in statements((out / "load-squid.sql").read_text().replace("access.log*", str(log)))]
    for statement in [create, *(own for _, own in statements((out / "continuous.sql").read_text())), "SET max_insert_block_size = 5000", load[0]]:
        connection.query(statement)
    columns = ", ".join(f"sum({key}) AS {key}" for key in ["requests", "bytes", "denied", "authentication", "inspected"])
    rows = json.loads(connection.query(f"SELECT pattern, {columns}, uniqMerge(clients) AS clients, count(DISTINCT day) AS days FROM thruway_daily "
                                       "INNER JOIN thruway_rules AS rules USING (rule) GROUP BY pattern", "JSON").bytes())["data"]
    got = {row["pattern"]: {key: int(row[key]) for key in ["requests", "bytes", "denied", "authentication", "inspected"]} for row in rows}
    want = {own["pattern"]: {key: own[key] for key in ["requests", "bytes", "denied", "authentication", "inspected"]}
            for own in local["endpoints"] if own["requests"]}
    same("the view: endpoints", sorted(got), sorted(want))
    for pattern in sorted(got.keys() & want.keys()):
        same(f"the view: {pattern}", got[pattern], want[pattern])
    same("the view: days", max(int(row["days"]) for row in rows) > 1, True)
    connection.close()


def odd(name, answers, local):
    """Hosts that the engine cannot read are counted, and nothing else is told of them."""
    totals = answers["totals"][0]
    requests = local["lines"] - local["without_request"] - local["malformed"]["lines"]
    # DuckDB holds no text that is not UTF-8; so does Spark's table, which it wrote.
    lost = 0 if name == "clickhouse" else NOT_UTF8
    requests -= lost
    same(f"{name}: odd requests", int(totals["requests"]), requests)
    if name == "duckdb":
        same(f"{name}: lines that are not UTF-8", answers["lines"][0]["not_utf8"], lost)
    same(f"{name}: every odd host is counted apart",
         int(totals["unread"]) + int(totals["unchecked"]) + int(totals["no_host"]), requests)
    return totals


def main():
    local = json.loads(thruway("audit", "log", folder / "access.log", "--format", "json"))
    local_odd = json.loads(thruway("audit", "log", folder / "odd.log", "--format", "json"))
    os.environ["TZ"] = "UTC"
    time.tzset()
    with tempfile.TemporaryDirectory() as scratch:
        for engine in engines:
            out, answer = audit(engine, f"{scratch}/{engine}"), ANSWERS[engine]
            start = time.monotonic()
            for log, what in [("access", lambda answers: compare(engine, answers, local)),
                              ("odd", lambda answers: odd(engine, answers, local_odd))]:
                table = Path(scratch) / f"{log}.parquet"
                connection, answers = answer(out, folder / f"{log}.log", table, "totals" if log == "odd" else None)
                if engine == "duckdb":
                    connection.execute(f"COPY proxy_log TO '{table}'")
                what(answers)
            if engine == "clickhouse":
                daily(out, folder / "access.log", local)
            print(f"{engine}: {time.monotonic() - start:.1f} s", flush=True)
    for line in wrong[:40]:
        print(line)
    print(f"{checked} questions, {len(wrong)} answered otherwise than `audit log` does")
    sys.exit(1 if wrong else 0)


main()

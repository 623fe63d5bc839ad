#!/usr/bin/env python3
"""Lets `audit log --engine clickhouse --url` audit a log over HTTP, and compares with `audit log` on the file.

Usage: sql_server.py PROGRAM DIR

DIR is what sql_log.py made. NOTE: no ClickHouse server can be installed here (Debian's is of 2018 and has neither the
types nor the window functions). This is a bridge of the test's own: it takes what a program sends by ClickHouse's HTTP
protocol, checks it as a server does, and has it run by chDB, which is ClickHouse in a process. So the statements, their
session and their answers are ClickHouse's; status codes, authentication and the form of failures are the bridge's.
"""

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chdb import session

program, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).absolute()
wrong, checked, asked = [], 0, []
SETTINGS = {"output_format_json_quote_64bit_integers", "date_time_output_format", "wait_end_of_query"}


def same(what, got, want):
    global checked
    checked += 1
    if got != want:
        wrong.append(f"{what}: {got!r}, not {want!r}"[:500])


class Bridge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        asked.append((parameters, query))
        if (self.headers.get("X-ClickHouse-User"), self.headers.get("X-ClickHouse-Key")) != ("auditor", "p@ss word"):
            return self.answer(403, b"Code: 516. DB::Exception: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)\n")
        settings = ", ".join(f"{name} = '{parameters[name]}'" for name in sorted(SETTINGS & parameters.keys()) if name != "wait_end_of_query")
        try:
            with LOCK:
                if settings:
                    CONNECTION.query(f"SET {settings}")
                result = CONNECTION.query(query, parameters["default_format"]).bytes()
        except Exception as error:  # noqa: BLE001, whatever ClickHouse says
            return self.answer(404 if "UNKNOWN_TABLE" in str(error) else 500, str(error).encode())
        return self.answer(200, result)


LOCK, CONNECTION = threading.Lock(), session.Session()


def statements(text):
    for part in text.split(";\n"):
        own = "\n".join(line for line in part.split("\n") if line.strip() and not line.startswith("--"))
        if own:
            yield own


def drop():
    """What ends with a session of a server, and not with chDB's."""
    with LOCK:
        for table in ["rules", "policy", "seen", "hosts", "read", "known", "keys", "near", "matched"]:
            CONNECTION.query(f"DROP TEMPORARY TABLE IF EXISTS thruway_{table}")


def thruway(*arguments, code=0, **variables):
    drop()
    ran = subprocess.run([program, *arguments, "--profile", folder / "thruway.yaml"], capture_output=True, text=True,
                         env={**os.environ, "NO_COLOR": "1", **variables}, check=False)
    assert ran.returncode == code, (arguments, ran.returncode, ran.stderr)
    return ran.stdout, ran.stderr


def without_estimates(report):
    """An engine counts clients, and knows nothing of lines that are no request; addresses near the policy by their name."""
    near = {}
    for host in report["near"]:
        is_name = not host["host"].replace(".", "").isdigit() and ":" not in host["host"]
        host["host"] = host["host"] if is_name else ""
        own = near.setdefault(host["host"], {"requests": 0, "denied": 0})
        own["requests"] += host["requests"]
        own["denied"] += host["denied"]
    report["near"] = near
    for own in report["endpoints"]:
        del own["clients"]
    for key in ["lines", "malformed", "without_request"]:
        report.pop(key)
    return report


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bridge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    url = f"http://auditor:p%40ss%20word@127.0.0.1:{port}"
    engine = ["audit", "log", "--engine", "clickhouse", "--url"]
    out = Path(sys.argv[2]) / "server"
    thruway("audit", "sql", "--engine", "clickhouse", "--out", out, "-q")
    # The whole log and the odd one: what the server cannot read, the program reads for it.
    load = (out / "load-squid.sql").read_text()
    for log in ["access.log", "odd.log"]:
        for statement in statements(load.replace("access.log*", str(folder / log))):
            CONNECTION.query(statement)
    local = json.loads(thruway("audit", "log", folder / "access.log", folder / "odd.log", "--format", "json")[0])
    told = json.loads(thruway(*engine, url, "--format", "json")[0])
    requests = local["lines"] - local["malformed"]["lines"] - local["without_request"]
    same("requests", told["lines"], requests)
    local, told = without_estimates(local), without_estimates(told)
    # A server counts by endpoint; what it is not asked for is none of its answers.
    unasked = {"logs", "categories", "services", "fixes", "close"}
    for key in sorted(local.keys() - {"endpoints", "near"}):
        same(key, told[key], None if key in unasked else local[key])
    for own, other in zip(told["endpoints"], local["endpoints"], strict=True):
        hosts = own.pop("hosts"), other.pop("hosts")
        same(f"endpoint {other['pattern']}", own, other)
        # The most frequent 256; the local engine keeps up to twice as many.
        same(f"hosts of {other['pattern']}", hosts[0], hosts[1][:256])
    # The most frequent 1024; addresses are many of these, or one.
    names = {name: own for name, own in told["near"].items() if name}
    same("near", names, {name: local["near"].get(name) for name in names})
    same("enough near", len(names) > 50, True)
    same("one session", len({parameters["session_id"] for parameters, _ in asked}), 1)

    # For people it is the same report.
    shown, _ = thruway(*engine, url)
    for words in ["hosts behind wildcards", "required, and in no line", "never.example.com", "*.b.example.com"]:
        same(f"`{words}` is shown", words in shown, True)

    # Credentials of the environment, and none in what is said.
    bare = f"http://127.0.0.1:{port}"
    thruway(*engine, bare, "-q", CLICKHOUSE_USER="auditor", CLICKHOUSE_PASSWORD="p@ss word")
    _, said = thruway(*engine, f"http://auditor:wr0ng@127.0.0.1:{port}", code=2)
    same("a refusal is told", "Authentication failed" in said and "wr0ng" not in said, True)
    _, said = thruway(*engine, url, "--table", "no`such; DROP TABLE proxy_log", code=2)
    same("the server's words and the statement are told", "UNKNOWN_TABLE" in said and "FROM `no\\`such; DROP TABLE proxy_log`" in said, True)
    same("no password is told", "p@ss" in said or base64.b64encode(b"p@ss word").decode() in said, False)
    same("the table is still there", int(str(CONNECTION.query("SELECT count() FROM proxy_log", "TSV"))), requests)
    server.shutdown()
    _, said = thruway(*engine, "http://127.0.0.1:9", code=2)
    same("no server", "no connection" in said, True)
    for text in wrong[:20]:
        print(text)
    print(f"{checked} questions, {len(wrong)} answered otherwise than it should be")
    sys.exit(1 if wrong else 0)


main()

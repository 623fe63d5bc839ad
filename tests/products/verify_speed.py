#!/usr/bin/env python3
"""Measures `verify` on 150 hosts by three routes, 64 at a time, where every host takes a second to answer.

Usage: verify_speed.py PROGRAM

Exit 0: it takes at most 1.2 times what it must, which is the slowest URL or all of them divided by 64, and at most 64 MB.
1: it does not. 2: could not run.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import squid_lab
import verify_lab
from verify_lab import DOMAIN, ORIGINS, PACS, PROXY

HOSTS = [f"ok-{number}" for number in range(150)]
JOBS, FACTOR, MEGABYTES, DELAY = 64, 1.2, 64, 1.0


class SlowOrigins(verify_lab.Origins):
    """An answer takes a second."""

    def serve(self, kind, connection, tls):
        try:
            connection.settimeout(60)
            connection = tls.wrap_socket(connection, server_side=True) if tls else connection
            while connection.recv(65536):
                time.sleep(DELAY)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass  # A client that has its answer goes away.
        finally:
            connection.close()


def main():
    if len(sys.argv) != 2:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    program = os.path.abspath(sys.argv[1])
    verify_lab.need_squid()
    verify_lab.enter()
    threading.stack_size(256 << 10)
    with tempfile.TemporaryDirectory() as work:
        verify_lab.certificates(work, [*ORIGINS, "proxy"])
        records = [f"address=/{DOMAIN}/{ORIGINS['ok']}"]
        with open(f"{work}/thruway.yaml", "w") as file:
            file.write("version: 1\nname: lab\nsources:\n  - file: list.yaml\n")
        with open(f"{work}/list.yaml", "w") as file:
            file.write("version: 1\nid: lab\ntitle: lab\ndocuments:\n  - id: lab\n    title: lab\n    date: 2026-11-24\n    rows:\n")
            file.writelines(f"      - {{ row: {row}, host: {host}.{DOMAIN}, port: 443, geo: WW, requirement: required, "
                            "platforms: [linux] }\n" for row, host in enumerate(HOSTS, 2))
        pac = f'function FindProxyForURL(url, host) {{ return "PROXY {PROXY}:3127"; }}'.encode()
        with verify_lab.Dns(work, records, DOMAIN):
            SlowOrigins(work)
            verify_lab.Pacs({"/a.pac": (200, "application/x-ns-proxy-autoconfig", pac)})
            plain = ["http_port 3127", "http_port 3128", "http_port 3129", "http_access allow all"]
            with verify_lab.Squid(work, plain):
                measure(program, work)


def measure(program, work):
    routes = ["direct", f"proxy=http://{PROXY}:3128", f"pac=http://{PACS}/a.pac"]
    command = [program, "verify", "--profile", f"{work}/thruway.yaml", "--today", "2026-11-24", "--expected-root",
               f"{work}/origin-ca.crt", "--jobs", str(JOBS), "--timeout", "30", "--format", "json",
               *(word for route in routes for word in ("--route", route))]
    with open(f"{work}/report.json", "w") as out:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    with open(f"{work}/report.json") as file:
        report = json.load(file)
    ways = [route for own in report["endpoints"] for route in own["routes"]]
    bad = [way for way in ways if way["verdict"] != "passes"]
    if process.returncode != 0 or len(ways) != len(HOSTS) * len(routes) or bad:
        sys.exit(f"verify_speed.py: exit {process.returncode}, {len(ways)} answers, {len(bad)} of them bad: {bad[:1]}")
    each = [sum(way["timing_ms"].values()) / 1000 for way in ways]
    least = max(max(each), sum(each) / JOBS)
    megabytes = usage.ru_maxrss / 1024
    print(f"verify_speed.py: {len(ways)} requests in {took:.2f} s, {took / least:.2f} times the {least:.2f} s that they "
          f"must take; {megabytes:.0f} MB, {usage.ru_utime + usage.ru_stime:.2f} s of processor time")
    sys.exit(0 if took <= FACTOR * least and megabytes <= MEGABYTES else 1)


if __name__ == "__main__":
    main()

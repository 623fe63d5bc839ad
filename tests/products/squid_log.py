#!/usr/bin/env python3
"""Has the real Squid write the same requests in three formats, and asks `thruway audit log` about each.

Usage: squid_log.py THRUWAY

Squid lets through, refuses, asks for credentials, splices, bumps and terminates, as a proxy that clients know and as one that they do
not. It logs in its own format, in `combined` and in a `logformat` with the mode of bumping and the name of the hello. What is
counted must be what was asked, and the same for every format where the format says as much.
Exit 0: it is. 1: a difference. 2: could not run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import squid_lab
import squid_web
from squid_lab import Asker, Squid
from squid_web import CERTGEN, Client, Server

CUSTOM = ('%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru "%{User-Agent}>h" %[un %Sh/%<a %mt %ssl::bump_mode %ssl::>sni')
LOGS = {"squid": [], "combined": [], "custom": ["--logformat", CUSTOM]}
# Name, and what the configuration does with it.
HOSTS = ["plain.example", "users.example", "denied.example", "splice.example", "bump.example", "ended.example"]
CONFIGURATION = f"""
http_port 3128 ssl-bump tls-cert=WORK/ca.pem generate-host-certificates=on
https_port 3130 intercept ssl-bump tls-cert=WORK/ca.pem generate-host-certificates=on
sslcrtd_program {CERTGEN} -s WORK/ssl_db -M 4MB
sslcrtd_children 2 startup=1
tls_outgoing_options cafile=WORK/origin-ca.crt
auth_param basic program WORK/helper
auth_param basic children 1 startup=1
acl users proxy_auth REQUIRED
acl for_users dstdomain users.example
acl denied dstdomain denied.example
acl step1 at_step SslBump1
acl spliced ssl::server_name splice.example
acl ended ssl::server_name ended.example
ssl_bump peek step1
ssl_bump splice spliced
ssl_bump terminate ended
ssl_bump bump all
http_access deny denied
http_access deny for_users !users
http_access allow all
logformat custom {CUSTOM}
access_log stdio:WORK/squid.log squid
access_log stdio:WORK/combined.log combined
access_log stdio:WORK/custom.log custom
"""
PROFILE = "version: 1\nname: lab\nsources:\n  - file: list.csv\n"
# How often each is asked.
TIMES = 12


def prepare(work):
    """Squid's folder with its CA and the list of endpoints."""
    os.mkdir(f"{work}/squid")
    Path(f"{work}/squid/squid.conf").write_text(CONFIGURATION.replace("WORK", work))
    Path(f"{work}/helper").write_text(squid_lab.HELPER)
    os.chmod(f"{work}/helper", 0o755)
    run = lambda *command: squid_lab.run(*command, cwd=work)
    run("openssl", "req", "-x509", *squid_web.CURVE, "-subj", f"/CN={squid_web.INSPECTION}", "-keyout", "ca.key",
        "-out", "ca.crt", "-addext", "basicConstraints=critical,CA:TRUE")
    Path(f"{work}/ca.pem").write_text(Path(f"{work}/ca.key").read_text() + Path(f"{work}/ca.crt").read_text())
    os.chmod(f"{work}/ca.pem", 0o644)
    run(CERTGEN, "-c", "-s", f"{work}/ssl_db", "-M", "4MB")
    if os.geteuid() == 0:
        run("chown", "-R", "proxy", "ssl_db")
    squid_web.make_server_certificate(work, HOSTS)
    rows = [f"Defender,WW,Common,{port},{host},Required" for host in HOSTS for port in (443, 80)]
    header = "Service,Geography,Category,Port,Endpoint/URL,Required or Optional"
    Path(f"{work}/list.csv").write_text("\n".join([header, *rows]) + "\n")
    Path(f"{work}/thruway.yaml").write_text(PROFILE)


def ended(client, place, name):
    """`ended` where the connection is closed instead of answered."""
    answer = client.ask(place, name)
    return answer if answer in ("splice", "bump", "deny") else "ended"


def ask_all(work, asker):
    """Asks everything; gives what must be counted of each pattern: requests, refused, asked for credentials, inspected."""
    known, unknown = Client(work), Client(work, intercept=True)
    times = range(TIMES)
    asker.check("plain", known.ask_plain, [("passed", f"http://plain.example/{n}") for n in times])
    asker.check("plain", known.ask_plain, [("denied", f"http://denied.example/{n}?q=%20x") for n in times])
    asker.check("plain", known.ask_plain, [("credentials?", f"http://users.example/{n}") for n in times])
    asker.check("plain", known.ask_plain, [("passed", f"http://users.example/{n}", "right") for n in times])
    asker.check("TLS", known.ask, [("splice", "splice.example:443", "splice.example") for _ in times])
    asker.check("TLS", known.ask, [("bump", "bump.example:443", "bump.example") for _ in times])
    asker.check("TLS", lambda *own: ended(known, *own), [("ended", "ended.example:443", "ended.example") for _ in times])
    asker.check("intercepted", unknown.ask, [("splice", "splice.example:443", "splice.example") for _ in times])
    asker.check("intercepted", unknown.ask, [("bump", "bump.example:443", "bump.example") for _ in times])


def wait_for_end(work, asker):
    """Until every log has the line of a last request."""
    asker.check("the last", Client(work).ask_plain, [("passed", "http://plain.example/last")])
    logs = [Path(f"{work}/{name}.log") for name in LOGS]
    for _ in range(400):
        if all("plain.example/last" in log.read_text(errors="replace") for log in logs):
            return
        time.sleep(0.05)
    squid_lab.give_up("Squid has not written the last request")


def counted(thruway, work, name, options):
    """What the audit counts by host, and the whole of it."""
    command = [thruway, "audit", "log", f"{work}/{name}.log", *options, "--profile", f"{work}/thruway.yaml", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        squid_lab.give_up(f"{' '.join(command)}: exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def main():
    if len(sys.argv) != 2:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_web.need()
    squid_lab.enter()
    thruway, asker = sys.argv[1], Asker()
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o777)
        prepare(work)
        squid_web.lead_to_servers((443,))
        Server().use(work)
        with Squid(work, work, HOSTS):
            ask_all(work, asker)
            wait_for_end(work, asker)
        found = {name: counted(thruway, work, name, options) for name, options in LOGS.items()}
    compare(found, asker)
    asker.done()


def compare(found, asker):
    """What was asked is what is counted. Squid 5 writes two lines of a tunnel that it looks into or might."""
    numbers = lambda own: tuple(own[what] for what in ("requests", "denied", "authentication", "inspected"))
    want = {
        "http://plain.example": (TIMES + 1, 0, 0, 0),
        "http://denied.example": (TIMES, TIMES, 0, 0),
        "http://users.example": (2 * TIMES, 0, TIMES, 0),
        # The client that knows Squid has two lines a tunnel, the other one with the name, and one with the address alone.
        "splice.example": (3 * TIMES, 0, 0, 0),
        "bump.example": (3 * TIMES, 0, 0, 2 * TIMES),
        # That it ended them, only the mode of bumping says.
        "ended.example": (TIMES, 0, 0, 0),
    }
    # The hello names the host of the address, and the mode says what became of a tunnel.
    custom = {
        **want,
        "splice.example": (4 * TIMES, 0, 0, 0),
        "bump.example": (4 * TIMES, 0, 0, 4 * TIMES),
        "ended.example": (TIMES, TIMES, 0, 0),
    }
    lines = {all["lines"] for all in found.values()}
    for name, all in found.items():
        if all["malformed"]["lines"] or lines != {all["lines"]}:
            asker.is_wrong(f"{name}: {all['malformed']} of {all['lines']} lines, and {lines} in all logs")
        got = {own["pattern"]: own for own in all["endpoints"] if own["requests"]}
        for pattern, own in sorted((custom if name == "custom" else want).items()):
            asker.asked += 1
            if pattern not in got or numbers(got[pattern]) != own:
                asker.is_wrong(f"{name}: {pattern}: {got.get(pattern)}, should be {own}")
        bytes_of = {pattern: own["bytes"] for pattern, own in got.items()}
        native = {own["pattern"]: own["bytes"] for own in found["squid"]["endpoints"] if own["requests"]}
        if bytes_of != native or any(own["clients"] != 1 for own in got.values()) or set(got) != set(want):
            asker.is_wrong(f"{name}: {bytes_of}, should be {native}")


if __name__ == "__main__":
    main()

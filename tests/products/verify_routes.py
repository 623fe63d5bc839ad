#!/usr/bin/env python3
"""Asks `verify` about hosts that behave in every way, by every kind of route, and compares every verdict.

Usage: verify_routes.py PROGRAM

Squid splices some hosts, inspects others, denies one and wants a password for another, on a port that inspects, on one
that does not, and over TLS. PACs are right, of the wrong media type, too large, wrong and missing; one is found by WPAD.
Exit 0: every verdict is as it should be. 1: one is not. 2: could not run.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile

import squid_lab
import verify_lab
from verify_lab import DOMAIN, ORIGINS, PACS, PROXY, SIX

KINDS = list(ORIGINS)
# Spliced (s) and inspected (b) of each kind. `open` hosts may be inspected.
HOSTS = {f"{kind}-{how}": kind for kind in KINDS for how in "sb"}
HOSTS |= {"ok-denied": "ok", "ok-auth": "ok", "ok-open": "ok", "ok-alias": "ok", "ok-six": "six"}
MISSING = "ok-missing"

DIRECT = "direct"
BUMPING = f"proxy=http://{PROXY}:3128"
PLAIN = f"proxy=http://{PROXY}:3127"
SECURE = f"proxy=https://proxy.{DOMAIN}:3129"

# What each kind of origin is by itself, wherever nobody is in between.
ITSELF = {
    "ok": "passes", "expired": "untrusted", "unknown": "untrusted", "vendor": "unproven", "wrongname": "untrusted",
    "slow": "unreachable", "reset": "unreachable", "fails": "wrong-answer", "closed": "unreachable", "six": "passes",
    "garbage": "unreachable", "endless": "unreachable", "away": "passes", "page": "passes",
}
# Through an inspecting Squid: what it takes itself is inspected, and what it does not reach or like is its own page. What is
# no HTTP it takes for HTTP/0.9.
INSPECTED = {
    "ok": "inspected", "expired": "unreachable", "unknown": "unreachable", "vendor": "inspected",
    "wrongname": "unreachable", "slow": "unreachable", "reset": "unreachable", "fails": "inspected",
    "closed": "unreachable", "garbage": "inspected", "endless": "unreachable", "away": "inspected",
    "page": "inspected",
}


def wanted():
    """By route and host, the verdict."""
    rows = {}
    for host, kind in HOSTS.items():
        rows[DIRECT, host] = ITSELF[kind]
        # CONNECT to a closed port is answered by 503.
        rows[PLAIN, host] = rows[SECURE, host] = ITSELF[kind]
        rows[BUMPING, host] = INSPECTED[kind] if host.endswith("-b") else ITSELF[kind]
        for route in (BUMPING, PLAIN, SECURE):
            rows[route, "ok-denied"] = "refused"
            rows[route, "ok-auth"] = "credentials"
    rows[BUMPING, "ok-open"] = "passes-inspected"
    rows[DIRECT, MISSING] = rows[BUMPING, MISSING] = rows[PLAIN, MISSING] = rows[SECURE, MISSING] = "unreachable"
    return rows


def squid_conf(work):
    spliced = [f"{host}.{DOMAIN}" for host in HOSTS if not host.endswith(("-b", "-open"))]
    users = verify_lab.password_helper(work)
    tls = f"tls_outgoing_options cafile={work}/all-cas.crt"
    return [
        f"http_port 3128 ssl-bump tls-cert={work}/squid-ca.pem generate-host-certificates=on",
        "http_port 3127",
        f"https_port 3129 tls-cert={work}/proxy.crt tls-key={work}/proxy.key",
        f"sslcrtd_program /usr/lib/squid/security_file_certgen -s {work}/squid/ssl_db -M 4MB",
        tls,
        f"auth_param basic program {users}",
        "auth_param basic children 1 startup=1",
        "acl users proxy_auth REQUIRED",
        f"acl denied dstdomain ok-denied.{DOMAIN}",
        f"acl with_password dstdomain ok-auth.{DOMAIN}",
        "acl step1 at_step SslBump1",
        f"acl spliced ssl::server_name {' '.join(spliced)}",
        "http_access deny denied",
        "http_access allow with_password users",
        "http_access deny with_password",
        "http_access allow all",
        "ssl_bump peek step1",
        "ssl_bump splice spliced",
        "ssl_bump bump all",
        "connect_timeout 3 seconds",
        "connect_retries 0",
        "forward_max_tries 1",
        "read_timeout 3 seconds",
        "request_timeout 3 seconds",
    ]


def pac(body):
    return f"function FindProxyForURL(url, host) {{ {body} }}".encode()


MEDIA = "application/x-ns-proxy-autoconfig"
SPLIT = pac(f'return host == "ok-s.{DOMAIN}" ? "DIRECT" : host == "ok-b.{DOMAIN}" ? "PROXY {PROXY}:1; PROXY {PROXY}:3128"'
            f' : "PROXY {PROXY}:3127";')
FILES = {
    "/good.pac": (200, MEDIA, SPLIT),
    "/text.pac": (200, "text/plain", SPLIT),
    "/wpad.dat": (200, MEDIA, SPLIT),
    "/large.pac": (200, MEDIA, SPLIT + b" " * (1 << 20)),
    "/wrong.pac": (200, MEDIA, b"function FindProxyForURL(url, host) { return "),
    "/socks.pac": (200, MEDIA, pac('return "SOCKS 10.0.0.1:1";')),
    "/plain": (200, "text/html", SPLIT),
}
BY_SPLIT = {"ok-s": "passes", "ok-b": "inspected", "ok-open": "passes", "ok-denied": "refused"}
NO_ROUTE = {host: "no-route" for host in BY_SPLIT}
# By route: what its remarks say, and the verdicts.
PAC_ROUTES = {
    f"pac=http://{PACS}/good.pac": ("", BY_SPLIT),
    f"pac=http://{PACS}/text.pac": ("served as text/plain", BY_SPLIT),
    f"pac=http://{PACS}/plain": ("Windows does not take it", BY_SPLIT),
    f"pac=http://{PACS}/large.pac": ("over 1048576 bytes", NO_ROUTE),
    f"pac=http://{PACS}/wrong.pac": ("does not load", NO_ROUTE),
    f"pac=http://{PACS}/socks.pac": ("", NO_ROUTE),
    f"pac=http://{PACS}/none.pac": ("status 404", NO_ROUTE),
    f"pac=http://{ORIGINS['closed']}/a.pac": ("cannot be fetched", NO_ROUTE),
    "wpad": (f"found http://wpad.{DOMAIN}/wpad.dat", BY_SPLIT),
}


class Verify:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.asked, self.wrong = 0, 0
        rows = [*HOSTS, MISSING]
        with open(f"{work}/list.yaml", "w") as file:
            file.write("version: 1\nid: lab\ntitle: lab\ndocuments:\n  - id: lab\n    title: lab\n    date: 2026-11-24\n    rows:\n")
            for row, host in enumerate(rows, 2):
                inspection = ", inspection: may-inspect" if host.endswith("-open") else ""
                file.write(f"      - {{ row: {row}, host: {host}.{DOMAIN}, port: 443, geo: WW, requirement: required, "
                           f"platforms: [linux]{inspection} }}\n")
        with open(f"{work}/thruway.yaml", "w") as file:
            file.write("version: 1\nname: lab\nsources:\n  - file: list.yaml\nselect:\n  include:\n"
                       f"    - {{ host: 'plain-ok.{DOMAIN}', ports: [80], reason: plain, owner: lab }}\n"
                       f"    - {{ host: 'plain-denied.{DOMAIN}', ports: [80], reason: plain, owner: lab }}\n"
                       f"    - {{ host: 'plain-away.{DOMAIN}', ports: [80], reason: plain, owner: lab }}\n"
                       # Both are asked for a file; one of them answers with a page.
                       "    - { host: 'ctldl.windowsupdate.com', ports: [80], reason: plain, owner: lab }\n"
                       "    - { host: 'crl.microsoft.com', ports: [80], reason: plain, owner: lab }\n")

    def run(self, routes, *more, environment=(), want_exit=None):
        command = [self.program, "verify", "--profile", f"{self.work}/thruway.yaml", "--today", "2026-11-24", "--ca",
                   f"{self.work}/squid-ca.crt", "--expected-root", f"{self.work}/origin-ca.crt", "--timeout", "8",
                   "--jobs", "32", *(word for route in routes for word in ("--route", route)), *more]
        clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**clean, **dict(environment)})
        if want_exit is not None:
            self.check(f"exit of {' '.join(command[3:])}", done.returncode, want_exit)
        if done.returncode not in (0, 1, want_exit):
            print(done.stderr, file=sys.stderr)
        return done

    def json(self, routes, *more, **options):
        done = self.run(routes, "--format", "json", *more, **options)
        return json.loads(done.stdout) if done.stdout else {"endpoints": [], "routes": []}

    def check(self, what, got, want):
        self.asked += 1
        if got != want:
            self.wrong += 1
            print(f"verify_routes.py: {what}: {got}, should be {want}", file=sys.stderr)

    def compare(self, report, want):
        """The verdicts by (route, host)."""
        got, whole = {}, {}
        for endpoint in report["endpoints"]:
            host = endpoint["url"].split("/")[2].removesuffix(f".{DOMAIN}")
            for route in endpoint["routes"]:
                got[route["route"], host] = route["verdict"]
                whole[route["route"], host] = route
        for key, verdict in want.items():
            self.check(f"{key}: {(whole.get(key) or {}).get('why')}", got.get(key), verdict)
        return whole


def main():
    if len(sys.argv) != 2:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    program = os.path.abspath(sys.argv[1])
    verify_lab.need_squid()
    verify_lab.enter()
    with tempfile.TemporaryDirectory() as work:
        verify_lab.certificates(work, [*HOSTS, "proxy"])
        addresses = {host: SIX if kind == "six" else ORIGINS[kind] for host, kind in HOSTS.items() if host != "ok-alias"}
        addresses |= {"plain-ok": ORIGINS["ok"], "plain-denied": ORIGINS["ok"], "plain-away": ORIGINS["away"], "wpad": PACS, "proxy": PROXY}
        records = [f"host-record={host}.{DOMAIN},{address}" for host, address in addresses.items()]
        records += [f"host-record=ctldl.windowsupdate.com,{ORIGINS['ok']}", f"host-record=crl.microsoft.com,{ORIGINS['page']}"]
        records += [f"cname=ok-alias.{DOMAIN},ok-s.{DOMAIN}"]
        with verify_lab.Dns(work, records, f"berlin.{DOMAIN}"):
            verify_lab.Origins(work)
            verify_lab.Pacs(FILES)
            verify = Verify(program, work)
            conf = squid_conf(work)
            conf.insert(conf.index("http_access deny denied"), f"acl denied_plain dstdomain plain-denied.{DOMAIN}")
            conf.insert(conf.index("http_access deny denied"), "http_access deny denied_plain")
            with verify_lab.Squid(work, conf):
                ask(verify, work)
    print(f"verify_routes.py: {verify.asked} questions, {verify.wrong} wrong")
    sys.exit(1 if verify.wrong else 0)


def ask(verify, work):
    seen = verify.compare(verify.json([DIRECT, BUMPING, PLAIN, SECURE], want_exit=1), wanted() | {
        (DIRECT, "plain-ok"): "passes", (BUMPING, "plain-ok"): "passes", (SECURE, "plain-ok"): "passes",
        (DIRECT, "plain-denied"): "passes", (BUMPING, "plain-denied"): "refused", (PLAIN, "plain-denied"): "refused",
        (DIRECT, "plain-away"): "unproven", (BUMPING, "plain-away"): "unproven",
        (DIRECT, "ctldl.windowsupdate.com"): "passes", (DIRECT, "crl.microsoft.com"): "wrong-answer",
        (PLAIN, "ctldl.windowsupdate.com"): "passes", (PLAIN, "crl.microsoft.com"): "wrong-answer",
    })

    # What is seen beside the verdict.
    alias = seen[DIRECT, "ok-alias"]
    verify.check("aliases", alias["dns"]["aliases"], [f"ok-s.{DOMAIN}"])
    verify.check("address", alias["address"], f"{ORIGINS['ok']}:443")
    verify.check("IPv6", seen[DIRECT, "ok-six"]["address"], f"[{SIX}]:443")
    verify.check("steps", sorted(alias["timing_ms"]), ["connect", "dns", "http", "tls"])
    verify.check("TLS", (alias["tls"]["version"], alias["tls"]["leads_to"], alias["tls"]["issuer"]),
                 ("TLSv1.3", "expected", "Lab origin"))
    inspected = seen[BUMPING, "ok-b"]
    verify.check("inspector", (inspected["tls"]["leads_to"], inspected["tls"]["issuer"]), ("ca", "Lab inspection"))
    verify.check("steps by a proxy", sorted(inspected["timing_ms"]), ["connect", "http", "proxy", "tls"])
    verify.check("why expired", "expired" in seen[DIRECT, "expired-s"]["why"], True)
    verify.check("why another name", "another name" in seen[DIRECT, "wrongname-s"]["why"], True)
    verify.check("why unknown", "Nobody knows \\u{1b}[31mthis" in seen[DIRECT, "unknown-s"]["why"], True)
    verify.check("no HTTP", seen[DIRECT, "garbage-s"]["why"], "no answer: invalid HTTP version parsed")
    verify.check("head without an end", seen[DIRECT, "endless-s"]["why"], "no answer: message head is too large")
    verify.check("no name", seen[DIRECT, MISSING]["why"], "the name has no address")
    verify.check("time out", seen[DIRECT, "slow-s"]["why"], "timed out (tls)")
    verify.check("only directly", "ok-denied" in only_direct(verify.json([DIRECT, BUMPING])), True)

    # Without --ca and --expected-root nobody is known.
    bare = [verify.program, "verify", "--profile", f"{work}/thruway.yaml", "--route", BUMPING, "--format", "json", "--only"]
    done = subprocess.run([*bare, "ok-[sb].*"], capture_output=True, text=True, timeout=120)
    verify.compare(json.loads(done.stdout), {(BUMPING, "ok-s"): "untrusted", (BUMPING, "ok-b"): "untrusted"})
    # A root that this system has taken up is an inspector's, unless it calls itself the vendor's.
    for root, host, verdict, leads_to in [
        ("squid-ca", "ok-b", "inspected", "system"), ("origin-ca", "ok-s", "inspected", "system"),
        ("vendor-ca", "vendor-s", "unproven", "vendor"),
    ]:
        system = {**os.environ, "SSL_CERT_FILE": f"{work}/{root}.crt"}
        done = subprocess.run([*bare, f"{host}.*"], capture_output=True, text=True, timeout=120, env=system)
        found = verify.compare(json.loads(done.stdout), {(BUMPING, host): verdict})
        verify.check(f"{root} of the system", found[BUMPING, host]["tls"]["leads_to"], leads_to)

    # Credentials, which are never shown.
    for user, verdict in [("somebody:right", "passes"), ("stranger:secret", "credentials")]:
        for scheme, place in [("http", f"{PROXY}:3127"), ("https", f"proxy.{DOMAIN}:3129")]:
            done = verify.run([f"proxy={scheme}://{user}@{place}"], "--only", "ok-auth*", "--format", "json")
            verify.compare(json.loads(done.stdout), {(f"proxy={scheme}://{place}", "ok-auth"): verdict})
            shown = done.stdout + done.stderr
            verify.check("a password is shown", any(word in shown for word in ("right", "secret", "c29tZWJ")), False)
    refused = verify.run(["proxy=ftp://somebody:secret@x"], want_exit=2)
    verify.check("a wrong route shows its password", "secret" in refused.stdout + refused.stderr, False)

    # The environment.
    variables = {"HTTPS_PROXY": f"http://{PROXY}:3128", "no_proxy": f"ok-b.{DOMAIN},192.0.2.0/24"}
    verify.compare(verify.json(["env"], environment=variables.items()), {
        ("env", "ok-b"): "passes", ("env", "ok-denied"): "refused", ("env", "plain-denied"): "passes",
    })
    report = verify.json(["env"], "--only", "ok-s*", want_exit=0)
    verify.check("no variable", report["routes"][0]["remarks"], ["no variable of the environment names a proxy"])

    # A proxy at an IPv6 address, which asks in plain text and for a tunnel to one.
    six = "proxy=http://[::1]:3127"
    found = verify.compare(verify.json([six]), {
        (six, "ok-s"): "passes", (six, "ok-six"): "passes", (six, "ok-denied"): "refused", (six, "plain-ok"): "passes"})
    verify.check("the proxy's address", found[six, "ok-s"]["address"], "[::1]:3127")

    # A proxy that is not there, and one that is no proxy.
    gone, other = f"proxy=http://{PROXY}:1", f"proxy=https://{PROXY}:3127"
    found = verify.compare(verify.json([gone, other], "--only", "ok-s*"), {
        (gone, "ok-s"): "unreachable", (other, "ok-s"): "unreachable"})
    verify.check("the proxy", found[gone, "ok-s"]["why"].startswith("the proxy cannot be reached"), True)

    for route, (remark, verdicts) in PAC_ROUTES.items():
        report = verify.json([route], "--only", "ok-*")
        verify.compare(report, {(route, host): verdict for host, verdict in verdicts.items()})
        remarks = " ".join(report["routes"][0]["remarks"])
        verify.check(f"{route}: remarks {remarks}", remark in remarks if remark else remarks == "", True)
    path = f"{work}/own.pac"
    with open(path, "wb") as file:
        file.write(SPLIT)
    for route in (f"pac={path}", f"pac=file://{path}"):
        verify.compare(verify.json([route], "--only", "ok-*"), {(route, host): own for host, own in BY_SPLIT.items()})

    # What a PAC itself sends past the proxy is nothing that only goes directly.
    split = f"pac=http://{PACS}/good.pac"
    verify.check("only directly, by a PAC", only_direct(verify.json([split, DIRECT], "--only", "ok-*")),
                 {"ok-auth", "ok-b", "ok-denied"})

    formats(verify)
    interrupted(verify)
    # A server that takes its time over a PAC does not take that of everything.
    done = verify.run([f"pac=http://{ORIGINS['slow']}/a.pac", DIRECT], "--only", "ok-s*", "--deadline", "1", "--format",
                      "json", want_exit=1)
    report = json.loads(done.stdout)
    verify.check("deadline of a PAC", (report["ended"], [own["remarks"] for own in report["routes"]]),
                 ("the deadline is over", [[], []]))
    verify.compare(report, {(DIRECT, "ok-s"): "not-finished"})
    # What is slower than everything may take: told as not finished, at once.
    done = verify.run([DIRECT], "--only", "slow-*", "--deadline", "1", "--format", "json", want_exit=1)
    report = json.loads(done.stdout)
    verify.check("deadline", report["ended"], "the deadline is over")
    verify.compare(report, {(DIRECT, "slow-s"): "not-finished", (DIRECT, "slow-b"): "not-finished"})


def interrupted(verify):
    """Ctrl-C prints what is known."""
    command = [verify.program, "verify", "--profile", f"{verify.work}/thruway.yaml", "--expected-root",
               f"{verify.work}/origin-ca.crt", "--route", DIRECT, "--only", "{ok-s.,slow-}*", "--timeout", "60", "--jobs", "2",
               "--format", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Two at a time, in order: the second slow one is asked once the first host has answered.
    slow = f"{ORIGINS['slow']}:443"
    verify_lab.wait_until(lambda: verify_lab.connections(slow) == 2, process, "", "verify")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    report = json.loads(out)
    verify.check("interrupted", (process.returncode, report["ended"]), (1, "interrupted"))
    verify.compare(report, {(DIRECT, "ok-s"): "passes", (DIRECT, "slow-s"): "not-finished"})


def only_direct(report):
    return {own["url"].split("/")[2].split(".")[0] for own in report["endpoints"] if own["only_direct"]}


def formats(verify):
    """The other forms say the same."""
    routes = [DIRECT, BUMPING]
    human = verify.run(routes, "--only", "ok-*", want_exit=1)
    verify.check("human", "inspected by Lab inspection" in human.stdout and "\x1b" not in human.stdout, True)
    analyzer = verify.run(routes, "--only", "ok-s.*", "--format", "analyzer", want_exit=0)
    lines = [line for line in analyzer.stdout.splitlines() if not line.startswith("*")]
    verify.check("analyzer", lines, [
        f"Testing URL : https://ok-s.{DOMAIN}/", "1 - Default proxy: Not tested",
        "2 - Proxy auto discovery (WPAD): Not tested", "3 - Proxy disabled: Succeeded (200)",
        f"4.1 - Named proxy ( http://{PROXY}:3128): Succeeded (200)", "5 - Command line proxy: Doesn't exist",
    ])
    # What is written in the vendor's form is read from it.
    text = verify.run(routes, "--only", "ok-*", "--format", "analyzer").stdout
    path = f"{verify.work}/analyzer.txt"
    with open(path, "w", encoding="utf-16") as file:
        file.write(text)
    read = subprocess.run([verify.program, "verify", "--profile", f"{verify.work}/thruway.yaml", "--from", path, "--format",
                           "json"], capture_output=True, text=True)
    verdicts = {own["url"].split("/")[2].removesuffix(f".{DOMAIN}"): own["verdict"] for own in json.loads(read.stdout)["urls"]}
    verify.check("read back", verdicts, {
        "ok-alias": "passes", "ok-auth": "only-direct", "ok-b": "only-direct", "ok-denied": "only-direct",
        "ok-missing": "fails", "ok-open": "passes", "ok-s": "passes", "ok-six": "passes"})
    verify.check("exit of --from", read.returncode, 1)
    junit = verify.run(routes, "--only", "ok-[sb].*", "--format", "junit").stdout
    import xml.etree.ElementTree as tree
    suites = [(own.get("tests"), own.get("failures")) for own in tree.fromstring(junit).findall("testsuite")]
    verify.check("junit", suites, [("2", "1"), ("2", "0")])


if __name__ == "__main__":
    main()

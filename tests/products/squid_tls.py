#!/usr/bin/env python3
"""Looks at whose certificate a client of the real Squid sees: what is exempt from inspection, and what is not.

Usage: squid_tls.py DIR PROBES

DIR/squid/squid.conf is run as it is, with its TLS lines switched on as its comments tell. Every name leads to a server
with a CA of its own. PROBES holds one question a line, as probes.py writes them: `splice HOST:PORT NAME`, where the
client sees the server's certificate, `bump …`, where it sees one of Squid's and the request reaches the server, and
`deny …`, where it does not. HOST is what the client asks Squid for, NAME what it says in its hello, `-` for none.
In intercept mode the client's connections are redirected, and its plain requests are asked, too.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import squid_lab
from squid_lab import CLIENT, ORIGIN, PORT, Squid

CERTGEN = "/usr/lib/squid/security_file_certgen"
INSPECTION, SERVER = "Squid inspection", "origin"
HELLO = b"HTTP/1.1 200 OK\r\nX-Origin: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
INTERCEPT_PORT = "http_port 3129 intercept"


def make_certificates(work, hosts):
    """Squid's CA, made as the comment in squid.conf tells, and the server's certificate under a CA of its own."""
    with open(f"{work}/squid.conf") as file:
        comments = [line[1:].strip() for line in file if line.startswith("#   ")]
    at = next((n for n, line in enumerate(comments) if line.startswith("openssl req")), None)
    if at is None:
        squid_lab.give_up("squid.conf does not tell how to make a CA")
    commands = "\n".join(comments[at : at + 3])
    if os.geteuid() != 0:
        commands = commands.replace(" && chown -R proxy ssl_db", "")
    squid_lab.run("bash", "-ec", commands, cwd=work)
    names = ",".join(f"DNS:{host}" for host in sorted(hosts))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    run = lambda *arguments: squid_lab.run("openssl", *arguments, cwd=work)
    run("req", "-x509", *key, "-subj", f"/CN={SERVER}", "-keyout", "origin-ca.key", "-out", "origin-ca.crt",
        "-addext", "basicConstraints=critical,CA:TRUE")
    run("req", *key, "-subj", "/CN=server", "-keyout", "origin.key", "-out", "origin.csr")
    Path(f"{work}/origin.ext").write_text(f"subjectAltName={names}\n")
    run("x509", "-req", "-in", "origin.csr", "-CA", "origin-ca.crt", "-CAkey", "origin-ca.key", "-days", "2",
        "-out", "origin.crt", "-extfile", "origin.ext")


class Server:
    """Answers everything on one port."""

    def __init__(self, port, certificate=None):
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        self.listener = socket.create_server((ORIGIN, port), backlog=200)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        try:
            connection.settimeout(15)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if connection.recv(65536):
                connection.sendall(HELLO)
        except OSError:
            pass  # A client that does not like what it sees goes away.
        finally:
            connection.close()


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            break
        head += more
    return head.decode("latin-1")


def judge(head, issuer):
    status = head.split(" ", 2)[1] if head.startswith("HTTP/") else "no answer"
    origin = "x-origin:" in head.lower()
    if issuer == SERVER and origin:
        return "splice"
    if issuer == INSPECTION and origin:
        return "bump"
    return "deny" if issuer == INSPECTION and status == "403" else f"status {status}, certificate by {issuer}"


class Client:
    def __init__(self, work, intercept):
        self.intercept = intercept
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname = False
        self.tls.load_verify_locations(f"{work}/origin-ca.crt")
        self.tls.load_verify_locations(f"{work}/ca.crt")

    def ask(self, question):
        place, name = question
        try:
            return self.asked(place, None if name == "-" else name)
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    def asked(self, place, name):
        host, port = place.split(":")
        if self.intercept:
            connection = squid_lab.connect(int(port), ORIGIN)
        else:
            connection = squid_lab.connect(PORT)
            connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
            head = read_head(connection)
            if " 200 " not in head.partition("\r\n")[0]:
                return f"CONNECT answered {head[:40]!r}"
        with self.tls.wrap_socket(connection, server_hostname=name) as inside:
            issuer = dict(pair for part in inside.getpeercert()["issuer"] for pair in part)["commonName"]
            inside.sendall(f"GET / HTTP/1.1\r\nHost: {name or host}\r\nConnection: close\r\n\r\n".encode())
            return judge(read_head(inside), issuer)

    def ask_plain(self, url):
        """A redirected request for an HTTP URL."""
        host, slash, path = url.removeprefix("http://").partition("/")
        with squid_lab.connect(80, ORIGIN) as connection:
            request = f"GET {slash}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            head = read_head(connection)
        return "passed" if "x-origin:" in head.lower() else "denied" if " 403 " in head[:16] else head[:40]


def redirect(ports):
    """Sends the client's connections to Squid, as a router in front of it would."""
    squid_lab.need(("nft", "nftables"))
    to_origin = f"ip saddr {CLIENT} ip daddr {ORIGIN} tcp dport"
    rules = [f"add rule ip nat output {to_origin} 80 redirect to :3129"]
    rules += [f"add rule ip nat output {to_origin} {port} redirect to :3130" for port in ports]
    chain = "add chain ip nat output { type nat hook output priority -100; }"
    squid_lab.run("nft", "-f", "-", input="\n".join(["add table ip nat", chain, *rules]) + "\n")


def with_tls(lines, work):
    if "http_port 3128" in lines and not any(line.startswith("#tls https_port") for line in lines):
        lines = squid_lab.replaced(lines, "http_port 3128", [])
    lines = [line.removeprefix("#tls ") for line in lines]
    return lines + [f"tls_outgoing_options cafile={work}/origin-ca.crt"]


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    squid_lab.need(("openssl", "openssl"), (CERTGEN, "squid-openssl"))
    squid_lab.enter()
    folder, probes_file = sys.argv[1], Path(sys.argv[2])
    probes = [line.split() for line in probes_file.read_text().splitlines()]
    conf = Path(f"{folder}/squid/squid.conf").read_text()
    intercept = INTERCEPT_PORT in conf.splitlines()
    plain = []
    if intercept:
        # There is no CONNECT host to differ from the name. Without a name nothing is exempt, and what is taken out
        # of the connection is judged by its own host.
        probes = [("bump" if (want, name) == ("splice", "-") else want, place, name) for want, place, name in probes
                  if name in ("-", place.split(":")[0])]
        urls = [line.split() for line in probes_file.with_name("squid.txt").read_text().splitlines()]
        plain = [(word, url) for word, url in urls if url.startswith("http://") and ":" not in url[7:]]
    hosts = {place.split(":")[0] for _, place, _ in probes} | {url.split("/")[2] for _, url in plain}
    ports = {int(place.split(":")[1]) for _, place, _ in probes}

    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(f"{folder}/squid", work, dirs_exist_ok=True)
        make_certificates(work, hosts)
        for port in ports:
            Server(port, (f"{work}/origin.crt", f"{work}/origin.key"))
        Server(80)
        if intercept:
            redirect(ports)
        client = Client(work, intercept)
        with Squid(folder, work, sorted(hosts), change=lambda lines: with_tls(lines, work)), ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(client.ask, [(place, name) for _, place, name in probes]))
            plain_answers = list(pool.map(client.ask_plain, [url for _, url in plain]))

    wrong = 0
    for (want, place, name), got in zip(probes, answers):
        if got != want:
            wrong += 1
            print(f"squid_tls: {place} as {name}: {got}, should be {want}", file=sys.stderr)
    for (word, url), got in zip(plain, plain_answers):
        want = "denied" if word == "deny" else "passed"
        if got != want:
            wrong += 1
            print(f"squid_tls: {url}: {got}, should be {want}", file=sys.stderr)
    kinds = {kind: answers.count(kind) for kind in ("splice", "bump", "deny")}
    print(f"squid_tls: {len(probes)} connections ({kinds}), {len(plain)} plain requests, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

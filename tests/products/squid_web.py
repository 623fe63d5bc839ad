"""Servers behind Squid with a CA of their own, and a client that tells whose certificate it sees."""

import contextlib
import os
import socket
import ssl
import threading
from pathlib import Path
from urllib.parse import urlsplit

import squid_lab
from squid_lab import CLIENT, ORIGIN, PORT

CERTGEN = "/usr/lib/squid/security_file_certgen"
INSPECTION, SERVER = "Squid inspection", "origin"
HELLO = b"HTTP/1.1 200 OK\r\nX-Origin: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
WEB = 4443  # Where every port of every server leads.
CA_FILES = ["ca.key", "ca.crt", "ca.pem"]
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


def need():
    squid_lab.need(("openssl", "openssl"), (CERTGEN, "squid-openssl"), ("nft", "nftables"))


def make_squid_ca(work):
    """Squid's CA and its store of certificates, made as the comment in squid.conf tells."""
    lines = Path(f"{work}/squid.conf").read_text().splitlines()
    comments = [line[1:].strip() for line in lines if line.startswith("#   ")]
    at = next((n for n, line in enumerate(comments) if line.startswith("openssl req")), None)
    if at is None:
        squid_lab.give_up("squid.conf does not tell how to make a CA")
    commands = "\n".join(comments[at : at + 3])
    if os.geteuid() != 0:
        commands = commands.replace(" && chown -R proxy ssl_db", "")
    squid_lab.run("bash", "-ec", commands, cwd=work)


def make_server_certificate(work, hosts):
    """A certificate of all hosts, under a CA that is not Squid's."""
    run = lambda *arguments: squid_lab.run("openssl", *arguments, cwd=work)
    if not os.path.exists(f"{work}/origin-ca.key"):
        run("req", "-x509", *CURVE, "-subj", f"/CN={SERVER}", "-keyout", "origin-ca.key", "-out", "origin-ca.crt",
            "-addext", "basicConstraints=critical,CA:TRUE")
    run("req", *CURVE, "-subj", "/CN=server", "-keyout", "origin.key", "-out", "origin.csr")
    # Squid looks for an address among the names, too.
    names = (f"DNS:{host}" for host in sorted(hosts))
    Path(f"{work}/origin.ext").write_text(f"subjectAltName={','.join(names)}\n")
    run("x509", "-req", "-in", "origin.csr", "-CA", "origin-ca.crt", "-CAkey", "origin-ca.key", "-days", "2",
        "-out", "origin.crt", "-extfile", "origin.ext")


def with_tls(lines, work):
    """squid.conf with its TLS lines switched on, as its comment tells."""
    if "http_port 3128" in lines and not any(line.startswith("#tls https_port") for line in lines):
        lines = squid_lab.replaced(lines, "http_port 3128", [])
    lines = [line.removeprefix("#tls ") for line in lines]
    return lines + [f"tls_outgoing_options cafile={work}/origin-ca.crt"]


def lead_to_servers(redirected=()):
    """Every port of a server leads to ours; a client's connections to these ports, as by a router, to Squid first."""
    to_origin = f"ip saddr {CLIENT} ip daddr {ORIGIN} tcp dport"
    rules = [f"{to_origin} {port} redirect to :{3129 if port == 80 else 3130}" for port in redirected]
    rules.append(f"ip daddr {ORIGIN} tcp dport != {WEB} dnat to {ORIGIN}:{WEB}")
    lines = ["add table ip nat", "flush table ip nat", "add chain ip nat output { type nat hook output priority -100; }"]
    lines += [f"add rule ip nat output {rule}" for rule in rules]
    squid_lab.run("nft", "-f", "-", input="\n".join(lines) + "\n")


class Server:
    """Answers HTTP, and HTTP in TLS, on one port."""

    def __init__(self):
        self.use(None)
        self.listener = socket.create_server((ORIGIN, WEB), backlog=500)
        threading.Thread(target=self.accept, daemon=True).start()

    def use(self, work):
        """From now on with the certificate of a folder."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if work:
            self.tls.load_cert_chain(f"{work}/origin.crt", f"{work}/origin.key")

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        try:
            connection.settimeout(15)
            if connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection = self.tls.wrap_socket(connection, server_side=True)
            while connection.recv(65536):
                connection.sendall(HELLO.replace(b"close", b"keep-alive"))
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


def status_of(head):
    return head.split(" ", 2)[1] if head.startswith("HTTP/") else "no answer"


def is_from_server(head):
    return "x-origin:" in head.lower()


class Client:
    """Asks through Squid, or, where connections are redirected, as if there were none."""

    def __init__(self, work, intercept=False):
        self.intercept = intercept
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname = False
        self.tls.load_verify_locations(f"{work}/origin-ca.crt")
        self.tls.load_verify_locations(f"{work}/ca.crt")

    def ask(self, place, name, inner=None, password=None):
        """`splice`, `bump`, `deny`, `credentials?`, or what else has happened.

        Of HOST:PORT, with a name in the hello, `-` for none, and the host that the request inside is for."""
        name = None if name == "-" else name
        try:
            return self.asked(place, name, inner, password)
        except ssl.SSLError as error:
            if self.intercept and error.reason == "WRONG_VERSION_NUMBER":
                return self.asked_without_tls(place, name)
            return str(error)
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    def open(self, place, name, password=None):
        """A connection in TLS and the answer to CONNECT, of which there is one."""
        host, _, port = place.rpartition(":")
        if self.intercept:
            connection = squid_lab.connect(int(port), ORIGIN)
        else:
            connection = squid_lab.connect(PORT)
            headers = squid_lab.credentials(password)
            connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{headers}\r\n".encode())
            head = read_head(connection)
            if status_of(head) != "200":
                connection.close()
                return None, head
        return self.tls.wrap_socket(connection, server_hostname=name), None

    def asked(self, place, name, inner=None, password=None):
        connection, refusal = self.open(place, name, password)
        if refusal is not None:
            return "credentials?" if status_of(refusal) == "407" else f"CONNECT answered {refusal[:40]!r}"
        with connection:
            issuer = issuer_of(connection)
            port = place.removeprefix(host_of(place))
            host = f"{inner or name or host_of(place)}{'' if port == ':443' else port}"
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return judge(read_head(connection), issuer)

    def asked_without_tls(self, place, name):
        """Where a name is exempt from inspection and not allowed, Squid writes its page into the connection as it is."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        hello = self.tls.wrap_bio(incoming, outgoing, server_hostname=name)
        with contextlib.suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        with squid_lab.connect(int(place.rpartition(":")[2]), ORIGIN) as connection:
            connection.sendall(outgoing.read())
            status = status_of(read_head(connection))
        return "deny" if status == "403" else f"status {status}, not encrypted"

    def ask_plain(self, url, password=None):
        """`passed`, `denied`, `credentials?`, or what else has happened."""
        try:
            return self.asked_plain(url, password)
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    def asked_plain(self, url, password=None):
        parts = urlsplit(url)
        if self.intercept:
            connection = squid_lab.connect(parts.port or 80, ORIGIN)
            target = url.removeprefix(f"http://{parts.netloc}")
        else:
            connection, target = squid_lab.connect(PORT), url
        with connection:
            request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{squid_lab.credentials(password)}"
            connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
            head = read_head(connection)
        words = {"403": "denied", "407": "credentials?"}
        return "passed" if is_from_server(head) else words.get(status_of(head), head[:40])


def host_of(place):
    return place.rpartition(":")[0]


def hosts_of(questions):
    """Every host of (answer, place, name, host inside, password)."""
    named = [(host_of(place), *names[:2]) for _, place, *names in questions]
    return {host.lower().rstrip(".") for hosts in named for host in hosts if host and host != "-"}


def issuer_of(connection):
    return dict(pair for part in connection.getpeercert()["issuer"] for pair in part)["commonName"]


def judge(head, issuer):
    """A tunnel is refused inside: Squid answers CONNECT with 200, and opens it to show its page."""
    status = status_of(head)
    if issuer == SERVER and is_from_server(head):
        return "splice"
    if issuer == INSPECTION and is_from_server(head):
        return "bump"
    words = {"403": "deny", "407": "credentials?"}
    return words[status] if issuer == INSPECTION and status in words else f"status {status}, certificate by {issuer}"

"""A network for `verify`: names by dnsmasq, origins that behave in every way, Squid, and a server of PACs.

All of it is inside of a network namespace, whose resolv.conf and hosts file are its own. Certificates are made by
openssl: an origin's CA (`--expected-root`), one that nobody knows, and one that calls itself the vendor.
"""

import http.server
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import squid_lab
from squid_lab import CLIENT

DOMAIN = "lab.example"
# Every behaviour has an address of its own.
ORIGINS = {
    "ok": "192.0.2.1",
    "expired": "192.0.2.11",
    "unknown": "192.0.2.12",
    "vendor": "192.0.2.13",
    "wrongname": "192.0.2.14",
    "slow": "192.0.2.15",
    "reset": "192.0.2.16",
    "fails": "192.0.2.17",
    "closed": "192.0.2.18",
    "garbage": "192.0.2.19",
    "endless": "192.0.2.20",
    "away": "192.0.2.21",
    "page": "192.0.2.22",
}
SIX = "2001:db8::1"
PACS = "192.0.2.30"
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def enter():
    squid_lab.need(("dnsmasq", "dnsmasq-base"), ("openssl", "openssl"))
    squid_lab.enter()
    for address in [*ORIGINS.values(), PACS]:
        if address != squid_lab.ORIGIN:
            squid_lab.run("ip", "address", "add", f"{address}/32", "dev", "lo")
    squid_lab.run("ip", "address", "add", f"{SIX}/128", "dev", "lo")


def certificates(work, names):
    """`NAME.crt` and `.key` for each name, by the CA that its behaviour wants."""
    run = lambda *arguments: squid_lab.run("openssl", *arguments, cwd=work)
    for ca, subject in [("origin-ca", "/CN=Lab origin"), ("unknown-ca", "/CN=Nobody knows \x1b[31mthis"),
                        ("vendor-ca", "/O=Microsoft Corporation/CN=Lab vendor"), ("squid-ca", "/CN=Lab inspection")]:
        run("req", "-x509", "-utf8", *CURVE, "-days", "9", "-subj", subject, "-keyout", f"{ca}.key", "-out", f"{ca}.crt",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    with open(f"{work}/squid-ca.pem", "w") as file:
        file.write(open(f"{work}/squid-ca.crt").read() + open(f"{work}/squid-ca.key").read())
    with open(f"{work}/all-cas.crt", "w") as file:
        file.writelines(open(f"{work}/{ca}.crt").read() for ca in ("origin-ca", "vendor-ca"))
    for kind in [*ORIGINS, "proxy"]:
        ca = {"unknown": "unknown-ca", "vendor": "vendor-ca"}.get(kind, "origin-ca")
        own = [name for name in names if name.startswith(kind)] if kind != "wrongname" else ["other.example"]
        alternatives = [f"DNS:{name}.{DOMAIN}" if "." not in name else f"DNS:{name}" for name in own]
        if kind == "ok":
            alternatives += [f"DNS:*.{DOMAIN}", f"IP:{SIX}"]
        with open(f"{work}/{kind}.ext", "w") as file:
            file.write(f"subjectAltName={','.join(alternatives)}\n")
        run("req", *CURVE, "-subj", f"/CN={kind}", "-keyout", f"{kind}.key", "-out", f"{kind}.csr")
        if kind == "expired":
            expired(work)
            continue
        run("x509", "-req", "-in", f"{kind}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-days", "9",
            "-out", f"{kind}.crt", "-extfile", f"{kind}.ext")


def expired(work):
    """Only `openssl ca` sets both days in every version."""
    with open(f"{work}/ca.cnf", "w") as file:
        file.write("[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n"
                   "default_md = sha256\npolicy = own_policy\n[own_policy]\ncommonName = supplied\n")
    open(f"{work}/index.txt", "w").close()
    squid_lab.run("openssl", "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "origin-ca.crt", "-keyfile",
                  "origin-ca.key", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-in", "expired.csr",
                  "-out", "expired.crt", "-extfile", "expired.ext", cwd=work)


class Dns:
    """dnsmasq on 127.0.0.1 as the only name server of the namespace, as a context."""

    def __init__(self, work, records, search):
        self.work = work
        with open(f"{work}/dnsmasq.conf", "w") as file:
            file.write("\n".join(["no-resolv", "no-hosts", "listen-address=127.0.0.1", "bind-interfaces", "no-daemon",
                                  "user=root", "local=/#/", f"pid-file={work}/dnsmasq.pid", *records]) + "\n")
        with open(f"{work}/resolv.conf", "w") as file:
            file.write(f"nameserver 127.0.0.1\nsearch {search}\n")
        with open(f"{work}/etc-hosts", "w") as file:
            file.write("127.0.0.1 localhost\n")
        squid_lab.run("mount", "--bind", f"{work}/resolv.conf", os.path.realpath("/etc/resolv.conf"))
        squid_lab.run("mount", "--bind", f"{work}/etc-hosts", "/etc/hosts")

    def __enter__(self):
        self.log = open(f"{self.work}/dnsmasq.log", "w")
        self.process = subprocess.Popen(["dnsmasq", "-C", f"{self.work}/dnsmasq.conf"], stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        wait_until(lambda: 53 in squid_lab.listening(), self.process, f"{self.work}/dnsmasq.log", "dnsmasq")
        return self

    def __exit__(self, *_):
        end(self.process)
        self.log.close()


def wait_until(is_ready, process, log, name):
    for _ in range(400):
        if process.poll() is not None:
            break
        if is_ready():
            return
        time.sleep(0.05)
    end(process)
    squid_lab.give_up(f"{name} does not start\n" + (open(log, errors="replace").read() if os.path.exists(log) else ""))


def connections(place):
    """How many connections to `ADDRESS:PORT` are open."""
    address, port = place.rsplit(":", 1)
    number = struct.pack("<I", struct.unpack(">I", socket.inet_aton(address))[0]).hex().upper()
    wanted = f"{number}:{int(port):04X}"
    with open("/proc/net/tcp") as file:
        rows = (line.split() for line in file)
        return sum(row[2] == wanted and row[3] == "01" for row in rows)


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Origins:
    """A server for each behaviour, on ports 80 and 443 of its address."""

    def __init__(self, work):
        for kind, address in ORIGINS.items():
            if kind == "closed":
                continue
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{work}/{kind}.crt", f"{work}/{kind}.key")
            for port in (80, 443):
                self.listen(kind, address, port, context)
                if kind == "ok":
                    self.listen(kind, SIX, port, context)

    def listen(self, kind, address, port, context):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, port), family=family, backlog=200)
        tls = context if port == 443 else None
        threading.Thread(target=self.accept, args=[kind, listener, tls], daemon=True).start()

    def accept(self, kind, listener, tls):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.serve, args=[kind, connection, tls], daemon=True).start()

    def serve(self, kind, connection, tls):
        try:
            connection.settimeout(60)
            if kind == "slow":
                # Says nothing until the other one goes.
                while connection.recv(65536):
                    pass
            elif kind == "reset":
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection = tls.wrap_socket(connection, server_side=True) if tls else connection
                answers = {"fails": "503 Down", "away": "302 Found\r\nLocation: http://block.example/",
                           "page": "200 OK\r\nContent-Type: text/html; charset=utf-8"}
                status = answers.get(kind, "200 OK")
                while connection.recv(65536):
                    if kind == "garbage":
                        connection.sendall(b"\x00\x1b[2J\xff no HTTP\r\n\r\n")
                        break
                    if kind == "endless":
                        connection.sendall(b"HTTP/1.1 200 OK\r\n")
                        while True:
                            connection.sendall(b"X-More: " + b"y" * 8000 + b"\r\n")
                    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        except OSError:
            pass  # A client that does not like what it sees goes away.
        finally:
            connection.close()


class Pacs:
    """A server of PACs by path: (status, media type, bytes)."""

    def __init__(self, files):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, media_type, body = files.get(self.path, (404, "text/plain", b"no"))
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # Who has read enough goes away.

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer((PACS, 80), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Squid:
    """Squid on lines of a configuration, as a context."""

    def __init__(self, work, lines):
        self.work = f"{work}/squid"
        os.makedirs(self.work, exist_ok=True)
        os.chmod(self.work, 0o777)
        os.chmod(work, 0o755)
        squid_lab.run("/usr/lib/squid/security_file_certgen", "-c", "-s", f"{self.work}/ssl_db", "-M", "4MB")
        if os.geteuid() == 0:
            squid_lab.run("chown", "-R", "proxy", f"{self.work}/ssl_db")
        lines = [*lines, f"pid_filename {self.work}/squid.pid", "access_log none", f"cache_log {self.work}/cache.log",
                 "visible_hostname lab.invalid", "pinger_enable off", "cache deny all", "dns_nameservers 127.0.0.1"]
        with open(f"{self.work}/squid.conf", "w") as file:
            file.write("\n".join(lines) + "\n")

    def __enter__(self):
        self.process = subprocess.Popen(["squid", "-N", "-f", "squid.conf"], cwd=self.work, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        ports = {3127, 3128, 3129}
        wait_until(lambda: ports <= squid_lab.listening(), self.process, f"{self.work}/cache.log", "Squid")
        return self

    def __exit__(self, *_):
        end(self.process)


def password_helper(work):
    helper = f"{work}/squid/helper"
    os.makedirs(f"{work}/squid", exist_ok=True)
    with open(helper, "w") as file:
        file.write(squid_lab.HELPER)
    os.chmod(helper, 0o755)
    return helper


def need_squid():
    squid_lab.need(("squid", "squid-openssl"), ("/usr/lib/squid/security_file_certgen", "squid-openssl"))


PROXY = CLIENT  # Squid takes clients of its own network; who connects to this address comes from it.

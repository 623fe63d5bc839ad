#!/usr/bin/env python3
"""Lets `update` fetch a list from servers that behave in every way, on loopback.

Usage: update_http.py PROGRAM

Exit 0: what should arrive arrived, and nothing else took the place of a list. 1: something is not as it should be.
"""

import gzip
import hashlib
import json
import os
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

program = os.path.abspath(sys.argv[1])
HEAD = "Endpoint/URL,Port,Geography\n"


def rows(*hosts):
    return (HEAD + "".join(f"{host}.example.com,443,WW\n" for host in hosts)).encode()


TEN = rows(*(f"h{at}" for at in range(10)))
ELEVEN = rows(*(f"h{at}" for at in range(11)))
FOUR = rows(*(f"h{at}" for at in range(4)))
BOMB = gzip.compress(b"\n" * (3 << 20))
ASKED = []  # path, headers of every request


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def tagged(self, body):
        tag = '"' + hashlib.sha256(body).hexdigest()[:8] + '"'
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304, headers=[("ETag", tag)])
        return self.answer(200, body, [("ETag", tag), ("Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT")])

    def do_GET(self):
        ASKED.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        path = self.path.split("?")[0]
        if path.startswith("http://"):  # asked as a proxy
            return self.answer(200, TEN)
        to = lambda place: self.answer(302, headers=[("Location", place)])
        port = self.server.server_port
        pages = {
            "/ten": lambda: self.tagged(TEN),
            "/eleven": lambda: self.tagged(ELEVEN),
            "/four": lambda: self.tagged(FOUR),
            "/plain": lambda: self.answer(200, TEN),
            "/html": lambda: self.answer(200, b"<!doctype html><html><body>Sign in</body></html>"),
            "/text": lambda: self.answer(200, b"Service unavailable"),
            "/empty": lambda: self.answer(200, b""),
            "/no-rows": lambda: self.answer(200, HEAD.encode()),
            "/truncated": lambda: self.answer(200, ELEVEN[:-30], length=len(ELEVEN)),
            "/zip": lambda: self.answer(200, b"PK\x03\x04" + b"half a workbook"),
            "/large": lambda: self.answer(200, HEAD.encode() + b"\n" * (2 << 20)),
            "/gzip": lambda: self.answer(200, gzip.compress(ELEVEN), [("Content-Encoding", "gzip")]),
            "/gzip-damaged": lambda: self.answer(200, gzip.compress(ELEVEN)[:-9], [("Content-Encoding", "gzip")]),
            "/bomb": lambda: self.answer(200, BOMB, [("Content-Encoding", "gzip")]),
            "/br": lambda: self.answer(200, ELEVEN, [("Content-Encoding", "br")]),
            "/moved": lambda: to("eleven"),
            "/loop": lambda: to("/loop"),
            "/file": lambda: to("file:///etc/passwd"),
            "/down": lambda: to(f"http://127.0.0.1:{PLAIN.server_port}/eleven"),
            "/up": lambda: to(f"https://127.0.0.1:{SECURE.server_port}/eleven"),
            "/nowhere": lambda: self.answer(302),
            "/error": lambda: self.answer(503, b"<html>Busy</html>"),
            "/not-asked": lambda: self.answer(304),
            "/silent": lambda: WAIT.wait(20),
        }
        pages.get(path, lambda: self.answer(404, TEN))()


WAIT = threading.Event()
work = tempfile.TemporaryDirectory()
os.chdir(work.name)
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
     "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out",
     "root.pem"], check=True, capture_output=True)
PLAIN = ThreadingHTTPServer(("127.0.0.1", 0), Server)
SECURE = ThreadingHTTPServer(("127.0.0.1", 0), Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("root.pem", "key.pem")
SECURE.socket = context.wrap_socket(SECURE.socket, server_side=True)
for server in (PLAIN, SECURE):
    threading.Thread(target=server.serve_forever, daemon=True).start()

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
wrong = []
questions = 0


def update(path, *options, secure=False, into="list.csv", environment=None):
    global questions
    questions += 1
    scheme, server = ("https", SECURE) if secure else ("http", PLAIN)
    url = path if "://" in path else f"{scheme}://127.0.0.1:{server.server_port}{path}"
    command = [program, "update", "--url", url, "--into", into, *options]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT | (environment or {}))


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def expect(what, run, code, said="", content=None):
    text = run.stdout + run.stderr
    if run.returncode != code or said not in text:
        wrong.append(f"{what}: exit {run.returncode}, not {code} with {said!r}:\n{text}")
    if content is not None and read("list.csv") != content:
        wrong.append(f"{what}: another list is in its place")
    left = [name for name in os.listdir(".") if name.startswith(".thruway-")]
    if left:
        wrong.append(f"{what}: left behind: {left}")


# The first time, the same again, something new.
os.umask(0o022)
expect("first", update("/ten", "--exit-code", "--keep", "old.csv"), 3, "updated list.csv: CSV, 10 endpoints", TEN)
if stat.S_IMODE(os.stat("list.csv").st_mode) != 0o644 or read("old.csv") is not None:
    wrong.append("first: permissions, or an old list where there was none")
expect("304", update("/ten", "--exit-code"), 0, "unchanged list.csv: the server has nothing newer", TEN)
if ASKED[-1][1].get("if-modified-since") != "Tue, 24 Nov 2026 10:00:00 GMT":
    wrong.append(f"304: not asked by date: {ASKED[-1]}")
expect("another URL", update("/plain"), 0, "the same list came again", TEN)
if "if-none-match" in ASKED[-1][1]:
    wrong.append("another URL: asked for the version of the first one")
expect("new", update("/eleven?key=secret", "--keep", "old.csv"), 0, "11 endpoints, 1 new, 0 gone", ELEVEN)
if read("old.csv") != TEN or b"secret" in read("list.csv.fetched.json"):
    wrong.append("new: the old list is not kept, or the query is")
result = json.loads(update("/ten", "--format", "json").stdout)
if result != {"outcome": "updated", "endpoints": 10, "new": [], "gone": ["h10.example.com"], "kept": False}:
    wrong.append(f"json: {result}")

# An edited list is not the vendor's.
update("/ten")
with open("list.csv", "ab") as file:
    file.write(b"own.example.com,443,WW\n")
expect("edited", update("/ten", "--exit-code"), 3, "10 endpoints, 0 new, 1 gone", TEN)

# What takes no place.
for path, code, said in [
    ("/html", 1, "HTML or XML is not read"), ("/text", 1, "no list of endpoints"), ("/empty", 1, "no list of endpoints"),
    ("/no-rows", 1, "no list of endpoints"), ("/zip", 1, "the workbook is cut off or damaged"),
    ("/four", 1, "4 of the 10 endpoints"), ("/truncated", 1, "ended early"), ("/large", 1, "over 1048576 bytes"),
    ("/bomb", 1, "over 1048576 bytes"), ("/gzip-damaged", 1, "damaged"), ("/br", 1, "compressed as `br`"),
    ("/loop", 1, "more than 5 times"), ("/file", 1, "scheme `file`"), ("/nowhere", 1, "names no place"),
    ("/error", 2, "status 503"), ("/missing", 2, "status 404"), ("/silent", 2, "timed out"),
]:
    expect(path, update(path, "--timeout", "2", "--max-size", "1"), code, said, TEN)
if json.loads(update("/html", "--format", "json").stdout)["outcome"] != "refused":
    wrong.append("a refusal in JSON")
os.remove("list.csv.fetched.json")
expect("304 that nobody asked for", update("/not-asked"), 2, "status 304", TEN)
expect("fewer, as asked", update("/four", "--allow-shrink"), 0, "0 new, 6 gone", FOUR)

# Compressed though nobody asked; redirects; TLS.
expect("gzip", update("/gzip"), 0, "11 endpoints", ELEVEN)
if ASKED[-1][1].get("accept-encoding") != "identity":
    wrong.append("gzip: it was asked for")
update("/ten")
expect("moved", update("/moved"), 0, "11 endpoints", ELEVEN)
expect("moved, again", update("/moved"), 0, "nothing newer", ELEVEN)
expect("unknown root", update("/ten", secure=True), 2, "TLS fails", ELEVEN)
expect("TLS", update("/ten", "--ca", "root.pem", secure=True), 0, "10 endpoints", TEN)
expect("from http to https", update("/up", "--ca", "root.pem"), 0, "11 endpoints", ELEVEN)
expect("from https to http", update("/down", "--ca", "root.pem", secure=True), 1, "from https to http", ELEVEN)
expect("closed port", update("http://127.0.0.1:1/ten"), 2, "no connection", ELEVEN)

# Proxies.
proxy = f"http://127.0.0.1:{PLAIN.server_port}"
expect("proxy", update("http://vendor.invalid/list", "--proxy", proxy), 0, "10 endpoints", TEN)
if ASKED[-1][0] != "http://vendor.invalid/list":
    wrong.append(f"proxy: asked for {ASKED[-1][0]}")
environment = {"http_proxy": proxy}
expect("http_proxy", update("http://vendor.invalid/list?b", environment=environment), 0, "same list", TEN)
direct = update("http://vendor.invalid/list", "--proxy", "direct", environment=environment)
if direct.returncode != 2:
    wrong.append(f"direct: {direct.stdout}{direct.stderr}")
expect("a proxy with a password", update("/ten", "--proxy", "ftp://user:secret@a"), 2, "--proxy", TEN)
if "secret" in update("/ten", "--proxy", "ftp://user:secret@a").stderr:
    wrong.append("a password is repeated")

# A file that cannot be written.
expect("no folder", update("/zip", into="none/list.csv"), 2, "cannot write none/list.csv: there is no folder none")
os.remove("list.csv.fetched.json")
os.mkdir("list.csv.fetched.json")
expect("no memory", update("/eleven", "--exit-code"), 2, "cannot write list.csv.fetched.json: it is no file", TEN)
os.rmdir("list.csv.fetched.json")
expect("itself", update("/ten", "--keep", "./list.csv"), 2, "the same file", TEN)
WAIT.set()

for text in wrong:
    print(text)
print(f"{questions} questions")
sys.exit(1 if wrong else 0)

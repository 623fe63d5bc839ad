#!/usr/bin/env python3
"""Writes a policy with patterns of every kind and logs of Squid that hold hosts of every kind, the same ones every time.

Usage: sql_log.py DIR [LINES]

`access.log` has what every engine reads as `audit log` does; `odd.log` hosts that are not ASCII or no valid punycode,
which engines count apart.
"""

import csv
import random
import sys
from pathlib import Path

# What comments of a query should survive.
LIST = "it's -- a; `list`.csv"
RULES = [
    # host, port, required
    ("a.example.com", "443", True),
    ("*.b.example.com", "443", True),
    (".sub.example.org", "443,8443", True),
    ("*cdn.example.net", "443", True),
    ("pre-*.globs.example.com", "443", True),
    ("pre-*-post.globs.example.com", "443", False),
    ("a.*.inner.example.com", "443", True),
    ("deep.x*.*y.inner.example.com", "443", True),
    ("http://crl.example.com/pki/*", "80", True),
    ("http://crl.example.com/it's/certs", "80", True),
    ("http://*.ocsp.example.com/a", "80", True),
    ("http://*.b.example.com", "80", False),
    ("x.b.example.com", "8080", True),
    ("203.0.113.0/24", "443", True),
    ("198.51.100.0/29", "443", True),
    ("192.0.2.7", "443", True),
    ("2001:db8:1::/48", "443", True),
    ("2001:db8:2::42", "8443", False),
    ("under_score.example.com", "443", True),
    ("*.xn--bcher-kva.example", "443", True),
    ("ports.example.com", "8000-8100", False),
    ("never.example.com", "443", True),
    ("*.never.example.org", "443", True),
    ("http://never.example.com/x/*", "80", True),
]
HOSTS = [
    "a.example.com", "b.example.com", "x.b.example.com", "y.x.b.example.com", "sub.example.org", "deep.sub.example.org",
    "cdn.example.net", "xcdn.example.net", "a.b-cdn.example.net", "a.cdn.example.net", "cdn2.example.net", "example.net",
    "pre-a.globs.example.com", "pre-.globs.example.com", "pre-a-post.globs.example.com", "pre--post.globs.example.com",
    "x.pre-a.globs.example.com", "pre-a.b.globs.example.com", "a.b.inner.example.com", "a.b.c.inner.example.com",
    "deep.x1.2y.inner.example.com", "deep.x.2y.inner.example.com", "deep.x1.y.inner.example.com", "crl.example.com",
    "1.ocsp.example.com", "ocsp.example.com", "203.0.113.0", "203.0.113.255", "203.0.114.1", "198.51.100.7",
    "198.51.100.8", "192.0.2.7", "192.0.2.8", "192.0.2.007", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0x7f.1", "1.0x7f",
    "[2001:db8:1::1]", "[2001:DB8:1:0:ffff::]", "[2001:db8:1:ffff:ffff:ffff:ffff:ffff]", "[2001:db8:2::42]",
    "[2001:0db8:0002:0000:0000:0000:0000:0042]", "[2001:db8:2::66.0]", "[2001:db8:1::192.0.2.1]", "[::ffff:203.0.113.9]",
    "[2001:db8:1::1%25eth0]", "[2001:db8:1:::1]", "[2001:db8:1::1::2]", "[2001:db8:1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7::]",
    "[2001:db8:1:2:3:4:5::6]", "[2001:db8:1:2:3:4:5:6::]", "[::1]", "[::]", "[2001:db8:1::12345]", "[2001:db8:1::g]",
    "[2001:db8:1::1.2.3]", "[2001:db8:1::1.2.3.400]", "[2001:db8:1::1.2.3.04]", "[a.example.com]", "2001:db8:1::5",
    "under_score.example.com", "_x.b.example.com", "-x.b.example.com", "x-.b.example.com", "-", "--", "a.-", "a..example.com",
    ".b.example.com", ".", "..", "a.example.com..", "a b", "x*.b.example.com", "*.b.example.com", "x.b.example.com%00",
    "books.xn--bcher-kva.example", "xn--bcher-kva.example", "ports.example.com", "localhost", "com", "never.example.net",
    "x" * 63 + ".b.example.com", "x" * 64 + ".b.example.com", ".".join(["y" * 61] * 3) + ".b.example.com",
    ".".join(["y" * 61] * 4) + ".b.example.com", "q'uote.b.example.com", 'q"uote.b.example.com', "back\\slash.b.example.com",
    "other.example.test", "www.other.example.test",
]
ODD = ["bücher.example", "x.BÜCHER.example", "日本.b.example.com", "xn--a.b.example.com", "\uff11.b.example.com", "\u212a.b.example.com"]
PORTS = ["", ":443", ":80", ":8443", ":8080", ":8000", ":8050", ":8100", ":8101", ":0", ":65535", ":"]
PATHS = ["", "/", "/a", "/a/b", "/ab", "/a?x=/b", "/pki/", "/pki/x.crl", "/pki", "/it's/certs", "/it's/certs/1", "/it's/certs2",
         "?q", "#f", "/a#/b", "/PKI/x", "/a//b", "/pki/" + "z" * 300]
RESULTS = ["TCP_TUNNEL/200"] * 6 + ["TCP_MISS/200", "TCP_DENIED/403", "TCP_DENIED/407", "TCP_DENIED/401", "TCP_DENIED_REPLY/403",
           "UDP_DENIED/407", "TCP_DENIED", "TCP_DENIED/200", "NONE_NONE/503"]
BROKEN = ["", " ", "nonsense", "1.x 5 10.0.0.1 TCP_MISS/200 7 CONNECT a.example.com:443 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 x CONNECT a.example.com:443 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 CONNECT a.example.com:99999 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 CONNECT a.example.com:x - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 CONNECT :443 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 CONNECT [::1 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 GET http:///x - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 7 - error:transaction-end-before-headers - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200 99999999999999999999 CONNECT a.example.com:443 - - -",
          "1700000000.5 5 10.0.0.1 TCP_MISS/200"]


def line(random, host, number):
    # Names are of many hosts, of which a proxy sees some far more often.
    if random.random() < 0.3 and not host.startswith("[") and "example" in host:
        host = f"h{int(random.paretovariate(0.7)) % 400}.{host}"
    if random.random() < 0.1:
        host = host.upper()
    if random.random() < 0.05 and not host.endswith("]"):
        host += "."
    port = random.choice(PORTS) if random.random() < 0.5 else ""
    method, scheme = random.choice([("CONNECT", "")] * 5 + [("GET", "http://")] * 4 + [("GET", "https://"), ("POST", "HTTPS://"),
                                    ("GET", "ftp://"), ("GET", "HTTP://"), ("GET", "http://u:p@")])
    if host == "a b":
        host = "a"
    url = f"{scheme}{host}{port}" + (random.choice(PATHS) if scheme else "")
    milliseconds = 1_700_000_000_000 + random.randrange(5 * 86_400_000)
    fraction = f".{milliseconds % 1000:03}" if random.random() < 0.95 else random.choice(["", ".", ".5", ".25", ".123456"])
    client = f"10.0.{random.randrange(3)}.{random.randrange(200)}"
    bytes_ = random.choice([0, 39, 4096, random.randrange(1 << 20), 1 << 40])
    return (f"{milliseconds // 1000}{fraction} {random.randrange(9999):6} {client} {random.choice(RESULTS)} {bytes_} "
            f"{method} {url} - HIER_DIRECT/- -")


def main():
    folder, lines = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LIST, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Service", "Geography", "Category", "Port", "Endpoint/URL", "Required or Optional"])
        for host, port, required in RULES:
            writer.writerow(["It's \\ a service", "WW", "Common", port, host, "Required" if required else "Optional"])
    (folder / "thruway.yaml").write_text(f"version: 1\nname: sql\nsources: [{{ file: \"{LIST}\" }}]\ntargets: {{ squid: }}\n")
    chance = random.Random(20261130)
    with open(folder / "access.log", "w", encoding="utf-8", newline="") as file:
        for number in range(lines):
            if chance.random() < 0.01:
                file.write(chance.choice(BROKEN) + "\n")
                continue
            file.write(line(chance, chance.choice(HOSTS), number) + chance.choice(["\n"] * 50 + ["\r\n"]))
    with open(folder / "odd.log", "wb") as file:
        for number in range(1000):
            file.write(line(chance, chance.choice(ODD), number).encode() + b"\n")
            # No UTF-8.
            if number % 10 == 0:
                file.write(line(chance, "\udcff\udcfe.b.example.com", number).encode("utf-8", "surrogateescape") + b"\n")


if __name__ == "__main__":
    main()

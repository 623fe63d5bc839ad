#!/usr/bin/env python3
"""Asks the real Squid, on loopback, which requests the emitted configuration lets through.

Usage: squid_match.py DIR PROBES

DIR/squid/squid.conf is run as it is, but for a free port, clients on loopback and names that lead nowhere.
PROBES holds one question a line: `allow http://host/path` or `deny https://host:port`; HTTPS is asked by CONNECT.
Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def configure(source, work, port, hosts):
    shutil.copytree(source, work, dirs_exist_ok=True)
    os.chmod(work, 0o777)
    # An address for documentation, and `never_direct`: nothing leaves this machine, and an allowed request is
    # answered by an error in forwarding.
    with open(f"{work}/hosts", "w") as file:
        file.writelines(f"192.0.2.1 {host}\n" for host in sorted(hosts))
    with open(f"{work}/squid.conf") as file:
        lines = file.read().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("acl localnet"))
    lines[at:at] = ["acl localnet src 127.0.0.1"]
    lines = [line for line in lines if not line.startswith("http_port")]
    lines += [
        f"http_port 127.0.0.1:{port}",
        f"hosts_file {work}/hosts",
        "dns_nameservers 127.0.0.1",
        f"pid_filename {work}/squid.pid",
        "access_log none",
        f"cache_log {work}/cache.log",
        "visible_hostname lab.invalid",
        "shutdown_lifetime 1 seconds",
        "never_direct allow all",
        "pinger_enable off",
    ]
    with open(f"{work}/squid.conf", "w") as file:
        file.write("\n".join(lines) + "\n")


def wait_for(port, squid):
    for _ in range(100):
        if squid.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def answer(port, url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    if parts.scheme == "https":
        host = f"{parts.hostname}:{parts.port or 443}"
        connection.putrequest("CONNECT", host, skip_host=True)
    else:
        host = parts.netloc
        connection.putrequest("GET", url, skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return {403: "deny", 500: "allow", 502: "allow", 503: "allow"}.get(status, str(status))


def main():
    if len(sys.argv) != 3 or not os.path.exists(f"{sys.argv[1]}/squid/squid.conf"):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    if not shutil.which("squid"):
        sys.exit(print("squid_match: squid is not installed (Debian: squid-openssl)", file=sys.stderr) or 2)
    with open(sys.argv[2]) as file:
        probes = [line.split() for line in file if line.strip()]
    hosts = {urlsplit(url).hostname.rstrip(".") for _, url in probes}
    with tempfile.TemporaryDirectory() as work:
        port = free_port()
        configure(f"{sys.argv[1]}/squid", work, port, hosts)
        # In that folder: the configuration names its files relatively.
        squid = subprocess.Popen(
            ["squid", "-N", "-f", "squid.conf"], cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            if not wait_for(port, squid):
                print("squid_match: Squid does not start", file=sys.stderr)
                if os.path.exists(f"{work}/cache.log"):
                    print(open(f"{work}/cache.log").read(), file=sys.stderr)
                sys.exit(1)
            wrong = 0
            for want, url in probes:
                got = answer(port, url)
                if got != want:
                    wrong += 1
                    print(f"squid_match: {url}: {got}, should be {want}", file=sys.stderr)
        finally:
            squid.terminate()
            try:
                squid.wait(15)
            except subprocess.TimeoutExpired:
                squid.kill()
    print(f"squid_match: {len(probes)} requests, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

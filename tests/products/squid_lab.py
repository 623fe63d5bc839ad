"""A real Squid in a network namespace of its own: nothing leaves it, and every port is free.

Names lead to one address of the namespace, and clients have addresses of their own, so an emitted configuration is
run as it is: a few lines that have nothing to do with policy are put behind it.
"""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

CLIENT = "10.0.0.1"  # In `localnet` of the example configuration.
STRANGER = "198.51.100.1"  # Not in it.
ORIGIN = "192.0.2.1"  # Where every name leads.
PORT = 3128

INSIDE = "THRUWAY_TEST_NAMESPACE"
# Takes one password. The program speaks a line for a line.
HELPER = '#!/bin/sh\nwhile read -r line; do [ "$line" = "somebody right" ] && echo OK || echo ERR; done\n'


def give_up(why):
    """Ends with status 2: not a wrong answer, but no answer."""
    sys.exit(print(f"{program()}: {why}", file=sys.stderr) or 2)


def need(*tools):
    for tool, package in tools:
        if not shutil.which(tool):
            give_up(f"{tool} is not installed (Debian: {package})")


def enter():
    """Goes on in a new network namespace."""
    need(("squid", "squid-openssl"), ("ip", "iproute2"), ("unshare", "util-linux"))
    if os.environ.get(INSIDE) != "yes":
        new = ["unshare", "--net", "--mount"]
        if os.geteuid() != 0:
            # Squid stays the user that it is; the namespace's addresses and low ports need the capabilities.
            new += ["--user", "--map-current-user", "--keep-caps"]
        tried = subprocess.run(new + ["true"], capture_output=True, text=True)
        if tried.returncode != 0:
            give_up(f"no network namespace: {tried.stderr.strip()}; run as root, or allow user namespaces")
        os.execvpe(new[0], new + [sys.executable] + sys.argv, {**os.environ, INSIDE: "yes"})
    # Every Squid of a machine shares segments of memory and sockets by name, unless it has these folders for itself.
    run("mount", "-t", "tmpfs", "tmpfs", "/dev/shm")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.mkdir("/run/squid")
    os.chmod("/run/squid", 0o777)
    run("ip", "link", "set", "lo", "up")
    for address in (CLIENT, STRANGER, ORIGIN):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        give_up(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Squid:
    """Squid on DIR/squid/squid.conf, in a folder of its own, as a context."""

    # Seconds in which it has to listen.
    patience = 20

    def __init__(self, folder, work, hosts, also=(), leads_to=ORIGIN, change=lambda lines: lines):
        self.work, self.change = work, change
        with open(f"{work}/hosts", "w") as file:
            file.writelines(f"{line}\n" for line in [*(f"{leads_to} {host}" for host in hosts), *also])
        self.use(folder)

    def use(self, folder):
        """Puts the files of DIR into Squid's folder."""
        shutil.copytree(f"{folder}/squid", self.work, dirs_exist_ok=True)
        os.chmod(self.work, 0o777)
        with open(f"{self.work}/squid.conf") as file:
            lines = self.change(file.read().splitlines())
        lines += [
            f"hosts_file {self.work}/hosts",
            "dns_nameservers 127.0.0.1",
            f"pid_filename {self.work}/squid.pid",
            "access_log none",
            f"cache_log {self.work}/cache.log",
            "visible_hostname lab.invalid",
            "pinger_enable off",
        ]
        self.has_workers = any(line.startswith("workers ") for line in lines)
        ports = (re.match(r"https?_port (?:[0-9.]+:)?([0-9]+)\b", line) for line in lines)
        self.ports = {int(port[1]) for port in ports if port}
        with open(f"{self.work}/squid.conf", "w") as file:
            file.write("\n".join(lines) + "\n")

    def reconfigure(self):
        """As the comment in thruway.conf tells."""
        for what in ("parse", "reconfigure"):
            run("squid", "-k", what, "-f", "squid.conf", cwd=self.work)

    def __enter__(self):
        # In that folder: the configuration names its files relatively.
        self.process = subprocess.Popen(
            ["squid", "--foreground" if self.has_workers else "-N", "-f", "squid.conf"],
            cwd=self.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.ports <= listening():
                return self
            time.sleep(0.05)
        self.__exit__()
        log = f"{self.work}/cache.log"
        give_up("Squid does not start\n" + (open(log).read() if os.path.exists(log) else ""))

    def __exit__(self, *_):
        # It has nothing to put in order; an orderly end takes it a second. Its helpers end with their input.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def complaints(self):
        """What Squid found wrong with its files: a list that it could not use is only a message."""
        with open(f"{self.work}/cache.log", errors="replace") as log:
            return [line.strip() for line in log if COMPLAINT.search(line) and not ADVICE.search(line)]


# What it advises of many expressions is a finding of ours already; it takes them.
COMPLAINT = re.compile(r"ERROR|WARNING|Warning|FATAL|Skipping|BUG|Bungled|assertion")
ADVICE = re.compile(r"more than 100 regular expressions")


def with_authentication(lines, work):
    """squid.conf with `thruway_users` by proxy_auth, as its comment tells."""
    helper = f"{work}/helper"
    with open(helper, "w") as file:
        file.write(HELPER)
    os.chmod(helper, 0o755)
    users = [
        f"auth_param basic program {helper}",
        "auth_param basic children 1 startup=1",
        "acl thruway_users proxy_auth REQUIRED",
    ]
    return replaced(lines, "acl thruway_users any-of localnet", users)


class Asker:
    """Asks questions and counts; tells the first wrong answers."""

    MOST = 40

    def __init__(self):
        self.asked, self.wrong, self.answers = 0, 0, {}

    def check(self, what, ask, questions):
        """Asks all of (answer, argument…)."""
        questions = list(questions)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda question: ask(*question[1:]), questions))
        self.asked += len(questions)
        for (want, *question), got in zip(questions, answers):
            self.answers[got] = self.answers.get(got, 0) + 1
            if got != want:
                self.is_wrong(f"{what}: {' '.join(str(own) for own in question if own)}: {got}, should be {want}")

    def no_complaints(self, squid):
        if squid.process.poll() is not None:
            self.is_wrong(f"Squid has ended: {squid.process.returncode}")
        for line in squid.complaints():
            self.is_wrong(f"Squid says: {line}")

    def is_wrong(self, text):
        self.wrong += 1
        if self.wrong <= self.MOST:
            print(f"{program()}: {text}", file=sys.stderr)

    def done(self):
        """Ends the program with what was found."""
        answers = ", ".join(f"{count} {answer}" for answer, count in sorted(self.answers.items()))
        print(f"{program()}: {self.asked} requests ({answers}), {self.wrong} wrong")
        sys.exit(1 if self.wrong else 0)


def program():
    return os.path.basename(sys.argv[0])


def is_literal(host):
    """Whether it is an address, with or without brackets."""
    return ":" in host or re.fullmatch(r"[0-9.]+", host) is not None


def credentials(password):
    """The header of a client that says who it is."""
    if password is None:
        return ""
    # Squid forgets what it knows of a user who comes with another password, in the tunnels of others, too.
    user = "somebody" if password == "right" else "stranger"
    return f"Proxy-Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"


def listening():
    """The TCP ports on which somebody in this namespace listens."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as file:
            rows = (line.split() for line in file)
            ports |= {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
    return ports


# Of linux/in.h; Python does not name it.
IP_BIND_ADDRESS_NO_PORT = 24


def connect(port, address="127.0.0.1", client=CLIENT):
    """A connection from an address of a client. Its port is chosen as late as it can be: chosen early, one that a
    connection just left is not taken again, and more than 28,000 within a minute are too many."""
    connection = socket.socket()
    connection.settimeout(15)
    connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    connection.bind((client, 0))
    connection.connect((address, port))
    return connection


def replaced(lines, old, new):
    """The lines with one of them replaced, which must be there: the file itself says to replace it."""
    if lines.count(old) != 1:
        sys.exit(f"squid.conf has no single line `{old}`")
    at = lines.index(old)
    return lines[:at] + new + lines[at + 1 :]

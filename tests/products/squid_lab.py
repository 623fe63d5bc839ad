"""A real Squid in a network namespace of its own: nothing leaves it, and every port is free.

Names lead to one address of the namespace, and clients have addresses of their own, so an emitted configuration is
run as it is: a few lines that have nothing to do with policy are put behind it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time

CLIENT = "10.0.0.1"  # In `localnet` of the example configuration.
STRANGER = "198.51.100.1"  # Not in it.
ORIGIN = "192.0.2.1"  # Where every name leads.
PORT = 3128

INSIDE = "THRUWAY_TEST_NAMESPACE"


def give_up(why):
    """Ends with status 2: not a wrong answer, but no answer."""
    sys.exit(print(f"{os.path.basename(sys.argv[0])}: {why}", file=sys.stderr) or 2)


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
    # Every Squid of a machine shares segments of memory by name, unless it has that folder for itself.
    run("mount", "-t", "tmpfs", "tmpfs", "/dev/shm")
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

    def __init__(self, folder, work, hosts, leads_to=ORIGIN, change=lambda lines: lines):
        self.work = work
        shutil.copytree(f"{folder}/squid", work, dirs_exist_ok=True)
        os.chmod(work, 0o777)
        with open(f"{work}/hosts", "w") as file:
            file.writelines(f"{leads_to} {host}\n" for host in hosts)
        with open(f"{work}/squid.conf") as file:
            lines = change(file.read().splitlines())
        lines += [
            f"hosts_file {work}/hosts",
            "dns_nameservers 127.0.0.1",
            "pid_filename none",
            "access_log none",
            f"cache_log {work}/cache.log",
            "visible_hostname lab.invalid",
            "pinger_enable off",
        ]
        with open(f"{work}/squid.conf", "w") as file:
            file.write("\n".join(lines) + "\n")

    def __enter__(self):
        # In that folder: the configuration names its files relatively.
        command = ["squid", "-N", "-f", "squid.conf"]
        self.process = subprocess.Popen(command, cwd=self.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                connect(PORT).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        log = f"{self.work}/cache.log"
        give_up("Squid does not start\n" + (open(log).read() if os.path.exists(log) else ""))

    def __exit__(self, *_):
        # It has nothing to put in order; an orderly end takes it a second. Its helpers end with their input.
        self.process.kill()
        self.process.wait()


def connect(port, address="127.0.0.1", client=CLIENT):
    return socket.create_connection((address, port), 15, source_address=(client, 0))


def replaced(lines, old, new):
    """The lines with one of them replaced, which must be there: the file itself says to replace it."""
    if lines.count(old) != 1:
        sys.exit(f"squid.conf has no single line `{old}`")
    at = lines.index(old)
    return lines[:at] + new + lines[at + 1 :]

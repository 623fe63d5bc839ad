#!/usr/bin/env python3
"""Runs the commands of the README's section "From nothing to a working proxy", and compares the end of what they print.

Usage: readme_proxy.py PROGRAM README

All but the installation, in a network namespace where every name leads to a server with a CA of its own. What is added:
`--expected-root` with that CA, since no public one vouches for it, and a wait until Squid listens.
Exit 0: every required host passes, and the README's end is what was printed. 1: not so. 2: could not run.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

import squid_lab
import squid_web
import verify_lab
from squid_lab import ORIGIN

SECTION = "## From nothing to a working proxy\n"
# `&` after a function keeps what it starts in the background, and the script waits for it to listen.
AROUND = """\
set -euo pipefail
thruway() {
  if [ "$1" = verify ]; then set -- "$@" --expected-root "$WORK/origin-ca.crt"; fi
  "$PROGRAM" "$@" --today 2026-11-24
}
"""
WAIT = """\
for _ in $(seq 400); do grep -q ':0C38 .* 0A ' /proc/net/tcp /proc/net/tcp6 && break; kill -0 $!; sleep 0.05; done
"""


def main():
    if len(sys.argv) != 3:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    program, readme = os.path.abspath(sys.argv[1]), open(sys.argv[2]).read()
    profile = re.search(r"^```yaml thruway.yaml\n(.*?)^```", readme, re.M | re.S)[1]
    section = readme.split(SECTION, 1)[1].split("\n## ", 1)[0]
    commands = re.search(r"^```sh\n(.*?)^```", section, re.M | re.S)[1]
    end = re.search(r"^```text\n(.*?)^```", section, re.M | re.S)[1]
    squid_web.need()
    verify_lab.enter()
    # Squid writes its log and its pid where the system keeps them; here they are this namespace's own.
    squid_lab.run("mount", "-t", "tmpfs", "tmpfs", "/var/log")
    os.mkdir("/var/log/squid")
    squid_lab.run("chown", "proxy", "/var/log/squid")
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        hosts = hosts_of(program, profile, work)
        squid_web.make_server_certificate(work, hosts)
        # Where Squid looks into TLS it trusts what the system trusts.
        squid_lab.run("mount", "-t", "tmpfs", "tmpfs", "/etc/ssl/certs")
        squid_lab.run("cp", "origin-ca.crt", "/etc/ssl/certs/", cwd=work)
        squid_lab.run("openssl", "rehash", "/etc/ssl/certs")
        squid_web.lead_to_servers()
        squid_web.Server().use(work)
        lines = [line for line in commands.splitlines(keepends=True) if not line.startswith("apt-get ")]
        script = AROUND + "".join(line + (WAIT if line.endswith("&\n") else "") for line in lines)
        with verify_lab.Dns(work, [f"address=/#/{ORIGIN}"], "lab.example"):
            code, out, errors = run(script, program, work)
    if code != 0 or not out.endswith(end):
        print(out[-2000:], errors[-2000:], file=sys.stderr)
        sys.exit(f"readme_proxy.py: exit {code}, should be 0; the end should be\n{end}")
    print("readme_proxy.py: as the README says")


def run(script, program, work):
    environment = {**os.environ, "PROGRAM": program, "WORK": work}
    out, errors = f"{work}/out.txt", f"{work}/errors.txt"
    with open(out, "w") as own, open(errors, "w") as other:
        process = subprocess.Popen(["bash", "-c", script], cwd=work, stdout=own, stderr=other, env=environment,
                                   start_new_session=True)
        code = process.wait(timeout=240)
    # Squid goes on, in the group of the script.
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass
    return code, open(out).read(), open(errors).read()


def hosts_of(program, profile, work):
    with open(f"{work}/thruway.yaml", "w") as file:
        file.write(profile)
    listed = json.loads(squid_lab.run(program, "verify", "--list", "--format", "json", cwd=work))
    return {urlsplit(own["url"]).hostname for own in listed["endpoints"]}


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reads what is written for devices with Linux and macOS, runs the scripts on a root of their own, and compares the values.

Usage: device_unix.py THRUWAY

The product cannot be had here: `mdatp`, `systemctl` and macOS's own tools are scripts that write down how they are called.
Property lists are read by libplist and by Python, the drop-in by systemd-analyze, whose complaints are on stderr and not in its
exit code. Broken files are tried first. Exit 0: all well. 1: something differs.
"""

import json
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from device_profiles import Comparison, compiled

UNIT = "[Unit]\nDescription=mdatp\n[Service]\nExecStart=/bin/true\n"
MANAGED = "etc/opt/microsoft/mdatp/managed/mdatp_managed.json"
DROP_IN = "etc/systemd/system/mdatp.service.d/10-thruway-proxy.conf"
PREFERENCES = "Library/Managed Preferences/com.microsoft.wdav.plist"


class Machine:
    """A root with the tools that the scripts call."""

    def __init__(self, folder):
        self.root, self.calls = Path(folder), Path(folder) / "calls"
        (self.root / "bin").mkdir(parents=True)
        for tool in ("mdatp", "systemctl", "profiles"):
            self.tool(tool, f'printf "%s\\n" "{tool} $*" >>"{self.calls}"\n')
        print_key = 'import plistlib, sys; print(plistlib.load(open(sys.argv[3], "rb"))["cloudService"]["proxy"])'
        self.tool("PlistBuddy", f"exec {sys.executable} -c '{print_key}' \"$@\"\n")

    def tool(self, name, body):
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def put(self, source, path):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        return target

    def run(self, script):
        """Runs a script with its paths under this root: exit code, output, what it called."""
        self.calls.unlink(missing_ok=True)
        text = script.read_text("ascii")
        for path in ("/etc/", "/Library/"):
            text = text.replace(f"={path}", f"={self.root}{path}").replace(f"='{path}", f"='{self.root}{path}")
        text = text.replace("/usr/libexec/PlistBuddy", "PlistBuddy")
        moved = self.put(script, f"opt/{script.name}")
        moved.write_text(text)
        environment = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        subprocess.run(["dash", "-n", moved], check=True)
        run = subprocess.run(["dash", moved], capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
        called = self.calls.read_text().splitlines() if self.calls.exists() else []
        return run.returncode, run.stdout + run.stderr, called


def drop_in(machine, path):
    """The environment of a unit with this drop-in. An unknown key is a warning and no more: its stderr must be empty."""
    units = machine.root / "units"
    shutil.rmtree(units, ignore_errors=True)
    (units / "mdatp.service.d").mkdir(parents=True)
    (units / "mdatp.service").write_text(UNIT)
    shutil.copy(path, units / "mdatp.service.d" / "10.conf")
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", units / "mdatp.service"], capture_output=True, text=True)
    if run.stderr.strip() or run.returncode:
        raise ValueError(run.stderr)
    section, environment = None, {}
    for line in path.read_text("ascii").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line.startswith("Environment="):
            environment.update(word.split("=", 1) for word in shlex.split(line.removeprefix("Environment=")))
    return environment


def sourced(path):
    """The variables that a file sets in a shell."""
    script = 'set -eu; set -a; . "$1"; env -0'
    empty = {"PATH": os.environ["PATH"]}
    run = subprocess.run(["dash", "-c", script, "dash", path], capture_output=True, env=empty, check=True)
    found = dict(entry.split("=", 1) for entry in run.stdout.decode().split("\0") if entry)
    return {name: value for name, value in found.items() if name not in ("PATH", "PWD", "OLDPWD", "_")}


def linux(comparison, name, out, proxy, machine):
    wanted = {"cloudService": {"proxy": f"{proxy}/"}}
    comparison.same(f"{name}: mdatp_managed.json", json.loads((out / "mdatp_managed.json").read_text("ascii")), wanted)
    comparison.same(f"{name}: installer.env", sourced(out / "installer.env"), {"HTTPS_PROXY": f"{proxy}/"})
    conf = out / "mdatp.service.d/10-thruway-proxy.conf"
    comparison.same(f"{name}: drop-in", drop_in(machine, conf), {"HTTPS_PROXY": f"{proxy}/"})
    set_proxy = machine.run(out / "set-proxy.sh")
    comparison.same(f"{name}: set-proxy.sh", set_proxy, (0, "", [f"mdatp config proxy set --value {proxy}"]))
    test = ["mdatp connectivity test"]
    # What lies beside the script that removes it.
    machine.put(out / "mdatp_managed.json", "opt/mdatp_managed.json")
    machine.put(conf, "opt/mdatp.service.d/10-thruway-proxy.conf")
    managed, own = machine.put(out / "mdatp_managed.json", MANAGED), machine.put(conf, DROP_IN)
    code, output, called = machine.run(out / "check-proxy.sh")
    comparison.same(f"{name}: check-proxy.sh", (code, called, output.count("ok      ")), (0, test, 2))
    # What only the command line or the drop-in set is not known, whatever gets through; it is never called right.
    def unchecked(what, drop_ins):
        code, output, called = machine.run(out / "check-proxy.sh")
        found = (code, called, output.count("ok      "), "NOT CHECKED" in output, proxy in output)
        comparison.same(f"{name}: check-proxy.sh {what}", found, (2, test, drop_ins, True, True))

    managed.write_text(json.dumps({"antivirusEngine": {"enforcementLevel": "real_time"}}))
    unchecked("of a managed configuration without a proxy", 1)
    managed.unlink()
    unchecked("of the drop-in alone", 1)
    own.unlink()
    unchecked("after set-proxy.sh alone", 0)
    machine.put(conf, DROP_IN)
    own.write_text(own.read_text().replace(proxy, "http://other.contoso.com:1"))
    comparison.same(f"{name}: check-proxy.sh of another drop-in alone", machine.run(out / "check-proxy.sh")[0], 1)
    machine.put(out / "mdatp_managed.json", MANAGED)
    machine.put(conf, DROP_IN)
    managed.write_text(managed.read_text().replace(proxy, "http://other.contoso.com:1"))
    code, output, _ = machine.run(out / "check-proxy.sh")
    comparison.same(f"{name}: check-proxy.sh of another proxy", (code, output.count("DIFFERS")), (1, 1))
    machine.tool("mdatp", "exit 3\n")
    machine.put(out / "mdatp_managed.json", MANAGED)
    comparison.same(f"{name}: check-proxy.sh where nothing gets through", machine.run(out / "check-proxy.sh")[0], 1)
    code, output, called = machine.run(out / "remove-proxy.sh")
    left = (code, managed.exists(), own.exists(), called)
    comparison.same(f"{name}: remove-proxy.sh", left, (0, False, False, ["systemctl daemon-reload", "systemctl restart mdatp"]))
    # Other settings are not thrown away.
    managed.write_text(json.dumps(wanted | {"antivirusEngine": {"enforcementLevel": "real_time"}}))
    code, output, _ = machine.run(out / "remove-proxy.sh")
    comparison.same(f"{name}: remove-proxy.sh beside other settings", (code, managed.exists(), "by hand" in output), (1, True, True))
    comparison.files += 6


def plist(path, scratch):
    """A property list by Python, and by libplist as binary and back; they must agree."""
    value = plistlib.loads(path.read_bytes(), fmt=plistlib.FMT_XML)
    binary = scratch / "x.bplist"
    binary.unlink(missing_ok=True)
    run = subprocess.run(["plistutil", "-i", path, "-o", binary, "-f", "bin"], capture_output=True, text=True)
    if run.returncode or not binary.exists():
        raise ValueError(f"plistutil: {run.stderr}")
    if plistlib.loads(binary.read_bytes(), fmt=plistlib.FMT_BINARY) != value:
        raise ValueError("libplist reads something else")
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True, capture_output=True)
    return value


def macos(comparison, name, out, proxy, machine):
    preferences = {"cloudService": {"proxy": proxy}}
    bare = out / "com.microsoft.wdav.plist"
    comparison.same(f"{name}: com.microsoft.wdav.plist", plist(bare, machine.root), preferences)
    profile = plist(out / "thruway-proxy.mobileconfig", machine.root)
    (payload,) = profile["PayloadContent"]
    own = {key: value for key, value in payload.items() if not key.startswith("Payload")}
    comparison.same(f"{name}: the payload", own, preferences)
    kinds = [profile["PayloadType"], payload["PayloadType"], profile["PayloadScope"], profile["PayloadVersion"], payload["PayloadVersion"]]
    comparison.same(f"{name}: kinds", kinds, ["Configuration", "com.microsoft.wdav", "System", 1, 1])
    identifiers = [part[key] for part in (profile, payload) for key in ("PayloadUUID", "PayloadIdentifier")]
    versions = [uuid.UUID(part["PayloadUUID"]).version for part in (profile, payload)]
    comparison.same(f"{name}: identifiers", (len(set(identifiers)), versions), (4, [5, 5]))
    removal = machine.run(out / "remove-proxy.sh")
    comparison.same(f"{name}: remove-proxy.sh", removal, (0, "", [f"profiles remove -identifier {profile['PayloadIdentifier']}"]))
    managed = machine.put(bare, PREFERENCES)
    code, output, called = machine.run(out / "check-proxy.sh")
    comparison.same(f"{name}: check-proxy.sh", (code, called, output.count("ok      ")), (0, ["mdatp connectivity test"], 1))
    managed.write_bytes(plistlib.dumps({"cloudService": {"proxy": "http://other.contoso.com:1"}}))
    code, output, _ = machine.run(out / "check-proxy.sh")
    comparison.same(f"{name}: check-proxy.sh of another proxy", (code, output.count("DIFFERS")), (1, 1))
    managed.unlink()
    comparison.same(f"{name}: check-proxy.sh without preferences", machine.run(out / "check-proxy.sh")[0], 1)
    comparison.files += 4


def fails(reads, *arguments):
    try:
        reads(*arguments)
    except (ValueError, KeyError, subprocess.CalledProcessError, plistlib.InvalidFileException):
        return True
    except Exception as error:  # expat's own kind
        return type(error).__name__ == "ExpatError"
    return False


def broken(comparison, out, machine):
    """Shows that a mistake in each kind of file is noticed."""
    bad = machine.root / "bad"
    conf = (out / "linux-device/mdatp.service.d/10-thruway-proxy.conf").read_text()
    for what, text in {
        "an unknown key of a unit": conf.replace("Environment=", "Enviroment="),
        "an unknown section of a unit": conf.replace("[Service]", "[Servce]"),
        "a quote that does not end": conf.replace('/"\n', "/\n"),
    }.items():
        bad.write_text(text)
        comparison.refuses(what, text == conf or not fails(drop_in, machine, bad))
    env = (out / "linux-device/installer.env").read_text()
    bad.write_text(env.replace('/"\n', "/\n"))
    comparison.refuses("a quote of a shell that does not end", not fails(sourced, bad))
    text = (out / "macos-device/thruway-proxy.mobileconfig").read_text()
    for what, other in {
        "an element that does not end": text.replace("</dict>", "", 1),
        "a key without a value": text.replace("<integer>1</integer>", "", 1),
        "an unknown element": text.replace("<true/>", "<yes/>", 1),
    }.items():
        bad.write_text(other)
        comparison.refuses(what, other == text or not fails(plist, bad, machine.root))


def main():
    comparison = Comparison("device_unix")
    with tempfile.TemporaryDirectory() as folder:
        for name, out, wanted in compiled(sys.argv[1], folder):
            machine = lambda kind: Machine(Path(folder) / f"{name}-{kind}")
            if name == "ipv6":
                broken(comparison, out, machine("broken"))
            linux(comparison, name, out / "linux-device", wanted["unix"], machine("linux"))
            macos(comparison, name, out / "macos-device", wanted["unix"], machine("macos"))
    comparison.finish()


if __name__ == "__main__":
    main()

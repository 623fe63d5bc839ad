#!/usr/bin/python3
"""Merges the files for the registry into a hive by hivex, reads Registry.pol by samba, and compares the values.

Usage: device_registry.py THRUWAY

Run by Debian's Python, which has samba. hivexregedit reads no UTF-16, so that is decoded here, as strictly as Windows:
a byte-order mark, and CR with every LF. Broken files are tried first. Exit 0: all well. 1: a value differs.
"""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from samba.dcerpc import preg
from samba.ndr import ndr_pack, ndr_unpack

from device_profiles import Comparison, compiled

PREFIX = r"HKEY_LOCAL_MACHINE\SOFTWARE"


def empty_hive(path):
    """A hive with a root alone: Debian ships none. The layout is that of the format regf, version 1.3."""
    cell = lambda octets: struct.pack("<i", -((len(octets) + 11) & ~7)) + octets + bytes(-(len(octets) + 4) % 8)
    name, none = b"ROOT", 0xFFFFFFFF
    sid = bytes([1, 1, 0, 0, 0, 0, 0, 5]) + struct.pack("<I", 18)
    descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 20, 20 + len(sid), 0, 0) + sid + sid
    root = lambda security: struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH", b"nk", 0x2C, 0, 0, none, 0, 0, none, none, 0, none, security, none, 0, 0, 0, 0, 0, len(name), 0
    ) + name
    at = 0x20 + len(cell(root(0)))
    security = struct.pack("<2sHIIII", b"sk", 0, at, at, 1, len(descriptor)) + descriptor
    body = cell(root(at)) + cell(security)
    free = 4096 - 32 - len(body)
    body += struct.pack("<i", free) + bytes(free - 4)
    header = bytearray(4096)
    struct.pack_into("<4sIIQIIIIIII", header, 0, b"regf", 1, 1, 0, 1, 3, 0, 1, 0x20, 4096, 1)
    checksum = 0
    for at in range(0, 0x1FC, 4):
        checksum ^= struct.unpack_from("<I", header, at)[0]
    struct.pack_into("<I", header, 0x1FC, {0: 1, none: none - 1}.get(checksum, checksum))
    path.write_bytes(bytes(header) + b"hbin" + struct.pack("<IIIIQI", 0, 4096, 0, 0, 0, 0) + body)


def decoded(octets):
    """The text of a file for regedit, or an error where Windows takes it for no such file."""
    if not octets.startswith(b"\xff\xfe"):
        raise ValueError("no byte-order mark")
    text = octets.decode("utf-16")
    if text.count("\n") != text.count("\r\n") or not text.startswith("Windows Registry Editor Version 5.00\r\n\r\n"):
        raise ValueError("line ends or header")
    return text.replace("\r\n", "\n")


def merge(hive, text):
    run = subprocess.run(["hivexregedit", "--merge", "--prefix", PREFIX, hive], input=text, text=True, capture_output=True)
    if run.returncode:
        raise ValueError(run.stderr.strip())


def values_of(hive):
    """Every value of a hive, asked for by hivexget, one by one."""
    listed = subprocess.run(["hivexregedit", "--export", "--prefix", PREFIX, hive, "\\"], text=True, capture_output=True, check=True)
    values, key = {}, None
    for line in listed.stdout.splitlines():
        if line.startswith("["):
            key = line[len(PREFIX) + 2 : -1]
        elif line.startswith('"'):
            name = line[1:].split('"')[0]
            ask = subprocess.run(["hivexget", hive, key, name], capture_output=True, check=True).stdout
            text = ask.decode().rstrip("\n")
            values[(key, name)] = int(line.split("=dword:")[1], 16) if "=dword:" in line else text
    return values


def policy(octets):
    """The entries of Registry.pol by samba's parser; packed again it must be the same file."""
    file = ndr_unpack(preg.file, octets)
    if ndr_pack(file) != octets:
        raise ValueError("packed again it is another file")
    if (file.header.signature, file.header.version, len(file.entries)) != ("PReg", 1, file.num_entries):
        raise ValueError("another header")
    entries = {}
    for entry in file.entries:
        if not entry.keyname.startswith("Software\\") or entry.type != (4 if isinstance(entry.data, int) else 1):
            raise ValueError(f"{entry.keyname}: {entry.type}")
        entries[(entry.keyname[len("Software\\") :], entry.valuename)] = entry.data
    return entries


def lgpo(text):
    """Groups of four lines, each behind a blank line or a comment."""
    blocks = [block for block in text.split("\n\n")[1:]]
    values = {}
    for block in blocks:
        scope, key, name, data = block.strip("\n").split("\n")
        assert scope == "Computer" and key.startswith("Software\\"), block
        kind, _, data = data.partition(":")
        values[(key[len("Software\\") :], name)] = {"DWORD": int, "SZ": str, "DELETE": lambda _: None}[kind](*([data]))
    return values


def fails(reads, *arguments):
    try:
        reads(*arguments)
    except (ValueError, RuntimeError, AssertionError):
        return True
    return False


def broken(comparison, out, scratch, wanted):
    """Shows that a mistake in each kind of file is noticed."""
    octets = (out / "thruway-proxy.reg").read_bytes()
    text = decoded(octets)
    for what, bad in {"a file without a byte-order mark": octets[2:], "a file in UTF-8": text.encode(), "LF alone": b"\xff\xfe" + text.encode("utf-16-le")}.items():
        comparison.refuses(what, not fails(decoded, bad))
    for what, bad in {
        "a proxy with a scheme": text.replace('Server"="', 'Server"="http://', 1),
        "another number": text.replace("dword:00000001", "dword:00000002"),
        "a value that is not there": text.replace('"DisableEnterpriseAuthProxy"=dword:00000001\n', ""),
        "a string that does not end": text.replace('8080"', "8080", 1),
        "a key without the keys above": "\n\n".join(part for part in text.split("\n\n") if "=" in part or "Version" in part),
    }.items():
        hive = scratch / "broken.hive"
        empty_hive(hive)
        comparison.refuses(what, bad == text or (not fails(merge, hive, bad) and values_of(hive) == wanted))
    pol = (out / "Registry.pol").read_bytes()
    for what, bad in {
        "a policy that ends early": pol[:-2],
        "a length that is wrong": pol.replace(b";\0\x04\0\0\0;\0", b";\0\x06\0\0\0;\0", 1),
        "another signature": b"Preg" + pol[4:],
        "another value": pol.replace("8080".encode("utf-16-le"), "8081".encode("utf-16-le")),
    }.items():
        comparison.refuses(what, bad == pol or (not fails(policy, bad) and policy(bad) == wanted))
    comparison.refuses("another line of LGPO", lgpo((out / "thruway-proxy.lgpo.txt").read_text().replace("8080", "8081")) == wanted)


def main():
    comparison = Comparison("device_registry")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name, out, wanted in compiled(sys.argv[1], scratch):
            out, wanted = out / "windows-device", wanted["values"]
            if name == "ipv6":
                broken(comparison, out, scratch, wanted)
            hive = scratch / f"{name}.hive"
            empty_hive(hive)
            merge(hive, decoded((out / "thruway-proxy.reg").read_bytes()))
            comparison.same(f"{name}: thruway-proxy.reg", values_of(hive), wanted)
            # What somebody else set must survive the undo.
            others = {(r"Policies\Microsoft\Windows Defender", "PUAProtection"): 1}
            merge(hive, f"Windows Registry Editor Version 5.00\n\n[{PREFIX}\\Policies]\n\n[{PREFIX}\\Policies\\Microsoft]\n\n[{PREFIX}\\Policies\\Microsoft\\Windows Defender]\n\"PUAProtection\"=dword:00000001\n")
            merge(hive, decoded((out / "remove-proxy.reg").read_bytes()))
            comparison.same(f"{name}: remove-proxy.reg", values_of(hive), others)
            comparison.same(f"{name}: Registry.pol", policy((out / "Registry.pol").read_bytes()), wanted)
            removed = {(key, f"**del.{value}"): " " for key, value in wanted}
            comparison.same(f"{name}: remove/Registry.pol", policy((out / "remove/Registry.pol").read_bytes()), removed)
            comparison.same(f"{name}: thruway-proxy.lgpo.txt", lgpo((out / "thruway-proxy.lgpo.txt").read_text()), wanted)
            comparison.same(f"{name}: remove-proxy.lgpo.txt", lgpo((out / "remove-proxy.lgpo.txt").read_text()), dict.fromkeys(wanted))
            comparison.files += 6
    comparison.finish()


if __name__ == "__main__":
    main()

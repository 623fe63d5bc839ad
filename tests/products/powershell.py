#!/usr/bin/env python3
"""Reads the scripts for Windows Firewall as PowerShell does, and holds every call to a table of cmdlets.

Usage: powershell.py DIR...   with DIR/thruway-firewall.ps1 and DIR/remove-firewall.ps1, and the other files beside them

PowerShell itself cannot be had here. tree-sitter finds what does not parse; it takes unknown parameters, a GUID without
braces and a curly quote, so these are looked for as well. A few broken scripts are refused first, to show that they are.
Exit 0: all well. 1: something is wrong, which is printed.
"""

import ipaddress
import json
import re
import sys
import uuid
from pathlib import Path

import tree_sitter
import tree_sitter_powershell

LANGUAGE = tree_sitter.Language(tree_sitter_powershell.language())
PARSER = tree_sitter.Parser(LANGUAGE)

# Parameters of the cmdlets that the scripts use: NetSecurity, Defender and PowerShell references, read 2026-11-24.
COMMON = {"ErrorAction"}
# What changes something; an error must end the script, and a module does not see its preference.
CHANGING = ("New-Net", "Set-Net", "Remove-Net")
RULE = {
    "Name", "Enabled", "Profile", "Direction", "Action", "Protocol", "RemotePort", "RemoteAddress",
    "RemoteDynamicKeywordAddresses", "PolicyStore",
}
CMDLETS = {
    "New-NetFirewallRule": RULE | {"DisplayName", "Group"},
    "Set-NetFirewallRule": RULE | {"NewDisplayName"},
    "Get-NetFirewallRule": {"Name", "Group", "PolicyStore"},
    "Remove-NetFirewallRule": {"Name", "PolicyStore"},
    # New- has no -PolicyStore.
    "New-NetFirewallDynamicKeywordAddress": {"Id", "Keyword", "Addresses", "AutoResolve"},
    "Get-NetFirewallDynamicKeywordAddress": {"Id", "All", "PolicyStore"},
    "Remove-NetFirewallDynamicKeywordAddress": {"Id", "PolicyStore"},
    "Get-NetFirewallProfile": {"Name"},
    "Get-MpComputerStatus": set(),
    "Get-MpPreference": set(),
    "Get-Command": {"Name"},
    "Select-Object": {"ExpandProperty"},
    "Sort-Object": {"Unique"},
    "Where-Object": set(),
    "ForEach-Object": set(),
    "Write-Warning": set(),
    "Out-Null": set(),
    "Set-StrictMode": {"Version"},
    # Functions of the scripts.
    "Get-OwnId": set(),
    "ConvertTo-PlainId": set(),
    "Test-Own": set(),
}
# What these parameters take, where it is a word or a truth value; switches take nothing.
VALUES = {
    "Direction": {"Inbound", "Outbound"},
    "Action": {"Allow", "Block", "NotConfigured"},
    "Protocol": {"TCP", "UDP"},
    "Profile": {"Any", "Domain", "Private", "Public"},
    # An enumeration of the module, not a Boolean.
    "Enabled": {"True", "False"},
    # A Boolean, not a switch.
    "AutoResolve": {"$true", "$false"},
    "ErrorAction": {"Stop", "SilentlyContinue"},
}
SWITCHES = {"All", "Unique"}
GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

BROKEN = {
    "an open brace": b"foreach ($e in $x) { Get-NetFirewallRule -Name $e",
    "an open string": b"$a = 'abc\n",
    "a quote inside a string": b"$a = 'it's'\n",
    "a curly quote": "$a = 'it\u2019s'\n".encode(),
    "an unknown parameter": b"New-NetFirewallRule -Nmae x\n",
    "a parameter that New- has not": b"New-NetFirewallDynamicKeywordAddress -Id $a -PolicyStore x\n",
    "a Boolean without a value": b"New-NetFirewallDynamicKeywordAddress -Id $a -AutoResolve -ErrorAction Stop\n",
    "a word that an enumeration has not": b"New-NetFirewallRule -Direction Outgoing -ErrorAction Stop\n",
    "an unknown cmdlet": b"Remove-Item -Path x\n",
    "a change that goes on after an error": b"Remove-NetFirewallRule -Name x\n",
    "a GUID without braces": b"$a = '22c5b37c-e7c1-55ba-956e-499cfe418273'\n",
    "a GUID that is not of version 5": b"$a = '{22c5b37c-e7c1-45ba-956e-499cfe418273}'\n",
    "an unknown key of a rule": b"$Rules = @(\n    @{\n        Name = 'x'\n        RemotePorts = @('1')\n    }\n)\n",
}


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def complaints(source):
    """What is wrong with a script."""
    if not source.isascii():
        yield "it is not ASCII"
    tree = PARSER.parse(source)
    text = lambda node: source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    place = lambda node: f"line {node.start_point[0] + 1}"
    for node in nodes(tree.root_node):
        if node.type == "ERROR" or node.is_missing:
            yield f"{place(node)}: does not parse: {text(node)[:60]!r}"
        if node.type == "command":
            name = node.child_by_field_name("command_name")
            name = text(name) if name else text(node).split()[0]
            known = CMDLETS.get(name)
            if known is None:
                yield f"{place(node)}: a cmdlet that no table knows: {name}"
                continue
            if name.startswith(CHANGING) and "-ErrorAction Stop" not in text(node):
                yield f"{place(node)}: {name} goes on after an error"
            for part in nodes(node):
                if part.type == "command_parameter" and inside(part, node):
                    parameter = text(part).lstrip("-").rstrip(":")
                    if parameter not in known | COMMON:
                        yield f"{place(part)}: {name} has no -{parameter}"
                    value = value_of(part, text)
                    # Some are switches of one cmdlet and take a value in another.
                    switch = parameter in SWITCHES or (name, parameter) in SWITCHES
                    if switch and value is not None:
                        yield f"{place(part)}: -{parameter} of {name} takes no value, and has {value}"
                    if not switch and value is None:
                        yield f"{place(part)}: -{parameter} of {name} has no value"
                    if parameter in VALUES and value not in VALUES[parameter]:
                        yield f"{place(part)}: -{parameter} of {name} does not take {value}"
    for line, content in enumerate(source.decode("utf-8", "replace").splitlines(), 1):
        for match in re.finditer(GUID, content):
            # A workspace's host begins with the GUID of the workspace.
            if content[match.end() : match.end() + 1] == ".":
                continue
            whole = content[max(0, match.start() - 2) : match.end() + 2]
            if whole != f"'{{{match[0]}}}'" or match[0][14] != "5":
                yield f"line {line}: a GUID that is not '{{…}}' of version 5: {content.strip()[:80]}"
    for rule in rules_of(source.decode("utf-8", "replace")):
        for key in set(rule) - CMDLETS["New-NetFirewallRule"]:
            yield f"New-NetFirewallRule has no {key}, which a rule names"


def value_of(parameter, text):
    """What stands behind a parameter, if it is no other parameter."""
    node = parameter.next_named_sibling
    while node is not None and node.type == "command_argument_sep":
        node = node.next_named_sibling
    return None if node is None or node.type == "command_parameter" else text(node)


def inside(part, command):
    """Whether a parameter belongs to this command and not to one inside it."""
    node = part.parent
    while node is not None and node.type != "command":
        node = node.parent
    return node == command


def block(text, name):
    match = re.search(rf"^\${name} = @\(\n(.*?)^\)$", text, re.M | re.S)
    return match[1] if match else ""


def rules_of(text):
    """The rules of a script, each as a table."""
    rules = []
    for body in re.findall(r"^    @\{\n(.*?)^    \}$", block(text, "Rules"), re.M | re.S):
        keys = re.split(r"^        (\w+) = ", body, flags=re.M)[1:]
        rules.append({key: re.findall(r"'([^']*)'", value) for key, value in zip(keys[::2], keys[1::2])})
    return rules


def own_id(script, keyword):
    """What `Get-OwnId` of a script makes of a keyword."""
    namespace = uuid.UUID(bytes=bytes(int(octet, 16) for octet in re.findall(r"0x([0-9a-f]{2})", re.search(r"\$namespace = (.*)", script)[1])))
    profile = re.search(r"^\$ProfileName = '([^']*)'$", script, re.M)[1]
    return f"{{{uuid.uuid5(namespace, profile + chr(10) + keyword)}}}"


def check(folder):
    wrong = []
    sources = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("thruway-firewall.ps1", "remove-firewall.ps1"):
        wrong += [f"{name}: {complaint}" for complaint in complaints(sources[name])]
    setup = sources["thruway-firewall.ps1"].decode()
    keywords = dict(re.findall(r"@\{ Id = '(\{[^']*\})'; Keyword = '([^']*)' \}", setup))
    rules = rules_of(setup)
    used = [identifier for rule in rules for identifier in rule.get("RemoteDynamicKeywordAddresses", [])]
    settings = [json.loads(text) for name, text in sorted(sources.items()) if name.endswith(".json")]
    values = lambda tree: [
        child["simpleSettingValue"]["value"]
        for group in tree["settingInstance"]["groupSettingCollectionValue"]
        for child in group["children"]
        if "simpleSettingValue" in child
    ]
    in_settings = [value for tree in settings for value in values(tree)]
    networks = [network for rule in rules for network in rule.get("RemoteAddress", [])]
    scripts = [sources[name] for name in ("thruway-firewall.ps1", "remove-firewall.ps1")]
    netsh = sources.get("netsh.cmd", b"").decode()
    removal = sources.get("remove-netsh.cmd", b"").decode()
    lines = re.findall(r"^netsh advfirewall firewall add rule (.*) \|\| set failed=1$", netsh, re.M)
    # What tells a failure at the end, around them.
    told = re.fullmatch(r"(?s)(@echo off\n|rem[^\n]*\n|\n)*setlocal\nset failed=0\n(netsh [^\n]*\n)+exit /b %failed%\n", netsh)
    fields = re.compile(r'name="[A-Za-z0-9_-]+" dir=out action=allow protocol=TCP( remoteport=[0-9,-]+)? remoteip=(\S+) profile=any enable=yes')
    in_netsh = [network for line in lines if (match := fields.fullmatch(line)) for network in match[2].split(",")]
    names = [rule["Name"][0] for rule in rules]
    for what, holds in {
        "keywords and rules refer to each other": set(used) == set(keywords) and len(keywords) == len(set(keywords.values())),
        "keywords are lower case, with at most a star in front": all(re.fullmatch(r"(\*\.)?[a-z0-9_.-]+", text) for text in keywords.values()),
        "the names of rules are unique": len(names) == len(set(names)),
        "a rule is for keywords or for addresses": all(("RemoteAddress" in rule) != ("RemoteDynamicKeywordAddresses" in rule) for rule in rules),
        "identifiers are those that the scripts compute": all(identifier == own_id(script.decode(), text) for script in scripts for identifier, text in keywords.items()),
        "Intune has the same keywords": sorted(in_settings) == sorted(keywords.values()),
        "netsh has the same addresses": sorted(in_netsh) == sorted(networks),
        "netsh has one name, deletes by it before it adds, and its removal deletes by it": len(set(re.findall(r'name="([^"]*)"', netsh + removal))) == 1
        and netsh.count(" delete rule ") == 1 and removal.count(" delete rule ") == 1 and " add rule " not in netsh.partition(" delete rule ")[0] + removal,
        "netsh adds no rule whose failure is not told": netsh.count(" add rule ") == len(lines) and bool(told) == bool(lines),
        "addresses are networks": all(ipaddress.ip_network(network) for network in networks),
        "lines are short enough for cmd.exe": all(len(line) < 8191 for line in netsh.splitlines()),
    }.items():
        if not holds:
            wrong.append(f"not so: {what}")
    return len(keywords), len(rules), wrong


def main():
    failed = False
    for what, source in BROKEN.items():
        if not list(complaints(source)):
            print(f"powershell: {what} is not noticed")
            failed = True
    for folder in map(Path, sys.argv[1:]):
        keywords, rules, wrong = check(folder)
        for line in wrong[:20]:
            print(f"powershell: {folder}: {line}")
        print(f"powershell: {folder}: {keywords} keywords, {rules} rules, {len(wrong)} wrong")
        failed |= bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()

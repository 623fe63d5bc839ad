#!/usr/bin/env python3
"""Reads the scripts, the commands and the settings of Intune for Windows devices, and compares their values.

Usage: device_windows.py THRUWAY

PowerShell and netsh cannot be had here: tree-sitter reads the scripts, and every call is held to a table of cmdlets. XML is
read by xmllint and by Python, twice where XML stands in a text. Broken files are tried first. Exit 0: all well. 1: it is not.
"""

import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import powershell
from device_profiles import ANTIVIRUS, SENSOR, Comparison, compiled

# Parameters of the cmdlets that these scripts use: Defender and PowerShell references, read 2026-11-24.
powershell.CMDLETS.update({
    "Set-MpPreference": {"ProxyServer", "ProxyPacUrl", "ProxyBypass"},
    "Remove-MpPreference": {"ProxyServer", "ProxyPacUrl", "ProxyBypass"},
    "Get-Item": {"LiteralPath"},
    "New-Item": {"Path", "Force"},
    "Test-Path": {"LiteralPath"},
    "New-ItemProperty": {"LiteralPath", "Name", "PropertyType", "Value", "Force"},
    "Remove-ItemProperty": {"LiteralPath", "Name"},
    "ConvertFrom-Json": {"InputObject"},
    "Write-Output": set(),
    "netsh": set(),
    # Functions of the scripts.
    "Compare-Setting": set(),
    "Test-Other": set(),
})
powershell.CHANGING = (*powershell.CHANGING, "Set-Mp", "Remove-Mp", "New-Item", "Remove-Item")
PROXIES = ["ProxyServer", "ProxyPacUrl", "ProxyBypass"]
# Set- takes values for these, Remove- none.
powershell.SWITCHES |= {"Force"} | {("Remove-MpPreference", name) for name in PROXIES}
ROOT = "./Device/Vendor/MSFT/Policy/Config/"
SYNCML = "{SYNCML:SYNCML1.2}"


def unquoted(text):
    """A word of PowerShell: a string in single quotes, or a number."""
    if re.fullmatch(r"[0-9]+", text):
        return int(text)
    if not re.fullmatch(r"'([^']|'')*'", text):
        raise ValueError(f"no string of single quotes: {text}")
    return text[1:-1].replace("''", "'")


class Script:
    """A script, as its grammar has it."""

    def __init__(self, octets):
        self.source = octets
        self.complaints = list(powershell.complaints(octets))
        self.tree = powershell.PARSER.parse(octets).root_node

    def text(self, node):
        return self.source[node.start_byte : node.end_byte].decode()

    def tables(self):
        """Every table `@{ … }`."""
        for node in powershell.nodes(self.tree):
            if node.type == "hash_literal_expression":
                entries = [part for part in powershell.nodes(node) if part.type == "hash_entry"]
                split = (self.text(entry).rstrip(";").split("=", 1) for entry in entries)
                yield {key.strip(): unquoted(value.strip()) for key, value in split}

    def calls(self, name):
        """What stands behind each call of a cmdlet, by parameter; behind none before the first."""
        for node in powershell.nodes(self.tree):
            own = node.child_by_field_name("command_name") if node.type == "command" else None
            if own is None or self.text(own) != name:
                continue
            arguments, parameter = {"": []}, ""
            for part in powershell.nodes(node):
                if part.type == "command_parameter":
                    parameter = self.text(part)[1:]
                    arguments[parameter] = []
                elif part.type == "verbatim_string_characters":
                    arguments[parameter].append(unquoted(self.text(part)))
            yield arguments

    def looped(self, variable):
        """The words that a loop takes one after another."""
        words = []
        for node in powershell.nodes(self.tree):
            if node.type == "foreach_statement" and self.text(node).startswith(f"foreach (${variable} in @("):
                written = next(part for part in powershell.nodes(node) if part.type == "array_expression")
                words += [unquoted(self.text(part)) for part in powershell.nodes(written) if part.type == "verbatim_string_characters"]
        return words

    def guards(self, start):
        """Under what conditions each statement that begins so is reached, from the outside in."""
        statements = [node for node in powershell.nodes(self.tree) if node.type in ("pipeline", "flow_control_statement") and self.text(node).startswith(start)]
        return [list(self.conditions(node)) for node in statements if node.parent.type == "statement_list"]

    def conditions(self, node):
        if node.parent is None:
            return
        yield from self.conditions(node.parent)
        condition = lambda clause: self.text(clause.child_by_field_name("condition"))
        above = node.parent
        if node.type == "statement_block" and above.type == "foreach_statement":
            variable, values = (self.text(part) for part in above.named_children[:2])
            yield f"each {variable} of {values}"
        elif node.type == "statement_block" and above.type in ("if_statement", "elseif_clause"):
            yield condition(above)
        elif node.type == "elseif_clauses" or node.type == "else_clause":
            yield f"not {condition(above)}"
        if node.type == "elseif_clause" or node.type == "else_clause":
            clauses = above if node.type == "elseif_clause" else above.child_by_field_name("elseif_clauses")
            before = [clause for clause in clauses.named_children if clause.start_byte < node.start_byte] if clauses else []
            yield from (f"not {condition(clause)}" for clause in before)

    def values(self):
        """The values of `$Values`."""
        kinds = {"String": str, "DWord": int}
        values = {}
        for table in self.tables():
            if set(table) != {"Key", "Name", "Type", "Data"} or type(table["Data"]) is not kinds[table["Type"]]:
                raise ValueError(table)
            values[(table["Key"].removeprefix("HKLM:\\SOFTWARE\\"), table["Name"])] = table["Data"]
        return values


# Of what the undo removes: it is there, it is what was asked for, and so is what belongs to it. Statements, and when each is reached.
EACH = ["each $value of $Values", "($null -ne $item) -and (@($item.GetValueNames()) -contains $value.Name)"]
COMPARED = 'Test-Other "$($value.Key)\\$($value.Name)" "$($value.Type) $($value.Data)" $found'
ASKED = "$PSCmdlet.ShouldProcess("
UNDO = {
    "$isOther = ($Found -cne '') -and ($Found -cne $Wanted)": [],
    "$script:left += 1": ["$isOther"],
    '$found = "$($item.GetValueKind($value.Name)) $($item.GetValue($value.Name))"': EACH,
    "$kept += $value.Key": [*EACH, COMPARED],
    "$ours += $value": [*EACH, f"not {COMPARED}"],
    "$left += 1": ["each $value of $ours", "$kept -contains $value.Key"],
    "Remove-ItemProperty": ["each $value of $ours", "not $kept -contains $value.Key", f"""{ASKED}"$($value.Key)\\$($value.Name)", 'Remove the value')"""],
    "Remove-MpPreference": ["not $others -contains $true", f"{ASKED}'Microsoft Defender Antivirus', 'Remove its proxy')"],
    # Whatever is left, the exit code tells.
    "exit 1": ["$left -gt 0"],
}


def undo(comparison, name, script, antivirus):
    """That it removes nothing without a comparison, and says what it leaves."""
    for start, conditions in UNDO.items():
        wanted = [] if start == "Remove-MpPreference" and not antivirus else [conditions]
        comparison.same(f"{name}: {start}", script.guards(start), wanted)
    compared = {call[""][0]: call[""][1] for call in script.calls("Test-Other") if len(call[""]) > 1}
    comparison.same(f"{name}: Test-Other", compared, antivirus)
    lists = [script.text(node) for node in powershell.nodes(script.tree) if node.type == "assignment_expression"]
    counted = [text.count("\n    Test-Other ") for text in lists if text.startswith("$others = @(")]
    comparison.same(f"{name}: every preference counts", counted, [len(antivirus)] if antivirus else [])


class Silent(Comparison):
    """Counts, and says nothing."""

    def same(self, what, found, wanted):
        self.wrong += found != wanted


def scripts(comparison, name, out, wanted):
    own = {place: data for place, data in wanted.items() if place[0] != ANTIVIRUS}
    antivirus = {value: wanted[(ANTIVIRUS, value)] for value in PROXIES if (ANTIVIRUS, value) in wanted}
    for path in ("thruway-proxy.ps1", "remove-proxy.ps1", "check-proxy.ps1"):
        script = Script((out / path).read_bytes())
        comparison.same(f"{name}: {path}: complaints", script.complaints, [])
        comparison.same(f"{name}: {path}: values", script.values(), own)
        comparison.files += 1
        if path == "thruway-proxy.ps1":
            found = {value: ";".join(words) for call in script.calls("Set-MpPreference") for value, words in call.items() if words}
            comparison.same(f"{name}: {path}: Set-MpPreference", found, antivirus)
        elif path == "remove-proxy.ps1":
            found = {value for call in script.calls("Remove-MpPreference") for value in call} - {"", "ErrorAction"}
            comparison.same(f"{name}: {path}: Remove-MpPreference", sorted(found), sorted(antivirus))
            undo(comparison, f"{name}: {path}", script, antivirus)
        else:
            strings = [call[""] for call in script.calls("Compare-Setting")]
            found = {words[0]: words[1] for words in strings if len(words) > 1}
            comparison.same(f"{name}: {path}: Get-MpPreference", found, antivirus)


def words(line):
    """The words of a line for cmd.exe without what expands: quotes hold a word together."""
    if re.search(r"%(?!~dp0)|[!^]", line):
        raise ValueError(f"something expands in {line}")
    outside = re.sub(r'"[^"]*"', "", line)
    if re.search(r'[&|<>"]', outside):
        raise ValueError(f"something is not quoted in {line}")
    return [word.replace('"', "") for word in re.findall(r'(?:"[^"]*"|[^ "])+', line)]


def commands(octets):
    """The commands of a file; of several, each must count for the exit code, and all must be run."""
    lines = octets.decode("ascii").splitlines()
    lines = [line for line in lines if line and line != "@echo off" and line != "rem" and not line.startswith("rem ")]
    if len(lines) > 1:
        if lines[:2] != ["setlocal", "set failed=0"] or lines[-1] != "exit /b %failed%":
            raise ValueError(f"the exit code is that of the last command: {lines}")
        failing = " || set failed=1"
        lines = lines[2:-1]
        if not all(line.endswith(failing) for line in lines):
            raise ValueError(f"a failure is not told: {lines}")
        lines = [line.removesuffix(failing) for line in lines]
    return [words(line) for line in lines]


def winhttp(comparison, name, out, wanted):
    files = sorted(path.name for path in out.iterdir() if "winhttp" in path.name)
    if wanted is None:
        comparison.same(f"{name}: files for WinHTTP", files, [])
        return
    proxy, bypass = wanted
    none = {"Proxy": "", "ProxyBypass": "", "AutoconfigUrl": "", "AutoDetect": False}
    set_by_file = lambda path: ["netsh", "winhttp", "set", "advproxy", "setting-scope=machine", f"settings-file=%~dp0{path}"]
    older = ["netsh", "winhttp", "set", "proxy", f"proxy-server={proxy}"] + ([f"bypass-list={bypass}"] if bypass else [])
    read = lambda path: json.loads((out / path).read_text("ascii"))
    comparison.same(f"{name}: winhttp.json", read("winhttp.json"), none | {"Proxy": proxy, "ProxyBypass": bypass})
    comparison.same(f"{name}: no-winhttp.json", read("no-winhttp.json"), none)
    comparison.same(f"{name}: winhttp.cmd", commands((out / "winhttp.cmd").read_bytes()), [set_by_file("winhttp.json")])
    comparison.same(f"{name}: winhttp-older.cmd", commands((out / "winhttp-older.cmd").read_bytes()), [older])
    removal = [set_by_file("no-winhttp.json"), ["netsh", "winhttp", "reset", "proxy"]]
    comparison.same(f"{name}: remove-winhttp.cmd", commands((out / "remove-winhttp.cmd").read_bytes()), removal)
    check = Script((out / "check-winhttp.ps1").read_bytes())
    comparison.same(f"{name}: check-winhttp.ps1: complaints", check.complaints, [])
    # Every setting of the file, as PowerShell shows it, and what one is that netsh does not show.
    shown = lambda path: {setting: str(value) for setting, value in read(path).items()}
    comparison.same(f"{name}: check-winhttp.ps1", list(check.tables()), [shown("winhttp.json"), shown("no-winhttp.json")])
    comparison.same(f"{name}: check-winhttp.ps1: what it compares", check.looped("name"), list(read("winhttp.json")))
    comparison.files += len(files)


def syncml(text, command):
    """The settings of a document with one command: paths, and the data where there is any."""
    subprocess.run(["xmllint", "--noout", "--nonet", "-"], input=text, check=True, capture_output=True)
    root = ElementTree.fromstring(text)
    (body,) = root
    if root.tag != f"{SYNCML}SyncML" or body.tag != f"{SYNCML}SyncBody" or body[-1].tag != f"{SYNCML}Final":
        raise ValueError("no message")
    settings, numbers = {}, []
    for element in body[:-1]:
        if element.tag != f"{SYNCML}{command}":
            raise ValueError(element.tag)
        numbers.append(element.findtext(f"{SYNCML}CmdID"))
        item = element.find(f"{SYNCML}Item")
        kind = item.findtext(f"{SYNCML}Meta/{{syncml:metinf}}Format")
        data = item.findtext(f"{SYNCML}Data")
        settings[item.findtext(f"{SYNCML}Target/{SYNCML}LocURI")] = int(data) if kind == "int" else data
    if len(set(numbers)) != len(numbers) or None in numbers:
        raise ValueError(f"commands {numbers}")
    return settings


def meant(settings):
    """What settings mean, by the names of the registry: a policy of a template is XML in a text."""
    values = {}
    for path, data in settings.items():
        area, name = path.removeprefix(ROOT).split("/")
        if area == "System":
            values[(SENSOR, {"TelemetryProxy": "TelemetryProxyServer"}.get(name, name))] = data
            continue
        enabled, element = ElementTree.fromstring(f"<x>{data}</x>")
        if (area, enabled.tag, element.tag, element.get("id"), len(element)) != ("ADMX_MicrosoftDefenderAntivirus", "enabled", "data", name, 0):
            raise ValueError(data)
        values[(ANTIVIRUS, name)] = element.get("value")
    return values


def intune(comparison, name, out, wanted):
    for component, key in (("antivirus", ANTIVIRUS), ("edr", SENSOR)):
        own = {place: data for place, data in wanted.items() if place[0] == key}
        files = sorted(path.name for path in out.glob(f"intune-{component}*"))
        comparison.same(f"{name}: files of {component}", len(files), 4 if own else 0)
        if not own:
            continue
        text = (out / f"intune-{component}.syncml.xml").read_bytes()
        settings = syncml(text, "Replace")
        comparison.same(f"{name}: intune-{component}.syncml.xml", meant(settings), own)
        for kind, command in (("remove", "Delete"), ("check", "Get")):
            asked = syncml((out / f"intune-{component}-{kind}.syncml.xml").read_bytes(), command)
            comparison.same(f"{name}: intune-{component}-{kind}.syncml.xml", asked, dict.fromkeys(settings))
        body = json.loads((out / f"intune-{component}.json").read_text())
        comparison.same(f"{name}: intune-{component}.json", meant({it["omaUri"]: it["value"] for it in body["omaSettings"]}), own)
        comparison.same(f"{name}: the vendor's advice", ["advises against" in body["description"], b"advises against" in text], [component == "edr"] * 2)
        comparison.files += 4


def fails(reads, *arguments):
    try:
        reads(*arguments)
    except (ValueError, subprocess.CalledProcessError, ElementTree.ParseError, json.JSONDecodeError):
        return True
    return False


def broken(comparison, out, wanted):
    """Shows that a mistake in each kind of file is noticed."""
    setup = (out / "thruway-proxy.ps1").read_bytes()
    own = {place: data for place, data in wanted.items() if place[0] != ANTIVIRUS}
    for what, bad in {
        "a quote that is not doubled": setup.replace(b"a''b", b"a'b"),
        "an unknown parameter": setup.replace(b"-ProxyPacUrl", b"-ProxyPac"),
        "an unknown cmdlet": setup.replace(b"Set-MpPreference", b"Set-Preference"),
        "a change that goes on after an error": setup.replace(b" -ErrorAction Stop", b""),
        "a switch without its value": setup.replace(b"-ProxyServer 'https://[fd00::3]:8443' ", b"-ProxyServer "),
        "an open brace": setup.rstrip().rstrip(b"}"),
    }.items():
        comparison.refuses(what, bad == setup or not Script(bad).complaints)
    comparison.refuses("another value", Script(setup.replace(b"3128", b"3129")).values() == own)
    comparison.refuses("a number as a string", not fails(Script(setup.replace(b"Data = 1", b"Data = '1'")).values))
    for what, bad in {"a redirection": b"netsh a=<local>\n", "a variable": b'netsh "%PATH%"\n', "a second command": b"netsh a & calc\n", "a quote": b'netsh "a" b"\n'}.items():
        comparison.refuses(what, not fails(commands, bad))
    antivirus = {place[1]: data for place, data in wanted.items() if place[0] == ANTIVIRUS and place[1] in PROXIES}
    removal = (out / "remove-proxy.ps1").read_bytes()
    for what, bad in {
        "a value that is removed without a comparison": removal.replace(b"in $ours)", b"in $Values)"),
        "a comparison that is turned around": removal.replace(b"($Found -cne $Wanted)", b"($Found -ceq $Wanted)"),
        "a comparison with something else": removal.replace(b"$($value.Type) $($value.Data)", b"$found"),
        "half a pair that is removed": removal.replace(b"if ($kept -contains $value.Key)", b"if ($false)"),
        "preferences that are removed without a comparison": removal.replace(b"if ($others -contains $true)", b"if ($false)"),
        "a preference that is not compared": removal.replace(b"    Test-Other 'ProxyBypass'", b"    # Test-Other 'ProxyBypass'"),
        "another preference": removal.replace(b"intranet.contoso.com;", b""),
        "an exit code that tells nothing": removal.replace(b"    exit 1\n", b"    exit 0\n"),
    }.items():
        silent = Silent(what)
        undo(silent, what, Script(bad), antivirus)
        comparison.refuses(what, bad == removal or not silent.wrong)
    removal = (out / "remove-winhttp.cmd").read_bytes()
    for what, bad in {
        "a failure of the first command": removal.replace(b" || set failed=1", b"", 1),
        "an exit code of the last command": removal.replace(b"exit /b %failed%\n", b""),
        "a failure that is forgotten": removal.replace(b"netsh winhttp reset", b"set failed=0\nnetsh winhttp reset"),
        "a second command that is not run": removal.replace(b" || set failed=1", b" || exit /b 1", 1),
    }.items():
        comparison.refuses(what, bad == removal or not fails(commands, bad))
    text = (out / "intune-antivirus.syncml.xml").read_bytes()
    for what, bad in {
        "an element that does not end": text.replace(b"</Item>", b"", 1),
        "another command": text.replace(b"Replace>", b"Add>"),
        "two commands of one number": text.replace(b"<CmdID>2<", b"<CmdID>1<"),
    }.items():
        comparison.refuses(what, bad == text or not fails(syncml, bad, "Replace"))
    for what, bad in {
        "a policy that is not enabled": text.replace(b"&lt;enabled/&gt;", b""),
        "an ampersand that is not escaped twice": text.replace(b"&amp;amp;", b"&amp;"),
        "another element of the policy": text.replace(b"id=&quot;ProxyServer", b"id=&quot;ProxyServe"),
    }.items():
        comparison.refuses(what, bad == text or not fails(lambda bad: meant(syncml(bad, "Replace")), bad))


def main():
    comparison = Comparison("device_windows")
    with tempfile.TemporaryDirectory() as folder:
        for name, out, wanted in compiled(sys.argv[1], folder):
            out = out / "windows-device"
            if name == "all-keys":
                broken(comparison, out, wanted["values"])
            scripts(comparison, name, out, wanted["values"])
            winhttp(comparison, name, out, wanted["winhttp"])
            intune(comparison, name, out, wanted["values"])
    comparison.finish()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reads config.xml with the vendor's SDK, writes it again and compares elements and values.

usage: panos_roundtrip.py DIR        (pip install pan-os-python==1.13.1)

What the SDK does not know it loses, so a misspelt element or a value in the wrong place shows. It also
checks what the SDK does not: values that are keywords, references between objects, names.
"""
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import panos_outcome

try:
    from panos import firewall, objects, policies
except ImportError:
    sys.exit("missing tool: pip install pan-os-python==1.13.1")

VSYS = "./devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"
# Where objects are, and the SDK's class for them.
PLACES = {
    "service": objects.ServiceObject,
    "profiles/custom-url-category": objects.CustomUrlCategory,
    "external-list": objects.Edl,
    "rulebase/security/rules": policies.SecurityRule,
    "rulebase/decryption/rules": policies.DecryptionRule,
    "rulebase/authentication/rules": policies.AuthenticationRule,
}
# Elements with a fixed value, which the SDK passes on whatever it is.
KEYWORDS = {
    "rulebase/security/rules": {"action": "allow"},
    "rulebase/decryption/rules": {"action": "no-decrypt"},
    "rulebase/authentication/rules": {"authentication-enforcement": "default-no-captive-portal"},
    "profiles/custom-url-category": {"type": "URL List"},
}
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*\Z")


def leaves(element, path=""):
    """Every leaf as (path, text); the name of an entry is part of the path."""
    name = element.get("name")
    path = f"{path}/{element.tag}" + (f"[{name}]" if name else "")
    if len(element) == 0:
        yield path, (element.text or "").strip()
    for child in element:
        yield from leaves(child, path)


def written_again(cls, node):
    """The entries of `node` as the SDK writes them, by name."""
    device = firewall.Firewall("127.0.0.1", api_key="x")
    device._set_version_and_version_info("10.2.0")
    holder = device
    if cls.__module__.endswith("policies"):
        holder = policies.Rulebase()
        device.add(holder)
    template = cls()
    holder.add(template)
    again = {}
    for item in template.refreshall_from_xml(node):
        if item.parent is None:
            holder.add(item)
        again[item.name] = ET.fromstring(item.element_str())
    return again


def compare(place, node, errors):
    again = written_again(PLACES[place], node)
    for entry in node:
        name = entry.get("name")
        if name not in again:
            errors.append(f"{place}: `{name}` is lost by the SDK")
            continue
        ours, theirs = sorted(leaves(entry)), sorted(leaves(again[name]))
        for path, text in ours:
            if (path, text) not in theirs:
                errors.append(f"{place}: {path} = {text!r} is lost or changed by the SDK")
        # A default that the SDK adds is no difference, another value for what we say is.
        said = {path for path, _ in ours}
        for path, text in theirs:
            if path in said and (path, text) not in ours:
                errors.append(f"{place}: the SDK says {path} = {text!r}")


def check(place, entry, names, errors):
    name = entry.get("name") or ""
    if not NAME.match(name) or len(name) > 31:
        errors.append(f"{place}: `{name}` is no name of at most 31 characters")
    for tag, value in KEYWORDS.get(place, {}).items():
        if entry.findtext(tag) != value:
            errors.append(f"{place}: `{name}` has {tag} = {entry.findtext(tag)!r}, not {value!r}")
    if place == "profiles/custom-url-category":
        # Without its slash older firmware reads `x` as `x.*`.
        open_ended = [member.text for member in entry.findall("list/member") if not member.text.endswith("/")]
        errors += [f"{place}: `{name}` holds `{text}`, which has no slash at its end" for text in open_ended]
    if not place.startswith("rulebase/"):
        return
    for tag in ("from", "to", "source", "destination", "service", "category"):
        members = [member.text for member in entry.findall(f"{tag}/member")]
        if not members:
            errors.append(f"{place}: `{name}` has no {tag}")
        if tag in ("from", "to", "source") and any("<" in member for member in members):
            errors.append(f"{place}: `{name}` has a placeholder as {tag}")
        for member in members:
            if tag in ("service", "category") and member != "any" and member not in names[tag]:
                errors.append(f"{place}: `{name}` refers to the {tag} `{member}`, which is not there")


def main(folder):
    root = ET.parse(Path(folder) / "config.xml").getroot()
    vsys = root.find(VSYS)
    if root.tag != "config" or vsys is None:
        return ["config.xml: no /config/devices/entry/vsys/entry"], 0
    errors, entries = [], 0
    named = lambda place: {entry.get("name") for entry in vsys.findall(f"{place}/entry")}
    names = {
        "service": named("service"),
        "category": named("profiles/custom-url-category") | named("external-list"),
    }
    known = {"service", "external-list", "profiles", "rulebase"}
    for child in vsys:
        if child.tag not in known:
            errors.append(f"config.xml: an element `{child.tag}` that is not checked")
    for place in PLACES:
        node = vsys.find(place)
        if node is None:
            continue
        compare(place, node, errors)
        for entry in node:
            check(place, entry, names, errors)
            entries += 1
    return errors, entries


if __name__ == "__main__":
    panos_outcome.tell(main, __doc__, "objects and rules, same after the SDK", "differences")

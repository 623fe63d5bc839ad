#!/usr/bin/env python3
"""Parses main.tf with python-hcl2 and checks what the provider PaloAltoNetworks/panos 2.x requires.

usage: terraform_parse.py DIR        (pip install python-hcl2)

No provider is asked: required and known attributes are those of its documentation (docs/resources of
PaloAltoNetworks/terraform-provider-panos). References must resolve, and no text may be a template.
"""
import re
import sys
from pathlib import Path

import panos_outcome

try:
    import hcl2
except ImportError:
    sys.exit("missing tool: pip install python-hcl2")

LOCATED = {"location"}
# Required attributes and the others that are written, by resource.
RESOURCES = {
    "panos_service": (LOCATED | {"name", "protocol"}, {"description"}),
    "panos_custom_url_category": (LOCATED | {"name", "type", "list"}, {"description"}),
    "panos_external_dynamic_list": (LOCATED | {"name", "type"}, set()),
    "panos_security_policy_rules": (LOCATED | {"position", "rules"}, set()),
    "panos_decryption_policy_rules": (LOCATED | {"position", "rules"}, set()),
    "panos_authentication_policy_rules": (LOCATED | {"position", "rules"}, set()),
}
RULE = {
    "name", "description", "source_zones", "destination_zones", "source_addresses",
    "destination_addresses", "services", "category",
}
RULES = {
    "panos_security_policy_rules": {"applications": ["any"], "action": "allow"},
    "panos_decryption_policy_rules": {"action": "no-decrypt", "type": {"ssl_forward_proxy": {}}},
    "panos_authentication_policy_rules": {"authentication_enforcement": "default-no-captive-portal"},
}
REFERENCE = re.compile(r"(?:\$\{)?(panos_\w+)\.(\w+)\.name\}?\Z")
VARIABLE = re.compile(r"(?:\$\{)?var\.(\w+)\}?\Z")


def plain(value):
    """Without what python-hcl2 keeps of the source: quotes around texts, marks of blocks."""
    if isinstance(value, str):
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items() if not key.startswith("__")}
    return value


def resources(document):
    for block in document.get("resource", []):
        for kind, by_label in block.items():
            for label, body in by_label.items():
                yield kind, label, body


def check_attributes(where, body, required, optional, errors):
    for missing in sorted(required - body.keys()):
        errors.append(f"{where}: no {missing}")
    for unknown in sorted(body.keys() - required - optional):
        errors.append(f"{where}: {unknown} is not known")


def check_rule(kind, where, rule, made, errors):
    expected = RULES[kind]
    check_attributes(where, rule, RULE | expected.keys(), set(), errors)
    for key, value in expected.items():
        if rule.get(key) != value:
            errors.append(f"{where}: {key} is {rule.get(key)!r}, not {value!r}")
    for key in RULE - {"name", "description"}:
        values = rule.get(key)
        if not isinstance(values, list) or not values:
            errors.append(f"{where}: {key} is no list of values")
            continue
        if key in ("source_zones", "destination_zones", "source_addresses"):
            errors += [f"{where}: {key} holds a placeholder" for value in values if "<" in value]
        for value in values:
            reference = REFERENCE.match(value)
            if reference and reference.groups() not in made:
                errors.append(f"{where}: {key} refers to {value}, which is not there")
            if key == "services" and not reference:
                errors.append(f"{where}: {key} is {value!r}, no service of this file")


def check_templates(text, errors):
    """No quoted text may hold a live template: `${` and `%{` are doubled."""
    for quoted in re.findall(r'"(?:[^"\\\n]|\\.)*"', text):
        if re.search(r"(?<!\$)\$\{|(?<!%)%\{", quoted):
            errors.append(f"main.tf: a template in {quoted}")


def main(folder):
    text = (Path(folder) / "main.tf").read_text()
    errors = []
    check_templates(text, errors)
    try:
        document = plain(hcl2.loads(text))
    except Exception as error:  # The parser's exceptions have no common class.
        return [f"main.tf: {error}"], 0
    provider = document.get("terraform", [{}])[0].get("required_providers", [{}])[0].get("panos", {})
    if provider.get("source") != "PaloAltoNetworks/panos" or "2." not in provider.get("version", ""):
        errors.append(f"main.tf: required_providers is {provider!r}")
    variables = {name for block in document.get("variable", []) for name in block}
    all_resources = list(resources(document))
    made = {(kind, label) for kind, label, _ in all_resources}
    if len(made) != len(all_resources):
        errors.append("main.tf: two resources with one name")
    for kind, label, body in all_resources:
        where = f"{kind}.{label}"
        if kind not in RESOURCES:
            errors.append(f"{where}: not a resource that is known")
            continue
        check_attributes(where, body, *RESOURCES[kind], errors)
        if kind in RULES:
            variable = VARIABLE.match(str(body.get("position")))
            if not variable or variable.group(1) not in variables:
                errors.append(f"{where}: position is {body.get('position')!r}")
            for rule in body.get("rules", []):
                check_rule(kind, f"{where} `{rule.get('name')}`", rule, made, errors)
    return errors, len(all_resources)


if __name__ == "__main__":
    panos_outcome.tell(main, __doc__, "resources, as the provider's documents ask", "errors")

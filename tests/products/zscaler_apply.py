#!/usr/bin/env python3
"""Sends what is written for Zscaler through Zscaler's own client to a mock on loopback, twice, and reads main.tf.

Usage: zscaler_apply.py DIR...   with DIR/main.tf, DIR/category-*.json and the other bodies

The mock holds a category and rules of somebody else. After a first run every body has arrived as it is in its file, but
for identifiers in the place of categories' names; after a second run nothing has piled up and nothing of anybody else has
changed. Nothing but loopback is asked. The mock does not know what a tenant would refuse; the rules of URLs are held to here.
Exit 0: all well. 1: something is wrong, which is printed.
"""

import http.server
import json
import logging
import os
import re
import sys
import threading
from pathlib import Path

import hcl2

# What the provider documents for each resource, read 2026-11-24.
ARGUMENTS = {
    "zia_url_categories": {
        "configured_name", "description", "super_category", "custom_category", "type", "urls", "db_categorized_urls",
        "keywords", "scopes", "editable",
    },
    "zia_ssl_inspection_rules": {
        "name", "description", "state", "order", "rank", "url_categories", "action", "platforms", "groups", "users", "labels",
    },
    "zia_url_filtering_rules": {
        "name", "description", "state", "order", "rank", "action", "protocols", "url_categories", "request_methods", "groups", "users",
    },
    "zia_auth_settings_urls": {"urls"},
}
FOREIGN = {"id": "CUSTOM_99", "configuredName": "Somebody else's", "customCategory": True, "superCategory": "USER_DEFINED", "urls": ["a.example"]}


class Tenant(http.server.BaseHTTPRequestHandler):
    """Holds what is sent to it, and answers as the API does."""

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "JSESSIONID=abc; Path=/")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_all(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path, _, query = self.path.partition("?")
        path = path.removeprefix("/api/v1").removeprefix("/zia/api/v1")
        tenant = self.server.tenant
        if "authenticatedSession" in path:
            return self.answer({"authType": "ADMIN_LOGIN", "obfuscateApiKey": False, "passwordExpiryTime": 0, "passwordExpiryDays": 0})
        body = json.loads(text) if text else None
        kind, _, identifier = path.strip("/").partition("/")
        if kind == "authSettings":
            if self.command == "POST":
                tenant["sent"].append(("POST", path + "?" + query, body))
                tenant["exempted"] |= set(body["urls"])
            return self.answer({"urls": sorted(tenant["exempted"])})
        held = tenant[kind]
        if self.command == "GET":
            return self.answer(list(held.values()))
        if self.command == "DELETE":
            del held[identifier]
            return self.answer({})
        tenant["sent"].append((self.command, kind, body))
        if self.command == "POST":
            identifier = f"CUSTOM_{len(held) + 1:02}" if kind == "urlCategories" else str(len(held) + 1)
        number = identifier if kind == "urlCategories" else int(identifier)
        held[identifier] = {**body, "id": number}
        self.answer(held[identifier])

    do_GET = do_POST = do_PUT = do_DELETE = handle_all

    def log_message(self, *_):
        pass


def snake(value):
    """Keys as the client's arguments are called."""
    if isinstance(value, dict):
        called = lambda key: re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", key)).lower()
        return {called(key): snake(own) for key, own in value.items()}
    return [snake(own) for own in value] if isinstance(value, list) else value


def done(result):
    value, _, error = result
    if error:
        sys.exit(f"zscaler_apply: the client says {error}")
    return value


def prefix_of(names):
    """`Thruway PROFILE `: a profile's name has no blank."""
    return " ".join(min(names).split(" ")[:2]) + " "


def apply(client, bodies):
    """What NOTES.md says to do with the files: make what is not there, update what is there under its name."""
    known = {own.configured_name: own.id for own in done(client.zia.url_categories.list_categories({"customOnly": True}))}
    for name, body in sorted(bodies.items()):
        if name.startswith("category-"):
            arguments = snake(body)
            if body["configuredName"] in known:
                done(client.zia.url_categories.update_url_category(known[body["configuredName"]], **arguments))
            else:
                arguments.pop("type")
                known[body["configuredName"]] = done(client.zia.url_categories.add_url_category(**arguments)).id
    # A list that has become shorter leaves categories behind.
    own = {body["configuredName"] for name, body in bodies.items() if name.startswith("category-")}
    for name in [name for name in known if own and name.startswith(prefix_of(own)) and name not in own]:
        done(client.zia.url_categories.delete_category(known.pop(name)))
    for name, rules in (("ssl-inspection-rule.json", client.zia.ssl_inspection_rules), ("url-filtering-rule.json", client.zia.url_filtering)):
        if name not in bodies:
            continue
        arguments = snake(bodies[name])
        arguments["url_categories"] = [known[category] for category in arguments["url_categories"]]
        present = {rule.name: rule.id for rule in done(rules.list_rules())}
        if arguments["name"] in present:
            done(rules.update_rule(present[arguments["name"]], **arguments))
        else:
            done(rules.add_rule(**arguments))
    if "exempted-urls.json" in bodies:
        done(client.zia.authentication_settings.add_urls_to_exempt_list(bodies["exempted-urls.json"]["urls"]))
    return known


def bad_url(url):
    host, _, path = url.partition("/")
    labels = host.lstrip(".").split(".")
    return (
        url != url.lower()
        or len(url) > 1024 or len(host) > 255 or len(labels) < 2
        or not re.fullmatch(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)+", host)
        or any(len(label) > 63 or label == "_" for label in labels)
        or "_" in labels[-1] + labels[-2]
    )


def terraform(folder, bodies):
    """What main.tf says differently, or in a way that the provider does not take."""
    resources = hcl2.loads((folder / "main.tf").read_text(encoding="utf-8")).get("resource", [])
    plain = lambda value: value.strip('"') if isinstance(value, str) else value
    categories = {}
    for resource in resources:
        for kind, named in resource.items():
            kind = plain(kind)
            for label, own in named.items():
                keys = {key for key in own if not key.startswith("__")}
                for key in keys - ARGUMENTS.get(kind, set()):
                    yield f"{kind} has no {key}"
                if kind == "zia_url_categories":
                    categories[plain(own["configured_name"])] = [plain(url) for url in own["db_categorized_urls"]]
                if kind == "zia_auth_settings_urls":
                    # An expression stays text: what else is to stay, and the list.
                    text = str(own["urls"])
                    if "var.other_exempted_urls" not in text or re.findall(r'"([^"]+)"', text) != bodies["exempted-urls.json"]["urls"]:
                        yield f"main.tf exempts other URLs: {text[:200]}"
                if kind == "zia_ssl_inspection_rules":
                    (action,) = own["action"]
                    (sub,) = action["do_not_decrypt_sub_actions"]
                    if sub["bypass_other_policies"] or "server_certificates" not in sub or "min_tls_version" not in sub:
                        yield "the provider refuses these sub-actions"
    if categories != {body["configuredName"]: body["dbCategorizedUrls"] for name, body in bodies.items() if name.startswith("category-")}:
        yield "main.tf has other categories"


def check(folder, port, server):
    bodies = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    wrong = [f"main.tf: {line}" for line in terraform(folder, bodies)]
    lists = {path.name: path.read_text(encoding="utf-8").splitlines() for path in folder.glob("*.urls.txt")}
    wrong += [f"no URL for Zscaler: {url}" for urls in lists.values() for url in urls if bad_url(url)]
    for intent in ("allow", "bypass-inspection"):
        in_bodies = [url for name, body in sorted(bodies.items(), key=lambda own: [int(n) for n in re.findall(r"\d+", own[0])]) if name.startswith(f"category-{intent}-") for url in body["dbCategorizedUrls"]]
        if in_bodies != lists.get(f"{intent}.urls.txt", []):
            wrong.append(f"the bodies of {intent} are another list")

    categories = [body["configuredName"] for name, body in bodies.items() if name.startswith("category-")]
    stale = {**FOREIGN, "id": "CUSTOM_98", "configuredName": prefix_of(categories) + "allow 99"} if categories else None
    theirs = {"id": 1, "name": "Somebody else's", "order": 1, "state": "ENABLED"}
    server.tenant = tenant = {
        "urlCategories": {"CUSTOM_99": dict(FOREIGN)} | ({"CUSTOM_98": stale} if categories else {}),
        "sslInspectionRules": {"1": dict(theirs)},
        "urlFilteringRules": {"1": dict(theirs)},
        "exempted": {"login.example"},
        "sent": [],
    }
    os.environ["ZIA_OVERRIDE_URL"] = f"http://127.0.0.1:{port}"
    from zscaler.oneapi_client import LegacyZIAClient

    config = {"username": "a@b.test", "password": "x", "api_key": "0123456789ab", "cloud": "zscaler", "logging": {"enabled": False}}
    with LegacyZIAClient(config) as client:
        known = apply(client, bodies)
        first = json.dumps({key: len(held) for key, held in tenant.items() if key != "sent"}, sort_keys=True)
        expected = [body for name, body in bodies.items()]
        for body in expected:
            body = dict(body)
            if "urlCategories" in body:
                body["urlCategories"] = [known[name] for name in body["urlCategories"]]
            if not any(sent == body for _, _, sent in tenant["sent"]):
                wrong.append(f"did not arrive as it is: {json.dumps(body)[:200]}")
        if len(tenant["sent"]) != len(expected):
            wrong.append(f"{len(tenant['sent'])} bodies arrived of {len(expected)}")
        apply(client, bodies)
    if json.dumps({key: len(held) for key, held in tenant.items() if key != "sent"}, sort_keys=True) != first:
        wrong.append("a second run piles up")
    if "CUSTOM_98" in tenant["urlCategories"]:
        wrong.append("a category of an earlier run is left behind")
    if tenant["urlCategories"]["CUSTOM_99"] != FOREIGN or tenant["sslInspectionRules"]["1"] != theirs or tenant["urlFilteringRules"]["1"] != theirs:
        wrong.append("what is somebody else's has changed")
    if "login.example" not in tenant["exempted"]:
        wrong.append("somebody else's exempted URL is gone")
    names = [body.get("configuredName", body.get("name", "Thruway")) for body in bodies.values()]
    wrong += [f"without the prefix: {name}" for name in names if not name.startswith("Thruway")]
    return len(bodies), wrong


def main():
    logging.disable(logging.CRITICAL)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tenant)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    failed = False
    for bad in ("*.example.com", "a", ".com", "a_b.example", "_.a.example.com", "https://a.example.com", "a.example.com:443", "A.example.com"):
        if not bad_url(bad):
            print(f"zscaler_apply: {bad} is not noticed")
            failed = True
    for folder in map(Path, sys.argv[1:]):
        bodies, wrong = check(folder, server.server_address[1], server)
        for line in wrong[:20]:
            print(f"zscaler_apply: {folder}: {line}")
        print(f"zscaler_apply: {folder}: {bodies} bodies, {len(wrong)} wrong")
        failed |= bool(wrong)
    server.shutdown()
    sys.exit(failed)


if __name__ == "__main__":
    main()

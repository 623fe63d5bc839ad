#!/usr/bin/env python3
"""Asks a real browser, headless, what the emitted PAC files answer.

Usage: pac_browser.py chromium|firefox OUT:PROBES…

Each OUT holds pac/proxy.pac, each PROBES the questions about it as probes.py writes them: `DIRECT URL`, `proxies URL`,
`otherwise URL`. The browser is started twice:

1. With one PAC that holds all of the files, each in a function of its own, and all questions. A page asks for one name a
   group of questions; the port of the proxy that the PAC names for it says which question had another answer, if any.
2. With the first OUT's own file, in which only the proxies are replaced by servers here. A page asks for every host, by
   HTTP, by HTTPS, in capitals and with a dot at its end; the server that the browser comes to is the answer.

Everything is on the loopback. Exit 0: every answer is as written. 1: one is not. 2: could not run.
"""

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

from pac_pactester import ELSE, OTHERWISE, PROXIES

# Seconds that a browser may take for one start with all its questions.
PATIENCE = 120
# Questions of one group, and so servers beside the one for none wrong.
GROUP = 25
# Octets of a PAC that Chromium reads; above, it connects directly.
MAX_BYTES = 1_048_576
# Ports of what is asked for by its own name: no browser refuses them, and nobody listens.
FIRST_PORT = 20_000

CHROMIUM = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-dev-shm-usage "
    "--disable-features=OptimizationHints,MediaRouter,HttpsUpgrades"
).split()
FIREFOX = {
    "network.proxy.type": 2,
    "network.proxy.failover_direct": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disableIPv6": True,
    "network.trr.mode": 5,
    "network.lna.enabled": False,
    "dom.security.https_first": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "http://127.0.0.1:1/",
}


class Server(http.server.ThreadingHTTPServer):
    """A web server or a proxy, which notes what comes to it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, pages=None):
        self.pages, self.seen = pages or {}, []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    done = threading.Event()

    def do_GET(self):
        self.server.seen.append(self.path)
        if urlsplit(self.path).hostname == "done.report.test":
            Handler.done.set()
        kind, body = self.server.pages.get(self.path, ("text/plain", b"seen"))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self):
        self.server.seen.append(self.path)
        self.send_error(502)

    def log_message(self, *_):
        pass


def page(urls):
    """Asks for all URLs, a few at a time, and then says so."""
    script = (
        "var urls = %s, at = 0, left = 8;\n"
        "function next() {\n"
        "  if (at < urls.length) {\n"
        "    fetch(urls[at++], { mode: 'no-cors', cache: 'no-store' }).then(next, next);\n"
        "  } else if (--left == 0) {\n"
        "    fetch('http://done.report.test/', { mode: 'no-cors', cache: 'no-store' });\n"
        "  }\n"
        "}\n"
        "for (var i = left; i > 0; i--) { next(); }\n"
    )
    return ("text/html", f"<title>Questions</title><script>{script % json.dumps(urls)}</script>".encode())


def run(browser, web, pac, urls, direct):
    """Starts the browser on a page that asks for the URLs; names of `direct` are found on the loopback."""
    web.pages["/start"] = page(urls)
    web.pages["/proxy.pac"] = ("application/x-ns-proxy-autoconfig", pac.encode())
    start, script = f"http://127.0.0.1:{web.port}/start", f"http://127.0.0.1:{web.port}/proxy.pac"
    Handler.done.clear()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        if browser == "chromium":
            found = "MAP * 127.0.0.1, EXCLUDE 127.0.0.1"
            command = [browser, *CHROMIUM, f"--user-data-dir={home}", f"--proxy-pac-url={script}"]
            command += [f"--host-resolver-rules={found}", start]
        else:
            settings = FIREFOX | {"network.proxy.autoconfig_url": script, "network.dns.localDomains": ",".join(direct)}
            lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
            Path(home, "user.js").write_text("".join(lines))
            command = ["firefox-esr", "--headless", "--no-remote", "--profile", home, start]
        environment = os.environ | {"HOME": home, "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"}
        with open(f"{home}/log", "w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            try:
                finished = Handler.done.wait(PATIENCE)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if not finished:
            asked = len(web.seen)
            said = Path(home, "log").read_text(errors="replace")[-1500:]
            sys.exit(f"pac_browser: {browser} did not end in {PATIENCE} s; {asked} requests came here; it said {said}")


def different(text):
    """A file in which what everything else gets is no answer for anything listed."""
    return OTHERWISE.sub(f'var THRUWAY_OTHERWISE = "{ELSE}";', text)


def questions_of(text, probes):
    """URL and answer of every question."""
    said = {"DIRECT": "DIRECT", "proxies": PROXIES.search(text)[1], "otherwise": ELSE}
    return [(url, said[want]) for want, url in probes]


def ask_all(browser, cases):
    """All files in one PAC. Tells how many questions it asked, and which had another answer."""
    questions = [
        (number, *question) for number, (_, text, probes) in enumerate(cases) for question in questions_of(text, probes)
    ]
    # A group with a wrong question, so that wrong answers are seen to be seen.
    questions += [questions[0]] * (-len(questions) % GROUP + 1)
    canary = len(questions)
    questions += [(0, "https://unlisted.test/", "PROXY wrong.test:1")]
    web, right = Server(), Server()
    wrong = [Server() for _ in range(GROUP)]
    script = ["var CASES = [];\n"]
    script += [f"CASES.push(function () {{\n{different(text)}\nreturn FindProxyForURL;\n}}());\n" for _, text, _ in cases]
    script += [f"var QUESTIONS = {json.dumps(questions)};\nvar WRONG = {[server.port for server in wrong]};\n"]
    script += [
        "function answers(own) {\n"
        "  var host = /^https?:[/][/]\\[?([^/]*?)\\]?(:[0-9]+)?[/]/.exec(own[1])[1], ask = CASES[own[0]];\n"
        # Browsers keep a dot at the end of a host, and it means nothing; no browser gives capitals.
        "  return ask(own[1], host) === own[2] &&\n"
        '    (host.indexOf(":") >= 0 || ask(own[1], host.toUpperCase() + ".") === own[2]);\n'
        "}\n"
        "function FindProxyForURL(url, host) {\n"
        '  var group = /^g([0-9]+)\\.report\\.test$/.exec(host), i, own;\n'
        f"  for (i = 0; group && i < {GROUP}; i++) {{\n"
        f"    own = QUESTIONS[group[1] * {GROUP} + i];\n"
        "    if (own && !answers(own)) {\n"
        '      return "PROXY 127.0.0.1:" + WRONG[i];\n'
        "    }\n"
        "  }\n"
        f'  return "PROXY 127.0.0.1:{right.port}";\n'
        "}\n"
    ]
    script = "".join(script)
    if len(script) > MAX_BYTES:
        sys.exit(f"pac_browser: {len(script)} bytes are over the {MAX_BYTES} that Chromium reads: ask less")
    groups = range(len(questions) // GROUP + 1)
    run(browser, web, script, [f"http://g{group}.report.test/" for group in groups], [])

    found = {f"http://g{group}.report.test/": None for group in groups}
    found |= {url: GROUP for url in right.seen if url in found}
    found |= {url: place for place, server in enumerate(wrong) for url in server.seen if url in found}
    complaints = []
    for group, place in enumerate(found.values()):
        at = group * GROUP + (place or 0)
        if at == canary and place != GROUP:
            continue
        if place is None or group == canary // GROUP:
            complaints.append(f"the answer to group {group} is {place}")
        elif place != GROUP:
            case, url, want = questions[at]
            complaints.append(f"{cases[case][0]}: {url} should be {want}")
    return canary, complaints


def ways(host):
    """Scheme and host as a person may write them."""
    if ":" in host:
        return [("http", f"[{host}]"), ("https", f"[{host}]")]
    return [("http", host), ("https", host), ("http", f"{host.upper()}."), ("https", f"{host}.")]


def ask_plainly(browser, case):
    """One file as it is but for its proxies. Tells how many requests were made, and which came elsewhere."""
    name, text, probes = case
    web, listed, other = Server(), Server(), Server()
    pac = PROXIES.sub(f'var THRUWAY_PROXIES = "PROXY 127.0.0.1:{listed.port}";', text)
    pac = OTHERWISE.sub(f'var THRUWAY_OTHERWISE = "PROXY 127.0.0.1:{other.port}";', pac)
    urls, expected, direct = [], {}, set()
    for want, url in probes:
        host = urlsplit(url).hostname
        # No browser asks a PAC for its own machine.
        for scheme, own in [] if host == "localhost" else ways(host):
            mark = FIRST_PORT + len(urls)
            if want == "DIRECT":
                # To the web server itself, which speaks no TLS.
                urls.append(f"http://{own}:{web.port}/{mark}")
                direct.add(own.lower())
            else:
                urls.append(f"{scheme}://{own}:{mark}/")
            expected[mark] = want
    run(browser, web, pac, urls, direct)

    came = {}
    for answer, server in [("DIRECT", web), ("proxies", listed), ("otherwise", other)]:
        for seen in server.seen:
            # `/20001`, `http://host:20001/`, `host:20001`.
            mark = re.search(r"[:/](2\d{4})/?$", seen)
            if mark:
                came.setdefault(int(mark[1]), set()).add(answer)
    asked = dict(zip(expected, urls))
    return len(urls), [
        f"{name}: {asked[mark]} went to {came.get(mark)}, should go to {want}"
        for mark, want in expected.items()
        if came.get(mark) != {want}
    ]


def main():
    browser, pairs = sys.argv[1:2], [pair.split(":") for pair in sys.argv[2:]]
    if browser not in (["chromium"], ["firefox"]) or not pairs or any(len(pair) != 2 for pair in pairs):
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    program = {"chromium": "chromium", "firefox": "firefox-esr"}[browser[0]]
    if not shutil.which(program):
        sys.exit(print(f"pac_browser: {program} is not installed (Debian: {program})", file=sys.stderr) or 2)
    cases = []
    for out, probes in pairs:
        lines = [line.split() for line in Path(probes).read_text().splitlines()]
        always = [("otherwise", f"https://{host}/") for host in ["203.0.113.7", "[2001:db8::1]", "a"]]
        cases.append((out, Path(out, "pac/proxy.pac").read_text(), lines + always))
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    wrong = 0
    for what, (asked, complaints) in [("questions", ask_all(browser[0], cases)), ("requests", ask_plainly(browser[0], cases[0]))]:
        for complaint in complaints:
            print(f"pac_browser: {complaint}", file=sys.stderr)
        wrong += len(complaints)
        print(f"pac_browser: {version}: {asked} {what}, {len(complaints)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the examples of pipelines: their grammar, and their steps in a repository with a remote of its own.

Usage: pipelines.py PROGRAM

The vendor's server is on loopback; its list is a workbook of this project's own making. `gh` is not asked: a script in its
place writes down how it was called. Exit 0: all is as it should be. 1: it is not.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

program = os.path.abspath(sys.argv[1])
here = os.path.dirname(os.path.abspath(__file__))
docs = os.path.join(here, "../../docs/pipelines")
bin_of_python = os.path.dirname(sys.executable)
checked = 0


def check(what, is_so, more=""):
    global checked
    checked += 1
    if not is_so:
        sys.exit(f"pipelines.py: {what}\n{more}")


def workbook(hosts):
    """A workbook with one sheet, by hand: no library writes the same bytes for the same rows for sure."""
    rows = [["Service", "Geography", "Category", "Endpoint/URL", "Required or Optional"]]
    rows += [["Defender", "WW", "Common", host, "Required"] for host in hosts]
    cells = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{"ABCDE"[c]}{r}" t="inlineStr"><is><t>{text}</t></is></c>' for c, text in enumerate(row))
        + "</row>" for r, row in enumerate(rows, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType='
        f'"{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="URLs" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0"?>{text}')
    return out.getvalue()


class Server(BaseHTTPRequestHandler):
    body, status = b"", 200

    def do_GET(self):
        self.send_response(Server.status)
        self.send_header("Content-Length", str(len(Server.body)))
        self.end_headers()
        self.wfile.write(Server.body)

    def log_message(self, *_):
        pass


def run(*command, cwd, env, code=0, stdin=None):
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, input=stdin)
    check(f"{' '.join(command)}: exit {done.returncode}", done.returncode == code, done.stdout + done.stderr)
    return done


def grammar():
    tool = os.path.join(bin_of_python, "check-jsonschema")
    for schema, name in [("vendor.github-workflows", "github-actions.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml")]:
        path = os.path.join(docs, name)
        run(tool, "--builtin-schema", schema, path, cwd=here, env=os.environ)
        # It refuses what is wrong, too.
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as broken:
            broken.write(open(path).read().replace("rules:", "rulez:").replace("runs-on:", "run-on:"))
            broken.flush()
            run(tool, "--builtin-schema", schema, broken.name, cwd=here, env=os.environ, code=1)
    run(os.path.join(bin_of_python, "pre-commit"), "validate-config", os.path.join(docs, "pre-commit-config.yaml"), cwd=here,
        env=os.environ)


def repository(work, hosts):
    """A repository with a list, its policy and a remote."""
    repo, remote = os.path.join(work, "repo"), os.path.join(work, "remote/net/policy.git")
    bin_folder = os.path.join(work, "bin")
    for folder in (repo, remote, bin_folder, os.path.join(work, "home")):
        os.makedirs(folder)
    os.symlink(program, os.path.join(bin_folder, "thruway"))
    with open(os.path.join(bin_folder, "gh"), "w") as file:
        file.write(f'#!/bin/sh\nprintf \'%s\\n\' "$@" >"{work}/gh.txt"\n')
    os.chmod(os.path.join(bin_folder, "gh"), 0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") and "proxy" not in name.lower()}
    env = {**clean, "PATH": f"{bin_folder}:{bin_of_python}:{os.environ['PATH']}", "HOME": os.path.join(work, "home"),
           "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "net", "GIT_AUTHOR_EMAIL": "net@example.com",
           "GIT_COMMITTER_NAME": "net", "GIT_COMMITTER_EMAIL": "net@example.com"}
    run("git", "init", "-q", "--bare", "-b", "main", remote, cwd=work, env=env)
    run("git", "-C", remote, "config", "receive.advertisePushOptions", "true", cwd=work, env=env)
    run("git", "init", "-q", "-b", "main", ".", cwd=repo, env=env)
    run("git", "remote", "add", "origin", remote, cwd=repo, env=env)
    with open(os.path.join(repo, "mde-urls.xlsx"), "wb") as file:
        file.write(workbook(hosts))
    with open(os.path.join(repo, "thruway.yaml"), "w") as file:
        file.write("version: 1\nname: net\nsources: [{ file: mde-urls.xlsx }]\nproxies: ['proxy.contoso.com:8080']\n"
                   "targets: { squid: , ticket: }\n")
    os.makedirs(os.path.join(repo, "ci"))
    shutil.copy(os.path.join(docs, "vendor-list.sh"), os.path.join(repo, "ci"))
    run("thruway", "compile", "-q", "--out", "policy", cwd=repo, env=env)
    run("git", "add", ".", cwd=repo, env=env)
    run("git", "commit", "-qm", "Begin", cwd=repo, env=env)
    run("git", "push", "-q", "origin", "main", cwd=repo, env=env)
    return repo, remote, env


def github_steps():
    job = yaml.safe_load(open(os.path.join(docs, "github-actions.yml")))["jobs"]["vendor-list"]
    return [step["run"] for step in job["steps"] if "run" in step]


def gitlab_steps():
    return yaml.safe_load(open(os.path.join(docs, "gitlab-ci.yml")))["vendor-list"]["script"]


OLD = ["a.example.com", "b.example.com", "c.example.com"]
NEW = ["a.example.com", "b.example.com", "*.d.example.com"]


def pipeline(name, steps, shell, url, work):
    repo, remote, env = repository(work, OLD)
    env |= {"LIST_URL": url, "GH_TOKEN": "-", "CI_SERVER_PROTOCOL": "file", "PUSH_TOKEN": "x", "CI_SERVER_HOST": "localhost",
            "CI_PROJECT_PATH": "net/policy"}
    # The address of the remote, as that pipeline makes it.
    run("git", "config", "--global", f"url.{remote}.insteadOf", "file://oauth2:x@localhost/net/policy.git", cwd=repo, env=env)

    def all_steps():
        for step in steps:
            run(*shell, step, cwd=repo, env=env)

    def branches():
        return run("git", "ls-remote", "--heads", remote, cwd=repo, env=env).stdout.split()[1::2]

    Server.status, Server.body = 200, workbook(OLD)
    all_steps()
    check(f"{name}: the same list opens a change", branches() == ["refs/heads/main"])

    Server.body = b"<!doctype html><title>Sign in</title>"
    run(*shell, steps[0], cwd=repo, env=env, code=1)
    left = run("git", "status", "--porcelain", cwd=repo, env=env).stdout.split()
    check(f"{name}: a page in the place of the list", [own for own in left if not own.startswith("mde-urls.xlsx.f")] in ([], ["??"]), left)

    Server.body = workbook(NEW)
    all_steps()
    own = [branch for branch in branches() if branch != "refs/heads/main"]
    check(f"{name}: one branch", len(own) == 1 and own[0].startswith("refs/heads/vendor-list-"), own)
    files = run("git", "show", "--stat", "--format=%B", own[0].removeprefix("refs/heads/"), cwd=repo, env=env).stdout
    for part in ("Take the vendor's new list", "mde-urls.xlsx", "mde-urls.xlsx.fetched.json", "policy/ticket/ticket.md"):
        check(f"{name}: {part} is in the commit", part in files, files)
    change = open(os.path.join(repo, "change.md")).read()
    check(f"{name}: what changed", "`*.d.example.com 443`" in change and "`c.example.com 443`" in change, change)
    check(f"{name}: what did not", "a.example.com" not in change.split("## New")[1], change)
    run("thruway", "prove", "policy", cwd=repo, env=env)
    if name == "github":
        called = open(os.path.join(work, "gh.txt")).read().split("\n")
        check("gh", called[:2] == ["pr", "create"] and called[called.index("--body-file") + 1] == "change.md", called)
    else:
        check("the commit holds the change", "*.d.example.com" in files, files)

    # The next morning the change is still under review.
    run("git", "switch", "-q", "main", cwd=repo, env=env)
    os.remove(os.path.join(repo, "change.md"))
    all_steps()
    check(f"{name}: no second branch", len(branches()) == 2)


def pre_commit(work):
    repo, _, env = repository(work, OLD)
    shutil.copy(os.path.join(docs, "pre-commit-config.yaml"), os.path.join(repo, ".pre-commit-config.yaml"))
    run("git", "add", ".pre-commit-config.yaml", cwd=repo, env=env)
    run("pre-commit", "install", cwd=repo, env=env)
    run("git", "commit", "-qm", "Check", cwd=repo, env=env)
    with open(os.path.join(repo, "mde-urls.xlsx"), "wb") as file:
        file.write(workbook(NEW))
    run("git", "add", ".", cwd=repo, env=env)
    refused = run("git", "commit", "-qm", "A list alone", cwd=repo, env=env, code=1)
    check("pre-commit says why", "differs" in refused.stdout + refused.stderr, refused.stderr)
    run("thruway", "compile", "-q", "--out", "policy", cwd=repo, env=env)
    run("git", "add", ".", cwd=repo, env=env)
    run("git", "commit", "-qm", "The list with its policy", cwd=repo, env=env)


def main():
    grammar()
    run("sh", "-n", os.path.join(docs, "vendor-list.sh"), cwd=here, env=os.environ)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/mde-urls.xlsx"
    # As each runner calls a shell.
    for name, steps, shell in [("github", github_steps(), ["bash", "-e", "-c"]), ("gitlab", gitlab_steps(), ["bash", "-eo", "pipefail", "-c"])]:
        with tempfile.TemporaryDirectory() as work:
            pipeline(name, steps, shell, url, work)
    with tempfile.TemporaryDirectory() as work:
        pre_commit(work)
    print(f"pipelines.py: {checked} checks")


main()

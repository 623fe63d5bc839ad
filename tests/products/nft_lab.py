#!/usr/bin/env python3
"""Asks nft and dnsmasq what the emitted files let through, as in the recipe of targets/nftables/README.md.

Usage: nft_lab.py DIR/nftables PROBES

PROBES has lines `pass|stop HOST PORT`, written by nft_probes.py. At a gateway there are three network namespaces,
client -- gateway -- internet; on a device, two. In the internet every name has an address of its own, and every address
answers on every port. Per name, an address is refused before it is looked up and reached after, on the ports that the
probes say and on no other. Needs root. Exit 0: as expected. 1: not. 2: no answer.
"""

import hashlib
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

UPSTREAM = "192.0.2.53"
# Where names lead. Addresses that are asked for as such are given to the internet's interface as they are.
NAMES = ipaddress.ip_network("96.0.0.0/5")
A, AAAA = 1, 28
NEVER = 9  # A port that no rule names.
EARLY = 40  # Questions before any name is looked up.


def give_up(why):
    sys.exit(print(f"nft_lab.py: {why}", file=sys.stderr) or 2)


def run(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        give_up(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done


def address_of(name):
    """An address for every name, by digest: two names of one case have not met yet."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % (NAMES.num_addresses - 2)
    return str(NAMES[number + 1])


def address6_of(name):
    return str(ipaddress.IPv6Address((0x2A00 << 112) + int(ipaddress.IPv4Address(address_of(name)))))


def question(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00" + struct.pack(">HH", kind, 1)


def serve():
    """The internet: a name server that answers every name, and every port of every address."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((UPSTREAM, 53))
    while True:
        query, client = names.recvfrom(4096)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
        answer, name = b"", ".".join(labels).lower()
        if kind in (A, AAAA):
            address = ipaddress.ip_address(address_of(name) if kind == A else address6_of(name)).packed
            answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(address)) + address
        head = query[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, bool(answer), 0, 0)
        names.sendto(head + query[12 : at + 5] + answer, client)


def ask(resolver):
    """For `--ask`: lines of JSON on the standard input, `["look", NAME]` or `["reach", [[ADDRESS, PORT], ...]]`."""
    with ThreadPoolExecutor(64) as pool:
        for line in sys.stdin:
            what, of = json.loads(line)
            answer = look(resolver, of) if what == "look" else list(pool.map(reach, of))
            print(json.dumps(answer), flush=True)


def look(resolver, name):
    """Both addresses of a name."""
    answers = []
    for kind, size in [(A, 4), (AAAA, 16)]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.settimeout(5)
            try:
                own.sendto(question(name, kind), (resolver, 53))
                reply = own.recv(4096)
            except OSError:
                return None
        if reply[6:8] != b"\x00\x01":
            return None
        answers.append(str(ipaddress.ip_address(reply[-size:])))
    return answers


def reach(place):
    """Whether anybody answers, be it with a refusal: only a packet that was dropped has no answer at all."""
    address, port = place
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as own:
        own.settimeout(0.7)
        try:
            own.connect((address, port))
        except ConnectionRefusedError:
            return True
        except (TimeoutError, OSError):
            return False
        return True


class Lab:
    """The namespaces and processes, as a context."""

    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        with open(f"{folder}/thruway.nft") as file:
            self.text = file.read()
        self.device = "hook output" in self.text
        self.lockdown = "counter drop" in self.text
        self.table = re.search(r"^add table inet (\S+)$", self.text, re.M)[1]
        self.chain = re.search(r"^add chain inet \S+ (\S+)", self.text, re.M)[1]
        self.jumped_to = "add chain inet" in self.text and " hook " not in self.text
        self.spaces, self.started = [], []

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            process.kill()
            process.wait()
        for space in self.spaces:
            run("ip", "netns", "del", space, check=False)

    def space(self, name):
        space = f"thruway-{os.getpid()}-{name}"
        run("ip", "netns", "add", space)
        self.spaces.append(space)
        run("ip", "-n", space, "link", "set", "lo", "up")
        return space

    def start(self, space, *command, **options):
        process = subprocess.Popen(["ip", "netns", "exec", space, *command], **options)
        self.started.append(process)
        return process

    def inside(self, *command, **options):
        """A command where the filter is."""
        return run("ip", "netns", "exec", self.gateway, *command, **options)

    def link(self, one, one_name, other, other_name, network):
        run("ip", "link", "add", one_name, "netns", one, "type", "veth", "peer", "name", other_name, "netns", other)
        for end, (space, name) in enumerate([(one, one_name), (other, other_name)], 1):
            run("ip", "-n", space, "address", "add", f"10.77.{network}.{end}/24", "dev", name)
            run("ip", "-n", space, "-6", "address", "add", f"fd77:{network}::{end}/64", "dev", name, "nodad")
            run("ip", "-n", space, "link", "set", name, "up")

    def build(self):
        self.gateway, internet = self.space("gateway"), self.space("internet")
        self.link(self.gateway, "wan0", internet, "eth0", 2)
        run("ip", "-n", self.gateway, "route", "add", "default", "via", "10.77.2.2")
        run("ip", "-n", self.gateway, "-6", "route", "add", "default", "via", "fd77:2::2")
        run("ip", "-n", internet, "route", "add", "10.77.0.0/16", "via", "10.77.2.1")
        run("ip", "-n", internet, "-6", "route", "add", "fd77:1::/64", "via", "fd77:2::1")
        # Every address there is, so that a refusal says that the packet has come through.
        # In the main table: in the one for local addresses they would hide the way back.
        for family, everything in [("-4", "0.0.0.0/0"), ("-6", "::/0")]:
            run("ip", "-n", internet, family, "route", "add", "local", everything, "dev", "lo", "table", "main")
        self.client, self.resolver = self.gateway, "127.0.0.1"
        if not self.device:
            self.client, self.resolver = self.space("client"), "10.77.1.2"
            self.link(self.client, "eth0", self.gateway, "lan0", 1)
            run("ip", "-n", self.client, "route", "add", "default", "via", "10.77.1.2")
            run("ip", "-n", self.client, "-6", "route", "add", "default", "via", "fd77:1::2")
            self.inside("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.start(internet, sys.executable, __file__, "--serve")
        if self.jumped_to:
            # Somebody's own rules, which drop by default and let answers through.
            self.inside("nft", "-f", "-", input=self.own_rules())
        self.load()
        if self.jumped_to:
            self.inside("nft", "insert", "rule", "inet", self.table, "forward", "jump", self.chain)
        self.resolve()
        self.asker = self.start(
            self.client, sys.executable, __file__, "--ask", self.resolver,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def own_rules(self):
        return (
            f"add table inet {self.table}\n"
            f"add chain inet {self.table} forward {{ type filter hook forward priority filter; policy drop; }}\n"
            f"add rule inet {self.table} forward iifname wan0 ct state established,related accept\n"
        )

    def load(self):
        """As the header says, with what the profile leaves open."""
        missing = re.search(r"^#   nft((?: -D \S+)+) -f thruway.nft$", self.text, re.M)
        defines = []
        values = {"THRUWAY_LAN": "lan0", "THRUWAY_WAN": "wan0", "THRUWAY_DNS4": UPSTREAM}
        if missing:
            refused = self.inside("nft", "-f", f"{self.folder}/thruway.nft", check=False)
            if refused.returncode == 0:
                sys.exit("the file is not complete, and nft loads it")
            for name in re.findall(r"-D (\w+)=VALUE", missing[1]):
                defines += ["-D", f"{name}={values[name]}"]
        self.inside("nft", "-c", *defines, "-f", f"{self.folder}/thruway.nft")
        self.inside("nft", *defines, "-f", f"{self.folder}/thruway.nft")

    def resolve(self):
        configuration = f"{self.work}/dnsmasq.conf"
        listen = "interface=lo" if self.device else "interface=lan0"
        with open(configuration, "w") as file:
            file.write(f"{listen}\nbind-interfaces\nno-resolv\nno-hosts\nserver={UPSTREAM}\n")
            file.write(f"conf-file={os.path.abspath(self.folder)}/dnsmasq.conf\n")
        run("dnsmasq", "--test", "-C", configuration)
        self.log = f"{self.work}/dnsmasq.log"
        self.start(
            self.gateway, "dnsmasq", "--keep-in-foreground", "-C", configuration, "--user=root", "--pid-file=",
            "--log-facility=-", stderr=open(self.log, "w"),
        )  # fmt: skip

    def ask(self, *what):
        self.asker.stdin.write(json.dumps(what) + "\n")
        self.asker.stdin.flush()
        return json.loads(self.asker.stdout.readline() or "null")

    def look(self, name):
        for _ in range(40):
            answer = self.ask("look", name)
            if answer is not None:
                return answer
            time.sleep(0.05)
        give_up(f"dnsmasq answers nothing for {name}")

    def passes(self, places):
        """Which connections are let through."""
        return self.ask("reach", places)

    def drop_the_rest(self):
        """In the mode that drops nothing, a last rule of our chain tells what was accepted from what was not."""
        if not self.lockdown and not self.jumped_to:
            rule = "oifname wan0 meta l4proto tcp drop"
            self.inside("nft", "add", "rule", "inet", self.table, self.chain, *rule.split())

    def learned(self):
        """The elements of the sets that dnsmasq fills."""
        rules = json.loads(self.inside("nft", "-j", "list", "table", "inet", self.table).stdout)
        sets = (item["set"] for item in rules["nftables"] if "set" in item)
        elements = ((own["name"], one["elem"]["val"]) for own in sets for one in own.get("elem", []) if "timeout" in own)
        return set(elements)

    def json_is_read_back(self):
        """nft reads its own JSON of our rules, which shows that they are complete."""
        rules = self.inside("nft", "-j", "list", "ruleset").stdout
        run("unshare", "-Urn", "nft", "-c", "-j", "-f", "-", input=rules)


def main(folder, probes):
    wanted = {}
    with open(probes) as file:
        for line in file:
            answer, host, port = line.split()
            wanted.setdefault(host, {})[int(port)] = answer == "pass"
    wrong, asked = [], 0

    with tempfile.TemporaryDirectory() as work, Lab(folder, work) as lab:

        def expect(questions, when=""):
            """Questions are (name, address, port, whether it passes)."""
            nonlocal asked
            asked += len(questions)
            got = lab.passes([(address, port) for _, address, port, _ in questions])
            # First packets may be lost while their next hop is still being looked for; what is dropped stays so.
            for _ in range(4):
                lost = [at for at, passes in enumerate(got) if questions[at][3] and not passes]
                if not lost:
                    break
                for at, passes in zip(lost, lab.passes([questions[at][1:3] for at in lost])):
                    got[at] = passes
            for (name, address, port, want), passes in zip(questions, got):
                if want != passes:
                    wrong.append(f"{name} ({address}) on {port}{when}: {'let through' if passes else 'stopped'}")

        lab.look("ready.test")
        lab.json_is_read_back()
        drops = lab.lockdown or lab.jumped_to
        expect([("unlisted.test", address_of("unlisted.test"), NEVER, not drops)], ", by the file alone")
        lab.drop_the_rest()
        questions = []
        for host, answers in wanted.items():
            address = host if is_address(host) else address_of(host)
            questions += [(host, address, port, passes) for port, passes in answers.items()]
            questions.append((host, address, NEVER, False))
            if not is_address(host):
                # Clients without IPv6 have no rules for it.
                six = "ip6 daddr @thruway6" in lab.text
                questions += [(host, address6_of(host), port, six) for port, passes in answers.items() if passes]
        early = [(*question[:3], False) for question in questions if question[3] and not is_address(question[0])]
        expect(early[:EARLY], " before it is looked up")
        for host in wanted:
            if not is_address(host) and lab.look(host) != [address_of(host), address6_of(host)]:
                give_up(f"dnsmasq says other addresses of {host}")
        expect(questions)
        learned = lab.learned()
        lab.load()
        if lab.learned() != learned:
            wrong.append("a reload forgets what was learned")
        lab.drop_the_rest()
        expect([own for own in questions if own[3]][:EARLY], " after a reload")
        expect([own for own in questions if not own[3]][:EARLY], " after a reload")
        if any(any(answers.values()) for host, answers in wanted.items() if not is_address(host)) and not learned:
            wrong.append("nothing was learned")
        with open(lab.log) as file:
            wrong += [f"dnsmasq: {line.strip()}" for line in file if "rror" in line]
        learned = len(learned)
    print(f"{asked} questions, {learned} addresses learned")
    sys.exit("\n".join(wrong[:40]) if wrong else 0)


def is_address(host):
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    match sys.argv[1:]:
        case ["--serve"]:
            serve()
        case ["--ask", resolver]:
            ask(resolver)
        case [folder, probes]:
            if os.geteuid() != 0:
                give_up("needs root, for network namespaces")
            for tool, package in [("nft", "nftables"), ("dnsmasq", "dnsmasq-base"), ("ip", "iproute2")]:
                if not shutil.which(tool):
                    give_up(f"{tool} is not installed (Debian: {package})")
            main(folder, probes)
        case _:
            sys.exit(print(__doc__, file=sys.stderr) or 2)

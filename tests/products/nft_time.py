#!/usr/bin/env python3
"""Asks nft and dnsmasq whether an address stays as long as somebody may use it, and no longer.

Usage: nft_time.py DIR/nftables PROBES

The lab is that of nft_lab.py. The times of the emitted files are checked as they are: the cache and the clients
together ask again before an address leaves its set. Then they are run 600 times as fast, with nothing else changed: an
address in use stays, one that nobody uses goes and comes back with the next look-up, and whoever holds an answer that is
still good, from the cache or not, is let through, but for a moment which is asked as well. With the emitted times of
dnsmasq and the fast ones of nft an answer from the cache leads to an address that has gone: that is what the times are
for. Needs root. Exit 0: as expected. 1: not. 2: no answer.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from nft_lab import Lab, address_of, give_up, is_address

TIMEOUT, TTL = 6, 1  # Seconds for an hour and for five minutes, 600 times as fast.
SECONDS = {"s": 1, "m": 60, "h": 3600}
LATE = TIMEOUT - 2 * (TTL + 1)  # An answer may be a second older than dnsmasq counts.
NAMES = 16  # Looked up again at as many moments.


def times(folder):
    """The timeout of the sets, and how long the cache and the clients keep an answer."""
    sets = set(re.findall(r"timeout (\d+)([smh]);", Path(f"{folder}/thruway.nft").read_text()))
    own = dict(re.findall(r"^(max-cache-ttl|max-ttl)=(\d+)$", Path(f"{folder}/dnsmasq.conf").read_text(), re.M))
    if len(sets) != 1 or len(own) != 2:
        sys.exit(f"the times are not understood: {sets}, {own}")
    (number, unit), *_ = sets
    return int(number) * SECONDS[unit], int(own["max-cache-ttl"]), int(own["max-ttl"])


def hurried(folder, to, dnsmasq_too):
    """A copy of the files, with other times."""
    shutil.copytree(folder, to)
    changes = [("thruway.nft", r"timeout \d+[smh];", f"timeout {TIMEOUT}s;")]
    changes += [("dnsmasq.conf", r"^(max-cache-ttl|max-ttl)=\d+$", rf"\1={TTL}")] * dnsmasq_too
    for name, old, new in changes:
        path = Path(to) / name
        text, changed = re.subn(old, new, path.read_text(), flags=re.M)
        if not changed:
            sys.exit(f"{name} has no times")
        path.write_text(text)
    return to


class Trial:
    """Questions at their moments, in one lab."""

    def __init__(self, lab):
        self.lab, self.asked, self.wrong, self.plan = lab, 0, [], []

    def at(self, moment, what, *arguments):
        self.plan.append((moment, len(self.plan), what, arguments))

    def run(self):
        start = time.monotonic()
        for moment, _, what, arguments in sorted(self.plan):
            late = time.monotonic() - start - moment
            time.sleep(max(0, -late))
            # A machine that is too busy proves nothing.
            if late > LATE:
                give_up(f"too busy a machine: {late:.1f} s late")
            what(*arguments)

    def look(self, name):
        if self.lab.look(name)[0] != address_of(name):
            give_up(f"dnsmasq says another address of {name}")

    def reach(self, name, port, want, why):
        self.asked += 1
        if self.lab.passes([(address_of(name), port)]) != [want]:
            self.wrong.append(f"{name} on {port} is {'stopped' if want else 'let through'}: {why}")


def in_time(trial, names):
    """With all times shortened alike."""
    (used, used_port), (idle, idle_port), *others = names
    trial.at(0, trial.look, used)
    for second in range(1, 2 * TIMEOUT + 2):
        trial.at(second, trial.reach, used, used_port, True, "it is in use")
    trial.at(0, trial.look, idle)
    # A packet that is dropped costs its sender most of a second, so this comes when the others have been asked.
    trial.at(2 * TIMEOUT + 2, trial.reach, idle, idle_port, False, "nobody has used it since")
    trial.at(2 * TIMEOUT + 3.5, trial.look, idle)
    trial.at(2 * TIMEOUT + 3.6, trial.reach, idle, idle_port, True, "it was looked up again")
    # NOTE: a look-up does not renew an address that is already in its set; only a connection does. Who looks a name up
    # just before its address goes, and connects just after, is stopped. Nothing that dnsmasq or nft can be told helps.
    moments = [TIMEOUT - 0.5] + [0.3 + at * 2 * TIMEOUT / len(others) for at in range(len(others))]
    for again, (name, port) in zip(moments, others):
        goes_between = TIMEOUT - TTL - 0.6 < again < TIMEOUT
        if goes_between and again != moments[0]:
            continue
        trial.at(0, trial.look, name)
        trial.at(again, trial.look, name)
        trial.at(again + TTL, trial.reach, name, port, not goes_between, f"its answer is of second {again:.1f}")


def too_late(trial, names):
    """With the times of nft alone shortened."""
    name, port = names[0]
    trial.at(0, trial.look, name)
    trial.at(1, trial.reach, name, port, True, "it was looked up")
    trial.at(TIMEOUT + 2.5, trial.look, name)
    trial.at(TIMEOUT + 2.6, trial.reach, name, port, False, "an answer from the cache fills nothing")


def main():
    if len(sys.argv) != 3:
        sys.exit(print(__doc__, file=sys.stderr) or 2)
    if os.geteuid() != 0:
        give_up("needs root, for network namespaces")
    folder, probes = sys.argv[1:]
    timeout, cache, client = times(folder)
    if cache + client >= timeout:
        sys.exit(f"an answer may be kept for {cache} + {client} s, and its address for {timeout} s")
    passing = {}
    for line in Path(probes).read_text().splitlines():
        answer, host, port = line.split()
        if answer == "pass" and not is_address(host):
            passing.setdefault(host, int(port))
    names = list(passing.items())[:NAMES]
    if len(names) < 3:
        sys.exit(f"{probes} lets too few names through")
    asked, wrong = 0, []
    for questions, dnsmasq_too in [(in_time, True), (too_late, False)]:
        with tempfile.TemporaryDirectory() as work:
            with Lab(hurried(folder, f"{work}/files", dnsmasq_too), work) as lab:
                lab.look("ready.test")
                lab.drop_the_rest()
                trial = Trial(lab)
                questions(trial, names)
                trial.run()
        asked += trial.asked
        wrong += trial.wrong
    print(f"{asked} questions about {len(names)} names")
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()

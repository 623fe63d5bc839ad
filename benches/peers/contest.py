"""Whole processes against each other, in rounds in which each runs once."""

import ctypes
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

# inotify(7).
IN_CLOSE_NOWRITE, IN_OPEN = 0x10, 0x20
EVENT = struct.Struct("iIII")


@dataclass
class Contestant:
    """A command, and what is kept of its runs."""

    name: str
    command: list
    # The log whose reading is timed by itself, from opening it to closing it.
    log: Path | None = None
    # Exit codes of a run that is as it should be; grep exits 1 where no line matches.
    good: tuple = (0,)
    # Where its results go: a file, or nowhere.
    keep: bool = True
    walls: list = field(default_factory=list)
    cpus: list = field(default_factory=list)
    scans: list = field(default_factory=list)
    output: str = ""
    # Why there are no figures.
    failure: str = ""

    @property
    def wall(self):
        """Seconds of the whole process, the median."""
        return statistics.median(self.walls)

    @property
    def cpu(self):
        """Seconds of processors, the median."""
        return statistics.median(self.cpus)

    @property
    def scan(self):
        """Seconds from opening the log to closing it, the median."""
        return statistics.median(self.scans)


class Watch:
    """When a file is opened and closed, by the kernel's own account."""

    def __init__(self, path):
        self.spans, self.opened = [], None
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init()
        if self.descriptor < 0 or libc.inotify_add_watch(self.descriptor, os.fsencode(path), IN_OPEN | IN_CLOSE_NOWRITE) < 0:
            raise OSError(ctypes.get_errno(), "inotify", str(path))
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while True:
            events, now = os.read(self.descriptor, 4096), time.perf_counter()
            for _, mask, _, _ in EVENT.iter_unpack(events):
                if mask & IN_OPEN:
                    self.opened = now
                elif mask & IN_CLOSE_NOWRITE and self.opened is not None:
                    self.spans.append(now - self.opened)
                    self.opened = None
                else:  # The watch was removed: nothing comes after that.
                    return

    def end(self):
        libc = ctypes.CDLL(None)
        libc.inotify_rm_watch(self.descriptor, 1)
        self.thread.join(timeout=10)
        os.close(self.descriptor)
        return self.spans


def run(contestant, scratch):
    """One run. Its figures are kept, or why there are none."""
    watch = Watch(contestant.log) if contestant.log else None
    with open(scratch / "stdout" if contestant.keep else os.devnull, "wb") as stdout, open(scratch / "stderr", "wb") as stderr:
        start = time.perf_counter()
        try:
            process = subprocess.Popen([str(word) for word in contestant.command], stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL)
        except OSError as error:
            contestant.failure = f"`{Path(contestant.command[0]).name}` does not start: {error.strerror}"
            if watch:
                watch.end()
            return
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    scans = watch.end() if watch else []
    if process.returncode not in contestant.good:
        # The last line says it, where a program of Python fails as well.
        said = [line.strip() for line in (scratch / "stderr").read_text(errors="replace").splitlines() if line.strip()]
        contestant.failure = f"exit {process.returncode}: {(said or ['it says nothing'])[-1][:200]}"
    elif watch and not scans:
        contestant.failure = "it did not open the log"
    else:
        contestant.walls.append(wall)
        contestant.cpus.append(usage.ru_utime + usage.ru_stime)
        contestant.scans += scans
        if contestant.keep:
            with open(scratch / "stdout", "rb") as stdout:
                contestant.output = stdout.read(1000).decode(errors="replace").strip()


def race(contestants, rounds, scratch):
    """Rounds in which everyone runs once, each round begun by another. Who fails is not asked again."""
    for number in range(rounds):
        print(f"benches: round {number + 1} of {rounds}", file=sys.stderr)
        turn = number % len(contestants)
        for contestant in contestants[turn:] + contestants[:turn]:
            if not contestant.failure:
                run(contestant, scratch)


def make(*wanted):
    """Makes what is read, where it is not there yet. What cannot be made is missed by who reads it."""
    corpora = Path(__file__).parent.parent / "corpora.py"
    venv = Path(os.environ["BENCH_VENV"]) / "bin/python"
    for one in wanted:
        subprocess.run([venv if venv.exists() else sys.executable, corpora, os.environ["BENCH_DATA"], one], check=False)


CORES = sorted(os.sched_getaffinity(0))


def on(cores, *command):
    """The command on the first so many cores."""
    return ["taskset", "-c", ",".join(map(str, CORES[:cores])), *command]


def resident(command):
    """Most resident memory of a run, in octets, as GNU time tells it. Python's own figure would count Python in."""
    time_file = Path(os.environ["BENCH_DATA"]) / "resident"
    try:
        done = subprocess.run(["/usr/bin/time", "-f", "%M", "-o", time_file, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"exit {done.returncode}")
        return int(time_file.read_text().split()[-1]) * 1024
    finally:
        time_file.unlink(missing_ok=True)


def header(*cells):
    """The head of a Markdown table."""
    print()
    row(*cells)
    row(*("---" for _ in cells))


def row(*cells):
    """One row of it."""
    print("|", " | ".join(str(cell).replace("|", "\\|") for cell in cells), "|", flush=True)


def verdict(is_met):
    return "met" if is_met else "**missed**"


def ms(seconds):
    """Milliseconds, in the digits that mean something."""
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"


def times(ratio):
    return f"{ratio:,.0f}×" if ratio >= 100 else f"{ratio:.1f}×" if ratio >= 10 else f"{ratio:.2f}×"

"""What the students of a hub use, asked of /proc: memory, processor time and disk. Linux only."""

import os
import threading
import time
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def part(program):
    """What a program belongs to. A kernel is two processes, evcxr with rust-analyzer in it and the cells' own."""
    if program == "evcxr_jupyter":
        return "kernel"
    return "server" if program.startswith(("python", "node")) else "compiler"


def processes():
    """Each process of a student's server: (student, part, folder in /proc)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = dict(word.split("=", 1) for word in (folder / "environ").read_text(errors="replace").split("\0") if "=" in word)
            if "JUPYTERHUB_USER" in variables:
                yield variables["JUPYTERHUB_USER"], part(Path(os.readlink(folder / "exe")).name), folder
        except OSError:
            pass  # Over meanwhile.


def proportional(folder):
    """Bytes of a process, what it shares divided by those who share it."""
    for line in (folder / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def seconds(folder):
    """Processor time of a process and of its children that are over."""
    words = (folder / "stat").read_text().rpartition(")")[2].split()
    return sum(int(word) for word in words[11:15]) / TICKS


def own_bytes(folder):
    """Disk of a folder that is nobody else's: neither linked to from elsewhere nor a link."""
    found = 0
    for path in Path(folder).rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink() and status.st_nlink == 1:
            found += status.st_blocks * 512
    return found


class Watch(threading.Thread):
    """Notes the memory of each student every few seconds."""

    def __init__(self, every=4):
        super().__init__(daemon=True)
        self.every, self.over = every, threading.Event()
        self.peak, self.peak_part, self.time, self.free = defaultdict(int), defaultdict(int), defaultdict(float), float("inf")

    def run(self):
        while not self.over.wait(self.every):
            self.look()

    def look(self):
        now, time_now = defaultdict(lambda: defaultdict(int)), defaultdict(float)
        for student, kind, folder in processes():
            try:
                now[student][kind] += proportional(folder)
                time_now[student] += seconds(folder)
            except OSError:
                pass
        for student, parts in now.items():
            self.peak[student] = max(self.peak[student], sum(parts.values()))
            self.time[student] = max(self.time[student], time_now[student])
            for kind, size in parts.items():
                self.peak_part[student, kind] = max(self.peak_part[student, kind], size)
        self.free = min(self.free, available())
        return now

    def end(self):
        self.over.set()
        self.join()


def available():
    """Bytes that programs can still have."""
    return next(int(line.split()[1]) * 1024 for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))


def busy():
    """Seconds that all cores have worked since the machine started."""
    user, nice, system, _, _, interrupts, soft, *_ = (int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:])
    return (user + nice + system + interrupts + soft) / TICKS, time.monotonic()

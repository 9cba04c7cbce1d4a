"""Run a command and watch its whole tree of processes: wall time, processor time, memory. Linux only, as the cage is."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
STATE, PARENT, USER, SYSTEM, START, RESIDENT = 0, 1, 11, 12, 19, 21
"""Places in /proc/<pid>/stat behind the name."""
INTERVAL, SLOW = 0.1, 10
"""Seconds between two looks; every so manieth look asks for the shared memory too, which takes longer."""


@dataclass
class Process:
    """What was last seen of a process."""

    parent: int
    start: int
    seconds: float
    resident: int
    ended: bool
    role: str = ""


@dataclass
class Watched:
    """What a command took.

    Args:
        wall: seconds.
        status: its exit status.
        output: what it wrote.
        peak: megabytes of the whole tree, what processes share counted once.
        series: for each look the seconds since the start and the resident megabytes by role.
        seen: all processes, by number and start.
    """

    wall: float = 0.0
    status: int = 0
    output: str = ""
    peak: float = 0.0
    series: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    seen: dict[tuple[int, int], Process] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """Seconds of processor time; of a process that ends between two looks, the last tenth of a second may be missing."""
        return sum(process.seconds for process in self.seen.values())


def processes() -> dict[int, Process]:
    """All processes of the machine."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    text = file.read()
            except OSError:
                continue
            parts = text[text.rindex(b")") + 2 :].split()
            seconds = (int(parts[USER]) + int(parts[SYSTEM])) / TICK
            found[int(name)] = Process(int(parts[PARENT]), int(parts[START]), seconds, int(parts[RESIDENT]) * PAGE, parts[STATE] in b"ZX")
    return found


def tree(root: int, found: dict[int, Process], known: set[int]) -> set[int]:
    """The process, all that descend from it, and those that once did."""
    members, grew = {root} | (known & found.keys()), True
    while grew:
        more = {pid for pid, process in found.items() if process.parent in members} - members
        members, grew = members | more, bool(more)
    return members


def proportional(pid: int) -> float:
    """Megabytes of a process where a page that n processes share counts as 1/n; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def role(pid: int, root: int, found: dict[int, Process]) -> str:
    """What a process of a grading run does: main, worker, warm parent; a student's process otherwise."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        above = Path(f"/proc/{found[pid].parent}/cmdline").read_bytes()
    except OSError:
        return "student"
    if pid == root:
        return "main"
    if b"grading/caged/warm.py" in command and b"grading/caged/warm.py" not in above:
        return "warm parent"
    return "worker" if found[pid].parent == root and b"pgmkit.course" in command else "student"


def look(root: int, watched: Watched, since: float) -> set[int]:
    """Look at the tree once; returns its processes."""
    found = processes()
    known = {pid for (pid, start) in watched.seen if pid in found and found[pid].start == start}
    members = tree(root, found, known) & found.keys()
    memory: dict[str, float] = {}
    for pid in members:
        process, before = found[pid], watched.seen.get((pid, found[pid].start))
        process.role = before.role if before else role(pid, root, found)
        watched.seen[pid, process.start] = process
        memory[process.role] = memory.get(process.role, 0.0) + process.resident / 2**20
    watched.series.append((time.monotonic() - since, memory))
    return members


def watch(command: list[str], folder: Path, env: dict[str, str]) -> Watched:
    """Run a command in a folder to its end."""
    watched, log, since = Watched(), folder / "command.log", time.monotonic()
    with open(log, "w") as output:
        running = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        looks = 0
        while running.poll() is None:
            members = look(running.pid, watched, since)
            if looks % SLOW == 1:  # not at once: the command has not begun yet
                watched.peak = max(watched.peak, sum(map(proportional, members)))
            looks += 1
            try:
                running.wait(INTERVAL)
            except subprocess.TimeoutExpired:
                continue
    watched.wall, watched.status, watched.output = time.monotonic() - since, running.returncode, log.read_text(errors="replace")
    return watched

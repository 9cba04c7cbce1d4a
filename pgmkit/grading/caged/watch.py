"""The watch over a cage while a submission is graded: what no limit of the system bounds is counted, and a cage that takes too much is killed."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pgmkit.grading.caged.cage import HOME, Cage

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.05
"""Seconds between two looks."""
MOST_SOCKETS, MOST_FILES = 128, 50_000
"""Sockets and files of one cage: what lies in their buffers and entries is memory of the system, which no process seems to hold."""
GROWTH = 768 * 2**20
"""Bytes by which the trusted process may grow meanwhile: a kernel can send messages that never end."""
SCRATCHES = ("/tmp", "/dev/shm", HOME)
FAIR, LOWEST = 1.3, 19
"""Processors that a cage may keep busy before all in it are told to wait for others, and how."""


def sockets(cage: Cage) -> int:
    """The sockets that were opened inside."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{cage.pid}/net/sockstat").read_text().split("\n", 1)[0].split()[2])
    return 0


def files(cage: Cage) -> int:
    """The files and folders in all places where a submission may write."""
    found = 0
    for folder in SCRATCHES:
        with suppress(OSError):
            room = os.statvfs(f"/proc/{cage.pid}/root{folder}")
            found += room.f_files - room.f_ffree
    return found


def resident(process: int | str = "self") -> int:
    """Bytes of memory of a process, by default this one."""
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * PAGE


def load(stats: list[list[bytes]], base: int) -> tuple[int, int]:
    """Threads, and bytes of memory beyond `base` for each process; pages that forks share count for each of them."""
    return sum(int(fields[17]) for fields in stats), sum(max(0, int(fields[21]) * PAGE - base) for fields in stats)


class Effort:
    """How many processors a cage keeps busy; who takes more than a fair share gets the lowest priority, so that neighbours keep their time.

    Args:
        cage: the cage.
    """

    def __init__(self, cage: Cage):
        self.looks = self.busy = 0
        self.space = os.stat(f"/proc/{cage.pid}/ns/pid").st_ino

    def look(self, stats: list[list[bytes]]) -> None:
        """Count the processes that run or want to; act on the mean over half a second."""
        self.looks += 1
        self.busy += sum(fields[0] == b"R" for fields in stats)
        if self.looks >= 10:
            if self.busy > FAIR * self.looks:
                self.lower()
            self.looks = self.busy = 0

    def lower(self) -> None:
        """Let everything inside wait for others; the system groups processes by session, and a group has a priority too."""
        for number in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if os.stat(f"/proc/{number}/ns/pid").st_ino == self.space:
                    for thread in os.listdir(f"/proc/{number}/task"):
                        os.setpriority(os.PRIO_PROCESS, int(thread), LOWEST)
                    Path(f"/proc/{number}/autogroup").write_text(str(LOWEST))


def excess(cage: Cage, stats: list[list[bytes]], memory: float, most_threads: int, base: int, before: int) -> str:
    """What a cage has too much of, in words; empty if nothing."""
    threads, held = load(stats, base)
    if threads > most_threads:
        return f"it had {threads} processes and threads at once; {most_threads} are allowed"
    if held > memory * 2**20 and (held := cage.held()) > memory * 2**20:
        return f"it held {held // 2**20} MB of memory; {memory:.0f} are allowed"
    if (found := sockets(cage)) > MOST_SOCKETS:
        return f"it had {found} sockets at once; {MOST_SOCKETS} are allowed"
    if (found := files(cage)) > MOST_FILES:
        return f"it had {found} files at once; {MOST_FILES} are allowed"
    return "its kernel sent more than anyone reads" if resident() - before > GROWTH else ""


@contextmanager
def watched(cage: Cage, memory: float, most_threads: int, base: int) -> Iterator[list[str]]:
    """Watch a cage: one that takes too much is killed; yields the list that tells why.

    Args:
        cage: the cage.
        memory: megabytes that all processes inside may hold together.
        most_threads: processes and threads that may be there at once.
        base: bytes that each process shares with the warm parent.
    """
    why: list[str] = []
    done, effort, before = threading.Event(), Effort(cage), resident()

    def watch() -> None:
        while not done.wait(EVERY):
            stats = cage.stats()
            effort.look(stats)
            if found := excess(cage, stats, memory, most_threads, base, before):
                why.append(found)
                cage.kill()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield why
    finally:
        done.set()
        thread.join()

"""What grading needs and what is here: `python -m pgmkit.course doctor`.

It needs nothing but Python: where even typer is missing, `python -m pgmkit.grading.doctor` says so.
"""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pgmkit.grading.caged.cage import OLDEST

NEEDED = (
    "torch",
    "numpy",
    "matplotlib",
    "nbgrader",
    "nbclient",
    "nbformat",
    "nbconvert",
    "jupyter-client",
    "ipykernel",
    "pyzmq",
    "tqdm",
    "typer",
)
WANTED = {
    "jupyterlab": "formgrader and the students' lectures need it",
    "distributed": "only a cluster needs it, for --scheduler: .venv/bin/python -m pip install -e '.[dask]'",
}
INSTALL = "In the course's folder run `make lab` once, or .venv/bin/python -m pip install -c requirements.lock -e ."
GIGABYTE = 2**30
PROC = Path("/proc")
OK, NOTE, BAD = "ok", "note", "FAIL"


@dataclass(frozen=True)
class Line:
    """One finding.

    Args:
        mark: `OK`; `NOTE`, grading works without it; or `BAD`, it does not.
        what: what was looked at.
        found: a version, a number or a short state.
        advice: what to do; empty if nothing.
    """

    mark: str
    what: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.mark:5}{self.what:17}{self.found}" + (f"\n     -> {self.advice}" if self.advice else "")


def version(package: str) -> str:
    """The installed version of a package; empty if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def pinned() -> dict[str, str]:
    """The packages of which the course wants exactly one version."""
    try:
        wanted = metadata.requires("pgmkit") or []
    except metadata.PackageNotFoundError:
        return {}
    plain = [text for text in wanted if ";" not in text]
    return dict(text.split("==") for text in plain if text.count("==") == 1)


def packages() -> Iterator[Line]:
    """Python and what is installed for it."""
    enough = sys.version_info >= (3, 11)
    yield Line(OK if enough else BAD, "Python", platform.python_version(), "" if enough else "Python 3.11 or newer is needed.")
    pins = pinned()
    for name in NEEDED:
        found, wanted = version(name), pins.get(name, "")
        if not found:
            yield Line(BAD, name, "missing", INSTALL)
        elif wanted and found.split("+")[0] != wanted:
            yield Line(NOTE, name, found, f"The course is tested with {wanted}. {INSTALL}")
        else:
            yield Line(OK, name, found)
    for name, why in WANTED.items():
        found = version(name)
        yield Line(OK if found else NOTE, name, found or "missing", "" if found else f"{why[0].upper()}{why[1:]}.")


def said_by(*command: str) -> str:
    """The first line that a program prints; empty if it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def bubblewrap() -> Line:
    """The program that makes the cage."""
    said = said_by("bwrap", "--version")
    found = tuple(int(part) for part in re.findall(r"\d+", said))
    if not found:
        return Line(BAD, "bubblewrap", "missing", "Install it: apt-get install bubblewrap, dnf install bubblewrap.")
    if found < OLDEST:
        return Line(BAD, "bubblewrap", said.split()[-1], "0.7 or newer is needed: older ones cannot bound what a submission writes.")
    return Line(OK, "bubblewrap", said.split()[-1])


def browser() -> Line:
    """A browser, which only tests and pictures need."""
    names = ("chromium", "chromium-browser", "google-chrome")
    said = next((line for name in names if shutil.which(name) and (line := said_by(name, "--version"))), "")
    return Line(
        OK if said else NOTE,
        "Chromium",
        said or "missing",
        "" if said else "Only `make test` uses it, not grading: apt-get install chromium.",
    )


def knob(name: str) -> str:
    """A setting of the kernel; empty if this kernel does not have it."""
    try:
        return (PROC / "sys" / name).read_text().strip()
    except OSError:
        return ""


def in_container() -> bool:
    """Whether this is a container."""
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")) or "container" in os.environ


def closed_because() -> str:
    """What keeps user namespaces closed here, as far as it can be seen, and what opens them."""
    if sys.platform != "linux":
        return (
            "There is no cage on this system: grade in a Linux machine, virtual or not, or on a Dask worker that runs Linux (--scheduler)."
        )
    if knob("kernel/unprivileged_userns_clone") == "0":
        return (
            "User namespaces are off: sudo sysctl -w kernel.unprivileged_userns_clone=1; a file in /etc/sysctl.d/ keeps it after a restart."
        )
    if knob("user/max_user_namespaces") == "0":
        return "User namespaces are off: sudo sysctl -w user.max_user_namespaces=15000; a file in /etc/sysctl.d/ keeps it after a restart."
    if in_container():
        return "Start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined."
    if knob("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor closes user namespaces (Ubuntu 24.04): sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, "
            "or give /usr/bin/bwrap a profile that allows `userns`."
        )
    return "Ask whoever runs this machine for user namespaces, or grade in a virtual machine."


def cage() -> Line:
    """Whether a cage can really be made."""
    try:
        from pgmkit.grading.caged.cage import ADVICE, probe

        reason = probe().replace(ADVICE, "").strip()
    except Exception as error:
        return Line(BAD, "cage", f"could not be tried: {type(error).__name__}: {error}", INSTALL)
    if not reason:
        return Line(OK, "cage", "works: tried now")
    return Line(BAD, "cage", reason, f"{closed_because()} `grade --no-cage` runs the students' code unprotected.")


def gradebook(root: Path) -> Line:
    """Whether the gradebook, if there is one, is whole and can be written."""
    path = root / "gradebook.db"
    if not os.access(root, os.W_OK):
        return Line(BAD, "gradebook", f"{root} is read-only", "Make the course's folder writable.")
    if not path.is_file():
        return Line(OK, "gradebook", "none yet: the first run makes it")
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as book:
            book.execute("BEGIN IMMEDIATE")
            whole = book.execute("PRAGMA quick_check").fetchone()[0]
            book.execute("ROLLBACK")
    except sqlite3.Error as error:
        return Line(
            BAD, "gradebook", str(error), "Close other programs that hold it; make it writable; if it is damaged, put back your backup."
        )
    damaged = "It is damaged: put back your backup."
    return Line(OK, "gradebook", "writable") if whole == "ok" else Line(BAD, "gradebook", whole, damaged)


def room(root: Path) -> Iterator[Line]:
    """Disk, processors and memory."""
    free = shutil.disk_usage(root).free / GIGABYTE
    mark = OK if free > 2 else NOTE if free > 0.2 else BAD
    yield Line(mark, "disk", f"{free:.1f} GB free", "" if mark == OK else "A class of 300 takes about 1 GB.")
    cores = os.cpu_count() or 1
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    yield Line(OK, "processors", str(cores), "")
    fields = re.findall(r"MemAvailable:\s+(\d+) kB", (PROC / "meminfo").read_text()) if (PROC / "meminfo").is_file() else []
    if fields:
        memory = int(fields[0]) / 2**20
        enough = memory > 2 * cores
        yield Line(
            OK if enough else NOTE,
            "memory",
            f"{memory:.1f} GB available",
            "" if enough else "About 2 GB for each worker: take fewer --workers.",
        )


def lines(root: Path) -> list[Line]:
    """All findings, the needed ones first."""
    return [*packages(), bubblewrap(), cage(), gradebook(root), *room(root), browser()]


def works(found: list[Line]) -> bool:
    """Whether grading works here."""
    return all(line.mark != BAD for line in found)


def verdict(found: list[Line]) -> str:
    """The closing sentence."""
    return "Grading works here." if works(found) else "Grading does not work here yet: see the lines marked FAIL."


def main(root: Path) -> int:
    """Print all findings; returns the exit status."""
    found = lines(root) if root.is_dir() else [Line(BAD, "folder", f"{root} is not there", "Name the course's folder with --root.")]
    print(*found, verdict(found), sep="\n")
    return 0 if works(found) else 1


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))

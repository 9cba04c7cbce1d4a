"""A cage: the namespaces that bubblewrap makes for one submission, what is visible in them, and what happens there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from site import getsitepackages

LIBRARY = Path(__file__).resolve().parents[2]
HOME = "/student"
USER, NOBODY = 1000, 65534
"""The student's number in the cage; who that is outside when root grades: root itself would own the machine's settings in /proc."""
SCRATCH = 64 * 2**20
"""Bytes that a submission may write, in its home and in /tmp each."""
PROPORTIONAL = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)
OLDEST = (0, 7)
"""The first bubblewrap that bounds the size of a private folder."""
ADVICE = (
    "The cage needs Linux with user namespaces and bubblewrap {oldest} or newer. Install it (apt-get install bubblewrap). Where it is installed: "
    "on Debian run sysctl -w kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 or newer sysctl -w kernel.apparmor_restrict_unprivileged_userns=0; "
    "in Docker start the container with --privileged or --security-opt seccomp=unconfined --security-opt apparmor=unconfined. "
    "On macOS and Windows grade in a Linux machine. --no-cage grades without protection."
).format(oldest=".".join(map(str, OLDEST)))


class CageUnavailable(Exception):
    """No cage can be made here; the message says why and what to do."""


def visible() -> list[str]:
    """Folders of the machine that a cage shows, read-only: the system's programs and libraries, and this Python's.

    What people put into /usr themselves stays out: containers have their work in /usr/src, and nbgrader its exchange in /usr/local/share.
    """
    base, here = Path(sys.base_prefix), Path(sys.prefix)
    system = [path for path in sorted(Path("/usr").iterdir()) if path.is_dir() and path.name not in ("local", "src")]
    wanted = [
        *system,
        *(Path("/usr/local", part) for part in ("bin", "sbin", "lib", "lib64")),
        *(base / part for part in ("bin", "lib")),
        *(here / part for part in ("bin", "lib", "lib64", "pyvenv.cfg")),
    ]
    wanted += [
        *map(Path, getsitepackages()),
        Path("/etc/ld.so.cache"),
        Path("/etc/fonts"),
        Path("/etc/localtime"),
        Path("/etc/alternatives"),
    ]
    found: list[str] = []
    for path in map(str, wanted):
        if os.path.exists(path) and not any(path == seen or path.startswith(seen + "/") for seen in found):
            found.append(path)
    return found


def hidden(shown: Iterable[str]) -> list[str]:
    """Where a cage would show an installed pgmkit, which holds the answers: in every copy, by every way (a venv's lib64 is its lib)."""
    places = {*getsitepackages(), *getsitepackages([sys.base_prefix]), *filter(None, sys.path)}
    copies = {LIBRARY, *(Path(place, LIBRARY.name).resolve() for place in places)}
    ways = [(Path(path), copy, Path(path).resolve()) for path in shown for copy in copies if copy.is_dir()]
    return sorted(str(path / copy.relative_to(real)) for path, copy, real in ways if copy.is_relative_to(real))


def made(folders: Iterable[str]) -> list[str]:
    """The options that make folders that everyone may pass; bubblewrap's own default keeps all but the maker out."""
    return [word for folder in folders for word in ("--perms", "0755", "--dir", folder)]


def command(shadow: Path, files: Path, info: int, block: int) -> list[str]:
    """The call of bubblewrap: what a submission sees and where it may write."""
    maker = "0" if os.geteuid() == 0 else str(USER)
    args = ["bwrap", "--unshare-user", "--uid", maker, "--gid", maker, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    args += ["--unshare-cgroup-try", "--hostname", "cage", "--die-with-parent", "--new-session", "--clearenv", "--info-fd", str(info)]
    for name in ("lib", "lib64", "bin", "sbin", "lib32"):
        if os.path.islink(f"/{name}"):
            args += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            args += ["--ro-bind", f"/{name}", f"/{name}"]
    if os.geteuid() == 0:
        args += ["--userns-block-fd", str(block)]
    args += ["--proc", "/proc"]
    for path in ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"):
        if os.path.exists(path):
            args += ["--ro-bind", path, path]
    args += ["--size", "65536", "--tmpfs", "/dev"]
    for device in ("null", "zero", "full", "random", "urandom"):
        args += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    system = visible()
    shown = [*system, str(shadow), str(files)]
    parents = sorted({str(parent) for path in [*shown, HOME] for parent in Path(path).parents} - {"/", "/tmp"})
    args += made(folder for folder in parents if not folder.startswith("/tmp/"))
    for folder in ("/dev/shm", "/tmp", HOME):
        args += ["--perms", "1777", "--size", str(SCRATCH), "--tmpfs", folder]
    args += made(folder for folder in parents if folder.startswith("/tmp/"))
    for path in shown:
        args += ["--ro-bind", path, path]
    for copy in hidden(system):
        args += ["--tmpfs", copy]
    return [*args, "--remount-ro", "/dev", "--remount-ro", "/", "--", "/bin/sh", "-c", "echo ready; exec cat > /dev/null"]


@dataclass
class Cage:
    """Namespaces that stand ready.

    Args:
        process: bubblewrap; everything inside dies with it.
        pid: the first process in the namespaces, as seen from outside.
        handle: a file descriptor of that process.
    """

    process: subprocess.Popen[bytes]
    pid: int
    handle: int

    def kill(self) -> None:
        """Kill the first process inside; the kernel kills all others with it."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def close(self) -> None:
        """Kill everything inside and wait until it is gone."""
        self.kill()
        self.process.communicate()
        os.close(self.handle)

    def processes(self) -> list[int]:
        """The processes inside, by their numbers in there."""
        with suppress(OSError):
            return [int(name) for name in os.listdir(f"/proc/{self.pid}/root/proc") if name.isdigit()]
        return []

    def read(self, number: int, name: str) -> bytes:
        """A file of /proc about a process inside; empty if it is gone."""
        with suppress(OSError), open(f"/proc/{self.pid}/root/proc/{number}/{name}", "rb") as file:
            return file.read()
        return b""

    def stats(self) -> list[list[bytes]]:
        """The fields of /proc/<number>/stat of every process inside, from its state on."""
        found = (self.read(number, "stat").rpartition(b")")[2].split() for number in self.processes())
        return [fields for fields in found if len(fields) > 21]

    def held(self) -> int:
        """Bytes of memory inside, every page counted once; slow."""
        lines = (self.read(number, "smaps_rollup") for number in self.processes())
        return sum(int(match[1]) * 1024 for match in map(PROPORTIONAL.search, lines) if match)


def open_cage(shadow: Path, files: Path) -> Cage:
    """Let bubblewrap make a cage.

    Args:
        shadow: the folder with what exists of pgmkit inside.
        files: the folder with what was handed in beside the notebook.

    Raises:
        CageUnavailable: with what bubblewrap said and what to do.
    """
    if shutil.which("bwrap") is None:
        raise CageUnavailable(f"bubblewrap (bwrap) is not installed. {ADVICE}")
    said, info = os.pipe()
    block, go = os.pipe()
    process = subprocess.Popen(
        command(shadow, files, info, block),
        pass_fds=[info, block],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", "")},
    )
    os.close(info)
    os.close(block)
    with os.fdopen(said) as pipe, os.fdopen(go, "w") as start:
        told = pipe.read()
        pid = json.loads(told)["child-pid"] if told.strip() else 0
        if pid and os.geteuid() == 0:
            become_nobody(pid)
            start.write("1")
    if not pid or process.stdout.readline() != b"ready\n":
        process.kill()
        raise CageUnavailable(f"bubblewrap failed: {process.communicate()[1].decode(errors='replace').strip()[:300]} {ADVICE}")
    return Cage(process, pid, os.pidfd_open(pid))


def become_nobody(pid: int) -> None:
    """Let the student be nobody outside of the cage; bubblewrap, which makes the cage, stays root."""
    for kind in ("uid", "gid"):
        with suppress(OSError), open(f"/proc/{pid}/{kind}_map", "w") as file:
            file.write(f"0 0 1\n{USER} {NOBODY} 1\n")


def probe() -> str:
    """Why no cage can be made on this machine; empty if it can."""
    nothing = Path(sys.prefix)
    try:
        open_cage(nothing, nothing).close()
    except CageUnavailable as error:
        return str(error)
    return ""

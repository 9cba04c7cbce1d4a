"""The run's memory: a folder `.grading/<set>` in the course, which tells after a crash what is done."""

import fcntl
import getpass
import hashlib
import json
import operator
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pgmkit import __version__
from pgmkit.course.depends import LIBRARY
from pgmkit.grading.trouble import Trouble, plain
from pgmkit.grading.units import Graded

FOLDER = ".grading"
BESIDE = ("timestamp.txt", "submission_secret.txt")
"""Files that nbgrader puts beside a submission, and needs again to release its feedback."""
APART = {"labs", "course", "widgets.py"}
"""Parts of the package that no score depends on."""
SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Run:
    """What all submissions of a run share.

    Args:
        seed: exams draw their inputs from it.
        name: tells this run from the ones before; unlike the seed, no secret.
    """

    seed: int
    name: str


@dataclass(frozen=True)
class Record:
    """What is remembered of one submission, written last: it is the mark that all else was done.

    Args:
        graded: what came of it.
        run: the run's name.
        submission: fingerprint of what was handed in.
        course: fingerprint of the exams and the library.
        beside: what nbgrader put beside the submission, file name to text: when it was handed in, and its secret.
    """

    graded: Graded
    run: str
    submission: str
    course: str
    beside: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(vars(self) | {"graded": json.loads(self.graded.to_json())})

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """The record that `to_json` wrote."""
        fields = json.loads(text)
        return cls(**fields | {"graded": Graded.from_json(json.dumps(fields["graded"]))})


class Records:
    """All that is remembered of the grading of one problem set.

    Args:
        root: the course's folder.
        assignment: the problem set.
    """

    def __init__(self, root: Path, assignment: str):
        self.root, self.folder = Path(root), Path(root) / FOLDER / assignment

    def path(self, student: str) -> Path:
        """The file of one student: the name where it is harmless on every file system, otherwise a hash of it after a dot."""
        if SAFE.fullmatch(student):
            return self.folder / "students" / f"{student}.json"
        readable = re.sub(r"[^a-z0-9_-]", "", student.lower())[:32]
        digest = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / "students" / f"{readable}.{digest[:24]}.json"

    def read(self, student: str) -> Record | None:
        """What is remembered of a student; None if nothing is, or nothing that can be read."""
        try:
            return Record.from_json(self.path(student).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def all(self) -> Iterator[Record]:
        """All that is remembered, one record at a time, by student."""
        for path in sorted((self.folder / "students").glob("*.json")):
            with suppress(OSError, ValueError, TypeError, KeyError):
                yield Record.from_json(path.read_text(encoding="utf-8"))

    def write(self, record: Record) -> None:
        """Remember a submission: whole or not at all."""
        write_whole(self.path(record.graded.student), record.to_json())

    def forget(self, student: str) -> None:
        """Take away the mark "done" of one student."""
        self.path(student).unlink(missing_ok=True)

    def run(self, *, fresh: bool = False) -> Run:
        """The run that is under way; a new one, with a new secret seed, if there is none or if `fresh`.

        After feedback a run goes on with a new seed: a page may show what an answer printed, and so the inputs of the old one.
        """
        path, name = self.folder / "run.json", secrets.token_hex(8)
        if not fresh and path.is_file():
            try:
                run = Run(**json.loads(path.read_text(encoding="utf-8")))
                run, name = Run(operator.index(run.seed), run.name), run.name
            except (ValueError, TypeError) as error:
                raise Trouble(f"{path} is damaged. Remove it, then grade again: all submissions will sit a new exam.") from error
            if not self.told_since(path.stat().st_mtime_ns):
                return run
        run = Run(seed=secrets.randbits(48), name=name)
        write_whole(path, json.dumps(vars(run)))
        return run

    def told_since(self, moment: int) -> bool:
        """Whether a feedback page was written since a moment, in nanoseconds."""
        pages = (self.root / "feedback").glob(f"*/{self.folder.name}/*.html")
        return any(page.lstat().st_mtime_ns >= moment for page in pages)

    @contextmanager
    def lock(self) -> Iterator[int]:
        """Be the only one who grades this set; the system frees the lock however the process ends. Yields its file descriptor."""
        self.folder.parent.mkdir(exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Trouble(f"{self.folder.name} is being graded {holder(handle)}. Wait until that run is done.", status=2) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(myself()).encode(), 0)
            for left in self.folder.rglob("*.part"):
                left.unlink()
            yield handle
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)


def myself() -> dict[str, Any]:
    """Who grades, where, in which process, since when."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    return {"user": user, "host": socket.gethostname(), "process": os.getpid(), "since": since}


def holder(handle: int) -> str:
    """Who holds a lock, in words."""
    try:
        who = json.loads(os.pread(handle, 4096, 0))
        return plain(f"by {who['user']} on {who['host']} (process {who['process']}) since {who['since']}")
    except (ValueError, KeyError, TypeError):
        return "by somebody else"


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@lru_cache
def package_fingerprint() -> str:
    """A hash of the parts of the package that scores depend on."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(LIBRARY.rglob("*.py")):
        part = path.relative_to(LIBRARY)
        if part.parts[0] not in APART:
            digest.update(part.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def course_fingerprint(notebook: str) -> str:
    """A hash of what scores depend on beside the submission: the instructor's notebook and the package."""
    return hashlib.sha256(f"{package_fingerprint()}\n{notebook}".encode()).hexdigest()

"""From a student's folder to a `Job`: no link is followed, nothing but plain files is opened, and nothing large is read."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pgmkit.grading.submission.clean import clean_text
from pgmkit.grading.submission.markdown import HIDDEN
from pgmkit.grading.units import Job

LARGEST_NOTEBOOK, LARGEST_FILE, LARGEST_FILES = 50_000_000, 5_000_000, 20_000_000
MOST_FILES, MOST_ENTRIES, DEEPEST, LONGEST_NAME = 50, 5_000, 4, 200
SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
CONTENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.EISDIR, errno.ENXIO, errno.ENODEV}
"""Errors that are the folder's fault. All others, a broken disk for instance, are the machine's, and are raised."""


class Refused(Exception):
    """A folder or a file that cannot be used; the message says why, after its name."""


@dataclass
class Found:
    """What a folder holds: notebooks and side files by relative path, and what was left out."""

    notebooks: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    entries: int = 0

    def skip(self, name: str, why: str) -> None:
        """Remember that something was left out."""
        self.left_out.append(f"{clean_text(name, 80)} {why}; it was left out.")


def students(submitted: Path, assignment: str) -> list[str]:
    """Whose work on an assignment is there: the names of folders that have an entry for it, of whatever kind, in order.

    Args:
        submitted: the folder with a folder for each student.
        assignment: the problem set.
    """
    if not submitted.is_dir():
        return []
    names = [name for name in os.listdir(submitted) if not name.startswith(".") and (submitted / name).is_dir()]
    return sorted(name for name in names if os.path.lexists(submitted / name / assignment))


def collect(submitted: Path, assignment: str, student: str) -> Job:
    """Read what a student handed in.

    Args:
        submitted: the folder with a folder for each student.
        assignment: the problem set; its folder and its notebook have this name.
        student: the name of the student's folder.

    Returns:
        The job. Whatever is wrong with the folder stands in `repairs` or in `refused`; only a fault of the machine raises.
    """
    try:
        for name in (student, assignment):
            if not name or "/" in name or "\0" in name or name in (".", ".."):
                raise Refused(f"{clean_text(name)!r} is no name of a folder.")
        with opened(str(submitted), None) as root, opened(student, root) as own, opened(assignment, own) as folder:
            found = Found()
            gather(folder, "", f"{assignment}.ipynb", found)
            return job_of(Job(assignment, student, None), folder, found)
    except Refused as refusal:
        return Job(assignment, student, None, refused=str(refusal))


def job_of(job: Job, folder: int, found: Found) -> Job:
    """The job that a folder's content makes."""
    wanted = f"{job.assignment}.ipynb"
    repairs = shortened(found.left_out)
    try:
        name = chosen(wanted, found.notebooks)
        with beside(folder, name) as (place, last):
            notebook = read(last, place, LARGEST_NOTEBOOK)
    except Refused as refusal:
        advice = " Clear its outputs, save it, and hand it in again." if "too large" in str(refusal) else ""
        return replace(job, refused=f"{refusal}{advice}", repairs=repairs)
    others = [
        f"{clean_text(other, 80)} was not looked at: {clean_text(name, 80)} was graded." for other in found.notebooks if other != name
    ]
    renamed = [] if name == wanted else [f"{wanted} was handed in as {clean_text(name, 80)}."]
    inside = name.rpartition("/")[0] + "/" if "/" in name else ""
    files = {path.removeprefix(inside): data for path, data in found.files.items()}
    return replace(job, notebook=notebook, files=files, repairs=(*renamed, *shortened(others), *repairs))


def chosen(wanted: str, names: list[str]) -> str:
    """The notebook that is meant: the one with the right name, the one that differs only in case, or the only one."""
    top = [name for name in names if "/" not in name]
    for candidates in ([n for n in names if n == wanted], [n for n in top if n.lower() == wanted.lower()], top, names):
        if len(candidates) == 1:
            return candidates[0]
        if len(candidates) > 1:
            raise Refused(
                f"There is no {wanted} but {len(candidates)} other notebooks. Nobody knows which one counts: hand in {wanted} alone."
            )
    raise Refused(f"There is no {wanted} and no other notebook. Hand in the file {wanted} itself, not packed and not converted.")


@contextmanager
def beside(folder: int, path: str) -> Iterator[tuple[int, str]]:
    """The folder that a file lies in, opened step by step, and the file's own name."""
    *steps, last = path.split("/")
    with ExitStack() as stack:
        for step in steps:
            folder = stack.enter_context(opened(step, folder))
        yield folder, last


def shortened(sentences: list[str], most: int = 8) -> tuple[str, ...]:
    """The first sentences, and how many more there are."""
    more = [f"... and {len(sentences) - most} more like these."] if len(sentences) > most else []
    return (*sentences[:most], *more)


def fingerprint(job: Job) -> str:
    """A hash over everything in a job: the same job need not be graded twice."""
    digest = hashlib.sha256()
    words = [job.assignment, job.student, "" if job.notebook is None else "notebook", *job.repairs, "", job.refused, *sorted(job.files)]
    contents = [job.notebook or b"", *(job.files[name] for name in sorted(job.files))]
    for part in [*(word.encode("utf-8", "surrogatepass") for word in words), b"contents", *contents]:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@contextmanager
def opened(name: str, parent: int | None) -> Iterator[int]:
    """A folder as a descriptor; links are followed only for the outermost one, which is the instructor's."""
    link = 0 if parent is None else os.O_NOFOLLOW
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | link, dir_fd=parent)
    except OSError as error:
        if error.errno not in CONTENT:
            raise
        raise Refused(f"The folder {clean_text(name)} {kind_of(name, parent, stat.S_IFDIR)}.") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def kind_of(name: str, parent: int | None, wanted: int) -> str:
    """What stands where a file or folder was wanted, in words."""
    try:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except OSError:
        return "is not there"
    if stat.S_IFMT(mode) == wanted:
        return "may not be read"
    kinds = {stat.S_IFLNK: "is a link, which is not followed", stat.S_IFDIR: "is a folder", stat.S_IFREG: "is a file"}
    return kinds.get(stat.S_IFMT(mode), "is a device, a pipe or a socket")


def gather(folder: int, path: str, wanted: str, found: Found) -> None:
    """Walk through a folder, in order, and read the side files."""
    for name in listed(folder, path, wanted, found):
        relative, mode = path + name, mode_of(name, folder)
        if trivial(name):
            continue
        if not sound(name):
            found.skip(relative, "has a name that is too long or holds odd characters")
        elif stat.S_ISDIR(mode) and relative.count("/") >= DEEPEST:
            found.skip(relative, "lies too deep")
        elif stat.S_ISDIR(mode):
            try:
                with opened(name, folder) as inside:
                    gather(inside, relative + "/", wanted, found)
            except Refused:
                found.skip(relative, kind_of(name, folder, stat.S_IFDIR))
        elif stat.S_ISREG(mode) and name.lower().endswith(".ipynb"):
            found.notebooks.append(relative)
        else:
            side_file(name, relative, folder, found)


def listed(folder: int, path: str, wanted: str, found: Found) -> list[str]:
    """The names in a folder, in order; of an endless folder only some, and the notebook if it is there."""
    names = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            found.entries += 1
            if found.entries > MOST_ENTRIES:
                found.skip(f"What follows in {path or 'the folder'}", f"comes after more than {MOST_ENTRIES} entries")
                break
            names.add(entry.name)
    if not path and mode_of(wanted, folder):
        names.add(wanted)
    return sorted(names)


def sound(name: str) -> bool:
    """Whether a name is one that a person would give."""
    return not HIDDEN.search(name) and not set(name) & set("\n\t\r\\") and len(name) <= LONGEST_NAME


def trivial(name: str) -> bool:
    """Whether a name is of the kind that programs leave behind: nobody misses it."""
    return name.startswith(".") or name in ("__pycache__", "__MACOSX", "timestamp.txt") or name.endswith(".pyc")


def mode_of(name: str, folder: int) -> int:
    """The mode of an entry itself, not of what a link points to; 0 if it has gone."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except OSError:
        return 0


def side_file(name: str, relative: str, folder: int, found: Found) -> None:
    """Read a file that lies beside the notebook, unless a limit says no."""
    if len(found.files) >= MOST_FILES:
        found.skip(relative, f"is more than the {MOST_FILES} files that are allowed")
        return
    room = LARGEST_FILES - sum(map(len, found.files.values()))
    try:
        found.files[relative] = read(name, folder, min(LARGEST_FILE, room))
    except Refused as refusal:
        found.skip(relative, str(refusal).removeprefix(clean_text(name, 80) + " ").rstrip("."))


def read(name: str, folder: int, most: int) -> bytes:
    """The bytes of a plain file of at most `most` bytes; what is no plain file is not even opened."""
    called = clean_text(name, 80)
    if not stat.S_ISREG(mode_of(name, folder)):
        raise Refused(f"{called} {kind_of(name, folder, stat.S_IFREG)}.")
    try:
        descriptor = os.open(name, SAFE, dir_fd=folder)
    except OSError as error:
        if error.errno not in CONTENT:
            raise
        raise Refused(f"{called} {kind_of(name, folder, stat.S_IFREG)}.") from None
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        data = stream.read(most + 1) if stat.S_ISREG(status.st_mode) and status.st_size <= most else None
    if data is None or len(data) > most:
        raise Refused(f"{called} is too large: {status.st_size / 1e6:.1f} MB.")
    return data

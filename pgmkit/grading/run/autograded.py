"""The folder autograded/<student>/<set> as nbgrader's formgrader and feedback read it: all of it or the one before, never a part."""

import os
import shutil
from pathlib import Path

NEW, OLD = ".{}.new", ".{}.old"


def put(folder: Path, files: dict[str, bytes], *, shared: bool = False) -> None:
    """Make a folder hold exactly these files, read-only; it appears in one step. What stands in the way is removed; links are never followed.

    Args:
        folder: autograded/<student>/<set>.
        files: name to content.
        shared: whether the course's group may write too (nbgrader's `groupshared`).
    """
    for place in (folder.parent, folder):
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    clean(folder)
    new, old = beside(folder)
    try:
        new.mkdir()
        for name, content in files.items():
            write(new / name, content, 0o664 if shared else 0o444)
        if shared:
            new.chmod(0o2775)
    except OSError:
        remove(new)
        raise
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    remove(old)


def beside(folder: Path) -> tuple[Path, Path]:
    """Where the new folder is made and where the old one goes: beside it, under names that nbgrader's patterns pass over."""
    return folder.with_name(NEW.format(folder.name)), folder.with_name(OLD.format(folder.name))


def clean(folder: Path) -> None:
    """Remove what a crash left beside a folder; put the old one back where the new one had not come yet."""
    new, old = beside(folder)
    remove(new)
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    remove(old)


def write(path: Path, content: bytes, mode: int) -> None:
    """Write one file and wait until the disk has it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def remove(folder: Path) -> None:
    """Remove a folder, its read-only files too; nothing is done if there is none."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)

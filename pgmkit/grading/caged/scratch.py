"""Temporary folders of a grading run: private, and removed by a later run where one was killed before it could."""

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "pgmkit-grading-"
OURS = re.compile(rf"{PREFIX}(\d+)-\w+")


def scratch() -> Path:
    """A new empty folder; its name tells the process that made it."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def sweep() -> None:
    """Remove what processes of this user left that are no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        made_by = OURS.fullmatch(folder.name)
        with suppress(FileNotFoundError):  # other runs remove their own meanwhile
            if made_by and folder.lstat().st_uid == os.getuid() and not folder.is_symlink() and not Path(f"/proc/{made_by[1]}").exists():
                shutil.rmtree(folder, ignore_errors=True)

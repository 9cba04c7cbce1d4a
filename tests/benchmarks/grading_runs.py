"""Commands as an instructor types them, each in a course folder of its own."""

import subprocess
import sys
from pathlib import Path

from grading_class import environment
from grading_watch import Watched, watch


def run(command: list[str], folder: Path, **extra: str) -> Watched:
    """A Python module of this environment, watched to its end; the environment is extended.

    Raises:
        RuntimeError: if it fails.
    """
    watched = watch([sys.executable, "-m", *command], folder, environment(folder, **extra))
    if watched.status:
        raise RuntimeError(f"{' '.join(command)} ended with status {watched.status}:\n{watched.output[-4000:]}")
    return watched


def grade(folder: Path, ps: str, *options: str) -> Watched:
    """Our grading run."""
    return run(["pgmkit.course", "grade", ps, *options], folder)


def start(folder: Path, ps: str, *options: str) -> subprocess.Popen[bytes]:
    """Our grading run, left to itself."""
    with open(folder / "killed.log", "a") as log:
        command = [sys.executable, "-m", "pgmkit.course", "grade", ps, *options]
        return subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

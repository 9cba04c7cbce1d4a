"""A unit of work that needs no kernel and imports next to nothing, so that processes with it start at once."""

import json
import os
import signal
import time
from itertools import chain
from pathlib import Path

from pgmkit.grading.units import Graded

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
NAMES = ("check-add", "check-half")


def text_of(job):
    """The source of all cells that were handed in."""
    return "".join(chain.from_iterable(cell["source"] for cell in json.loads(job.notebook)["cells"])) if job.notebook else ""


def grade(job, settings):
    """Scores that depend on the student, the text and the seed; a text may ask for a mishap."""
    text = text_of(job)
    match text.split(":"):
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["die"] if not job.refused:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["die once", path] if not os.path.exists(path):
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case ["raise"] if not job.refused:
            raise RuntimeError("the grader has a fault")
    share = sum(map(ord, job.student + text.split(":")[0])) % 5 / 4
    scores = dict.fromkeys(NAMES, 0.0) if job.refused else {"check-add": 3.0 * share, "check-half": settings.seed % 9 / 4}
    mistakes = {} if share == 1 or job.refused else {"add": "adds one too many"}
    repairs = (*job.repairs, "a cell was put back") if text == "repair" else job.repairs
    untouched = ("add",) if share == 0 else ()
    return Graded(job.assignment, job.student, NOTEBOOK, scores, mistakes, repairs, job.refused, untouched)


def no_cage(job, settings):
    """A machine without a cage."""
    from pgmkit.grading.caged.cage import CageUnavailable

    raise CageUnavailable("the cage is broken")


def astray(job, settings):
    """A grader that never answers for one student, and cannot even refuse another."""
    if job.student == "ben" and not job.refused:
        time.sleep(60)
    if job.student == "cai":
        raise RuntimeError("always")
    return grade(job, settings)


def nothing(*_):
    """No warm parent for the fake grader."""

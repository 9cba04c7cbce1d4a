"""nbgrader's own ways to autograde, the command, the API and the formgrader's button, go through the grading run."""

import os
import time
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from traitlets import Bool, Float, Integer, Unicode, default

from pgmkit.grading.units import Settings

EVERY = 20
"""Submissions between two lines of progress in a log."""


class CagedAutograde(Autograde):
    """nbgrader's converter from submitted to autograded: student code runs in a cage, and the judge stays outside of it."""

    workers = Integer(help="Processes that grade at the same time; default: one for each core.").tag(config=True)
    scheduler = Unicode("", help="Address of a Dask scheduler that grades instead, for example tcp://host:8786.").tag(config=True)
    timeout = Float(
        Settings.timeout, help="Seconds for one cell and for one exercise; a submission as a whole gets five times as long."
    ).tag(config=True)
    memory = Integer(Settings.memory, help="Megabytes that a submission may take beyond the libraries.").tag(config=True)
    cage = Bool(
        Settings.cage, help="Whether bubblewrap keeps student code in. Without it, a submission can read and change your files."
    ).tag(config=True)

    @default("workers")
    def _workers_default(self) -> int:
        return os.cpu_count() or 1

    def start(self) -> None:
        """Grade the submissions that `coursedir` names.

        Raises:
            NbGraderException: where nbgrader's converter would raise it: nothing to grade, or something that could not be graded.
        """
        from pgmkit.grading.trouble import Trouble

        self.warn_of_what_is_ignored()
        self.run_pre_convert_hook()
        try:
            summary = self.grade()
        except Trouble as trouble:
            self.log.error("%s", trouble)
            raise NbGraderException(str(trouble)) from trouble
        for line in summary.lines():
            self.log.info("%s", line)
        if not summary.complete:
            raise NbGraderException(f"These submissions could not be graded: {', '.join(summary.failed)}")
        self.run_post_convert_hook()

    def grade(self, listener: Any = None, **more: Any) -> Any:
        """A grading run with this converter's options.

        Args:
            listener: who shows it; default: the log.
            more: fields of `Orders` that nbgrader has no option for.
        """
        from pgmkit.grading.run.classroom import Classroom, Orders
        from pgmkit.grading.run.register import open_book

        orders = {
            "assignment": self.coursedir.assignment_id,
            "students": (self.coursedir.student_id,),
            "without": tuple(filter(None, self.coursedir.student_id_exclude.split(","))),
            "force": self.force,
            "create": self.create_student,
        }
        options = {name: getattr(self, name) for name in ("workers", "scheduler", "timeout", "memory", "cage")}
        room = Classroom(
            self.coursedir,
            Orders(**orders | options | more),
            listener or Log(self.log),
            lambda assignment: open_book(self.coursedir, self.config, assignment),
        )
        return room.run()

    def warn_of_what_is_ignored(self) -> None:
        """Say so where an option of nbgrader's own converter has no meaning here."""
        if self.config.Execute.get("enabled", True) is False:
            self.log.warning("--no-execute is ignored: scores come from exams that the judge takes, never from what a notebook shows.")
        if self.coursedir.notebook_id not in ("*", self.coursedir.assignment_id):
            self.log.warning("--notebook is ignored: a problem set has one notebook, %s.", self.coursedir.assignment_id)


class Log:
    """Shows a run in nbgrader's log.

    Args:
        log: where.
    """

    def __init__(self, log: Any):
        self.log, self.total, self.done, self.began = log, 0, 0, time.monotonic()

    def start(self, total: int) -> None:
        """So many submissions are there."""
        self.total = total
        self.log.info("Grading %d submissions", total)

    def say(self, text: str) -> None:
        """A problem was met."""
        self.log.warning("%s", text)

    def step(self) -> None:
        """One more submission is done."""
        self.done += 1
        if self.done % EVERY == 0 or self.done == self.total:
            self.log.info("%d of %d done after %.0f seconds", self.done, self.total, time.monotonic() - self.began)


def install() -> None:
    """Put this converter where nbgrader's command and API look for theirs: they have no option for its class."""
    from nbgrader.apps import api, autogradeapp

    api.Autograde = autogradeapp.Autograde = CagedAutograde

"""All submissions of a problem set: who is still to be graded, who grades, and where the results go."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import nbformat
from nbgrader.coursedir import CourseDirectory

from pgmkit.grading.run import work
from pgmkit.grading.run.desk import Desk, Handed
from pgmkit.grading.run.gradebook import Book
from pgmkit.grading.run.records import Records, Run, course_fingerprint
from pgmkit.grading.run.register import points_of
from pgmkit.grading.run.summary import Summary
from pgmkit.grading.submission.collect import students
from pgmkit.grading.trouble import Trouble, explained, plain
from pgmkit.grading.units import Graded, Job, Settings


class Listener(Protocol):
    """Whoever shows how a run gets on."""

    def start(self, total: int) -> None:
        """So many submissions are there."""

    def say(self, text: str) -> None:
        """A problem was met."""

    def step(self) -> None:
        """One more submission is done."""


@dataclass(frozen=True)
class Orders:
    """What the instructor wants.

    Args:
        assignment: the problem set.
        students: ids or patterns; none: everybody.
        without: ids that are left out.
        force: grade again what is graded; for a whole class with a new secret seed.
        workers: processes.
        scheduler: address of a Dask scheduler; empty: this machine.
        timeout: seconds, see `Settings`.
        memory: megabytes, see `Settings`.
        cage: see `Settings`.
        seed: instead of the run's secret one.
        create: whether students whom the gradebook does not know are added to it.
    """

    assignment: str
    students: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    force: bool = False
    workers: int = 1
    scheduler: str = ""
    timeout: float = Settings.timeout
    memory: int = Settings.memory
    cage: bool = True
    seed: int | None = None
    create: bool = True


@dataclass(frozen=True)
class Work:
    """How submissions are graded: the course's way, or a test's.

    Args:
        grade: the unit of work.
        open: called once before processes are forked from this one.
        close: called in every process at its end.
        needed: modules that the work imports.
    """

    grade: work.Grade = work.grade_one
    open: Callable[[str, Settings], None] = work.open_sitting
    close: Callable[[], None] = work.close_sitting
    needed: tuple[str, ...] = ("pgmkit.grading.sitting",)


class Classroom:
    """A grading run.

    Args:
        coursedir: nbgrader's view of the course's folders.
        orders: what the instructor wants.
        listener: who shows it.
        open_book: opens the gradebook; it knows the problem set then.
        how: how submissions are graded.
    """

    def __init__(
        self, coursedir: CourseDirectory, orders: Orders, listener: Listener, open_book: Callable[[str], Book], how: Work | None = None
    ):
        self.coursedir, self.orders, self.listener, self.how = coursedir, orders, listener, how or Work()
        self.open_book = open_book
        self.root, self.assignment = Path(coursedir.root), orders.assignment
        self.submitted = self.root / coursedir.submitted_directory
        self.records = Records(self.root, self.assignment)
        self.under_way: dict[str, Handed] = {}

    def run(self) -> Summary:
        """Grade; what was graded stays, whatever happens later.

        Raises:
            Trouble: if the run cannot go on.
        """
        start = time.perf_counter()
        master = self.notebook(self.coursedir.source_directory, "build")
        release = self.notebook(self.coursedir.release_directory, "release")
        wanted = self.chosen()
        with explained("Grading", self.root), self.records.lock() as lock:
            book = self.open_book(self.assignment)
            self.summary = Summary(self.assignment, points_of(master))
            current, orders = self.the_run(wanted), self.orders
            self.desk = Desk(self.coursedir, self.assignment, self.records, book, (current.name, course_fingerprint(master)))
            settings = Settings(current.seed, orders.timeout, orders.memory, orders.cage, master, release)
            self.listener.start(len(wanted))
            self.grade(wanted, settings, lock)
        self.summary.seconds = time.perf_counter() - start
        return self.summary

    def notebook(self, step: str, made_by: str) -> str:
        """The problem set's notebook as the instructor's folder or the release has it; `made_by` is the command that makes it."""
        path = self.root / step / self.assignment / f"{self.assignment}.ipynb"
        if not path.is_file():
            there = sorted(found.parent.name for found in (self.root / step).glob("*/*.ipynb") if found.parent.name == found.stem)
            known = f"Problem sets with a notebook there: {', '.join(there) or 'none'}."
            raise Trouble(f"There is no {plain(str(path))}. {known} `python -m pgmkit.course {made_by}` makes them.")
        try:
            text = path.read_text(encoding="utf-8")
            nbformat.reads(text, as_version=4).cells  # noqa: B018 - a notebook has cells
        except Exception as error:  # whatever the damage happens to hit
            again = f"Make it again: python -m pgmkit.course {made_by}."
            raise Trouble(f"{plain(str(path))} is no notebook ({type(error).__name__}). {again}") from error
        return text

    def chosen(self) -> list[str]:
        """Whose submissions are graded."""
        names = students(self.submitted, self.assignment)
        if not names:
            raise Trouble(f"Nobody has handed in {self.assignment}: {plain(str(self.submitted))}/*/{self.assignment} is not there.")
        wanted: set[str] = set()
        for pattern in self.orders.students or ("*",):
            found = [name for name in names if name == pattern or fnmatchcase(name, pattern)]  # a folder may be called "*"
            if not found:
                near = get_close_matches(pattern, names, 1)
                hint = f" Did you mean {plain(near[0])}?" if near else ""
                raise Trouble(f"Nobody called {plain(pattern)!r} has handed in {self.assignment}; {len(names)} others have.{hint}")
            wanted.update(found)
        return [name for name in names if name in wanted and name not in self.orders.without]

    def the_run(self, wanted: list[str]) -> Run:
        """The seed that all share. Force for a whole class makes a new one; for some students it takes away their mark "done"."""
        everybody = not self.orders.students or self.orders.students == ("*",)
        if self.orders.force:
            for student in wanted:
                self.records.forget(student)
        if self.orders.seed is not None:
            return Run(self.orders.seed, f"seed {self.orders.seed}")
        return self.records.run(fresh=self.orders.force and everybody)

    def grade(self, wanted: list[str], settings: Settings, lock: int) -> None:
        """Hand out what is to be graded and keep what comes back; nothing is started if all is done."""
        jobs = self.jobs(wanted)
        first = next(jobs, None)
        if first is None:
            return
        with ExitStack() as stack:
            team = stack.enter_context(self.team(settings, min(self.orders.workers, len(wanted)), lock, stack))
            for outcome in team.outcomes(chain([first], jobs)):
                if outcome.graded is None:
                    self.summary.failed.append(outcome.job.student)
                    self.listener.say(f"{plain(outcome.job.student)} could not be graded, which is a fault of pgmkit: {outcome.failure}")
                else:
                    self.keep(self.under_way.pop(outcome.job.student), outcome.graded)
                self.listener.step()

    def jobs(self, wanted: list[str]) -> Iterator[Job]:
        """The jobs that are to be done. What an earlier run has done is counted on the way, and mended where a crash left a part."""
        for student in wanted:
            if reason := self.desk.unfit(student, create=self.orders.create):
                self.summary.left_out += 1
                self.listener.say(f"{plain(student)} was left out: {reason}")
                self.listener.step()
                continue
            handed = self.desk.take(student)
            record = self.desk.done(handed)
            if record is None:
                self.under_way[student] = handed
                yield handed.job
            else:
                self.summary.add(record.graded, fresh=False)
                self.listener.step()

    def keep(self, handed: Handed, graded: Graded) -> None:
        """Write what came of a submission, and say what was wrong with it."""
        self.desk.keep(handed.record(graded))
        self.summary.add(graded, fresh=True)
        if graded.refused:
            self.listener.say(f"{plain(graded.student)} was refused: {plain(graded.refused)}")
        if found := [*graded.repairs, *handed.notes]:
            more = f" And {len(found) - 1} more, on the feedback page." if len(found) > 1 else ""
            self.listener.say(f"{plain(graded.student)} was repaired: {plain(found[0])}{more}")

    def team(self, settings: Settings, workers: int, lock: int, stack: ExitStack) -> Any:
        """Who grades: a cluster, or processes of this machine."""
        if self.orders.scheduler:
            from pgmkit.grading.run.cluster import Cluster

            return Cluster(self.orders.scheduler, self.how.grade, settings)
        if settings.cage:
            self.check_cage()
        from pgmkit.grading.run.workers import Processes, may_fork

        if may_fork():
            self.how.open(self.assignment, settings)
            stack.callback(self.how.close)
        return Processes(workers, self.how.grade, settings, self.how.close, (lock,), self.how.needed)

    def check_cage(self) -> None:
        """Raise where there is no cage, before anything is graded."""
        from pgmkit.grading.caged.cage import probe

        if self.how.grade is work.grade_one and (why := probe()):
            raise Trouble(why)

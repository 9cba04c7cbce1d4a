"""One submission, from bytes to points: its cells run in a cage, and at each check the judge takes the exam from outside."""

import select
import socket
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from pgmkit.checks import PROBLEM_SETS
from pgmkit.checks.exam import Exam
from pgmkit.checks.judge import Verdict, observe_known
from pgmkit.checks.report import Report
from pgmkit.course.paths import Course
from pgmkit.grading.caged.parents import warm_parent
from pgmkit.grading.caged.session import KernelGone, Ran, Session, finish
from pgmkit.grading.caged.warm import FIRST
from pgmkit.grading.dialogue.remote import sit_exam, too_late
from pgmkit.grading.outcome import refused, reported
from pgmkit.grading.submission.clean import clean_markdown, clean_outputs, clean_stream, thin_out
from pgmkit.grading.submission.intake import Intake, notebook_of, take_in
from pgmkit.grading.submission.sources import imports_alone
from pgmkit.grading.units import Graded, Job, Settings

MOST_KERNELS = 4
"""A submission whose cells end their kernel gets a new one, without these cells, this often."""
GREETING = 8.0
"""Seconds in which a fork that is to answer has to say hello, and after it its kernel."""
PATIENCE = 5
"""A whole submission may take as long as this many cells."""


@lru_cache(maxsize=8)
def of_course(assignment: str, folder: str) -> NotebookNode:
    """The instructor's notebook (folder "solutions") or the students' (folder "assignments") of a problem set."""
    path = Course.here().root / folder / assignment / f"{assignment}.ipynb"
    if assignment not in PROBLEM_SETS or not path.is_file():
        raise ValueError(f"there is no problem set {assignment!r} with a notebook in {folder}/; known are {', '.join(PROBLEM_SETS)}.")
    return nbformat.read(path, as_version=4)


@lru_cache(maxsize=8)
def read(text: str) -> NotebookNode:
    """A notebook that came with the settings; all submissions of a run share it, and nothing changes it."""
    return nbformat.reads(text, as_version=4)


def notebooks(job: Job, settings: Settings) -> tuple[NotebookNode, NotebookNode]:
    """The instructor's notebook and the release: those that came with the settings, or those of this course."""
    if settings.master:
        return read(settings.master), read(settings.release)
    return of_course(job.assignment, "solutions"), of_course(job.assignment, "assignments")


@dataclass
class Sitting:
    """A submission while it is graded.

    Args:
        job: the submission.
        settings: limits and seed.
        exams: those of the problem set, by the grade id of their check.
        cells: what runs, in order.
        master: the instructor's notebook.
        imports: what the instructor's first cell imports, as code.
    """

    job: Job
    settings: Settings
    exams: dict[str, Exam]
    cells: list[NotebookNode]
    master: NotebookNode
    imports: str
    ran: dict[int, Ran] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    over: float = 0.0
    greeting: float = GREETING
    late: str = ""

    def grade_id(self, index: int) -> str:
        """The grade id of a check cell; empty for any other."""
        found = self.cells[index].metadata.get("nbgrader", {}).get("grade_id", "")
        return found if found in self.exams else ""

    def spent(self, phase: str, start: float) -> None:
        """Add the seconds since `start` to a phase."""
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - start

    @property
    def left(self) -> float:
        """Seconds that the submission still has."""
        return self.over - time.monotonic()

    async def sit(self) -> None:
        """Run all cells and take all exams; a cell that ends its kernel is left out in the next one."""
        warm = warm_parent(self.job.assignment, self.master)
        for _ in range(MOST_KERNELS):
            start = time.perf_counter()
            async with Session(warm, self.job, self.settings, len(self.exams)) as session:
                self.spent("start", start)
                self.over = self.over or time.monotonic() + PATIENCE * self.settings.timeout
                if await self.through(session) or len(self.verdicts) == len(self.exams) or self.left <= 0:
                    break
        self.give_up()

    async def through(self, session: Session) -> bool:
        """Go through the cells with one kernel, the instructor's imports first; False if it ended on the way."""
        try:
            await session.run(self.imports, self.settings.timeout, silent=True)
        except KernelGone:  # no fault of the student's: try another kernel
            return False
        for index, cell in enumerate(self.cells):
            if cell.cell_type != "code" or index in self.skipped:
                continue
            try:
                await (self.exam if self.grade_id(index) else self.cell)(session, index)
            except KernelGone as gone:
                self.skipped[index] = str(gone)
                self.tell(index, f"{gone}; the rest was run again in a new kernel without it")
                return False
        return True

    def tell(self, index: int, what: str) -> None:
        """Say what was wrong with a cell."""
        name = self.grade_id(index)
        where = f"The exercise {self.exams[name].name}" if name else f"Cell {index + 1}"
        self.note(f"{where} was stopped: {what}.")

    def note(self, repair: str) -> None:
        """Add a repair, once: a new kernel runs the cells again."""
        if repair not in self.repairs:
            self.repairs.append(repair)

    async def cell(self, session: Session, index: int) -> None:
        """Run a cell that is not graded."""
        start = time.perf_counter()
        if self.left <= 0:
            return self.leave_out(index)
        ran = self.ran[index] = await session.run(self.cells[index].source, min(self.settings.timeout, self.left))
        self.spent("cells", start)
        if ran.stopped:
            self.skipped[index] = ran.stopped  # in the next kernel it would be stopped again
            self.tell(index, ran.stopped)
        elif ran.failed and (alone := imports_alone(self.cells[index].source)):
            await session.run(alone, self.settings.timeout, silent=True)
            self.note(f"Cell {index + 1} stopped with an error; its imports were run one by one.")

    def leave_out(self, index: int) -> None:
        """Leave out a cell because the submission's time is up; this is said once."""
        if not self.late:
            self.late = f"the whole notebook took more than {PATIENCE * self.settings.timeout:.0f} seconds"
            self.repairs.append(f"Cell {index + 1} and those below it did not run: {self.late}.")
        self.skipped[index] = self.late

    async def exam(self, session: Session, index: int) -> None:
        """Take an exam: the kernel forks, and the fork answers the judge."""
        name = self.grade_id(index)
        if name in self.verdicts:
            return
        start = time.perf_counter()
        exam, number = self.exams[name], list(self.exams).index(name)
        code = f"__import__('pgmkit.grading.dialogue.answering', fromlist=['sit']).sit({exam.name!r}, {FIRST + number})"
        ran = await session.run(code, self.settings.timeout, silent=True)
        observe_known(exam, exam.reference, self.settings.seed)  # on the judge's time, not on the answer's
        limit = max(1.0, min(self.settings.timeout, self.left))
        connection = session.sockets[number] if self.greeted(session.sockets[number]) else None
        self.verdicts[name], self.printed[name] = sit_exam(exam, connection, self.settings.seed, time.monotonic() + limit)
        self.verdicts[name] = too_late(self.verdicts[name], self.late)
        session.sockets[number].close()
        self.spent("exams", start)
        if ran.stopped:
            self.tell(index, ran.stopped)
        await session.run("pass", GREETING, silent=True)  # an answer may have killed its kernel: then it is this exercise that did it

    def greeted(self, connection: socket.socket) -> bool:
        """Whether the fork says hello; where one did not, nobody waits as long for the next."""
        heard = bool(select.select([connection], [], [], self.greeting)[0])
        self.greeting = GREETING if heard else GREETING / 5
        return heard

    def give_up(self) -> None:
        """Exams that could not be taken: the answer never came."""
        for name, exam in self.exams.items():
            if name not in self.verdicts:
                self.verdicts[name], self.printed[name] = sit_exam(exam, None, self.settings.seed, 0.0)

    def outputs(self, index: int) -> list[NotebookNode]:
        """What stands under a cell in the graded notebook."""
        if name := self.grade_id(index):
            report = Report(self.exams[name].name, self.verdicts[name], self.exams[name].hints, clean_stream(self.printed[name]))
            return reported(report)
        shown = clean_outputs(self.ran[index].outputs) if index in self.ran else []
        if index in self.skipped:
            shown.append(new_output("stream", name="stderr", text=f"The grading run stopped this cell: {self.skipped[index]}.\n"))
        return shown


def grade_one(job: Job, settings: Settings) -> Graded:
    """Grade a submission. Whatever a student did ends in points or in a stated reason, never in an exception.

    Args:
        job: the submission.
        settings: seed and limits.

    Raises:
        CageUnavailable: if this machine cannot keep a student's code in.
        ValueError: if the course has no such problem set.
    """
    start = time.perf_counter()
    master, release = notebooks(job, settings)
    exams = {f"check-{exam.name}": exam for exam in PROBLEM_SETS[job.assignment]}
    intake = take_in(job, master, release)
    if intake.refused:
        return refused(job, release, exams, intake)
    sitting = Sitting(job, settings, exams, intake.cells, master, intake.imports, repairs=list(intake.repairs))
    sitting.spent("intake", start)
    finish(sitting.sit())
    graded = written(sitting, intake)
    return replace(graded, seconds={**sitting.seconds, "total": time.perf_counter() - start})


def written(sitting: Sitting, intake: Intake) -> Graded:
    """The record of a submission that was graded."""
    for index, cell in enumerate(sitting.cells):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = sitting.outputs(index), None
        else:
            cell.source = clean_markdown(cell.source)
    thin_out(sitting.cells)
    verdicts = sitting.verdicts
    return Graded(
        sitting.job.assignment,
        sitting.job.student,
        nbformat.writes(notebook_of(intake, sitting.master), version=4),
        {name: verdict.score for name, verdict in verdicts.items()},
        {sitting.exams[name].name: v.diagnosis.title for name, v in verdicts.items() if v.diagnosis is not None},
        tuple(sitting.repairs),
        untouched=intake.untouched,
    )

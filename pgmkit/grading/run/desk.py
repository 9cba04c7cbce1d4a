"""What is done with one submission outside of grading it: taken in, compared with what is remembered, and written down."""

import hashlib
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from pgmkit.grading.run import autograded
from pgmkit.grading.run.gradebook import Book
from pgmkit.grading.run.records import BESIDE, Record, Records
from pgmkit.grading.submission.collect import Refused, collect, fingerprint, opened, read
from pgmkit.grading.units import Graded, Job

LARGEST, LONGEST_ID = 1000, 128
WILD = re.compile(r"[*?\n\r]|\[.+\]", re.DOTALL)
"""What in a student's name would make nbgrader's commands mix up students, write no feedback, or stop for all of them."""


@dataclass(frozen=True)
class Handed:
    """What a student handed in, and what it is compared by.

    Args:
        job: the submission.
        beside: nbgrader's files beside it, name to text.
        marks: names of the run, of the course's state and of the submission's content.
        notes: what was wrong with nbgrader's files.
    """

    job: Job
    beside: dict[str, str]
    marks: tuple[str, str, str]
    notes: tuple[str, ...] = ()

    def record(self, graded: Graded) -> Record:
        """What is remembered once it is graded."""
        run, course, submission = self.marks
        return Record(graded, run, submission, course, self.beside)


class Desk:
    """The only place that writes results.

    Args:
        coursedir: nbgrader's view of the course's folders.
        assignment: the problem set.
        records: what is remembered.
        book: the gradebook.
        marks: names of the run and of the course's state.
    """

    def __init__(self, coursedir: CourseDirectory, assignment: str, records: Records, book: Book, marks: tuple[str, str]):
        self.assignment, self.records, self.book, self.marks = assignment, records, book, marks
        self.submitted = Path(coursedir.root) / coursedir.submitted_directory
        self.autograded = Path(coursedir.root) / coursedir.autograded_directory
        self.shared = coursedir.groupshared
        self.scores, self.known = book.scores(assignment), book.names()

    def unfit(self, student: str, *, create: bool) -> str:
        """Why a folder's name cannot be a student of the gradebook; empty if it can."""
        try:
            student.encode()
        except UnicodeEncodeError:
            return "the name of the folder is not valid UTF-8. Rename it to the student's id."
        if WILD.search(student):
            return "the name of the folder holds *, ?, [...] or a line break, which nbgrader takes for a pattern. Rename it to the id."
        if len(student) > LONGEST_ID:
            return f"the name of the folder is longer than the {LONGEST_ID} characters of a gradebook's id. Rename it."
        if not create and student not in self.known:
            return "the gradebook knows no such student, and this course's configuration says not to add any (create_student)."
        return ""

    def take(self, student: str) -> Handed:
        """Read what a student handed in."""
        job = collect(self.submitted, self.assignment, student)
        beside, notes = self.beside(student)
        if "timestamp.txt" in beside and when(beside["timestamp.txt"]) is None:
            del beside["timestamp.txt"]
            notes += ("timestamp.txt holds no date, so nothing is known about lateness.",)
        content = hashlib.sha256(f"{fingerprint(job)} {sorted(beside.items())}".encode()).hexdigest()
        return Handed(job, beside, (*self.marks, content), notes)

    def beside(self, student: str) -> tuple[dict[str, str], tuple[str, ...]]:
        """nbgrader's own small files beside a submission; a link, a device or a large file is none."""
        found: dict[str, str] = {}
        notes: list[str] = []
        with suppress(Refused), opened(str(self.submitted), None) as root, opened(student, root) as own, opened(self.assignment, own) as at:
            for name in BESIDE:
                try:
                    found[name] = read(name, at, LARGEST).decode().strip()
                except UnicodeDecodeError:
                    notes.append(f"{name} is no text and was ignored.")
                except Refused as refusal:
                    if "not there" not in str(refusal):
                        notes.append(f"{refusal} It was ignored.")
        return {name: text for name, text in found.items() if text}, tuple(notes)

    def done(self, handed: Handed) -> Record | None:
        """What an earlier run made of the same submission; where a part of it is missing now, it is written again, not graded again."""
        student = handed.job.student
        record = self.records.read(student)
        if record is None or record.graded.student != student or (record.run, record.course, record.submission) != handed.marks:
            return None
        notebook = self.autograded / student / self.assignment / f"{self.assignment}.ipynb"
        if self.scores.get(student) != record.graded.scores or not notebook.is_file():
            self.keep(record)
        return record

    def keep(self, record: Record) -> None:
        """Write what came of a submission. Each step may be repeated, and the record comes last: a crash costs one repetition."""
        graded = record.graded
        self.book.save(graded, when(record.beside.get("timestamp.txt", "")))
        files = {f"{self.assignment}.ipynb": graded.notebook, **record.beside}
        folder = self.autograded / graded.student / self.assignment
        autograded.put(folder, {name: text.encode() for name, text in files.items()}, shared=self.shared)
        self.records.write(record)


def when(text: str) -> datetime | None:
    """The time, in UTC, that nbgrader's timestamp says; None if it says none."""
    with warnings.catch_warnings(), suppress(ValueError, OverflowError, TypeError, AttributeError, ArithmeticError):
        warnings.simplefilter("ignore")
        return parse_utc(text) if text else None
    return None

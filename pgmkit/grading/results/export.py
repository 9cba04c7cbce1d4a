"""Grades as tables that spreadsheets, Canvas and Moodle read, and in which no cell is a formula."""

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pgmkit.course.paths import Course
from pgmkit.grading.results.marks import Mark, grade_ids, marks
from pgmkit.grading.run.records import Records
from pgmkit.grading.run.summary import exercise
from pgmkit.grading.trouble import Trouble, explained
from pgmkit.grading.units import Graded

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
FORMULA = re.compile("(^|[;\t\r\n])(?=[\\s'\"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
Row = list[str]


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    An apostrophe goes before what starts like a formula: =, +, -, @ and their wide forms, also after blanks and quotes, and after what
    other settings take for the end of a cell (semicolon, tab, new line). A cell that starts with a tab or a new line gets one too. Plain
    numbers stay as they are, signs included, so that ids such as -7 keep their form; control characters go.
    """
    plain = CONTROL.sub("", text)
    if NUMBER.fullmatch(plain):
        return plain
    safe = FORMULA.sub(r"\1'", plain)
    return f"'{safe}" if safe[:1] in ("\t", "\r", "\n") else safe


def number(value: float) -> str:
    """Points with at most four decimals and a point between: 2.0 as "2", 1.25 as "1.25"."""
    return f"{round(value, 4) + 0.0:.12g}"


@dataclass(frozen=True)
class Sheet:
    """Everything that a format chooses from.

    Args:
        assignment: the problem set.
        exercises: points by grade id, in the notebook's order.
        marks: all students of the gradebook.
        records: what the grading run said, by student.
    """

    assignment: str
    exercises: dict[str, float]
    marks: list[Mark]
    records: dict[str, Graded]

    @property
    def most(self) -> float:
        """The points of the problem set, bonuses included."""
        return sum(self.exercises.values())

    def refused(self, mark: Mark) -> str:
        """Why a submission was not graded; empty if it was."""
        return self.records[mark.student].refused if mark.student in self.records else ""

    def repaired(self, mark: Mark) -> str:
        """What was repaired, in one line."""
        return " ".join(self.records[mark.student].repairs) if mark.student in self.records else ""


def csv_rows(sheet: Sheet) -> Iterator[Row]:
    """One row for each student, with everything: for spreadsheets and scripts.

    Who handed nothing in has "no" under `submitted` and a total of 0, as in nbgrader's own export, so that a mean over the column counts
    them; the cells of the exercises stay empty.
    """
    names = [exercise(grade_id) for grade_id in sheet.exercises]
    yield ["id", "first_name", "last_name", "email", "submitted", "total", "max", "late_penalty", *names, "repaired", "refused"]
    for mark in sheet.marks:
        earned = (mark.exercises.get(grade_id) for grade_id in sheet.exercises)
        yield [
            *(guarded(text) for text in (mark.student, mark.first_name, mark.last_name, mark.email)),
            "yes" if mark.submitted else "no",
            *(number(value) for value in (mark.total, sheet.most, mark.penalty)),
            *(number(one.score) if one is not None else "" for one in earned),
            *(guarded(text) for text in (sheet.repaired(mark), sheet.refused(mark))),
        ]


def canvas_rows(sheet: Sheet) -> Iterator[Row]:
    """Canvas's gradebook: *Grades*, *Import*.

    The five columns before the grade are the ones that Canvas wants, in its order; the row below them, "Points Possible", gives the points
    of an assignment that does not exist yet. Canvas finds a student by ID (the gradebook's `lms_user_id`), then by the two SIS ids, then
    by name; our id stands as SIS Login ID. Who handed nothing in has an empty cell: Canvas then leaves "missing" to its own rules,
    while a 0 would be a grade.
    """
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", guarded(sheet.assignment)]
    yield ["    Points Possible", "", "", "", "", number(sheet.most)]
    for mark in sheet.marks:
        name = ", ".join(part for part in (mark.last_name, mark.first_name) if part) or mark.student
        name = name.replace("Points Possible", "Points possible")  # Canvas would take the row for the one above
        row = [guarded(text) for text in (name, mark.lms_id, "", mark.student, "")]
        yield [*row, number(mark.total) if mark.submitted else ""]


def moodle_rows(sheet: Sheet) -> Iterator[Row]:
    """Moodle's gradebook: *Grades*, *Import*, *CSV file*, encoding UTF-8, separator comma.

    Map from "Username" (our id), "ID number" (the gradebook's `lms_user_id`) or "Email address", then the grade and "Feedback comments"
    to the grade item. Who handed nothing in has an empty cell: Moodle then sets no grade, while a 0 would be one.
    """
    yield ["Username", "ID number", "First name", "Last name", "Email address", guarded(sheet.assignment), "Feedback comments"]
    for mark in sheet.marks:
        known = (mark.student, mark.lms_id, mark.first_name, mark.last_name, mark.email)
        yield [*(guarded(text) for text in known), number(mark.total) if mark.submitted else "", guarded(comment(sheet, mark))]


def comment(sheet: Sheet, mark: Mark) -> str:
    """What a student reads beside the grade: penalty, refusal, repairs, and what cost points."""
    if not mark.submitted:
        return ""
    said = [f"Handed in late: {number(mark.penalty)} points less."] if mark.penalty else []
    said += [f"Not graded: {sheet.refused(mark)}"] if sheet.refused(mark) else []
    said += [f"Repaired: {sheet.repaired(mark)}"] if sheet.repaired(mark) else []
    mistakes = sheet.records[mark.student].mistakes if mark.student in sheet.records else {}
    return "\n".join([*said, *(f"{name}: {title}." for name, title in mistakes.items())])


@dataclass(frozen=True)
class Format:
    """A kind of table: what its rows are, and how its text is encoded."""

    rows: Callable[[Sheet], Iterator[Row]]
    encoding: str


FORMATS = {
    "csv": Format(csv_rows, "utf-8-sig"),  # the mark at the beginning tells Excel that this is UTF-8
    "canvas": Format(canvas_rows, "utf-8"),
    "moodle": Format(moodle_rows, "utf-8"),
}


def written(rows: Iterator[Row]) -> str:
    """Rows as CSV: quoted where they must be, lines ended as RFC 4180 says."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, and nobody sees half of it."""
    with explained("Writing", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise


def export(course: Course, assignment: str, to: str, output: Path | None = None) -> Path:
    """Write the grades of a problem set; returns the file.

    Args:
        course: the course directory.
        assignment: the problem set.
        to: one of `FORMATS`.
        output: the file; default: reports/<set>.csv, or reports/<set>-<format>.csv.
    """
    if to not in FORMATS:
        raise Trouble(f"--to wants one of {', '.join(FORMATS)}; got {to!r}.")
    records = {record.graded.student: record.graded for record in Records(course.root, assignment).all()}
    sheet = Sheet(assignment, grade_ids(course, assignment), marks(course, assignment), records)
    path = output or course.root / "reports" / (f"{assignment}.csv" if to == "csv" else f"{assignment}-{to}.csv")
    write_whole(path, written(FORMATS[to].rows(sheet)).encode(FORMATS[to].encoding))
    return path

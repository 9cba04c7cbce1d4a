"""The gradebook: nbgrader's own, with one writer, and one transaction for each student."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from pgmkit.grading.trouble import Trouble, plain
from pgmkit.grading.units import Graded

PATIENCE = 30
"""Seconds that we wait while somebody else, a formgrader for example, writes."""
UNTOUCHED = "No response."
"""nbgrader's own comment on a cell that is as it was released."""
ADVICE = {
    "readonly": "It is read-only. Make it and its folder writable (chmod u+w), then grade again.",
    "unable to open": "It cannot be opened. Make it and its folder readable and writable, then grade again.",
    "locked": "Another program is writing to it. Close it, then run the command again: it goes on where it stopped.",
    "full": "The disk is full. Make room, then run the command again: it goes on where it stopped.",
    "malformed": "It is damaged. Put a backup in its place, or move it away; then run the command again: all scores are written "
    "from the records without grading, only what was graded by hand is in the backup alone.",
    "no such": "It was made by another nbgrader. Back it up, then run `nbgrader db upgrade`.",
}
Cells = set[tuple[str, str, float]]
"""What a gradebook keeps of a problem set's cells: what for, the cell's name, its points."""
ADVICE["not a database"] = ADVICE["malformed"]


class Held(Session):
    """A session whose commits wait: nbgrader's functions commit after every step; a student's grades come whole or not at all."""

    def commit(self) -> None:
        """Nothing yet; see `finish`."""

    def finish(self) -> None:
        """Commit all that was done."""
        super().commit()


class Book(Gradebook):
    """nbgrader's gradebook for one grading run.

    Args:
        url: where the database is.
        course: nbgrader's name of the course.
        late: nbgrader's step for late submissions, as the course configures it.
    """

    def __init__(self, url: str, course: str, late: AssignLatePenalties):
        self.url, self.late = make_url(url), late
        late.init_plugin()
        with explained(self.url.database or url):
            self.look()
            patient = self.url.update_query_dict({"timeout": str(PATIENCE)}) if self.is_file else self.url
            super().__init__(patient.render_as_string(hide_password=False), course)
            self.db.remove()
            self.db = scoped_session(sessionmaker(class_=Held, bind=self.engine))
            self.check_whole()

    @property
    def is_file(self) -> bool:
        """Whether the database is one file (SQLite), nbgrader's default."""
        return self.url.get_backend_name() == "sqlite" and bool(self.url.database)

    def look(self) -> None:
        """Raise where the file may not be written, also for those whom the system lets write everywhere."""
        path = Path(self.url.database or "")
        if self.is_file and path.is_file() and not path.stat().st_mode & 0o222:
            raise Trouble(f"The gradebook {path} cannot be written. {ADVICE['readonly']}")

    def check_whole(self) -> None:
        """Raise where the file is damaged: better before the class is graded than after."""
        if self.is_file:
            found = self.db.connection().exec_driver_sql("PRAGMA quick_check(1)").scalar()
            self.close()
            if found != "ok":
                raise Trouble(f"The gradebook {self.url.database} cannot be used. {ADVICE['malformed']}")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """All that is done inside, or nothing of it. The connection is closed behind it, so that no fork inherits one."""
        with explained(self.url.database or ""):
            try:
                if self.is_file:
                    self.db.connection().exec_driver_sql("BEGIN IMMEDIATE")
                yield self.db()
                self.db().finish()
            finally:
                self.close()

    def cells(self, assignment: str) -> Cells:
        """The cells of a problem set that the gradebook keeps; none if it does not know the set."""
        with explained(self.url.database or ""):
            try:
                notebook = self.find_notebook(assignment, assignment)
                graded = {("grade", cell.name, cell.max_score) for cell in notebook.grade_cells}
                solutions = {("solution", cell.name, 0.0) for cell in notebook.solution_cells}
                return graded | solutions | {("source", cell.name, 0.0) for cell in notebook.source_cells}
            except MissingEntry:
                return set()
            finally:
                self.close()

    def names(self) -> set[str]:
        """The students that the gradebook knows."""
        with explained(self.url.database or ""):
            found = {name for (name,) in self.db.query(Student.id)}
            self.close()
        return found

    def scores(self, assignment: str) -> dict[str, dict[str, float]]:
        """What the gradebook holds of a problem set: student to grade id to the score that the grading run gave."""
        found: dict[str, dict[str, float]] = {}
        query = (
            self.db.query(SubmittedAssignment.student_id, BaseCell.name, Grade.auto_score)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(Assignment.name == assignment, Notebook.name == assignment, Grade.auto_score.is_not(None))
        )
        with explained(self.url.database or ""):
            for student, cell, score in query:
                found.setdefault(student, {})[cell] = score
            self.close()
        return found

    def save(self, graded: Graded, handed_in: datetime | None) -> None:
        """Write what came of one submission; what people graded by hand stays.

        Args:
            graded: scores and untouched cells.
            handed_in: when, in UTC; None if unknown.
        """
        with self.transaction() as session:
            self.update_or_create_student(graded.student)
            session.flush()
            when = {} if handed_in is None else {"timestamp": handed_in}
            with session.no_autoflush:
                submission = self.update_or_create_submission(graded.assignment, graded.student, **when)
            session.flush()
            for notebook in submission.notebooks:
                mark(notebook, graded)
            session.flush()
            session.expire_all()
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = self.penalty(submission, notebook)

    def penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> float | None:
        """Points that come off because the submission is late, by the course's plugin for nbgrader; None if none do."""
        late = submission.total_seconds_late if submission.assignment.duedate else 0
        if late <= 0:
            return None
        try:
            penalty = self.late.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
        except Exception as error:
            raise Trouble(f"The plugin for late submissions failed: {type(error).__name__}: {plain(str(error))}. Mend it.") from error
        return None if penalty is None else self.late._check_late_penalty(notebook, penalty)


def mark(notebook: SubmittedNotebook, graded: Graded) -> None:
    """Scores and comments of one notebook, by the rules of nbgrader's SaveAutoGrades; a notebook that nobody handed in earns nothing."""
    missing = notebook.name != graded.assignment
    nothing = dict.fromkeys(graded.untouched, 0.0)
    for grade in notebook.grades:
        score = 0.0 if missing or graded.refused else (nothing | graded.scores).get(grade.name)
        grade.auto_score = score
        grade.needs_manual_grade = grade.manual_score is not None or score is None
    for comment in notebook.comments:
        comment.auto_comment = UNTOUCHED if not missing and comment.name in graded.untouched else None


@contextmanager
def explained(path: str) -> Iterator[None]:
    """What the database refuses becomes one line: what is wrong and what to do."""
    quiet = logging.getLogger("tornado.application")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        yield
    except (SQLAlchemyError, InvalidEntry) as error:
        said = str(getattr(error, "orig", None) or error)
        advice = next((text for key, text in ADVICE.items() if key in said), "Run the command again when that is mended.")
        raise Trouble(f"The gradebook {path} failed: {plain(said, 120)}. {advice}") from error
    finally:
        quiet.setLevel(level)

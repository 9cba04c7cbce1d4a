"""What the gradebook says about a problem set, as plain data: manual grades, extra credit and late penalties included."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, Comment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.orm import selectinload

from pgmkit.course.configured import configuration
from pgmkit.course.paths import Course
from pgmkit.grading.run.register import points_of
from pgmkit.grading.trouble import Trouble


@dataclass(frozen=True)
class Earned:
    """One exercise in the gradebook.

    Args:
        score: what counts, extra credit included.
        most: the points of the exercise.
        extra: extra credit that somebody gave.
        by_hand: whether a manual score stands in place of the judge's.
    """

    score: float
    most: float
    extra: float = 0.0
    by_hand: bool = False


@dataclass(frozen=True)
class Mark:
    """One student and one problem set.

    Args:
        student: the id; the folder's name in `submitted/`.
        first_name: may be empty, like the next three.
        last_name: see `first_name`.
        email: see `first_name`.
        lms_id: the number that a learning platform gave the student.
        submitted: whether the gradebook holds a submission.
        penalty: points lost for lateness.
        exercises: by grade id.
        comments: a grader's comments by grade id.
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""
    submitted: bool = False
    penalty: float = 0.0
    exercises: dict[str, Earned] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> float:
        """Points before the late penalty."""
        return sum(earned.score for earned in self.exercises.values())

    @property
    def total(self) -> float:
        """Points after the late penalty, never negative; the same rule as in nbgrader's own export."""
        return max(0.0, self.raw - self.penalty)

    @property
    def most(self) -> float:
        """The points of all exercises, bonuses included."""
        return sum(earned.most for earned in self.exercises.values())

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()


@contextmanager
def opened(db_url: str, course_id: str) -> Iterator[Gradebook]:
    """nbgrader's gradebook; one that does not exist is an error here, because nbgrader would make an empty one."""
    if db_url.startswith("sqlite:///") and not Path(db_url.removeprefix("sqlite:///")).is_file():
        raise Trouble("there is no gradebook yet: grade first, with `python -m pgmkit.course grade`.")
    gradebook = Gradebook(db_url, course_id)
    try:
        yield gradebook
    finally:
        gradebook.close()
        gradebook.engine.dispose()


def of_submission(submission: SubmittedAssignment) -> Mark:
    """The mark of a submission."""
    exercises, comments = {}, {}
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            by_hand = grade.manual_score is not None
            exercises[grade.name] = Earned(grade.score or 0.0, grade.max_score or 0.0, grade.extra_credit or 0.0, by_hand)
        comments |= {comment.name: comment.comment for comment in notebook.comments if comment.comment}
    known = of_student(submission.student)
    penalty = submission.late_submission_penalty or 0.0
    return Mark(known.student, known.first_name, known.last_name, known.email, known.lms_id, True, penalty, exercises, comments)


def of_student(student: Student) -> Mark:
    """The mark of a student who handed nothing in."""
    known = (student.first_name, student.last_name, student.email, student.lms_user_id)
    return Mark(student.id, *(text or "" for text in known))


def read(gradebook: Gradebook, assignment: str, student: str = "") -> list[Mark]:
    """The marks of a problem set: one student's, or those of all students of the gradebook, ordered by id."""
    query = gradebook.db.query(SubmittedAssignment).join(Assignment).filter(Assignment.name == assignment)
    parts = selectinload(SubmittedAssignment.notebooks)
    query = query.options(
        parts.selectinload(SubmittedNotebook.grades).selectinload(Grade.cell),
        parts.selectinload(SubmittedNotebook.comments).selectinload(Comment.cell),
        selectinload(SubmittedAssignment.student),
    )
    handed_in = {
        mark.student: mark for mark in map(of_submission, query.filter(SubmittedAssignment.student_id == student) if student else query)
    }
    if student:
        return list(handed_in.values())
    return sorted(({s.id: of_student(s) for s in gradebook.students} | handed_in).values(), key=lambda mark: mark.student)


def marks(course: Course, assignment: str) -> list[Mark]:
    """The marks of all students of the gradebook; fails if the gradebook does not know the problem set."""
    directory = CourseDirectory(config=configuration(course))
    with opened(directory.db_url, directory.course_id) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry as error:
            raise Trouble(f"the gradebook does not know {assignment}: grade it first.") from error
        return read(gradebook, assignment)


def grade_ids(course: Course, assignment: str) -> dict[str, float]:
    """The graded cells of the instructor's notebook, in its order, and their points."""
    path = course.root / "solutions" / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        raise Trouble(f"there is no problem set {assignment}: {course.relative(path)} does not exist.")
    return points_of(path.read_text(encoding="utf-8"))

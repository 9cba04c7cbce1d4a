"""The gradebook is opened for a run: it knows the problem set as the instructor's notebook has it, or is told about it."""

import copy
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import capture_log, is_grade, is_locked, is_solution
from sqlalchemy.engine import make_url
from traitlets.config import Config

from pgmkit.course.configured import programs_found
from pgmkit.grading.run.gradebook import Book, Cells, explained
from pgmkit.grading.run.records import Records
from pgmkit.grading.trouble import Trouble, plain


def open_book(coursedir: CourseDirectory, config: Config, assignment: str) -> Book:
    """The gradebook, ready for the scores of a problem set.

    Args:
        coursedir: nbgrader's view of the course's folders.
        config: the course's configuration.
        assignment: the problem set.
    """
    source = Path(coursedir.root) / coursedir.source_directory / assignment
    wanted = marked_cells(source / f"{assignment}.ipynb")
    with programs_found():
        make(coursedir, Records(Path(coursedir.root), assignment).folder)
        book = Book(coursedir.db_url, coursedir.course_id, AssignLatePenalties(config=config))
    if book.cells(assignment) != wanted:
        log = generate(coursedir, config, source)
        if book.cells(assignment) != wanted:
            raise Trouble(difference(assignment, book.cells(assignment), wanted, log))
    return book


def make(coursedir: CourseDirectory, folder: Path) -> None:
    """Make the gradebook's file if there is none: elsewhere, so that a crash leaves no half of it."""
    url = make_url(coursedir.db_url)
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / "gradebook.part"
    part.unlink(missing_ok=True)
    with explained(url.database):
        Gradebook(f"sqlite:///{part}", coursedir.course_id).close()
    with suppress(FileExistsError):  # somebody who grades another problem set was faster
        os.link(part, url.database)
    part.unlink()


def marked_cells(notebook: Path) -> Cells:
    """The cells that a gradebook keeps, as an instructor's notebook has them."""
    cells = [cell for cell in nbformat.read(notebook, as_version=4).cells if "nbgrader" in cell.metadata]
    name = {id(cell): cell.metadata.nbgrader.grade_id for cell in cells}
    graded = {("grade", name[id(cell)], float(cell.metadata.nbgrader.points)) for cell in cells if is_grade(cell)}
    solutions = {("solution", name[id(cell)], 0.0) for cell in cells if is_solution(cell)}
    sources = {("source", name[id(cell)], 0.0) for cell in cells if is_grade(cell) or is_solution(cell) or is_locked(cell)}
    return graded | solutions | sources


def points_of(notebook: str) -> dict[str, float]:
    """Points by grade id, in the order of an instructor's notebook."""
    cells = nbformat.reads(notebook, as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: float(cell.metadata.nbgrader.points) for cell in cells if is_grade(cell)}


def generate(coursedir: CourseDirectory, config: Config, source: Path) -> str:
    """Let nbgrader put a problem set into the gradebook. The release that it writes goes to a folder of its own; returns its log."""
    with tempfile.TemporaryDirectory() as folder, programs_found():
        shutil.copytree(source, Path(folder) / coursedir.source_directory / source.name)
        apart = copy.deepcopy(config)
        apart.CourseDirectory.root = folder
        apart.CourseDirectory.db_url = coursedir.db_url
        apart.CourseDirectory.assignment_id = source.name
        apart.CourseDirectory.student_id = "."
        apart.GenerateAssignment.force = True
        converter = GenerateAssignment(coursedir=CourseDirectory(config=apart), config=apart)
        return capture_log(converter).get("log", "")


def difference(assignment: str, there: Cells, wanted: Cells, log: str) -> str:
    """What to do where a gradebook has submissions of a problem set that has other exercises now."""
    if not there:
        return f"nbgrader could not put {assignment} into the gradebook: {plain(log, 500)}"
    more, less = ({name for kind, name, _ in cells if kind != "source"} for cells in (wanted - there, there - wanted))
    changes = ", ".join([*(f"new {name}" for name in sorted(more - less)), *(f"gone {name}" for name in sorted(less - more))])
    return (
        f"The gradebook holds submissions of {assignment} with other exercises ({plain(changes) or 'other cells'}). Grade with the old version "
        f"of the problem set, or take its submissions out (nbgrader db assignment remove {assignment} --force) and grade all again."
    )

"""Feedback pages: nbgrader's own command, its formgrader's button and ours write them through one exporter."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from secrets import token_hex
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import is_grade, is_solution, is_task
from traitlets import default

from pgmkit.course.configured import configuration
from pgmkit.course.paths import Course
from pgmkit.grading.results.marks import Earned, Mark, opened, read
from pgmkit.grading.results.pages import page
from pgmkit.grading.results.safe import code, outputs, prose, report
from pgmkit.grading.run.gradebook import UNTOUCHED
from pgmkit.grading.run.records import BESIDE, Records
from pgmkit.grading.run.summary import exercise
from pgmkit.grading.trouble import Trouble
from pgmkit.grading.units import Graded

KEPT = set(BESIDE)
"""What nbgrader needs beside a feedback page to hand it back through the exchange."""


@dataclass
class Part:
    """A section of the page: an exercise, or what stands after the last one.

    Args:
        number: its place; the anchor is made of it.
        name: the exercise.
        earned: its points; None where nothing is graded.
        verdict: one line for the table.
        comments: what graders wrote, as HTML.
        cells: what is shown, in order.
    """

    number: int
    name: str = ""
    earned: Earned | None = None
    verdict: str = ""
    comments: list[Markup] = field(default_factory=list)
    cells: list[Markup] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether no point is missing."""
        return self.earned is not None and self.earned.score >= self.earned.most

    @property
    def shown(self) -> bool:
        """Whether there is anything to see in the section."""
        return bool(self.body or self.comments)

    @property
    def body(self) -> Markup:
        """All cells."""
        return Markup("\n").join(cell for cell in self.cells if cell)


def cell_html(cell: NotebookNode, given: set[str]) -> Markup:
    """A cell of the student's; of the problem set's own cells only what they showed, their code folded."""
    if is_grade(cell) and not is_solution(cell):
        return report(cell)
    if cell.source in given and not is_solution(cell):
        below = outputs(cell)
        return (
            Markup("<details><summary>Code of the problem set</summary>{}</details>{}").format(code(cell.source), below) if below else below
        )
    if cell.cell_type == "markdown":
        return prose(cell.source)
    return code(cell.source) + outputs(cell) if cell.source.strip() else Markup("")


def parts_of(notebook: NotebookNode, mark: Mark, record: Graded | None, given: set[str]) -> list[Part]:
    """The page's sections: each ends with a graded cell.

    Args:
        notebook: a graded submission.
        mark: its points and comments, from the gradebook.
        record: what the grading run said; None if it is not there.
        given: sources of cells that the problem set itself holds: not repeated.
    """
    parts = [Part(1)]
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        parts[-1].cells.append(cell_html(cell, given))
        if (comment := mark.comments.get(grade_id, "").strip()) and comment != UNTOUCHED:
            parts[-1].comments.append(prose(comment))
        if is_grade(cell) or is_task(cell):
            finish(parts[-1], grade_id, mark, record)
            parts.append(Part(len(parts) + 1, "After the last exercise"))
    return parts if parts[-1].body else parts[:-1]


def finish(part: Part, grade_id: str, mark: Mark, record: Graded | None) -> None:
    """Name a section and say what its exercise earned."""
    part.name, part.earned = exercise(grade_id), mark.exercises.get(grade_id, Earned(0.0, 0.0))
    mistakes = record.mistakes if record is not None else {}
    if part.earned.by_hand:
        part.verdict = "points set by a grader"
    elif record is not None and record.refused:
        part.verdict = "not graded"
        part.cells.clear()
    elif part.full:
        part.verdict = "right"
    else:
        part.verdict = mistakes.get(part.name) or mistakes.get(grade_id) or "see below"


def feedback_page(notebook: NotebookNode, mark: Mark, record: Graded | None, given: Iterable[str] = (), assignment: str = "") -> str:
    """One student's page."""
    said = {"repairs": record.repairs, "refused": record.refused} if record is not None else {"repairs": (), "refused": ""}
    return page("feedback", assignment=assignment, mark=mark, parts=parts_of(notebook, mark, record, set(given)), **said)


def given_cells(course: Course, assignment: str) -> set[str]:
    """The sources of the cells of the students' release."""
    path = course.root / "assignments" / assignment / f"{assignment}.ipynb"
    return {cell.source for cell in nbformat.read(path, as_version=4).cells} if path.is_file() else set()


class FeedbackExporter(Exporter):
    """A graded submission as a page that runs nothing and loads nothing; set as `c.GenerateFeedback.exporter_class`."""

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    output_mimetype = "text/html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        """nbconvert's method: the notebook's page, and the resources."""
        notebook, resources = super().from_notebook_node(nb, resources, **kw)
        where, directory = resources["nbgrader"], self.parent.coursedir
        course, assignment, student = Course(Path(directory.root)), where["assignment"], where["student"]
        with opened(where["db_url"], directory.course_id) as gradebook:
            mark = next(iter(read(gradebook, assignment, student)), Mark(student))
        record = Records(course.root, assignment).read(student)
        graded = record.graded if record is not None else None
        return feedback_page(notebook, mark, graded, given_cells(course, assignment), assignment), resources


def nothing_in_the_way(course: Course, assignment: str) -> None:
    """Take away links and files where nbgrader wants folders for its pages: it would follow them, or stop for the whole class.

    Args:
        course: the course directory.
        assignment: the problem set.
    """
    for own in (course.root / "feedback").glob("*"):
        for place in (own, own / assignment):
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                place.unlink()


def only_the_page(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's hook after a conversion: takes away the files that it copied beside the page, except those it needs itself.

    Without both of these `nbgrader release_feedback` ends with a traceback. Where a submission did not come through the exchange, the
    secret is new, so nobody can fetch the page with it: the instructor hands that page back.

    Args:
        assignment: the problem set.
        student: nbgrader's pattern of students, usually "*".
        notebooks: the paths of the notebooks that were converted.
    """
    for notebook in map(Path, notebooks):
        folder = Path("feedback", *notebook.parts[-3:-1])
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            elif path.parent != folder or path.name not in KEPT | {f"{Path(n).stem}.html" for n in notebooks}:
                path.unlink()
        for name, made in zip(sorted(KEPT), (token_hex(32), ""), strict=True):
            if not (folder / name).exists():
                (folder / name).write_text(made)


def gist(log: str) -> str:
    """What went wrong, without the ways that lead there: nbgrader's own errors and the last line of each traceback."""
    wanted = re.compile(r"\[ERROR\]\s(?!Traceback|Please see)|\s*\w+(?:Error|Exception|Trouble)\b: ")
    found = dict.fromkeys(line.strip() for line in log.splitlines() if wanted.match(line))
    return "\n".join(found) or log


def feedback(course: Course, assignment: str, student: str = "") -> list[str]:
    """Write the feedback pages of a problem set with nbgrader's converter; returns the pages.

    Args:
        course: the course directory.
        assignment: the problem set.
        student: one student's id; empty for all.
    """
    nothing_in_the_way(course, assignment)
    api = NbGraderAPI(config=configuration(course))
    result = api.generate_feedback(assignment, student or None, force=True)
    if not result["success"]:
        raise Trouble(f"nbgrader could not write the feedback of {assignment}:\n{gist(result.get('log') or result.get('error') or '')}")
    pages = (course.root / "feedback").glob(f"{escape(student) or '*'}/{assignment}/{assignment}.html")
    return sorted(course.relative(path) for path in pages)

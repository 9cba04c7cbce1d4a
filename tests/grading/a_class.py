"""A made-up class: students, submissions, records and a gradebook, without a single run."""

import random
import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from pgmkit.checks.judge import Diagnosis, Row, Verdict
from pgmkit.checks.report import Report
from pgmkit.course.paths import Course
from pgmkit.grading.run.records import Record, Records
from pgmkit.grading.units import Graded

ROOT = Path(__file__).parents[2]
SET = "ps2"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TITLES = ("The mean runs over the wrong dimension", "The sign is that of the critic", "Your code stopped with TypeError")


@dataclass
class Pupil:
    """One student of the class."""

    id: str
    share: float = 1.0
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    submitted: bool = True
    repairs: tuple[str, ...] = ()
    refused: str = ""
    penalty: float = 0.0
    extra: list = field(default_factory=list)


def course_in(folder: Path) -> Course:
    """A course directory with one problem set."""
    for name in ("solutions", "assignments"):
        shutil.copytree(ROOT / name / SET, folder / name / SET)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return Course(folder)


def report_of(name: str, points: float, title: str) -> Report:
    """What the judge says: all points, or a few lost to a mistake."""
    lost = "shape (4,) came, shape () was wanted" if title else ""
    rows = (Row("the value", points - 1, lost), Row("the gradient", 1.0, ""))
    return Report(
        name, Verdict(rows, Diagnosis(title, "Look at <what> you average.") if title else None), ("A nudge.", "A hint.", "Nearly it.")
    )


def graded(course: Course, pupil: Pupil, chance: random.Random) -> Graded:
    """A submission as the grading run leaves it."""
    notebook = nbformat.read(course.root / "solutions" / SET / f"{SET}.ipynb", as_version=4)
    scores, mistakes = {}, {}
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade"):
            name = meta.grade_id.removeprefix("check-")
            title = "" if chance.random() < pupil.share else chance.choice(TITLES)
            report = report_of(name, meta.points, title)
            cell.outputs = [new_output("execute_result", {"text/html": report._repr_html_(), "text/plain": repr(report)})]
            scores[meta.grade_id] = 0.0 if pupil.refused else report.verdict.score
            mistakes |= {name: title} if title else {}
    notebook.cells[1:1] = pupil.extra
    seconds = {"start": 0.1, "cells": 1.5 + 3 * chance.random(), "exams": 1 + chance.random()}
    text = nbformat.writes(notebook)
    return Graded(SET, pupil.id, text, scores, mistakes, pupil.repairs, pupil.refused, (), seconds)


def gradebook_of(course: Course, pupils: list[Pupil]) -> None:
    """Register the problem set, its exercises and the students."""
    cells = nbformat.read(course.root / "solutions" / SET / f"{SET}.ipynb", as_version=4).cells
    version = patch("nbgrader.api.get_alembic_version", lambda: "any")  # it starts another Python
    with version, Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "pgmkit") as gradebook:
        gradebook.add_assignment(SET)
        gradebook.add_notebook(SET, SET)
        for meta in (cell.metadata.get("nbgrader", {}) for cell in cells):
            if meta.get("grade"):
                gradebook.add_grade_cell(meta.grade_id, SET, SET, max_score=meta.points, cell_type="code")
            if meta.get("solution"):
                gradebook.add_solution_cell(meta.grade_id, SET, SET)
        for pupil in pupils:
            gradebook.add_student(pupil.id, first_name=pupil.first_name, last_name=pupil.last_name, email=pupil.email)
    gradebook.engine.dispose()


def enter(gradebook: Gradebook, pupil: Pupil, result: Graded) -> None:
    """Write a submission's points into the gradebook."""
    gradebook.add_submission(SET, pupil.id)
    notebook = gradebook.find_submission_notebook(SET, SET, pupil.id)
    notebook.late_submission_penalty = pupil.penalty
    for grade in notebook.grades:
        grade.auto_score, grade.needs_manual_grade = result.scores[grade.name], False
    gradebook.db.commit()


def class_in(folder: Path, pupils: list[Pupil]) -> Course:
    """A course directory after a grading run: records, graded notebooks, gradebook."""
    course, chance = course_in(folder), random.Random(0)
    gradebook_of(course, pupils)
    records = Records(folder, SET)
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "pgmkit") as gradebook:
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way to add a submission
        for pupil in pupils:
            if pupil.submitted:
                result = graded(course, pupil, chance)
                target = folder / "autograded" / pupil.id / SET
                target.mkdir(parents=True)
                (target / f"{SET}.ipynb").write_text(result.notebook, encoding="utf-8")
                records.write(Record(result, "run", "submission", "course"))
                enter(gradebook, pupil, result)
    gradebook.engine.dispose()
    return course


def hostile_cells() -> list:
    """Cells that want a browser to do something."""
    bad = '<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">here</a><iframe src="//evil"></iframe>'
    page = new_output(
        "display_data", {"text/html": bad, "text/plain": bad, "application/javascript": "alert(1)", "image/svg+xml": f"<svg>{bad}</svg>"}
    )
    figure = new_output("display_data", {"image/png": PIXEL, "text/plain": 'a "figure"'})
    forged = new_output("display_data", {"image/png": 'x" onerror="alert(1)', "text/plain": "no picture"})
    stream = new_output("stream", name="stdout", text=f"\x1b[31mred\x1b[0m \x00 \u202e {bad}\n 10%\r100%\n")
    error = new_output("error", ename="<b>E</b>", evalue=bad, traceback=[f"\x1b[0;31m{bad}"])
    code = new_code_cell(f"x = '''{bad}'''  # </style>", outputs=[page, figure, forged, stream, error])
    return [
        code,
        new_markdown_cell(f"My *thoughts* {bad} ![x](https://evil/x.png) $x_1$ <div style='background:url(//evil)' onclick='x()'>hm</div>"),
    ]

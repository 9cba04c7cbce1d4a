"""Made-up classes for the benchmark and the long tests of grading: course folders, submissions, and what a gradebook holds."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ROWS = """
select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade
from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join assignment on submitted_assignment.assignment_id = assignment.id
join base_cell on grade.cell_id = base_cell.id
where assignment.name = ?
order by 1, 2
"""


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell; empty for a cell without one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def answers(ps: str) -> dict[str, str]:
    """The instructor's answers: exercise to source."""
    book = nbformat.read(ROOT / "solutions" / ps / f"{ps}.ipynb", as_version=4)
    return {grade_id(cell): cell.source for cell in book.cells if cell.metadata.get("nbgrader", {}).get("solution")}


def typed(ps: str, student: str, sources: dict[str, str]) -> NotebookNode:
    """The release with answers typed in, and a line of the student's own."""
    book = nbformat.read(ROOT / "assignments" / ps / f"{ps}.ipynb", as_version=4)
    for cell in book.cells:
        cell.source = sources.get(grade_id(cell), cell.source)
    book.cells.append(nbformat.v4.new_code_cell(f"print({student!r})", id="mine"))
    return book


def broken(source: str, statement: str) -> str:
    """An answer whose body is another statement."""
    return source.split("    ### BEGIN SOLUTION")[0] + f"    {statement}\n"


def right(ps: str, count: int) -> dict[str, NotebookNode]:
    """Students whose answers are all right."""
    sources = answers(ps)
    return {name: typed(ps, name, sources) for name in (f"right{i:03d}" for i in range(count))}


def mixed(ps: str, count: int) -> dict[str, NotebookNode]:
    """Students of whom two in three lose an exercise: one returns nothing, one divides by zero."""
    sources, found = answers(ps), {}
    for i in range(count):
        hurt = list(sources)[i % len(sources)]
        body = ("", "return None", "return 1 // 0")[i % 3]
        name = f"mixed{i:03d}"
        found[name] = typed(ps, name, sources | ({hurt: broken(sources[hurt], body)} if body else {}))
    return found


def hand_in(folder: Path, ps: str, books: dict[str, NotebookNode]) -> None:
    """Put the submissions where nbgrader looks for them."""
    for student, book in books.items():
        target = folder / "submitted" / student / ps
        target.mkdir(parents=True)
        nbformat.write(book, target / f"{ps}.ipynb")


def course(folder: Path, ps: str, books: dict[str, NotebookNode]) -> Path:
    """A folder as an instructor of this course has it, with a class that handed in."""
    for name in ("solutions", "assignments"):
        shutil.copytree(ROOT / name / ps, folder / name / ps)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    hand_in(folder, ps, books)
    return folder


def vanilla(folder: Path, ps: str, books: dict[str, NotebookNode], run: Callable[[list[str], Path], None]) -> Path:
    """A folder with nothing but nbgrader's defaults: its own folders, its own preprocessors, no line of this course's configuration."""
    (folder / "source" / ps).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / ps / f"{ps}.ipynb", folder / "source" / ps)
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    run(["nbgrader", "generate_assignment", ps], folder)
    hand_in(folder, ps, books)
    return folder


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """The environment of a command: Jupyter's settings in a folder of its own, the number of threads as torch chooses it."""
    env = {key: value for key, value in os.environ.items() if key not in THREADS and not key.startswith("PGMKIT")}
    env |= {f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind.lower()) for kind in ("DATA", "CONFIG", "RUNTIME")}
    env |= {"IPYTHONDIR": str(folder / ".jupyter" / "ipython"), "PATH": os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])}
    return env | extra


def rows(folder: Path, ps: str) -> list[tuple]:
    """All grades in the gradebook: student, cell, score, score by hand, whether a person has to look. Twice in there, twice in here."""
    with sqlite3.connect(f"file:{folder / 'gradebook.db'}?mode=ro", uri=True) as database:
        found = database.execute(ROWS, (ps,)).fetchall()
    database.close()
    return found


def totals(folder: Path, ps: str) -> dict[str, float]:
    """Points of each student."""
    found: dict[str, float] = {}
    for student, _, score, *_ in rows(folder, ps):
        found[student] = round(found.get(student, 0.0) + (score or 0.0), 6)
    return found


def intact(folder: Path) -> bool:
    """Whether SQLite finds the gradebook whole and its references sound."""
    with sqlite3.connect(folder / "gradebook.db") as database:
        whole = database.execute("pragma integrity_check").fetchall() == [("ok",)]
        sound = database.execute("pragma foreign_key_check").fetchall() == []
    database.close()
    return whole and sound

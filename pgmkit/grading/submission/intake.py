"""From a student's bytes to cells that can be run: the student's own, in the student's order, and the instructor's checks at their place."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_notebook

from pgmkit.grading.submission.arrange import arranged
from pgmkit.grading.submission.clean import clean_markdown
from pgmkit.grading.submission.collect import Refused
from pgmkit.grading.submission.instructor import Instructor, squeezed
from pgmkit.grading.submission.opening import Piece, counted, pieces_of
from pgmkit.grading.submission.places import Page, Place, place
from pgmkit.grading.units import Job

MOST_REPAIRS = 30
FOREIGN = "The notebook holds no answer and no check of {}: perhaps it is another file."
IDENTITY = ("grade_id", "grade", "solution", "locked", "points")
VALID_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Intake:
    """What can be run of a submission.

    Args:
        cells: valid cells of nbformat 4.5, in the order of execution; the check cells are among them.
        repairs: what was repaired, one sentence each, those of the job first.
        refused: why nothing can be run, in words; empty if something can.
        untouched: grade ids of the solution cells that are as they were released.
        imports: the instructor's first given cell, whose imports are there for every submission, whatever became of the student's copy.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    repairs: tuple[str, ...] = ()
    refused: str = ""
    untouched: tuple[str, ...] = ()
    imports: str = ""


def take_in(job: Job, master: NotebookNode, release: NotebookNode) -> Intake:
    """Read a submission without trust.

    Args:
        job: what was handed in.
        master: the instructor's notebook; points and marks come from it, and no line of a solution.
        release: the student's notebook as it was released.
    """
    if job.refused or job.notebook is None:
        return Intake(repairs=job.repairs, refused=job.refused or "No notebook was handed in.")
    instructor = Instructor.of(master, release)
    try:
        pieces, repairs = pieces_of(job.notebook)
    except Refused as refusal:
        return Intake(repairs=job.repairs, refused=str(refusal))
    page = arranged(pieces, repairs, instructor)
    places = placed(page, instructor)
    found = page.repairs if related(page) else [FOREIGN.format(job.assignment)]
    repairs = [*job.repairs, *found, *changed_marks(page, places, instructor)]
    if len(repairs) > MOST_REPAIRS:
        repairs = [*repairs[:MOST_REPAIRS], f"... and {len(repairs) - MOST_REPAIRS} more repairs."]
    untouched = tuple(name for name, task in instructor.tasks.items() if is_untouched(page, places[name], task.stub))
    imports = instructor.imports[1].source if instructor.imports else ""
    return Intake(list(assembled(page, places, instructor)), tuple(repairs), untouched=untouched, imports=imports)


def related(page: Page) -> bool:
    """Whether a notebook has anything to do with the problem set; one that has not is told so, instead of what it lacks."""
    return any(page.exercises(i) or found.star or page.pieces[i].grade_id in page.names for i, found in enumerate(page.readings))


def notebook_of(intake: Intake, release: NotebookNode) -> NotebookNode:
    """The notebook to run: the cells of an intake, with the instructor's kernel."""
    metadata = {name: release.metadata[name] for name in ("kernelspec", "language_info") if name in release.metadata}
    return new_notebook(cells=intake.cells, metadata=metadata)


def placed(page: Page, instructor: Instructor) -> dict[str, Place]:
    """The place of every exercise; says which answers share a cell."""
    places: dict[str, Place] = {}
    shared: dict[int, list[str]] = {}
    before = next((i for i, piece in enumerate(page.pieces) if piece.kind == "code"), -1)
    for name, task in instructor.tasks.items():
        places[name] = place(page, task, before)
        before = places[name].check
        if (answer := places[name].answer) is not None:
            shared.setdefault(answer, []).append(name)
    for i, names in shared.items():
        if len(names) > 1:
            listed = ", ".join(names[:-1]) + " and " + names[-1]
            page.repairs.append(f"The answers to {listed} share cell {page.pieces[i].number}; each is graded.")
    return places


def is_untouched(page: Page, place: Place, stub: str) -> bool:
    """Whether the cell of an answer is as it was released."""
    return place.answer is not None and squeezed(page.pieces[place.answer].source) == squeezed(stub)


def changed_marks(page: Page, places: dict[str, Place], instructor: Instructor) -> list[str]:
    """What to say about nbgrader's metadata, which is put back wherever it is not the instructor's."""
    changed = 0
    for name, task in instructor.tasks.items():
        answers = page.where(name)
        alone = not any(place.answer == places[name].answer for other, place in places.items() if other != name)
        checks = [i for i, found in enumerate(page.readings) if found.pure == name]
        for cells, marks in ((answers if alone else [], task.marks), (checks, task.check_marks)):
            changed += bool(cells) and not any(marked_alike(page.pieces[i].marks, marks) for i in cells)
    return [f"nbgrader's metadata of {counted(changed, 'cell')} had been changed or lost; the instructor's is back."] if changed else []


def marked_alike(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether nbgrader's metadata says the same about a cell."""
    return all(theirs.get(key) == ours.get(key) for key in IDENTITY)


def assembled(page: Page, places: dict[str, Place], instructor: Instructor) -> Iterator[NotebookNode]:
    """The cells in the order of execution."""
    dropped = {i for found in places.values() for i in found.dropped}
    marks: dict[int, dict[str, Any]] = {}
    for name, found in places.items():
        if found.answer is not None:
            marks.setdefault(found.answer, instructor.tasks[name].marks)
    taken = {task.check_id for task in instructor.tasks.values()}
    for i in range(-1, len(page.pieces)):
        if i >= 0 and i not in dropped:
            name = fresh_id(page.pieces[i].id, i, taken)
            yield cell_of(page.pieces[i], name, marks.get(i), instructor)
        for task in (instructor.tasks[name] for name, found in places.items() if found.check == i):
            yield code_cell(task.check, task.check_id or fresh_id("", f"check-{task.name}", taken), task.check_marks)


def fresh_id(wanted: str, seed: Any, taken: set[str]) -> str:
    """An id that is valid and used once; the student's own where it is."""
    name = wanted
    while name in taken or not VALID_ID.fullmatch(name):
        seed = hashlib.sha256(f"{seed}".encode()).hexdigest()
        name = seed[:8]
    taken.add(name)
    return name


def cell_of(piece: Piece, name: str, marks: dict[str, Any] | None, instructor: Instructor) -> NotebookNode:
    """A student's cell: code as it is, text without what a browser would run."""
    if piece.kind == "code":
        return code_cell(piece.source, name, marks)
    source = piece.source
    if piece.kind == "raw" and source:
        fence = "`" * (max(map(len, re.findall("`+", source)), default=2) + 1)
        source = f"{fence.ljust(3, '`')}text\n{source}\n{fence.ljust(3, '`')}"
    kept = instructor.prose.get(squeezed(source)) or clean_markdown(source)
    return from_dict({"cell_type": "markdown", "id": name, "metadata": {}, "source": kept})


def code_cell(source: str, name: str, marks: dict[str, Any] | None) -> NotebookNode:
    """A code cell without outputs, with nbgrader's metadata or none."""
    metadata = {} if marks is None else {"nbgrader": dict(marks)}
    cell = {"cell_type": "code", "id": name, "metadata": metadata, "source": source, "outputs": [], "execution_count": None}
    return from_dict(cell)

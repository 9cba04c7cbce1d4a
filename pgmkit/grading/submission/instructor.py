"""What the instructor's two notebooks say about a problem set: which exercises, which marks, which given cells. No solution is kept."""

from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from pgmkit.grading.submission.opening import Piece
from pgmkit.grading.submission.sources import Reading, reading


def squeezed(text: str) -> str:
    """A text without its whitespace, for comparisons."""
    return "".join(text.split())


@dataclass(frozen=True)
class Task:
    """One exercise.

    Args:
        name: the function that it asks for.
        stub: the source of the solution cell as it was released.
        check: the source of the check cell.
        marks: nbgrader's metadata of the solution cell.
        check_marks: nbgrader's metadata of the check cell.
        check_id: the id of the check cell.
    """

    name: str
    stub: str
    check: str
    marks: dict[str, Any]
    check_marks: dict[str, Any]
    check_id: str


@dataclass(frozen=True)
class Instructor:
    """A problem set as its instructor wrote it.

    Args:
        tasks: the exercises, in order.
        given: the instructor's other code cells, by grade id.
        prose: the instructor's Markdown, without whitespace.
    """

    tasks: dict[str, Task]
    given: dict[str, Piece]
    prose: dict[str, str]

    @classmethod
    def of(cls, master: NotebookNode, release: NotebookNode) -> "Instructor":
        """Read the two notebooks: marks from the first, every source that a student may see from the second."""
        released = {cell.metadata.nbgrader.grade_id: cell for cell in release.cells if "nbgrader" in cell.metadata}
        marked = {cell.metadata.nbgrader.grade_id: cell for cell in master.cells if "nbgrader" in cell.metadata}
        checks = {cell.source.strip()[len("check(") : -1]: cell for cell in marked.values() if cell.metadata.nbgrader.grade}
        tasks = {name: task(name, marked, released, check) for name, check in checks.items() if name in released}
        known = {*tasks, *(check.metadata.nbgrader.grade_id for check in checks.values())}
        given = {name: Piece("code", c.source, id=c.get("id", "")) for name, c in released.items() if name not in known}
        return cls(tasks, given, {squeezed(cell.source): cell.source for cell in release.cells if cell.cell_type == "markdown"})

    @property
    def names(self) -> list[str]:
        """The names of the exercises."""
        return list(self.tasks)

    @property
    def imports(self) -> tuple[str, Piece] | None:
        """The first given cell with its grade id; the others of the notebook need what it imports."""
        return next(iter(self.given.items()), None)

    def read(self, source: str) -> Reading:
        """Read a code cell, knowing the exercises."""
        return reading(source, self.names)


def task(name: str, marked: dict[str, NotebookNode], released: dict[str, NotebookNode], check: NotebookNode) -> Task:
    """One exercise from the cells of both notebooks."""
    check_name = check.metadata.nbgrader.grade_id
    stub, shown = released[name], released.get(check_name, check)
    return Task(
        name,
        stub=stub.source,
        check=check.source,
        marks=dict(stub.metadata.nbgrader) | dict(marked[name].metadata.nbgrader),
        check_marks={"cell_type": "code"} | dict(shown.metadata.nbgrader) | dict(check.metadata.nbgrader),
        check_id=shown.get("id", ""),
    )

"""A submission in the making: the right notebook of problem set 1, and what a student does to it."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from pgmkit.checks import PROBLEM_SETS

SET = "ps1"
EXERCISES = tuple(exam.name for exam in PROBLEM_SETS[SET])
TARGET = "js_divergence"
"""The exercise that most attacks want points for; its answer is `WRONG`, which earns nothing."""
WRONG = "def js_divergence(p, q):\n    return p.sum(-1) * 0 + 7.0\n"
SOURCE = Path(__file__).parents[3] / "solutions" / SET / f"{SET}.ipynb"
RIGHT = nbformat.read(SOURCE, as_version=4)


@dataclass
class World:
    """What lies outside of the cage and must stay unread and unchanged.

    Args:
        root: a course with solutions, a gradebook and other students' work.
        secrets: words that stand in these files and in the environment, and nowhere else.
        port: of a server on this machine.
    """

    root: Path
    secrets: tuple[str, ...]
    port: int

    @property
    def files(self) -> list[str]:
        """Every file that somebody may want to read or change."""
        return [str(path) for path in sorted(self.root.rglob("*")) if path.is_file()]


@dataclass
class Book:
    """The notebook and the files beside it."""

    world: World
    notebook: NotebookNode = field(default_factory=lambda: copy.deepcopy(RIGHT))
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    name: str = f"{SET}.ipynb"

    def place(self, grade_id: str) -> int:
        """Where the cell with this grade id stands."""
        return next(i for i, cell in enumerate(self.notebook.cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)

    def cell(self, grade_id: str) -> NotebookNode:
        """The cell with this grade id."""
        return self.notebook.cells[self.place(grade_id)]

    def answer(self, name: str, code: str) -> None:
        """Another answer to an exercise."""
        self.cell(name).source = code

    def wrong(self) -> None:
        """A wrong answer to the target."""
        self.answer(TARGET, WRONG)

    def first(self, code: str) -> None:
        """A cell behind the imports."""
        i = next(i for i, cell in enumerate(self.notebook.cells) if cell.cell_type == "code")
        self.notebook.cells.insert(i + 1, new_code_cell(code))

    def before(self, grade_id: str, code: str) -> None:
        """A cell before another one."""
        self.notebook.cells.insert(self.place(grade_id), new_code_cell(code))

    def last(self, code: str) -> None:
        """A cell at the end."""
        self.notebook.cells.append(new_code_cell(code))

    def write(self, folder: Path) -> None:
        """Hand it in."""
        folder.mkdir(parents=True)
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        for name, goal in self.links.items():
            (folder / name).symlink_to(goal)
        if self.name and self.name not in self.links:
            (folder / self.name).write_bytes(json.dumps(self.notebook).encode() if self.raw is None else self.raw)


@dataclass(frozen=True)
class Submission:
    """One entry of the bank.

    Args:
        name: what it is called.
        kind: the class of attack; of right submissions it starts with "honest".
        build: does to a book what this student did.
        zero: exercises that must earn nothing.
        free: exercises that may earn anything, because the attack breaks them; all others must earn full marks.
        refused: whether it may be refused as a whole.
        timeout: seconds for a cell.
    """

    name: str
    kind: str
    build: Callable[[Book], None]
    zero: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    refused: bool = False
    timeout: float = 10.0


BANK: list[Submission] = []


def submission(kind: str, *, zero: str = "", free: str = "", refused: bool = False, timeout: float = 10.0) -> Callable:
    """Decorator: the function below it builds a submission; exercises are named with spaces between them, "*" is all."""

    def names(text: str) -> frozenset[str]:
        return frozenset(EXERCISES if text == "*" else text.split())

    def add(build: Callable[[Book], None]) -> Callable[[Book], None]:
        BANK.append(Submission(build.__name__, kind, build, names(zero), names(free), refused, timeout))
        return build

    return add


def cheat(kind: str, name: str, code: str, *, free: str = "", timeout: float = 10.0) -> None:
    """Register a submission whose answer to the target is wrong and whose first cell wants the points all the same."""

    def build(book: Book) -> None:
        book.wrong()
        book.first(code)

    build.__name__ = name
    submission(kind, zero=TARGET, free=free, timeout=timeout)(build)


def answered(kind: str, name: str, code: str, *, target: str = TARGET, free: str = "", timeout: float = 10.0) -> None:
    """Register a submission whose answer to one exercise is the attack."""

    def build(book: Book) -> None:
        book.answer(target, code)

    build.__name__ = name
    submission(kind, zero=target, free=free, timeout=timeout)(build)


def beside(kind: str, name: str, code: str, *, zero: str = "", free: str = "", timeout: float = 10.0) -> None:
    """Register a right submission with one more cell, before the first exercise: that cell may fail, the answers are right."""

    def build(book: Book) -> None:
        book.first(code)

    build.__name__ = name
    submission(kind, zero=zero, free=free, timeout=timeout)(build)

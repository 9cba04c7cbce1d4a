"""What a directive in a Markdown source becomes: the library's own text, written once and shown where it is needed."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from pgmkit.checks import EXAMS
from pgmkit.checks.exam import Exam

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def locate(name: str) -> Any:
    """The object called `package.module.attribute`."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"a directive wants the full name of a library object; got {name!r}: {error}.") from error


def source_of(name: str) -> str:
    """The whole source of a library object."""
    return inspect.getsource(locate(name)).rstrip()


def split_body(source: str) -> tuple[str, str]:
    """Head (signature and docstring) and body of a function; the argument checks of the library's boundary are left out."""
    function = ast.parse(source).body[0]
    if not isinstance(function, ast.FunctionDef):
        raise ValueError(f"only a function can be an exercise; got {source.splitlines()[0]!r}.")
    if ast.get_docstring(function) is None:
        raise ValueError(f"an exercise needs a docstring; {function.name} has none.")
    lines = source.splitlines()
    body = [node for node in function.body[1:] if not is_boundary_check(node)]
    head_end = function.body[0].end_lineno
    return "\n".join(lines[:head_end]), "\n".join(lines[body[0].lineno - 1 : body[-1].end_lineno])


def is_boundary_check(node: ast.stmt) -> bool:
    """Whether a statement only checks arguments: a call of `want_...`, or an `if` that only raises."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name.startswith("want_")
        case ast.If(body=[ast.Raise()], orelse=[]):
            return True
    return False


def plain_cell(cell: NotebookNode) -> list[NotebookNode]:
    """A code cell without a directive, as it is."""
    tags = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
    return [new_code_cell(cell.source, metadata=tags)]


def shown(name: str) -> list[NotebookNode]:
    """`show`: the whole source."""
    return [new_code_cell(source_of(name), metadata={"tags": ["library"]})]


def outlined(name: str) -> list[NotebookNode]:
    """`outline`: signature and docstring as text, for what a problem set will ask."""
    head, _ = split_body(source_of(name))
    return [new_markdown_cell(f"```python\n{head}\n```")]


def exercise(name: str) -> list[NotebookNode]:
    """`exercise`: what it is worth, then the stub, with the library's own body as the solution region."""
    exam = EXAMS[name.rpartition(".")[2]]
    head, body = split_body(source_of(name))
    indent = body[: len(body) - len(body.lstrip())]
    source = f"{head}\n{indent}{BEGIN}\n{body}\n{indent}{END}"
    metadata = {"nbgrader": nbgrader_cell(exam.name, solution=True)}
    return [new_markdown_cell(facts(exam)), new_code_cell(source, metadata=metadata)]


def facts(exam: Exam) -> str:
    """Points, minutes and difficulty of an exercise."""
    unit = "point" if exam.points == 1 else "points"
    return f"*{exam.points:g} {unit}, about {exam.minutes} minutes, difficulty {exam.difficulty} of 3*"


def checked(name: str) -> list[NotebookNode]:
    """`check`: the exam, taken on the spot; in the grading run its value is the score."""
    exam = EXAMS[name]
    metadata = {"nbgrader": nbgrader_cell(f"check-{exam.name}", points=exam.points)}
    return [new_code_cell(f"check({exam.name})", metadata=metadata)]


def asked(name: str) -> list[NotebookNode]:
    """`question`: a question of the lecture's bank, with its answers folded away in the bank."""
    module, _, key = name.rpartition(".")
    locate(f"{module}.QUESTIONS")[key]  # an unknown key fails the build
    return [new_code_cell(f'{module.rpartition(".")[2]}.QUESTIONS["{key}"].ask()')]


def nbgrader_cell(grade_id: str, *, solution: bool = False, points: float | None = None) -> dict[str, Any]:
    """nbgrader's metadata of a solution cell, a grade cell (with points) or a read-only cell."""
    cell: dict[str, Any] = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return cell if points is None else cell | {"points": points}


DIRECTIVES: dict[str, Callable[[str], list[NotebookNode]]] = {
    "show": shown,
    "outline": outlined,
    "exercise": exercise,
    "check": checked,
    "question": asked,
}


def expand(cell: NotebookNode) -> list[NotebookNode]:
    """The cells that a source cell becomes."""
    if cell.cell_type != "code":
        return [new_markdown_cell(cell.source)]
    named = [key for key in DIRECTIVES if key in cell.metadata]
    if not named:
        return plain_cell(cell)
    if len(named) > 1 or cell.source.strip():
        raise ValueError(f"a directive stands alone in its cell; got {named} with source {textwrap.shorten(cell.source, 40)!r}.")
    return DIRECTIVES[named[0]](cell.metadata[named[0]])

"""The shadow of pgmkit: what exists of it inside the cage, where nobody finds an exam, and no answer that this problem set asks for."""

import ast
import inspect
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from pgmkit.checks import PROBLEM_SETS
from pgmkit.checks.exam import Answer, answers_of, refuse

LIBRARY = Path(__file__).parents[2]
STANDIN = Path(__file__).parent / "standin"
OUTSIDE = {"checks", "course", "labs", "grading", "__pycache__"}
"""Folders that the cage does not have; a few files of two of them it does have."""
KINDS = {".py", ".npz", ".tsv", ".json", ".txt"}
STUDENT_SIDE = (
    "__init__",
    "caged/__init__",
    "caged/confine",
    "caged/kernel",
    "dialogue/__init__",
    "dialogue/answering",
    "dialogue/shared",
    "dialogue/wire",
)
"""Modules of `pgmkit.grading` that run inside the cage and in the warm parent."""


def shadow(assignment: str, target: Path) -> Path:
    """Write `target/pgmkit`, to be the first on `sys.path` in the cage.

    Args:
        assignment: the problem set whose answers are taken out.
        target: a folder that holds no `pgmkit` yet.

    Returns:
        The folder `target/pgmkit`. The same library gives the same bytes.
    """
    if assignment not in PROBLEM_SETS:
        raise ValueError(f"assignment must be one of {', '.join(PROBLEM_SETS)}; got {assignment!r}.")
    emptied = without(answers_of(PROBLEM_SETS[assignment]))
    for source, place in parts():
        there = target / "pgmkit" / place
        there.parent.mkdir(parents=True, exist_ok=True)
        if source in emptied:
            there.write_bytes(emptied[source])
        else:
            shutil.copyfile(source, there)
    return target / "pgmkit"


def parts() -> Iterator[tuple[Path, Path]]:
    """Every file of the shadow, in order: where it comes from, and its place in the package."""
    for path in sorted(LIBRARY.rglob("*")):
        place = path.relative_to(LIBRARY)
        if path.is_file() and not OUTSIDE & set(place.parts) and path.suffix in KINDS:
            yield path, place
    yield LIBRARY / "checks" / "quiet.py", Path("checks", "quiet.py")
    yield from ((path, Path("checks", path.name)) for path in sorted(STANDIN.glob("*.py")))
    ours = ((LIBRARY / "grading" / name).with_suffix(".py") for name in STUDENT_SIDE)
    yield from ((path, path.relative_to(LIBRARY)) for path in ours if path.is_file())


def without(functions: Sequence[Answer]) -> dict[Path, bytes]:
    """The files that hold these functions, the functions' bodies replaced; every other line stays byte for byte."""
    names: dict[Path, set[str]] = {}
    for function in map(inspect.unwrap, functions):
        code = function.__code__
        names.setdefault(Path(code.co_filename), set()).add(code.co_qualname)
    return {path: emptied(path.read_bytes(), wanted) for path, wanted in names.items()}


def emptied(source: bytes, names: set[str]) -> bytes:
    """A module's source with the bodies of the functions of these qualified names replaced; signatures and docstrings stay."""
    found = {name: node for name, node in definitions(ast.parse(source)) if name in names}
    if names - found.keys():
        raise ValueError(f"these functions are not written out in their module: {sorted(names - found.keys())}.")
    lines = source.splitlines(keepends=True)
    for node in sorted(found.values(), key=lambda node: -node.lineno):
        first = node.body[0]
        start = first.lineno - 1 if ast.get_docstring(node) is None else first.end_lineno
        lines[start : node.end_lineno] = [textwrap.indent(refusal(), " " * first.col_offset).encode()]
    return b"".join(lines)


def definitions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods of a module by their qualified names; those inside of functions are left out."""
    for node in tree.body:
        match node:
            case ast.FunctionDef():
                yield prefix + node.name, node
            case ast.ClassDef():
                yield from definitions(node, f"{prefix}{node.name}.")


def refusal() -> str:
    """The body of `refuse`, which is what a closed function has at home too."""
    source = inspect.getsource(refuse)
    body = ast.parse(source).body[0].body[1:]
    return textwrap.dedent("".join(source.splitlines(keepends=True)[body[0].lineno - 1 :]))

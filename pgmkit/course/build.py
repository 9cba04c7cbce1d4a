"""Markdown source to notebook: expand the directives, give every cell an id that a rebuild repeats."""

import base64
import hashlib
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from pgmkit.course.depends import fingerprint
from pgmkit.course.directives import expand, nbgrader_cell
from pgmkit.course.execute import execute
from pgmkit.course.paths import Course

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def cells_of(source: Path) -> list[NotebookNode]:
    """The cells of a Markdown source, directives expanded, ids hashed from file and position."""
    read = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    try:
        cells = [built for cell in read.cells for built in expand(cell)]
    except (KeyError, ValueError) as error:
        raise ValueError(f"{source.name}: {error}") from error
    for i, cell in enumerate(cells):
        cell.id = hashlib.sha256(f"{source.stem}/{i}".encode()).hexdigest()[:8]
    return cells


def notebook(source: Path) -> NotebookNode:
    """A notebook without outputs."""
    return new_notebook(cells=cells_of(source), metadata=METADATA)


def problem_set(source: Path) -> NotebookNode:
    """The instructor's notebook of a problem set: code that is not an answer is read-only."""
    built = notebook(source)
    for i, cell in enumerate(built.cells):
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            cell.metadata["nbgrader"] = nbgrader_cell(f"given-{i}")
    return built


def write(path: Path, built: NotebookNode) -> bool:
    """Write a notebook if its bytes change; says whether they did."""
    text = nbformat.writes(built, version=4) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def lecture(source: Path, *, again: bool = False) -> NotebookNode:
    """A lecture with its figures: kept where neither source nor library changed, otherwise executed."""
    built, target = notebook(source), source.with_suffix(".ipynb")
    mark = fingerprint([cell.source for cell in built.cells])
    if target.is_file() and not again:
        kept = nbformat.read(target, as_version=4)
        if kept.metadata.get("pgmkit", {}).get("fingerprint") == mark:
            return kept
    execute(built, source.parent)
    built.metadata["pgmkit"] = {"fingerprint": mark}
    return built


def build(course: Course, *, again: bool = False, only: str = "") -> list[str]:
    """Build all lectures and problem sets; returns the files that changed.

    Args:
        course: the course directory.
        again: execute lectures even where nothing changed.
        only: the stem of one source.
    """
    sources = dict.fromkeys(course.lectures, lecture) | dict.fromkeys(course.problem_sets, problem_set)
    changed = []
    for source, make in sources.items():
        if only in ("", source.stem):
            built = lecture(source, again=again) if make is lecture else problem_set(source)
            target = source.with_suffix(".ipynb")
            if write(target, built):
                changed.append(course.relative(target))
            changed += [course.relative(picture) for picture in pictures(built, source.parent / "figures")]
    return changed


def pictures(built: NotebookNode, folder: Path) -> list[Path]:
    """Write the figure of each cell tagged `picture:NAME` to NAME.png, for the README; returns the files that changed."""
    changed = []
    for cell in built.cells:
        for tag in cell.metadata.get("tags", []):
            kind, _, name = tag.partition(":")
            if kind == "picture":
                images = [base64.b64decode(o.data["image/png"]) for o in cell.outputs if "image/png" in o.get("data", {})]
                path = folder / f"{name}.png"
                if not path.is_file() or path.read_bytes() != images[0]:
                    folder.mkdir(exist_ok=True)
                    path.write_bytes(images[0])
                    changed.append(path)
    return changed

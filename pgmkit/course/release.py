"""The student's notebooks: nbgrader removes the answers, a scan proves that none is left."""

import ast
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI

from pgmkit.course.configured import configuration, programs_found
from pgmkit.course.directives import BEGIN, END
from pgmkit.course.paths import Course


def release(course: Course) -> list[str]:
    """Generate `assignments/` from `solutions/` with nbgrader; returns the notebooks written."""
    api = NbGraderAPI(config=configuration(course))
    written = []
    for source in course.problem_sets:
        with programs_found():
            result = api.generate_assignment(source.stem, force=True, create=True)
        if not result["success"]:
            raise ValueError(f"nbgrader could not release {source.stem}:\n{result.get('log') or result.get('error')}")
        leaks = leaked(nbformat.read(source.with_suffix(".ipynb"), as_version=4), course.released(source))
        if leaks:
            raise ValueError(f"{course.relative(course.released(source))} holds answers: {leaks}")
        written.append(course.relative(course.released(source)))
    return written


def released_elsewhere(course: Course) -> dict[str, bytes]:
    """What a release would write, made in a folder of its own: file name to bytes."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(course.root / "nbgrader_config.py", copy)
        shutil.copytree(course.root / "solutions", copy / "solutions")
        release(Course(copy))
        files = sorted((copy / "assignments").rglob("*"))
        return {path.relative_to(copy).as_posix(): path.read_bytes() for path in files if path.is_file()}


def answers(notebook: NotebookNode) -> set[str]:
    """The lines of all solution regions, as their syntax trees, so that spacing hides nothing; trivial ones are left out."""
    found: set[str] = set()
    for cell in notebook.cells:
        if BEGIN in cell.source:
            for region in cell.source.split(BEGIN)[1:]:
                found |= {line.strip() for line in region.split(END)[0].splitlines() if is_telling(line.strip())}
    return found


def is_telling(line: str) -> bool:
    """Whether a line of code would help: longer than a bracket, a bare `return x` or an import."""
    try:
        tree = ast.parse(line)
    except SyntaxError:
        return len(line) > 20
    return sum(1 for _ in ast.walk(tree)) > 8


def leaked(source: NotebookNode, released: Path) -> list[str]:
    """Solution lines and markers found in a released notebook: in sources, outputs, metadata or attachments; and files beside it."""
    text = nbformat.read(released, as_version=4)
    everything = "\n".join([*(cell.source for cell in text.cells), *(str(cell.get("outputs", "")) for cell in text.cells)])
    everything += "".join(str(cell.metadata) + str(cell.get("attachments", "")) for cell in text.cells) + str(text.metadata)
    lines = [line for line in sorted(answers(source)) if line in everything]
    markers = [marker for marker in (BEGIN, END) if marker in everything]
    beside = [path.name for path in released.parent.iterdir() if path.suffix in {".md", ".py"}]
    return lines + markers + beside

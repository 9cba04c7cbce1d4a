"""What a machine can judge about an executed lecture: counts, and faults that keep it from being released."""

import re
from dataclasses import dataclass, fields

import nbformat
from nbformat import NotebookNode

LONGEST_CELL = 30
LARGEST_BYTES = 1_000_000
SLOWEST_SECONDS = 120.0
PLACEHOLDER = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|TBD)\b|<insert|\]\(\s*\)")
RESULT = re.compile(r"^\*\*Result \d+\.\d+", re.MULTILINE)
EQUATION = re.compile(r"\$\$.+?\$\$", re.DOTALL)


@dataclass(frozen=True)
class Counts:
    """The numbers of one lecture that its rubric asks for."""

    words: int
    equations: int
    figures: int
    widgets: int
    questions: int
    results: int
    asserts: int
    longest_cell: int
    kilobytes: int


def prose(lecture: NotebookNode) -> str:
    """All Markdown of a lecture."""
    return "\n\n".join(cell.source for cell in lecture.cells if cell.cell_type == "markdown")


def code_cells(lecture: NotebookNode) -> list[NotebookNode]:
    """The code cells that the lecture wrote itself; sources shown from the library carry a tag."""
    cells = [cell for cell in lecture.cells if cell.cell_type == "code"]
    return [cell for cell in cells if "library" not in cell.metadata.get("tags", [])]


def count(lecture: NotebookNode) -> Counts:
    """Count what the rubric counts."""
    text, cells = prose(lecture), code_cells(lecture)
    code = "\n".join(cell.source for cell in cells)
    words = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.DOTALL)
    return Counts(
        words=len(re.findall(r"[A-Za-z][A-Za-z'-]*", words)),
        equations=len(EQUATION.findall(text)),
        figures=sum("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs),
        widgets=code.count("explore("),
        questions=code.count(".ask()"),
        results=len(RESULT.findall(text)),
        asserts=len(re.findall(r"^\s*assert\b", code, flags=re.MULTILINE)),
        longest_cell=max((cell.source.count("\n") + 1 for cell in cells), default=0),
        kilobytes=len(nbformat.writes(lecture)) // 1000,
    )


def faults(lecture: NotebookNode, seconds: float) -> list[str]:
    """Why a lecture cannot be released; empty if it can."""
    counts, text = count(lecture), prose(lecture)
    found = [f"placeholder {match.group()!r} in the text" for match in PLACEHOLDER.finditer(text)]
    if counts.longest_cell > LONGEST_CELL:
        found.append(f"a code cell of {counts.longest_cell} lines; at most {LONGEST_CELL} are wanted")
    if counts.kilobytes * 1000 > LARGEST_BYTES:
        found.append(f"{counts.kilobytes} kB; at most {LARGEST_BYTES // 1000} are wanted")
    if seconds > SLOWEST_SECONDS:
        found.append(f"it needed {seconds:.0f} s of the processor; at most {SLOWEST_SECONDS:.0f} are wanted")
    return found + unverified(lecture) + [fault for cell in lecture.cells for fault in outputs_of(cell)]


def unverified(lecture: NotebookNode) -> list[str]:
    """Numbered results whose next code cell asserts nothing."""
    found = []
    for i, cell in enumerate(lecture.cells):
        if cell.cell_type == "markdown" and (match := RESULT.search(cell.source)):
            following = next((c for c in lecture.cells[i + 1 :] if c.cell_type == "code"), None)
            if following is None or "assert" not in following.source:
                found.append(f"{match.group()[2:]} is not followed by a cell that verifies it")
    return found


def outputs_of(cell: NotebookNode) -> list[str]:
    """Outputs that a reader must not meet: errors, stderr, figures without a text."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            found.append(f"{output.ename}: {output.evalue}")
        if output.output_type == "stream" and output.name == "stderr":
            found.append(f"stderr: {output.text.strip()[:200]}")
        if "image/png" in output.get("data", {}) and not output.metadata.get("image/png", {}).get("alt"):
            found.append(f"a figure without alt text, in the cell {cell.source.splitlines()[0]!r}")
    return found


def summary(name: str, lecture: NotebookNode, seconds: float) -> str:
    """One line about a lecture."""
    counts = count(lecture)
    numbers = ", ".join(f"{field.name.replace('_', ' ')} {getattr(counts, field.name)}" for field in fields(counts))
    return f"{name}: {seconds:.0f} s, {numbers}"

"""The warm parents of this process and its workers: one for each problem set, started when it is first needed."""

import ast
import atexit
import os
import shutil
from pathlib import Path

from nbformat import NotebookNode

from pgmkit.grading.caged.provisioner import Warm
from pgmkit.grading.caged.scratch import scratch, sweep

STARTED: dict[str, Warm] = {}
"""By problem set. Workers that were forked after a parent started share it."""
OWNER: dict[str, int] = {}


def warm_parent(assignment: str, notebook: NotebookNode | None = None) -> Warm:
    """The warm parent of a problem set.

    Args:
        assignment: the problem set.
        notebook: the instructor's; what it imports the parent imports ahead. Only the first call for a problem set needs it.
    """
    warm = STARTED.get(assignment)
    if warm is None or not os.path.exists(warm.path):
        sweep()
        warm = Warm()
        try:
            warm.show(shadow_of(assignment), imported(notebook) if notebook is not None else [])
        except BaseException:
            warm.close()
            raise
        STARTED[assignment], OWNER[assignment] = warm, os.getpid()
    return warm


def shadow_of(assignment: str) -> Path:
    """A new folder with what exists of pgmkit inside the cage. It imports the library and torch, as the warm parent does at the same time."""
    from pgmkit.grading.caged.shadow import shadow

    folder = scratch()
    shadow(assignment, folder)
    folder.chmod(0o755)
    return folder


def imported(notebook: NotebookNode) -> list[str]:
    """The modules that a notebook's cells import."""
    found: dict[str, None] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found[node.module] = None
    return list(found)


def close() -> None:
    """End the parents that this process started, and remove their shadows."""
    for assignment, warm in list(STARTED.items()):
        if OWNER[assignment] == os.getpid():
            warm.close()
            shutil.rmtree(warm.shadow, ignore_errors=True)
        del STARTED[assignment], OWNER[assignment]


atexit.register(close)

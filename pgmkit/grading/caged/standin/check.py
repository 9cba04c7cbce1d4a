"""`check` and `ready` inside the cage."""

from typing import Any

from pgmkit.checks.quiet import AT_HOME, quiet

__all__ = ["check", "quiet", "ready"]


def check(answer: Any) -> float:
    """No exam here. The graded cells are not run in the notebook at all; a cell that the student added may still call this."""
    print("The grading run takes the exam outside of the notebook.")
    return 0.0


def ready(*names: str) -> bool:
    """Never: the cells that it guards are for the student at home."""
    print(AT_HOME)
    return False

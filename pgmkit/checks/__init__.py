"""Exams: `check(answer)` in a notebook, `judge` everywhere else."""

from pgmkit.checks import gan_losses
from pgmkit.checks.check import check
from pgmkit.checks.exam import Exam

PROBLEM_SETS: dict[str, tuple[Exam, ...]] = {
    "ps1": (gan_losses.discriminator,),
}
"""The exams of each problem set, in order. While one is taken, the library's own answers of its whole set are closed."""

EXAMS: dict[str, Exam] = {exam.name: exam for exams in PROBLEM_SETS.values() for exam in exams}

__all__ = ["EXAMS", "PROBLEM_SETS", "check"]

"""Exams: `check(answer)` in a notebook, `judge` everywhere else."""

from pgmkit.checks import flows, gan, knowledge, learnable, warmup, wasserstein
from pgmkit.checks.check import check, ready
from pgmkit.checks.exam import Exam

PROBLEM_SETS: dict[str, tuple[Exam, ...]] = {
    "warmup": (warmup.kl,),
    "ps1": gan.EXAMS,
    "ps2": wasserstein.EXAMS,
    "ps3": flows.EXAMS,
    "ps4": knowledge.EXAMS,
    "ps5": learnable.EXAMS,
}
"""The exams of each problem set, in order. While one is taken, the library's own answers of its whole set are closed."""

EXAMS: dict[str, Exam] = {exam.name: exam for exams in PROBLEM_SETS.values() for exam in exams}

__all__ = ["EXAMS", "PROBLEM_SETS", "check", "ready"]

"""The judge, written once: holds what the probe saw of an answer against what it saw of the reference, and names the mistake."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pgmkit.checks.compare import compare, show
from pgmkit.checks.exam import CONSTANT, UNKNOWN, Answer, BorrowedAnswer, Exam, Failure, Seen, closed, observe

NOT_ATTEMPTED = "Not attempted yet"
ADVICE = {
    "dtype": "Keep the dtype of the arguments: make new tensors with zeros_like, new_zeros or dtype=x.dtype, and call no .float().",
    "shape": "Look at what your sums and means run over.",
}
"""What to add where a result has the wrong dtype or shape."""
NO_CRASH = {UNKNOWN: "The type differs", CONSTANT: "Every call returns the same"}
"""Titles for what cannot be observed though nothing was raised."""
IN_OTHER_WORDS = {
    "through the graph a second time": "Two backward calls share a part of the graph. Compute it anew for the second, or detach it.",
    "modified by an inplace operation": "Something that a backward still needs was changed in place: an argument, or a parameter by an early step.",
    "does not require grad": "This loss is not on the graph: something was detached, made under no_grad, or frozen and not released.",
    "must match the size": "Two shapes met that do not fit. Reduce or reshape each tensor before you combine them.",
    "shapes cannot be multiplied": "In A @ B the last dimension of A must be as long as the first of B (the last but one of a stack).",
    "Can't call numpy()": "numpy knows no gradients, and detaching cuts them off: use torch's own function.",
    "is invalid for input of size": "A reshape keeps the number of values: multiply the sizes that you ask for.",
    "'tuple' object": "A tuple came where a tensor was expected: take it apart first, as in x, log_det = f(z), or join its tensors with torch.stack.",
    "is being modified inplace": "A part of a tensor was changed in place (-=, *=, or a method ending in _). Make a new one: a = a - b.",
    "used in an in-place operation": "A tensor that PyTorch records was changed in place (-=, *=, or a method ending in _). For an argument, "
    "make a new tensor: a = a - b. Only parameters are changed in place, inside torch.no_grad().",
    "bitwise_xor": "^ is not a power in Python: write **, as in T**2.",
    "for ^": "^ is not a power in Python: write **, as in T**2.",
    "bitwise_and": "& is for bools. A truth value between 0 and 1 wants arithmetic.",
    "bitwise_or": "| is for bools. A truth value between 0 and 1 wants arithmetic.",
    "Boolean value of Tensor": "Python's max, min, if, and, or want one number. Use torch's functions, which go place by place.",
    "must be Tensor, not": "A tensor is wanted there, not a number, a tuple or a list. For a number see clamp; for a list see torch.stack.",
    "unexpected keyword argument": "Keep the arguments as the stub had them.",
}
"""What PyTorch's and Python's commonest messages mean here."""


@dataclass(frozen=True)
class Row:
    """One observation and its verdict: `reason` is empty where the answer agrees with the reference."""

    name: str
    points: float
    reason: str

    @property
    def earned(self) -> float:
        """All of the points or none."""
        return 0.0 if self.reason else self.points


@dataclass(frozen=True)
class Diagnosis:
    """What the answer's owner is told first: a title, then advice."""

    title: str
    advice: str


@dataclass(frozen=True)
class Verdict:
    """The rows, and the diagnosis of what falls short (None for a right answer)."""

    rows: tuple[Row, ...]
    diagnosis: Diagnosis | None

    @property
    def points(self) -> float:
        """The most that can be earned."""
        return float(sum(row.points for row in self.rows))

    @property
    def score(self) -> float:
        """A plain finite float in [0, points]."""
        return round(float(sum(row.earned for row in self.rows)), 6)


def aligned(seen: Sequence[Seen], wanted: Sequence[Seen]) -> list[Any]:
    """The values of `seen` in the order of `wanted`; where `seen` did not get that far, the failure it ended with."""
    values = {s.name: s.value for s in seen}
    crash = next((s.value for s in seen if isinstance(s.value, Failure)), Failure("Missing", "this was not reached"))
    return [values.get(w.name, crash) for w in wanted]


def differences(wanted: Sequence[Any], came: Sequence[Any], tolerance: float) -> list[str]:
    """For each wanted value, why the one that came differs; empty where it does not."""
    return [compare(w, c, tolerance) for w, c in zip(wanted, came, strict=True)]


def explained(mistake: Sequence[Any], wanted: Sequence[Any], came: Sequence[Any], tolerance: float) -> int:
    """How many of an answer's failures a mistake explains: all that the mistake makes, or it explains nothing."""
    wrong = 0
    for w, m, c in zip(wanted, mistake, came, strict=True):
        if compare(w, m, tolerance):
            if compare(m, c, tolerance):
                return 0
            wrong += 1
    return wrong


@lru_cache(maxsize=2048)
def observe_known(exam: Exam, answer: Answer, seed: int) -> tuple[Seen, ...]:
    """What the probe sees of the reference or of a known mistake, kept: every check of an exercise has the same seed."""
    return tuple(observe(exam, answer, seed))


def diagnose(exam: Exam, rows: Sequence[Row], wanted: Sequence[Seen], came: Sequence[Seen], seed: int) -> Diagnosis | None:
    """Name what is wrong: untouched, borrowed, a known mistake, or the first quantity that differs."""
    failed = [row for row in rows if row.reason]
    if not failed:
        return None
    kinds = {seen.value.kind for seen in came if isinstance(seen.value, Failure)}
    values, got = [seen.value for seen in wanted], aligned(came, wanted)
    if all(isinstance(value, Failure) and (value.kind, value.message) == ("NotImplementedError", "") for value in got):
        advice = f"Write the body of {exam.name} in place of `raise NotImplementedError`, run its cell, then run this one."
        return Diagnosis(NOT_ATTEMPTED, advice)
    if BorrowedAnswer.__name__ in kinds:
        advice = f"The answer lets pgmkit do the work of {exam.name}. Write it yourself; reading pgmkit's source is allowed."
        return Diagnosis("The library answered, not you", advice)
    fits = [explained(aligned(observe_known(exam, m.answer, seed), wanted), values, got, exam.tolerance) for m in exam.mistakes]
    if max(fits, default=0) > 0:
        mistake = exam.mistakes[fits.index(max(fits))]
        return Diagnosis(mistake.title, mistake.advice)
    return first_difference(exam, failed[0], got[rows.index(failed[0])])


def first_difference(exam: Exam, row: Row, came: Any) -> Diagnosis:
    """What to say about a failed observation that no known mistake explains."""
    if isinstance(came, Failure):
        meaning = " ".join(text for part, text in IN_OTHER_WORDS.items() if part in came.message)
        said = f"{show(came).removeprefix(came.kind + ': ').rstrip('.')}. The observation was: {row.name}."
        title = NO_CRASH.get(came.kind, f"Your code stopped with {came.kind}")
        return Diagnosis(title, f"{meaning} {said}".strip())
    kind = row.reason.split()[0]
    if kind in ADVICE:
        return Diagnosis(f"The {kind} differs", f"{row.name}: {row.reason}. {ADVICE[kind]} The docstring says: {says(exam)}")
    return Diagnosis(f"First difference: {row.name}", f"{row.reason}. The docstring says: {says(exam)}")


def says(exam: Exam) -> str:
    """The docstring's first line and its `Returns`, which state what was wanted."""
    lines = [line.strip() for line in (exam.reference.__doc__ or "").split("\n")]
    returns = lines.index("Returns:") if "Returns:" in lines else len(lines)
    rest = lines[returns + 1 :]
    return " ".join([lines[0], *rest[: rest.index("") if "" in rest else len(rest)]])


def observe_closed(exam: Exam, answer: Answer, seed: int, shut: Sequence[Answer]) -> list[Seen]:
    """What the probe sees of an answer while the library refuses to help; with an empty `shut` it does help."""
    with closed([exam.reference, *exam.closes, *shut] if shut else []):
        return observe(exam, answer, seed)


def rows_of(exam: Exam, wanted: Sequence[Seen], came: Sequence[Seen]) -> tuple[Row, ...]:
    """One row for each observation of the reference."""
    reasons = differences([seen.value for seen in wanted], aligned(came, wanted), exam.tolerance)
    return tuple(Row(seen.name, seen.points, reason) for seen, reason in zip(wanted, reasons, strict=True))


def verdict_on(exam: Exam, came: Sequence[Seen], seed: int) -> Verdict:
    """The verdict on what the probe saw of an answer with inputs drawn from `seed`."""
    wanted = observe_known(exam, exam.reference, seed)
    rows = rows_of(exam, wanted, came)
    return Verdict(rows, diagnose(exam, rows, wanted, came, seed))


def judge(exam: Exam, answer: Answer, seed: int, shut: Sequence[Answer] = ()) -> Verdict:
    """Take the exam: what the answer earns, and what to say about the rest.

    Args:
        exam: the exam of one exercise.
        answer: any callable.
        seed: inputs are drawn from it; any seed gives the same verdict.
        shut: library functions that refuse to answer meanwhile: those that the problem set asks for. Empty: none does,
            not even the exam's own, for the known mistakes that are built on the reference.
    """
    return verdict_on(exam, observe_closed(exam, answer, seed, shut), seed)

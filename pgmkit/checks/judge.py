"""The judge, written once: compares what the probe saw of an answer with what it saw of the reference, and names the mistake."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pgmkit.checks.exam import Answer, BorrowedAnswer, Exam, Failure, Seen, closed, observe

NOT_ATTEMPTED = "Not attempted yet"
NEAR = ": close, so look for a small epsilon or a rounded constant"
ADVICE = {
    "dtype": "Keep the dtype of the arguments: make new tensors with zeros_like, new_zeros or dtype=x.dtype, and call no .float().",
    "shape": "Look at what your sums and means run over.",
}
"""What to add where a result has the wrong dtype or shape."""
IN_OTHER_WORDS = {
    "through the graph a second time": "Two backward calls share a part of the graph. Compute it anew for the second, or detach it.",
    "modified by an inplace operation": "A step changed a parameter between a loss and its backward. Compute the loss after that step.",
    "does not require grad": "This loss is not on the graph: something was detached, made under no_grad, or frozen and not released.",
    "must match the size": "Two shapes met that do not fit. Reduce or reshape each tensor before you combine them.",
    "used in an in-place operation": "PyTorch guards parameters that it records: change them in place inside torch.no_grad().",
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


def show(value: Any) -> str:
    """A value as a reader wants to see it: short, rounded, with its shape."""
    match value:
        case Tensor() if value.ndim == 0:
            return f"{value.item():.6g}"
        case Tensor() if value.numel() <= 6:
            numbers = ", ".join(f"{v + 0:.4g}" for v in value.flatten().tolist())
            return f"[{numbers}]" + (f" of shape {tuple(value.shape)}" if value.ndim > 1 else "")
        case Tensor():
            return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
        case bool() | None | str():
            return str(value)
        case float() | int():
            return f"{value:.6g}"
        case Failure():
            at = f" ({value.where})" if value.where else ""
            return f"{value.kind}: {value.message}{at}"
        case tuple():
            return "(" + ", ".join(show(v) for v in value) + ")"
        case dict():
            return "{" + ", ".join(f"{k}: {show(v)}" for k, v in value.items()) + "}"
    return str(value)


def number(value: Any) -> Any:
    """A zero-dimensional tensor as the number it holds; anything else as it is."""
    return value.item() if isinstance(value, Tensor) and value.ndim == 0 else value


def compare_tensors(wanted: Tensor, came: Any, tolerance: float) -> str:
    """Why `came` differs from the wanted tensor; empty if it does not."""
    if isinstance(came, str):
        return f"a tensor of shape {tuple(wanted.shape)} was wanted; {came}"
    if not isinstance(came, Tensor):
        return f"a tensor of shape {tuple(wanted.shape)} was wanted; {show(came)} came, of type {type(came).__name__}"
    if came.shape != wanted.shape:
        return f"shape {tuple(wanted.shape)} was wanted; shape {tuple(came.shape)} came"
    if came.dtype != wanted.dtype:
        return f"dtype {wanted.dtype} was wanted; {came.dtype} came"
    if torch.allclose(came.double(), wanted.double(), rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True):
        return ""
    near = NEAR if torch.allclose(came.double(), wanted.double(), rtol=1e-3, atol=1e-6) else ""
    if wanted.numel() <= 6 and show(wanted) != show(came):
        return f"{show(wanted)} was wanted; {show(came)} came{near}"
    gap = (came.double() - wanted.double()).abs().flatten()
    i = int(gap.nan_to_num(nan=math.inf).argmax())
    return f"element {i}: {wanted.flatten()[i]:.10g} was wanted; {came.flatten()[i]:.10g} came{near}"


def compare(wanted: Any, came: Any, tolerance: float) -> str:
    """Why `came` differs from `wanted`; empty if it does not. The sign of zero and tuple against list do not matter."""
    match wanted:
        case Failure():
            same = isinstance(came, Failure) and came.kind == wanted.kind
            return "" if same else f"{wanted.kind} was wanted; {show(came)} came"
        case _ if isinstance(came, Failure):
            return show(came)
        case Tensor():
            return compare_tensors(wanted, came, tolerance)
        case bool() | str() | None:
            came = number(came)
            return "" if type(came) is type(wanted) and came == wanted else f"{wanted} was wanted; {show(came)} came"
        case tuple():
            return compare_parts(range(len(wanted)), wanted, came, tolerance, tuple)
        case dict():
            return compare_parts(wanted, wanted, came, tolerance, dict)
    value = number(came)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"a number was wanted; {show(came)} came"
    same = math.isclose(value, wanted, rel_tol=tolerance, abs_tol=tolerance * 1e-3) or (math.isnan(value) and math.isnan(wanted))
    return "" if same else f"{show(wanted)} was wanted; {show(value)} came"


def compare_parts(keys: Any, wanted: Any, came: Any, tolerance: float, kind: type) -> str:
    """`compare` for every part of a tuple or dict."""
    if not isinstance(came, kind):
        return f"a {'dict' if kind is dict else 'list or tuple'} was wanted; {show(came)} came"
    if len(came) != len(wanted):
        return f"{len(wanted)} parts were wanted; {len(came)} came"
    for key in keys:
        if kind is dict and key not in came:
            return f"the key {key!r} was wanted; only {sorted(came)} came"
        if reason := compare(wanted[key], came[key], tolerance):
            return f"at {key!r}: {reason}"
    return ""


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
    wrong = [bool(reason) for reason in differences(wanted, mistake, tolerance)]
    same = [not reason for reason in differences(mistake, came, tolerance)]
    return sum(wrong) if all(s for w, s in zip(wrong, same, strict=True) if w) else 0


def diagnose(exam: Exam, rows: Sequence[Row], wanted: Sequence[Seen], came: Sequence[Seen], seed: int) -> Diagnosis | None:
    """Name what is wrong: untouched, borrowed, a known mistake, or the first quantity that differs."""
    failed = [row for row in rows if row.reason]
    if not failed:
        return None
    kinds = {seen.value.kind for seen in came if isinstance(seen.value, Failure)}
    if kinds == {NotImplementedError.__name__} and len(failed) == len(rows):
        return Diagnosis(NOT_ATTEMPTED, f"Write the body of {exam.name} and run this cell again.")
    if BorrowedAnswer.__name__ in kinds:
        advice = f"The answer lets pgmkit do the work of {exam.name}. Write it yourself; reading pgmkit's source is allowed."
        return Diagnosis("The library answered, not you", advice)
    values, got = [seen.value for seen in wanted], aligned(came, wanted)
    fits = [explained(aligned(observe(exam, m.answer, seed), wanted), values, got, exam.tolerance) for m in exam.mistakes]
    if max(fits, default=0) > 0:
        mistake = exam.mistakes[fits.index(max(fits))]
        return Diagnosis(mistake.title, mistake.advice)
    return first_difference(exam, failed[0], got[rows.index(failed[0])])


def first_difference(exam: Exam, row: Row, came: Any) -> Diagnosis:
    """What to say about a failed observation that no known mistake explains."""
    if isinstance(came, Failure):
        meaning = " ".join(text for part, text in IN_OTHER_WORDS.items() if part in came.message)
        said = f"{show(came).removeprefix(came.kind + ': ').rstrip('.')}. The observation was: {row.name}."
        return Diagnosis(f"Your code stopped with {came.kind}", f"{meaning} {said}".strip())
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


def rows_of(exam: Exam, answer: Answer, seed: int, shut: Sequence[Answer] = ()) -> tuple[tuple[Row, ...], list[Seen], list[Seen]]:
    """The rows of a verdict, and what the probe saw of the reference and of the answer."""
    wanted = observe(exam, exam.reference, seed)
    with closed([exam.reference, *exam.closes, *shut] if shut else []):
        came = observe(exam, answer, seed)
    reasons = differences([seen.value for seen in wanted], aligned(came, wanted), exam.tolerance)
    return tuple(Row(seen.name, seen.points, reason) for seen, reason in zip(wanted, reasons, strict=True)), wanted, came


def judge(exam: Exam, answer: Answer, seed: int, shut: Sequence[Answer] = ()) -> Verdict:
    """Take the exam: what the answer earns, and what to say about the rest.

    Args:
        exam: the exam of one exercise.
        answer: any callable.
        seed: inputs are drawn from it; any seed gives the same verdict.
        shut: library functions that refuse to answer meanwhile: those that the problem set asks for. Empty: none does,
            not even the exam's own, for the known mistakes that are built on the reference.
    """
    rows, wanted, came = rows_of(exam, answer, seed, shut)
    return Verdict(rows, diagnose(exam, rows, wanted, came, seed))

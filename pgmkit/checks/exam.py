"""An exam: a probe, a reference and the known mistakes. It holds no verdict; the judge compares what the probe saw."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any

import numpy as np
import torch
from torch import Generator

Answer = Callable[..., Any]
Observation = tuple[str, Any, float]
"""Name, value (or a function that makes it when asked, so that one crash costs one observation), points."""
Observations = Iterator[Observation]
Probe = Callable[[Answer, Generator], Observations]


class BorrowedAnswer(Exception):
    """The answer called the library's own function instead of doing the work."""


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what it is called, what to tell its owner, and the wrong code itself."""

    title: str
    advice: str
    answer: Answer


@dataclass(frozen=True)
class Failure:
    """An observation that could not be made: the exception's name, its message, and the line of the answer it came from."""

    kind: str
    message: str
    where: str = ""


@dataclass(frozen=True)
class Seen:
    """One observation as plain data: tensors are detached copies, anything unknown is described by a `Failure`."""

    name: str
    value: Any
    points: float


@dataclass(eq=False)
class Exam:
    """What an exercise asks for and how an answer is driven.

    Args:
        reference: the library's own function; its name and docstring are the exercise's.
        minutes: expected working time.
        difficulty: 1 (apply the formula), 2 (think about an edge), 3 (put several things together).
        hints: the ladder: a nudge, a hint, a near-solution that is still not the line of code.
        closes: other public functions that would give the answer away.
        tolerance: relative tolerance of the judge.
    """

    reference: Answer
    minutes: int
    difficulty: int
    hints: tuple[str, str, str]
    closes: tuple[Answer, ...] = ()
    tolerance: float = 3e-6
    run: Probe = field(init=False, repr=False)
    mistakes: list[Mistake] = field(default_factory=list, init=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the function that the exercise asks for."""
        return self.reference.__name__

    @property
    def returns(self) -> bool:
        """Whether the function is asked for what it returns, and not for what it changes."""
        return self.reference.__annotations__.get("return") is not None

    @cached_property
    def points(self) -> float:
        """The sum of the observations' shares."""
        return float(sum(points for _, _, points in self.run(self.reference, torch.Generator().manual_seed(0))))

    def probe(self, run: Probe) -> Probe:
        """Decorator: `run(answer, generator)` drives any answer and yields observations; inputs come from `generator` only."""
        self.run = run
        return run

    def mistake(self, title: str, advice: str) -> Callable[[Answer], Answer]:
        """Decorator: the function below it is a known wrong answer."""

        def add(answer: Answer) -> Answer:
            self.mistakes.append(Mistake(title, advice, answer))
            return answer

        return add


def answers_of(exams: Sequence[Exam]) -> list[Answer]:
    """The library functions that refuse while an exam of this problem set is taken: what it asks for, and what gives one of them away."""
    return list(dict.fromkeys(f for exam in exams for f in (exam.reference, *exam.closes)))


UNKNOWN = "an unknown type"
"""The kind of a `Failure` that is no exception: the answer returned something that nobody can compare."""
CONSTANT = "a constant"
"""The kind of a `Failure` of an answer that returns one number, whatever it is given."""


def plain(value: Any) -> Any:
    """Plain data of an observation: numbers, strings, None, plain tensors, and lists, tuples and dicts of these."""
    match value:
        case torch.Tensor():
            return value.detach().as_subclass(torch.Tensor).cpu().clone()
        case bool() | int() | float() | str() | None:
            return value
        case np.generic():
            return plain(value.item())
        case tuple() | list():
            return tuple(plain(v) for v in value)
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
    return Failure(UNKNOWN, f"an object of type {type(value).__name__} came back, which is neither a tensor nor a number")


def failure(error: BaseException, answer: Answer) -> Failure:
    """What went wrong, and where: the last line that was running in the cell of the answer."""
    where, code = "", getattr(inspect.unwrap(answer), "__code__", None)
    trace = error.__traceback__
    running = trace
    while trace is not None:
        frame, running = trace.tb_frame.f_code, trace
        if code is not None and frame.co_filename == code.co_filename and not isinstance(error, BorrowedAnswer):
            where = f"line {trace.tb_lineno - frame.co_firstlineno + 1} of {frame.co_name}"
        trace = trace.tb_next
    message = str(error).split("\n")[0]
    if isinstance(error, NotImplementedError) and running is not None and running.tb_frame.f_code is not code:
        message = message or f"{running.tb_frame.f_code.co_name} is not written yet, and this answer calls it"
    return Failure(type(error).__name__, message if len(message) <= 160 else message[:157] + "...", where)


def lone(value: Any) -> str:
    """The number that fills a tensor or stands alone, as text; empty where there is more than one, or another thing."""
    match value:
        case bool():
            return ""  # "always yes" is an answer, and may be a known mistake
        case int() | float():
            return str(float(value)) if abs(value) < 1e300 else ""
        case torch.Tensor() if value.numel():
            with suppress(Exception):  # there are tensors without numbers
                flat = value.detach().flatten()
                return str(flat[0].item()) if bool(((flat == flat[0]) | (flat.isnan() & flat[0].isnan())).all()) else ""
    return ""


def observe(exam: Exam, answer: Answer, seed: int) -> list[Seen]:
    """What the probe sees of the answer, one entry per observation that was reached. One number for all calls is no answer to any."""
    numbers: list[str] = []

    @wraps(answer, updated=())
    def watched(*args: Any, **kwargs: Any) -> Any:
        numbers.append("")
        returned = answer(*args, **kwargs)
        numbers[-1] = lone(returned)
        return returned

    seen = collect(exam, answer, watched, seed)
    if exam.returns and len(numbers) > 1 and numbers[0] and len(set(numbers)) == 1:
        fault = Failure(CONSTANT, f"every call returned {numbers[0]}, whatever it was given")
        return [replace(one, value=fault) for one in seen]
    return seen


def collect(exam: Exam, answer: Answer, watched: Answer, seed: int) -> list[Seen]:
    """Drive the answer, which is watched, with the exam's probe and collect what it saw."""
    seen: list[Seen] = []
    try:
        for name, value, points in exam.run(watched, torch.Generator().manual_seed(seed)):
            try:
                result = plain(value() if inspect.isfunction(value) else value)
            except Exception as error:
                result = failure(error, answer)
            seen.append(Seen(name, result, points))
    except Exception as error:
        seen.append(Seen("everything after that", failure(error, answer), 0.0))
    return seen


def refuse(*args: Any, **kwargs: Any) -> None:
    """Stands in for a closed function; self-contained, because only its code is transplanted."""
    from pgmkit.checks.exam import BorrowedAnswer

    raise BorrowedAnswer("The answer calls pgmkit's own function, which is what the exercise asks for.")


@contextmanager
def closed(functions: list[Answer]) -> Iterator[None]:
    """Inside, the given library functions refuse to answer, under whatever name they are held, decorated or not."""
    codes = {function: function.__code__ for function in map(inspect.unwrap, functions)}
    try:
        for function in codes:
            function.__code__ = refuse.__code__
        yield
    finally:
        for function, code in codes.items():
            function.__code__ = code

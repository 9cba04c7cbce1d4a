"""The proof that an exam is good: every known mistake is killed and named, every equivalent answer passes, at every seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from pgmkit.checks.exam import Answer, Exam, Seen, answers_of, observe
from pgmkit.checks.judge import NOT_ATTEMPTED, Verdict, diagnose, observe_closed, rows_of

SEEDS = 200
NAMED_SEEDS = 3


@dataclass(frozen=True)
class Line:
    """One line of the proof: what was sat, what it earned, which observations were lost, what was said, over how many seeds."""

    answer: str
    score: float
    points: float
    lost: tuple[str, ...]
    said: str
    steady: bool


def untouched(*args: object, **kwargs: object) -> None:
    """An exercise that nobody has touched."""
    raise NotImplementedError


def borrowed(exam: Exam) -> Answer:
    """An answer that only calls the library's own function."""
    return lambda *args, **kwargs: exam.reference(*args, **kwargs)


def sit(exam: Exam, title: str, answer: Answer, shut: Sequence[Answer], wanted: Sequence[list[Seen]]) -> Line:
    """Take the exam once per seed: the verdict of seed 0, and whether any other seed gave another one.

    Args:
        exam: the exam.
        title: what the answer is called.
        answer: who sits it.
        shut: library functions that refuse meanwhile.
        wanted: what the probe sees of the reference, for seed 0, 1, ...
    """
    verdicts, named = set(), []
    for seed, reference in enumerate(wanted):
        came = observe_closed(exam, answer, seed, shut)
        rows = rows_of(exam, reference, came)
        verdicts.add(tuple(bool(row.reason) for row in rows))
        if seed < NAMED_SEEDS:
            named.append(Verdict(rows, diagnose(exam, rows, reference, came, seed)))
    first = named[0]
    steady = len(verdicts) == 1 and len({said(verdict) for verdict in named}) == 1
    return Line(title, first.score, first.points, tuple(row.name for row in first.rows if row.reason), said(first), steady)


def said(verdict: Verdict) -> str:
    """The title of the diagnosis, empty for a right answer."""
    return "" if verdict.diagnosis is None else verdict.diagnosis.title


@dataclass(frozen=True)
class Proof:
    """All lines of one exam, by kind; plain data, so that it crosses between processes."""

    name: str
    points: float
    mistakes: tuple[Line, ...]
    equivalents: tuple[Line, ...]
    nothing: tuple[Line, ...]

    def faults(self) -> list[str]:
        """What keeps the exam from being proven; empty when it is."""
        name, points = self.name, self.points
        lines = [*self.mistakes, *self.equivalents, *self.nothing]
        found = [f"{name}: the verdict on {line.answer!r} changes with the seed" for line in lines if not line.steady]
        found += [f"{name}: {m.answer!r} earns full marks" for m in self.mistakes if m.score >= points]
        found += [f"{name}: {m.answer!r} is called {m.said!r}" for m in self.mistakes if m.said != m.answer]
        found += [f"{name}: the right answer {e.answer!r} earns {e.score}: {e.said}" for e in self.equivalents if e.score != points]
        found += [f"{name}: {n.answer} earns {n.score}" for n in self.nothing if n.score != 0]
        found += [f"{name}: only {len(self.equivalents)} equivalents"] if len(self.equivalents) < 2 else []
        found += [f"{name}: only {len(self.mistakes)} mistakes"] if len(self.mistakes) < 4 else []
        return found


def prove(exam: Exam, others: dict[str, Answer], neighbours: Sequence[Exam], seeds: int = SEEDS) -> Proof:
    """Sit the exam with every known mistake, every equivalent, an untouched stub and a borrowed answer."""
    shut = answers_of(neighbours)
    wanted = [observe(exam, exam.reference, seed) for seed in range(seeds)]
    return Proof(
        exam.name,
        exam.points,
        tuple(sit(exam, m.title, m.answer, (), wanted) for m in exam.mistakes),
        tuple(sit(exam, title, answer, shut, wanted) for title, answer in others.items()),
        (
            sit(exam, f"untouched stub ({NOT_ATTEMPTED.lower()})", untouched, shut, wanted),
            sit(exam, "calls pgmkit's own function", borrowed(exam), shut, wanted),
        ),
    )

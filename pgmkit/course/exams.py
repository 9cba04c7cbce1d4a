"""The proof that the exams are good: every known mistake is killed and named, every equivalent answer passes, at every seed."""

import runpy
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import Answer, Exam, Seen, observe
from pgmkit.checks.judge import NOT_ATTEMPTED, Verdict, judge, observe_closed, rows_of
from pgmkit.course.paths import Course

SEEDS = 200
NAMED_SEEDS = 3


def equivalents(course: Course) -> dict[str, dict[str, Answer]]:
    """Other right answers, from `tests/equivalents/*.py`: exercise -> how it is written -> the answer."""
    found: dict[str, dict[str, Answer]] = {}
    for path in sorted((course.root / "tests" / "equivalents").glob("[a-z]*.py")):
        for name, answers in runpy.run_path(str(path))["EQUIVALENTS"].items():
            found.setdefault(name, {}).update(answers)
    return found


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
    verdicts = set()
    for seed, reference in enumerate(wanted):
        rows = rows_of(exam, reference, observe_closed(exam, answer, seed, shut))
        verdicts.add(tuple(bool(row.reason) for row in rows))
    first, *others = (judge(exam, answer, seed, shut) for seed in range(NAMED_SEEDS))
    steady = len(verdicts) == 1 and {said(verdict) for verdict in others} == {said(first)}
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
    shut = [e.reference for e in neighbours]
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


def prove_named(root: Path, ps: str, name: str) -> Proof:
    """`prove` for an exam by its name, in a process of its own."""
    torch.set_num_threads(1)
    return prove(EXAMS[name], equivalents(Course(root)).get(name, {}), PROBLEM_SETS[ps])


def proofs(course: Course) -> dict[str, list[Proof]]:
    """The proofs of all problem sets, made side by side on the machine's processors."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        running = {ps: [pool.submit(prove_named, course.root, ps, exam.name) for exam in exams] for ps, exams in PROBLEM_SETS.items()}
        return {ps: [job.result() for job in jobs] for ps, jobs in running.items()}


def table(proven: dict[str, list[Proof]], seeds: int = SEEDS) -> str:
    """The proof as Markdown; it holds no time and no chance, so that a rerun changes no byte."""
    lines = [
        "# The exams, proven",
        "",
        f"Made by `python -m pgmkit.course exams`. Each line was judged at {seeds} seeds, and no verdict changed.",
        "A *mistake* must lose points and be named; an *equivalent*, another right way to write the answer, must earn all of them.",
    ]
    for ps, exams in proven.items():
        lines += ["", f"## {ps}: {sum(p.points for p in exams):g} points"]
        for proof in exams:
            lines += ["", f"### `{proof.name}`: {proof.points:g} points", "", "| answer | points | killed by |", "|---|---|---|"]
            lines += [row("mistake", line, "; ".join(line.lost)) for line in proof.mistakes]
            lines += [row("equivalent", line, "") for line in proof.equivalents]
            lines += [row("nothing", line, "every observation") for line in proof.nothing]
    return "\n".join(lines) + "\n"


def row(kind: str, line: Line, killed_by: str) -> str:
    """One line of the table."""
    cells = [f"{kind}: {line.answer}", f"{line.score:g} / {line.points:g}", killed_by]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def exams_file(course: Course) -> Path:
    """Where the table is committed."""
    return course.root / "tests" / "exams.md"


def exams(course: Course) -> list[str]:
    """Remake the table; fails with all faults when an exam is not proven. Returns the files that changed."""
    proven = proofs(course)
    faults = [fault for exams in proven.values() for proof in exams for fault in proof.faults()]
    if faults:
        raise ValueError("the exams are not proven:\n" + "\n".join(faults))
    text, path = table(proven), exams_file(course)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [course.relative(path)]

"""The table of the proven exams: remade where the exams, the library or the judge changed, and kept where nothing did."""

import runpy
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import Answer, Exam
from pgmkit.course.depends import fingerprint
from pgmkit.course.paths import Course
from pgmkit.course.proof import SEEDS, Line, Proof, prove

HEAD = f"""# The exams, proven

Made by `python -m pgmkit.course exams`. Each line was judged at {SEEDS} seeds, and no verdict changed.
A *mistake* must lose points and be named; an *equivalent*, another right way to write the answer, must earn all of them.
A problem set is proven again when its mark no longer fits: a hash of its exams, of the judge and the library below them, of the equivalents,
and of `requirements.lock`. `exams --again` proves all.
"""


def written_in(course: Course) -> dict[Path, dict[str, dict[str, Answer]]]:
    """The files `tests/equivalents/*.py`, and what each holds: exercise -> how it is written -> the answer."""
    paths = sorted((course.root / "tests" / "equivalents").glob("[a-z]*.py"))
    return {path: runpy.run_path(str(path))["EQUIVALENTS"] for path in paths}


def equivalents(course: Course) -> dict[str, dict[str, Answer]]:
    """Other right answers: exercise -> how it is written -> the answer."""
    found: dict[str, dict[str, Answer]] = {}
    for exercises in written_in(course).values():
        for name, answers in exercises.items():
            found.setdefault(name, {}).update(answers)
    return found


def marks(course: Course) -> dict[str, str]:
    """For each problem set a hash of all that its proof rests on, so that a proof is kept only while nothing of it changed.

    The package of its exams with all that it imports (the library's functions, the probes, packaged data); the proof itself, hence the
    judge; the files of the equivalents; the pinned versions; the names of the exams. `pgmkit.checks` only lists the sets: it is left out.
    """
    written = {path.read_text(encoding="utf-8"): set(exercises) for path, exercises in written_in(course).items()}
    lock = (course.root / "requirements.lock").read_text(encoding="utf-8")
    found = {}
    for ps, exams in PROBLEM_SETS.items():
        names = [exam.name for exam in exams]
        families = {".".join(exam.run.__module__.split(".")[:3]) for exam in exams}
        roots = "\n".join(f"import {module}" for module in sorted({*families, __name__, prove.__module__}))
        answers = [source for source, exercises in written.items() if not exercises.isdisjoint(names)]
        found[ps] = fingerprint([roots, " ".join(names), *answers, lock], apart={"pgmkit.checks"})
    return found


def prove_named(root: Path, ps: str, name: str) -> Proof:
    """`prove` for an exam by its name, in a process of its own."""
    torch.set_num_threads(1)
    return prove(EXAMS[name], equivalents(Course(root)).get(name, {}), PROBLEM_SETS[ps])


def effort(exam: Exam) -> tuple[int, int]:
    """What tells a long proof from a short one; the longest go first, so that no processor waits at the end."""
    return exam.minutes, len(exam.mistakes)


def proofs(course: Course, sets: Sequence[str]) -> dict[str, list[Proof]]:
    """The proofs of the given problem sets, made side by side on the machine's processors."""
    sittings = [(exam, ps) for ps in sets for exam in PROBLEM_SETS[ps]]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        hardest_first = sorted(sittings, key=lambda sitting: effort(sitting[0]), reverse=True)
        running = {exam.name: pool.submit(prove_named, course.root, ps, exam.name) for exam, ps in hardest_first}
        return {ps: [running[exam.name].result() for exam in PROBLEM_SETS[ps]] for ps in sets}


def chapter(ps: str, mark: str, proven: Sequence[Proof]) -> str:
    """The table's part on one problem set, as Markdown; it holds no time and no chance, so that a rerun changes no byte."""
    points = sum(proof.points for proof in proven)
    return "\n".join([f"{ps}: {points:g} points", "", f"Mark: `{mark}`.", *map(section, proven)]) + "\n"


def section(proof: Proof) -> str:
    """The table's part on one exam."""
    lines = ["", f"### `{proof.name}`: {proof.points:g} points", "", "| answer | points | killed by |", "|---|---|---|"]
    lines += [row("mistake", line, "; ".join(line.lost)) for line in proof.mistakes]
    lines += [row("equivalent", line, "") for line in proof.equivalents]
    lines += [row("nothing", line, "every observation") for line in proof.nothing]
    return "\n".join(lines)


def row(kind: str, line: Line, killed_by: str) -> str:
    """One line of the table."""
    cells = [f"{kind}: {line.answer}", f"{line.score:g} / {line.points:g}", killed_by]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def exams_file(course: Course) -> Path:
    """Where the table is committed."""
    return course.root / "tests" / "exams.md"


def kept(course: Course, fits: dict[str, str]) -> dict[str, str]:
    """The chapters of the committed table whose mark still fits; none if it was proven at another number of seeds."""
    text = exams_file(course).read_text(encoding="utf-8") if exams_file(course).is_file() else ""
    head, *parts = text.split("\n## ")
    found = {part.split(":")[0]: part for part in parts if head == HEAD}
    return {ps: part for ps, part in found.items() if f"\nMark: `{fits.get(ps)}`.\n" in part}


def exams(course: Course, again: bool = False) -> list[str]:
    """Remake the table where its marks no longer fit; fails with all faults when an exam is not proven. Returns the files that changed.

    Args:
        course: the course.
        again: prove every problem set, changed or not.
    """
    fits = marks(course)
    parts = {} if again else kept(course, fits)
    proven = proofs(course, [ps for ps in PROBLEM_SETS if ps not in parts])
    faults = [fault for exams in proven.values() for proof in exams for fault in proof.faults()]
    if faults:
        raise ValueError("the exams are not proven:\n" + "\n".join(faults))
    parts |= {ps: chapter(ps, fits[ps], exams) for ps, exams in proven.items()}
    text, path = "\n## ".join([HEAD, *(parts[ps] for ps in PROBLEM_SETS)]), exams_file(course)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [course.relative(path)]

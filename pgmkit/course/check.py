"""Verify every material: nothing is stale, nothing leaks, lectures run cleanly, solutions earn full marks."""

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from pgmkit.course.build import notebook, problem_set
from pgmkit.course.depends import fingerprint
from pgmkit.course.execute import execute
from pgmkit.course.paths import Course
from pgmkit.course.release import released_elsewhere
from pgmkit.course.rules import faults, outputs_of, summary

Say = Callable[[str], None]
CODE = re.compile(r"^```.*?^```$", re.S | re.M)
LINK = re.compile(r"\]\(([^)#\s][^)\s]*)\)")


def stale(course: Course) -> list[str]:
    """Built files that differ from what their sources give today."""
    found = []
    for source in course.lectures:
        target = source.with_suffix(".ipynb")
        kept = nbformat.read(target, as_version=4) if target.is_file() else NotebookNode(metadata={})
        if kept.metadata.get("pgmkit", {}).get("fingerprint") != fingerprint([cell.source for cell in notebook(source).cells]):
            found.append(course.relative(target))
    for source in course.problem_sets:
        target, text = source.with_suffix(".ipynb"), nbformat.writes(problem_set(source), version=4) + "\n"
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            found.append(course.relative(target))
    return found


def stale_releases(course: Course) -> list[str]:
    """Files of `assignments/` that differ from what a release writes today, missing and extra ones included."""
    fresh = released_elsewhere(course)
    folder = course.root / "assignments"
    here = {course.relative(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts}
    return sorted(name for name in fresh.keys() | here.keys() if fresh.get(name) != here.get(name))


def broken_links(course: Course) -> list[str]:
    """Relative links, in the README, lectures and problem sets, to files that are not there."""
    found = []
    for source in [course.root / "README.md", *course.lectures, *course.problem_sets]:
        for link in LINK.findall(CODE.sub("", source.read_text(encoding="utf-8"))):
            if not link.startswith("http") and not (source.parent / link.split("#")[0]).exists():
                found.append(f"{course.relative(source)} links to {link}, which does not exist")
    return found


class Ran(NamedTuple):
    """A notebook that was run: a line of figures, and its faults."""

    line: str
    faults: list[str]


def lecture_faults(source: Path) -> Ran:
    """Run a lecture from top to bottom in a fresh kernel and judge what a machine can judge."""
    lecture = notebook(source)
    seconds = execute(lecture, source.parent, allow_errors=True)
    return Ran(summary(source.stem, lecture, seconds), [f"{source.stem}: {fault}" for fault in faults(lecture, seconds)])


def solution_faults(source: Path) -> Ran:
    """Run an instructor's notebook: every check must earn all its points, and nothing may go to stderr."""
    solution = problem_set(source)
    seconds = execute(solution, source.parent, allow_errors=True)
    scores = {cell.metadata.nbgrader.grade_id: determine_grade(cell) for cell in solution.cells if is_grade(cell)}
    earned, most = (sum(score[i] for score in scores.values()) for i in (0, 1))
    line = f"{source.stem}: {seconds:.0f} s, the solutions earn {earned:g} of {most:g} points in {len(scores)} exercises"
    short = [f"{name} earns {came:g} of {wanted:g} points" for name, (came, wanted) in scores.items() if came != wanted]
    return Ran(line, [f"{source.stem}: {fault}" for fault in [*short, *(f for cell in solution.cells for f in outputs_of(cell))]])


def check(course: Course, say: Say) -> list[str]:
    """All faults of the course's materials; `say` receives a line of figures per notebook."""
    found = [f"{name} is stale: run python -m pgmkit.course build" for name in stale(course)]
    found += [f"{name} is stale: run python -m pgmkit.course release" for name in stale_releases(course)]
    found += broken_links(course)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:  # side by side on the machine's processors, one thread each
        running = [pool.submit(solution_faults, source) for source in course.problem_sets]
        running += [pool.submit(lecture_faults, source) for source in course.lectures]
        for job in running:
            ran = job.result()
            say(ran.line)
            found += ran.faults
    return found

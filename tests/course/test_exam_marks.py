"""The table of the exams is kept only while nothing of what it rests on changed."""

import shutil
from pathlib import Path

import pytest

from pgmkit.checks import PROBLEM_SETS
from pgmkit.course import depends, exams
from pgmkit.course.paths import Course

ROOT = Path(__file__).parents[2]
RESTS_ON = [
    "pgmkit/checks/wasserstein/phase_probe.py",
    "pgmkit/checks/wasserstein/phase.py",
    "pgmkit/checks/probing.py",
    "pgmkit/checks/judge.py",
    "pgmkit/checks/compare.py",
    "pgmkit/checks/exam.py",
    "pgmkit/course/proof.py",
    "pgmkit/course/exams.py",
    "pgmkit/gan/wasserstein.py",
    "pgmkit/gan/games.py",
    "pgmkit/train.py",
    "pgmkit/rng.py",
    "tests/equivalents/critic_phase.py",
    "requirements.lock",
]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course to change: the library, the equivalents, the lock, the table."""
    ignore = shutil.ignore_patterns("__pycache__", "labs")
    for folder in ["pgmkit", "tests/equivalents"]:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for file in ["requirements.lock", "tests/exams.md"]:
        shutil.copy(ROOT / file, tmp_path / file)
    monkeypatch.setattr(depends, "LIBRARY", tmp_path / "pgmkit")
    return Course(tmp_path)


def grow(path):
    path.write_text(path.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")


def test_the_mark_changes_with_everything_that_the_proof_rests_on(course):
    marks = [exams.marks(course)["ps2"]]
    for file in RESTS_ON:
        grow(course.root / file)
        marks.append(exams.marks(course)["ps2"])
    assert len(set(marks)) == len(RESTS_ON) + 1


def test_every_module_of_the_exams_counts_for_some_set(course):
    names = {path.relative_to(course.root / "pgmkit") for path in (course.root / "pgmkit" / "checks").glob("*/*.py")}
    families = {exam.run.__module__.rpartition(".")[0] for exams in PROBLEM_SETS.values() for exam in exams}
    found = set().union(*(depends.files(f"import {family}", {"pgmkit.checks"}) for family in families))
    assert names <= {path.relative_to(course.root / "pgmkit") for path in found}


def test_the_mark_stays_for_what_does_not_matter(course):
    before = exams.marks(course)["ps2"]
    for file in ["pgmkit/checks/report.py", "pgmkit/checks/learnable/reward.py", "pgmkit/course/release.py", "tests/equivalents/flows.py"]:
        grow(course.root / file)
    assert exams.marks(course)["ps2"] == before


def test_the_mark_changes_when_a_neighbour_joins_the_set(course, monkeypatch):
    before = exams.marks(course)["ps2"]
    monkeypatch.setitem(PROBLEM_SETS, "ps2", PROBLEM_SETS["ps2"][:-1])
    assert exams.marks(course)["ps2"] != before


def test_only_what_changed_is_proven_again(course, monkeypatch):
    table, asked = exams.exams_file(course), []
    parts = [exams.chapter(ps, mark, []) for ps, mark in exams.marks(course).items()]
    table.write_text("\n## ".join([exams.HEAD, *parts]), encoding="utf-8")
    monkeypatch.setattr(exams, "proofs", lambda course, sets: asked.append(list(sets)) or {ps: [] for ps in sets})
    assert exams.exams(course) == []
    grow(course.root / "pgmkit/checks/learnable/game_probe.py")
    assert exams.exams(course) == ["tests/exams.md"] and exams.exams(course) == []
    assert exams.exams(course, again=True) == []
    table.write_text(table.read_text(encoding="utf-8").replace("at 200 seeds", "at 20 seeds"), encoding="utf-8")
    assert exams.exams(course) == ["tests/exams.md"]
    everything = list(PROBLEM_SETS)
    assert asked == [[], ["ps5"], [], everything, everything]

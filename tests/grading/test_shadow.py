"""The shadow of pgmkit, for every problem set: everything imports, everything asked for refuses, and nothing tells an answer."""

import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import shadow_probe

import pgmkit
from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import answers_of, refuse
from pgmkit.course.paths import Course
from pgmkit.course.release import answers
from pgmkit.grading.caged.shadow import OUTSIDE, STUDENT_SIDE, emptied, shadow

COURSE = Course(Path(__file__).parents[2])
SETS = [ps for ps in PROBLEM_SETS if ps != "warmup"]
every_set = pytest.mark.parametrize("ps", SETS)
TRAINING = {
    "ps1": "train_on_ring(3)",
    "ps2": "train_on_ring(3)",
    "ps3": "train_on_moons(2)",
    "ps4": "train_with_rule(but_task(train=60, test=10, unlabelled=60, generator=fresh(0)), 0.95, True, epochs=1)",
    "ps5": "learn_ring(Mixture, follow_density, 2), learn_ring(lambda: Implicit(mlp(2, 8, 2), 2), follow_samples, 2)",
}
"""The trainings of the problem sets' own cells, as short as they go: they need parts of the library that stay open."""
COMMON = {"with torch.no_grad():", "for _ in range(steps):"}
"""Lines of answers that say nothing by themselves, and that other functions need too."""
WHY = next(constant for constant in refuse.__code__.co_consts if isinstance(constant, str) and constant.startswith("The answer"))


def solution(ps):
    return nbformat.read(COURSE.root / "solutions" / ps / f"{ps}.ipynb", as_version=4)


def full_name(function):
    function = inspect.unwrap(function)
    return f"{function.__module__}.{function.__qualname__}"


@pytest.fixture(scope="module")
def shadows(tmp_path_factory):
    """A folder with the shadow of every set, and what was found there by a process that has nothing else of pgmkit."""
    folders = {ps: tmp_path_factory.mktemp(ps) for ps in SETS}
    for ps, folder in folders.items():
        shadow(ps, folder)
        cells = [cell.source for cell in solution(ps).cells if cell.cell_type == "code"]
        given = {"closed": list(map(full_name, answers_of(PROBLEM_SETS[ps]))), "cells": cells, "training": TRAINING[ps]}
        (folder / "cells.json").write_text(json.dumps(given))
    probe = [sys.executable, "-P", shadow_probe.__file__, *map(str, folders.values())]
    subprocess.run(probe, check=True, capture_output=True, cwd=folders["ps1"], env=os.environ | {"TQDM_DISABLE": "1"}, timeout=200)
    return {ps: (folder, json.loads((folder / "found.json").read_text())) for ps, folder in folders.items()}


def holders(ps):
    """Every name of the real package under which a closed function is held, where a student may import it."""
    closed = set(map(full_name, answers_of(PROBLEM_SETS[ps])))
    for found in pkgutil.walk_packages(pgmkit.__path__, "pgmkit."):
        if found.name.split(".")[1] not in OUTSIDE:
            module = importlib.import_module(found.name)
            yield from (f"{found.name}.{name}" for name, value in shadow_probe.held(module) if full_name_or_none(value) in closed)


def full_name_or_none(value):
    return full_name(value) if inspect.isfunction(inspect.unwrap(value)) else None


@every_set
def test_every_module_comes_from_the_shadow_and_none_is_missing(ps, shadows):
    folder, found = shadows[ps]
    assert all(path.startswith(str(folder)) for path in found["files"])
    here = {Path(path).relative_to(folder).as_posix() for path in found["files"]}
    real = {p.relative_to(COURSE.root).as_posix() for p in (COURSE.root / "pgmkit").rglob("*.py") if not OUTSIDE & set(p.parts)}
    assert real <= here
    assert "pgmkit/checks/exam.py" in here and not {path for path in here if path.startswith(("pgmkit/labs", "pgmkit/course"))}
    assert {path for path in here if path.startswith("pgmkit/grading/")} <= {f"pgmkit/grading/{name}.py" for name in STUDENT_SIDE}
    assert not any(path.endswith(".pyc") for path in map(str, (folder / "pgmkit").rglob("*")))


@every_set
def test_all_that_is_asked_for_refuses_under_every_name(ps, shadows):
    _, found = shadows[ps]
    assert set(found["outcomes"]) == set(holders(ps))
    assert set(found["outcomes"].values()) == {f"pgmkit.checks.exam.BorrowedAnswer: {WHY}"}
    assert {exam.reference.__name__ for exam in PROBLEM_SETS[ps]} <= {name.rpartition(".")[2] for name in found["outcomes"]}


@every_set
def test_no_line_of_an_answer_is_left(ps, shadows):
    folder, found = shadows[ps]
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted((folder / "pgmkit").rglob("*.*")) if p.suffix != ".npz")
    lines = answers(solution(ps)) - COMMON
    assert len(lines) > 10
    assert [line for line in lines if line in text] == []
    assert all("raise BorrowedAnswer" in source and not [line for line in lines if line in source] for source in found["sources"].values())


@every_set
def test_the_cells_of_the_right_notebook_run_and_what_they_train_with_is_open(ps, shadows):
    assert shadows[ps][1]["stopped"] == ""


def timed(ps, folder):
    start = time.process_time()
    shadow(ps, folder)
    return folder, time.process_time() - start


@every_set
def test_everything_else_is_byte_for_byte_the_library_and_twice_the_same(ps, tmp_path):
    (folder, first), (again, second) = timed(ps, tmp_path / "first"), timed(ps, tmp_path / "again")
    assert min(first, second) < 0.3
    closed = {Path(inspect.unwrap(f).__code__.co_filename).relative_to(COURSE.root) for f in answers_of(PROBLEM_SETS[ps])}
    for path in again.rglob("*.*"):
        place = path.relative_to(again)
        assert path.read_bytes() == (folder / place).read_bytes()
        if place not in closed and place.parts[1] != "checks":
            assert path.read_bytes() == (COURSE.root / place).read_bytes()
    assert all((folder / place).read_bytes() != (COURSE.root / place).read_bytes() for place in closed)


def test_signature_decorators_and_docstring_stay():
    source = b'import torch\n\n\nclass A:\n    @torch.no_grad()\n    def f(self, x: int = 1) -> int:\n        """Doc."""\n        # how\n        return 7\n\n    y = 3\n\n\ndef f() -> int:\n    return 7\n'
    shown = emptied(source, {"A.f"}).decode()
    assert shown.startswith(
        'import torch\n\n\nclass A:\n    @torch.no_grad()\n    def f(self, x: int = 1) -> int:\n        """Doc."""\n        from'
    )
    assert shown.endswith(f'        raise BorrowedAnswer("{WHY}")\n\n    y = 3\n\n\ndef f() -> int:\n    return 7\n')
    assert "how" not in shown
    with pytest.raises(ValueError, match=r"A\.g"):
        emptied(source, {"A.g"})


def test_an_unknown_set_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="assignment must be one of warmup, ps1"):
        shadow("ps9", tmp_path)


def test_every_exam_closes_its_own_reference():
    assert all(exam.reference in answers_of((exam,)) for exam in EXAMS.values())

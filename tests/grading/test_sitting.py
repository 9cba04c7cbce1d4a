"""Whole submissions from bytes to points: a failing answer costs its own exercise, and what was done is said."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade, is_grade

from pgmkit.checks import PROBLEM_SETS
from pgmkit.grading.sitting import grade_one, of_course
from pgmkit.grading.units import Graded, Job, Settings

pytestmark = [pytest.mark.xdist_group("cage"), pytest.mark.cage]
EXAMS = PROBLEM_SETS["ps1"]
FULL = {f"check-{exam.name}": exam.points for exam in EXAMS}
SETTINGS = Settings(seed=20, timeout=4, memory=1024)


def written(**answers):
    """The right notebook of ps1, some answers replaced by other code."""
    book = nbformat.from_dict(of_course("ps1", "solutions"))
    for cell in book.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return book


def graded(book, settings=SETTINGS, **job):
    return grade_one(Job("ps1", "ada", nbformat.writes(book).encode(), **job), settings)


@functools.cache
def right():
    return graded(written())


def test_the_right_notebook_gets_everything_and_nothing_is_said():
    assert right().scores == FULL
    assert not right().mistakes and not right().repairs and not right().refused and not right().untouched


def test_nbgrader_reads_the_same_points_from_the_notebook():
    book = nbformat.reads(right().notebook, as_version=4)
    nbformat.validate(book)
    points = {cell.metadata.nbgrader.grade_id: determine_grade(cell) for cell in book.cells if is_grade(cell)}
    assert points == {name: (most, most) for name, most in FULL.items()}


def test_a_record_survives_its_journey():
    assert Graded.from_json(right().to_json()) == right()


def test_the_release_gets_nothing_and_is_untouched():
    came = graded(of_course("ps1", "assignments"))
    assert set(came.scores.values()) == {0.0} and set(came.untouched) == {exam.name for exam in EXAMS}
    assert set(came.mistakes.values()) == {"Not attempted yet"}


def test_no_cage_and_another_run_give_the_same_points():
    book = written(
        js_divergence="def js_divergence(p, q):\n    m = (p + q) / 2\n    return (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum(-1)"
    )
    with_cage, without = (graded(book, Settings(seed=20, timeout=4, memory=1024, cage=cage)) for cage in (True, False))
    assert with_cage.scores == without.scores == graded(book).scores
    assert 0 <= with_cage.scores["check-js_divergence"] < FULL["check-js_divergence"]
    assert with_cage.mistakes == without.mistakes and set(with_cage.mistakes) == {"js_divergence"}


HEAD = "def discriminator_loss(real, fake):\n    "
COSTS_ONE = {
    "loops for ever": "while True: pass",
    "loops and catches everything": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "exits": "import os; os._exit(0)",
    "leaves": "raise SystemExit",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "kills its parent": "import os; os.kill(os.getppid(), 9)",
    "stops its parent": "import os, signal; os.kill(os.getppid(), signal.SIGSTOP)",
    "eats memory": "return [bytearray(10**8) for _ in range(10**6)]",
    "closes every file": "import os; os.closerange(0, 4096)",
    "recursion": "return discriminator_loss(real, fake)",
    "nothing": "pass",
    "calls the library": "import pgmkit.gan\n    return pgmkit.gan.discriminator_loss(real, fake)",
}


@pytest.mark.parametrize("how", COSTS_ONE)
def test_an_answer_that_fails_costs_its_own_exercise_only(how):
    came = graded(written(discriminator_loss=HEAD + COSTS_ONE[how]))
    assert came.scores == FULL | {"check-discriminator_loss": 0.0}, came.repairs
    assert set(came.mistakes) == {"discriminator_loss"}


CELLS = {
    "hangs": ("while True: pass", "was stopped: it ran for more than 4 seconds"),
    "ends the kernel": ("import os; os._exit(7)", "ended its kernel with status 7"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "signal 11"),
    "raises": ("1 / 0", ""),
}


@pytest.mark.parametrize("how", CELLS)
def test_a_cell_of_ones_own_that_fails_costs_nothing_and_is_told(how):
    code, told = CELLS[how]
    book = written()
    book.cells.insert(4, new_code_cell(code))
    came = graded(book)
    assert came.scores == FULL
    assert any(told in repair for repair in came.repairs) if told else not came.repairs


BROKEN_IMPORTS = {
    "an unknown package": "import no_such_package_here\nimport torch\nfrom torch import Tensor",
    "a package that pip is to fetch": "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'no-such-package'])",
    "less than the answers need": "import torch\nfrom pgmkit.checks import check",
}


@pytest.mark.parametrize("source", BROKEN_IMPORTS.values(), ids=list(BROKEN_IMPORTS))
def test_imports_that_fail_cost_nothing(source):
    assert graded(written(**{"given-1": source})).scores == FULL


def test_imports_below_a_failure_are_run_and_that_is_told():
    source = "from google.colab import drive\ndrive.mount('/content/drive')\nimport numpy as np\nimport torch"
    answer = "def optimal_discriminator(log_p, log_q):\n    return torch.sigmoid(log_p - log_q) * np.float64(1)"
    book = written(**{"given-1": source, "optimal_discriminator": answer})
    book.cells.append(new_code_cell("import os; os._exit(0)"))  # all cells run again in a new kernel
    book.cells.append(new_code_cell("1"))
    came = graded(book)
    assert came.scores == FULL
    assert came.repairs[0] == "Cell 2 stopped with an error; its imports were run one by one."
    assert sum("imports" in repair for repair in came.repairs) == 1


def test_a_compiled_answer_is_right_without_a_compiler():
    source = "@torch.compile\ndef optimal_discriminator(log_p, log_q):\n    return torch.sigmoid(log_p - log_q)"
    assert graded(written(optimal_discriminator=source)).scores == FULL


def test_it_also_works_where_an_event_loop_runs_already():
    async def inside():
        return graded(written())

    with ThreadPoolExecutor(1) as thread:  # which has no loop of its own, whatever runs in this one
        assert thread.submit(asyncio.run, inside()).result().scores == FULL


def test_what_cannot_be_read_is_refused_with_a_reason_and_zero():
    came = grade_one(Job("ps1", "ada", b"{ this is no notebook"), SETTINGS)
    assert came.refused and came.scores == dict.fromkeys(FULL, 0.0)
    assert "could not be graded" in came.notebook
    nbformat.validate(nbformat.reads(came.notebook, as_version=4))


def test_a_submission_that_takes_too_long_is_cut_off_and_keeps_what_it_earned():
    book = written()
    for _ in range(8):
        book.cells.append(new_code_cell("import time\ntry: time.sleep(100)\nfinally: time.sleep(0.1)"))
    came = graded(book, Settings(seed=1, timeout=1, memory=1024))
    assert came.scores == FULL and came.seconds["total"] < 20
    assert "did not run: the whole notebook took more than 5 seconds." in came.repairs[-1]


def test_an_exercise_behind_the_end_of_time_is_told_so():
    book, where = (
        written(),
        next(i for i, cell in enumerate(written().cells) if cell.metadata.get("nbgrader", {}).get("grade_id") == "gan_step"),
    )
    book.cells[where:where] = [new_code_cell("import time\nfor _ in range(50): time.sleep(0.1)") for _ in range(6)]
    came = graded(book, Settings(seed=1, timeout=1, memory=1024))
    assert came.scores["check-optimal_discriminator"] == FULL["check-optimal_discriminator"] and came.scores["check-gan_step"] == 0
    assert came.mistakes["gan_step"] == came.mistakes["js_divergence"] == "Time was up"

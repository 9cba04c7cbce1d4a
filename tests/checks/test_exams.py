"""The proof of every exam, remade; and what the judge says of answers that no exam foresaw."""

import time
from pathlib import Path

import pytest
import torch

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import BorrowedAnswer, closed
from pgmkit.checks.judge import judge
from pgmkit.course.exams import equivalents, exams_file, section
from pgmkit.course.paths import Course
from pgmkit.course.proof import SEEDS, prove

COURSE = Course(Path(__file__).parents[2])
OTHERS = equivalents(COURSE)
SETS = [(ps, exam) for ps, exams in PROBLEM_SETS.items() for exam in exams]


FEW = 6
"""Seeds here. `make course` takes all of them, wherever the mark in the committed table says that something changed since."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("ps", "exam"), SETS, ids=[exam.name for _, exam in SETS])
def test_the_exam_is_proven_as_committed(ps, exam):
    proof = prove(exam, OTHERS[exam.name], PROBLEM_SETS[ps], FEW)
    assert proof.faults() == []
    assert section(proof) in exams_file(COURSE).read_text(encoding="utf-8"), "run python -m pgmkit.course exams"


def test_the_committed_table_knows_every_exam_and_no_other():
    text = exams_file(COURSE).read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in text.split("\n") if line.startswith("### ")] == list(EXAMS)
    assert f"judged at {SEEDS} seeds" in text


@pytest.mark.parametrize("exam", EXAMS.values(), ids=EXAMS)
def test_an_exam_takes_under_two_seconds_with_its_diagnosis(exam):
    def hopeless(*args, **kwargs):
        return torch.zeros(())

    start = time.process_time()
    verdict = judge(exam, hopeless, 0, [exam.reference])
    assert time.process_time() - start < 2
    assert verdict.score < exam.points and verdict.diagnosis is not None


@pytest.mark.parametrize("exam", EXAMS.values(), ids=EXAMS)
def test_the_reference_is_right_and_every_observation_has_a_share(exam):
    verdict = judge(exam, exam.reference, 3)
    assert verdict.diagnosis is None and verdict.score == verdict.points == exam.points
    assert all(row.points > 0 for row in verdict.rows)
    assert len({row.name for row in verdict.rows}) == len(verdict.rows)


@pytest.mark.parametrize("exam", EXAMS.values(), ids=EXAMS)
def test_hints_climb_and_the_last_is_not_the_line_of_code(exam):
    import inspect

    assert len(exam.hints) == 3 and len(set(exam.hints)) == 3
    code = inspect.getsource(exam.reference).replace(" ", "")
    body = {line for line in code.split("\n") if line.startswith("return")}
    assert not any(line in hint.replace(" ", "") for hint in exam.hints for line in body)


def test_closed_functions_refuse_under_every_name_and_come_back():
    from pgmkit.gan import critic_loss
    from pgmkit.gan import critic_loss as alias

    x = torch.ones(2)
    with closed([critic_loss]), pytest.raises(BorrowedAnswer):
        alias(x, x)
    assert alias(x, 2 * x) == 1

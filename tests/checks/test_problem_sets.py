"""Every problem set: each known mistake is killed and named; an untouched stub, doing nothing and borrowed work earn nothing."""

import copy
import importlib
import math

import pytest
import torch

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import answers_of
from pgmkit.checks.judge import NOT_ATTEMPTED, judge
from pgmkit.checks.report import Report

SEEDS = {"ps1": (0, 1, 2026), "ps2": (0, 1, 17)}
"""At which each set is sat; a set without an entry is sat at 17. Its exams are proven at many more seeds in `test_exams.py`."""

SAT = [(ps, exam) for ps, exams in PROBLEM_SETS.items() for exam in exams]
MISTAKES = [pytest.param(ps, exam, mistake, id=f"{exam.name}-{mistake.title}") for ps, exam in SAT for mistake in exam.mistakes]
every_exam = pytest.mark.parametrize(("ps", "exam"), SAT, ids=[exam.name for _, exam in SAT])


def take(ps, exam, answer, seed=0):
    return judge(exam, answer, seed, answers_of(PROBLEM_SETS[ps]))


@pytest.mark.parametrize(("ps", "exam", "mistake"), MISTAKES)
def test_every_mistake_is_killed_and_named(ps, exam, mistake):
    for seed in SEEDS.get(ps, (17,)):
        verdict = take(ps, exam, mistake.answer, seed)
        assert verdict.score < verdict.points
        assert verdict.diagnosis.title == mistake.title, (seed, verdict.diagnosis.title)


@every_exam
def test_titles_differ_and_suffice(ps, exam):
    titles = [mistake.title for mistake in exam.mistakes]
    assert len(set(titles)) == len(titles) >= 4


@every_exam
def test_untouched(ps, exam):
    def stub(*args, **kwargs):
        raise NotImplementedError

    for answer in (stub, torch.no_grad()(stub)):
        verdict = take(ps, exam, answer)
        assert verdict.score == 0
        assert verdict.diagnosis.title == NOT_ATTEMPTED
        assert "not attempted yet" in repr(Report(exam.name, verdict, exam.hints))


@every_exam
def test_doing_nothing_earns_nothing(ps, exam):
    assert take(ps, exam, lambda *args, **kwargs: None).score == 0


CONSTANTS = [0.0, 1.0, 3.0, -math.log(4), math.log(2), math.nan, math.inf, True]
"""Among them the values of some examples by hand."""


def zeros_for_rows(*args, **kwargs):
    given = next(value for value in [*args, *kwargs.values()] if isinstance(value, torch.Tensor))
    return given, given.new_zeros(len(given))


@every_exam
def test_an_answer_that_looks_at_nothing_earns_nothing(ps, exam):
    answers = [lambda *args, _value=value, **kwargs: _value for value in CONSTANTS]
    answers += [lambda *args, _value=value, **kwargs: torch.tensor(_value, dtype=torch.float64) for value in CONSTANTS]
    answers += [lambda *args, **kwargs: [*args, *kwargs.values()][0], zeros_for_rows]
    assert [take(ps, exam, answer).score for answer in answers] == [0.0] * len(answers)


@every_exam
def test_borrowed(ps, exam):
    theirs = exam.reference
    module, package = (importlib.import_module(name) for name in (theirs.__module__, theirs.__module__.rpartition(".")[0]))
    other = getattr(module, exam.name)
    answers = [theirs, copy.copy(theirs), lambda *a, **k: theirs(*a, **k), lambda *a, **k: other(*a, **k)]
    if callable(getattr(package, exam.name, None)):
        answers.append(lambda *a, **k: getattr(package, exam.name)(*a, **k))
    for answer in answers:
        verdict = take(ps, exam, answer)
        assert verdict.score == 0
        assert verdict.diagnosis.title == "The library answered, not you"


def test_a_value_of_an_unknown_type_is_not_called_a_crash():
    verdict = judge(EXAMS["soft_not"], lambda a: (1 - a).numpy(), 0)
    assert verdict.diagnosis.title == "The type differs"
    assert "ndarray" in verdict.diagnosis.advice
    crashed = judge(EXAMS["soft_not"], lambda a: 1 // 0, 0)
    assert crashed.diagnosis.title == "Your code stopped with ZeroDivisionError"

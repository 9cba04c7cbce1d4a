"""Every exam through another process: the verdicts are those of home, and nothing of the exam travels."""

import time
from pathlib import Path

import pytest
import torch
from far import far_verdict, serving

from pgmkit.checks import EXAMS, PROBLEM_SETS
from pgmkit.checks.exam import observe
from pgmkit.checks.judge import judge
from pgmkit.course.exams import equivalents
from pgmkit.course.paths import Course
from pgmkit.grading.dialogue import posting, remote
from pgmkit.grading.dialogue.shared import walk

OTHERS = equivalents(Course(Path(__file__).parents[2]))
SETS = [(ps, exam) for ps, exams in PROBLEM_SETS.items() for exam in exams]
every_exam = pytest.mark.parametrize(("ps", "exam"), SETS, ids=[exam.name for _, exam in SETS])


def said(verdict):
    return [(row.name, row.earned) for row in verdict.rows], verdict.diagnosis and verdict.diagnosis.title


@every_exam
def test_right_answers_get_full_marks(ps, exam):
    others = list(OTHERS[exam.name].values())
    for answer, shut in ((exam.reference, []), (others[len(others) // 2], [other.reference for other in PROBLEM_SETS[ps]])):
        verdict = far_verdict(exam, answer, shut=shut)
        assert verdict.diagnosis is None and verdict.score == exam.points


@every_exam
def test_a_mistake_gets_the_verdict_of_home(ps, exam):
    mistake = exam.mistakes[len(exam.mistakes) // 2]
    assert said(far_verdict(exam, mistake.answer)) == said(judge(exam, mistake.answer, 0))


@pytest.mark.parametrize("name", ["critic_loss", "gan_step", "keeps_contract", "pr_learnable"])
def test_borrowed_work_and_an_untouched_stub_earn_nothing(name):
    def stub(*args, **kwargs):
        raise NotImplementedError

    exam = EXAMS[name]
    for answer in (stub, exam.reference):
        assert said(far_verdict(exam, answer, shut=[exam.reference])) == said(judge(exam, answer, 0, [exam.reference]))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("theta_step_explicit", "carry a gradient"),
        ("soft_and", "torch.max(x, 0) looks along dimension 0"),
        ("gradient_penalty", "eps is drawn anew"),
        ("critic_phase", ""),
        ("gan_step", ""),
        ("couple", ""),
        ("initialise_", ""),
        ("clip_weights_", ""),
    ],
)
def test_what_is_changed_and_derived_over_there_counts_here(name, title):
    exam = EXAMS[name]
    chosen = [mistake for mistake in exam.mistakes if title in mistake.title]
    for mistake in chosen[1:4] or chosen:
        assert said(far_verdict(exam, mistake.answer)) == said(judge(exam, mistake.answer, 0)), mistake.title


@every_exam
def test_nothing_of_an_exam_is_sent(ps, exam, monkeypatch):
    """The generator that the inputs are drawn from stays here; so does all that `posting` calls secret, or it would raise."""
    sent, drawn, run = [], [], exam.run
    monkeypatch.setattr(remote, "walk", lambda root: sent.extend(nodes := walk(root)) or nodes)
    monkeypatch.setattr(exam, "run", lambda answer, generator: drawn.append(generator) or run(answer, generator))
    with serving(exam.reference) as connection:
        answer = remote.RemoteAnswer(connection, exam.name, time.monotonic() + 30)
        observe(exam, answer, 1)
    assert answer.number > 0 and answer.over is None
    assert sent and drawn and not any(thing is drawn[0] for thing in sent)


def test_a_part_of_an_exam_is_refused():
    exam = EXAMS["critic_loss"]
    things = [exam, exam.mistakes[0], exam.reference, exam.run, exam.mistakes[3].answer, judge, type(exam), lambda: exam]
    for thing in things:
        with pytest.raises(posting.Secret):
            posting.dumps({"given": [thing]}, [], set())
    assert posting.dumps({"given": [torch.ones(2)]}, [], set())

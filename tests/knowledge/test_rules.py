"""Soft logic, rules and their groundings, the teacher, and the chain for rules about sequences."""

import math
from itertools import product

import pytest
import torch
from torch.testing import assert_close

from pgmkit.knowledge import (
    Rule,
    but_rule,
    chain_posterior,
    clause_b,
    groundings,
    pr_e_step,
    rule_score,
    rule_teacher,
    soft_and,
    soft_implies,
    soft_mean_and,
    soft_not,
    soft_or,
    tilt,
)
from pgmkit.rng import fresh

TRUE, FALSE = torch.tensor(1.0), torch.tensor(0.0)


@pytest.mark.parametrize(("a", "b"), list(product((False, True), repeat=2)))
def test_the_corners_are_ordinary_logic(a, b):
    x, y = (TRUE if v else FALSE for v in (a, b))
    assert bool(soft_and(x, y)) == (a and b)
    assert bool(soft_or(x, y)) == (a or b)
    assert bool(soft_implies(x, y)) == (not a or b)
    assert bool(soft_not(x)) == (not a)
    assert soft_mean_and(x, y) == (a + b) / 2


def test_laws_of_soft_logic():
    a, b = torch.rand(2, 1000, generator=fresh(0))
    assert_close(soft_implies(a, b), soft_or(soft_not(a), b))
    assert_close(soft_not(soft_and(a, b)), soft_or(soft_not(a), soft_not(b)))
    assert bool((soft_implies(a, b)[a <= b] == 1).all())
    assert_close(soft_and(TRUE.expand_as(b), b), b)
    for value in (soft_and(a, b), soft_or(a, b), soft_implies(a, b), soft_mean_and(a, b, a)):
        assert bool(((value >= 0) & (value <= 1)).all())


def test_truth_of_a_but_b():
    """Identity 10: the table of truths at s = 0, 1/2, 1, and the formula from the operators."""
    for s, truths in [(0.0, (1.0, 0.5)), (0.5, (0.75, 0.75)), (1.0, (0.5, 1.0))]:
        assert_close(but_rule(["dull", "but", "fun"], lambda _, s=s: torch.tensor(s)), torch.tensor(truths))
    s = torch.rand((), generator=fresh(2))
    by_hand = [soft_mean_and(soft_implies(y, s), soft_implies(s, y)) for y in (FALSE, TRUE)]
    assert_close(but_rule(["dull", "but", "fun"], lambda _: s), torch.stack(by_hand))


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("slow but good", "good"),
        ("slow but good but long", "good but long"),
        ("bread and butter", None),
        ("but good", None),
        ("but slow but good", "good"),
        ("slow but", None),
        ("good", None),
        ("slow debut , but good", "good"),
        ("", None),
    ],
)
def test_where_clause_b_begins(sentence, clause):
    heard = []

    def p_pos(tokens):
        heard.append(tokens)
        return torch.tensor(0.9)

    r = but_rule(sentence.split(), p_pos)
    assert clause_b(sentence.split()) == (clause.split() if clause else None)
    assert clause_b(tuple(sentence.split())) == (clause.split() if clause else None)
    assert heard == ([clause.split()] if clause else [])
    assert (r[0] == r[1]) == (clause is None)


def test_shift_of_the_log_odds():
    """Identity 10: logit q - logit p = C lambda (s - 1/2)."""
    s, C, lam = 0.8, 6.0, 1.5
    logits = torch.randn(4, 2, generator=fresh(0))
    r = but_rule(["dull", "but", "fun"], lambda _: torch.tensor(s)).expand(1, 4, 2)
    q = rule_teacher(logits, r, torch.tensor([lam]), C)
    shift = (q[:, 1] / q[:, 0]).log() - (logits[:, 1] - logits[:, 0])
    assert_close(shift, torch.full((4,), C * lam * (s - 0.5)))


def test_slide_form_and_paper_form_are_one_teacher():
    """E12: exp{C sum lambda r} and exp{-C sum lambda (1 - r)}; a constant over y changes nothing."""
    generator = fresh(1)
    logits, r, lambdas = (
        torch.randn(5, 3, generator=generator),
        torch.rand(2, 5, 3, generator=generator),
        torch.rand(2, generator=generator),
    )
    q = rule_teacher(logits, r, lambdas, 3.0)
    assert_close(q, (logits + 3.0 * (lambdas[:, None, None] * r).sum(0)).softmax(-1), rtol=0, atol=1e-15)
    assert_close(q, rule_teacher(logits + torch.randn(5, 1, generator=generator), r * 0.5 + 0.5, lambdas * 2, 3.0), rtol=0, atol=1e-15)
    assert_close(q, pr_e_step(logits.log_softmax(-1), rule_score(r, lambdas, 3.0), 1.0).exp())
    assert_close(q, tilt(logits, rule_score(r, lambdas, 3.0)).exp())


def test_the_multiplier_of_a_soft_rule_is_its_bound():
    """min KL(q || p) + C sum xi with lambda (1 - E_q[r]) <= xi: no other q does better than the teacher."""
    generator = fresh(2)
    logits, r, lambdas, C = torch.randn(1, 4, generator=generator), torch.rand(2, 1, 4, generator=generator), torch.tensor([0.7, 2.0]), 3.0

    def primal(q):
        broken = (lambdas * (1 - (r[:, 0] * q[..., None, :]).sum(-1))).clamp_min(0)
        return (q * (q.log() - logits[0].log_softmax(0))).sum(-1) + C * broken.sum(-1)

    others = (2 * torch.randn(3000, 4, generator=generator)).softmax(-1)
    assert bool((primal(others) > primal(rule_teacher(logits, r, lambdas, C)[0])).all())


def test_hard_rules_are_masks():
    logits = torch.zeros(2, 3)
    r = torch.ones(1, 2, 3)
    r[0, 0, 1] = 0.0
    q = rule_teacher(logits, r, torch.tensor([math.inf]))
    assert_close(q, torch.tensor([[0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]]))
    assert_close(q, tilt(logits, rule_score(r, torch.tensor([math.inf]))).exp())
    with pytest.raises(ValueError, match="exclude every class"):
        rule_teacher(logits, torch.zeros(1, 2, 3), torch.tensor([math.inf]))


def test_groundings_of_rules():
    x = torch.tensor([0.1, 0.9])
    likes = Rule(lambda x, y: torch.where(y == 1, x, 1 - x), confidence=2.0)
    silent = Rule(lambda x, y: torch.ones(len(x)))
    r = groundings([likes, silent], x, 2, 2)
    assert_close(r[0], torch.tensor([[0.9, 0.1], [0.1, 0.9]]))
    assert_close(r[1], torch.ones(2, 2))
    assert_close(rule_score(r, torch.tensor([2.0, 5.0]), 1.5), -3.0 * (1 - r[0]))


@pytest.mark.parametrize("near_hard", [-40.0, -math.inf])
def test_the_chain_against_enumeration(near_hard):
    """Identity 13: five tokens, four labels, one pair all but forbidden."""
    generator = fresh(0)
    unary, pairwise = torch.randn(5, 4, generator=generator).log_softmax(-1), torch.randn(4, 4, generator=generator)
    pairwise[1, 2] = near_hard
    sequences = torch.tensor(list(product(range(4), repeat=5)))
    scores = unary[torch.arange(5), sequences].sum(1) + pairwise[sequences[:, :-1], sequences[:, 1:]].sum(1)
    q = scores.softmax(0)
    posterior = chain_posterior(unary, pairwise)
    marginals = torch.stack([torch.stack([q[sequences[:, i] == k].sum() for k in range(4)]) for i in range(5)])
    assert_close(posterior.marginals, marginals, rtol=0, atol=1e-14)
    assert_close(posterior.log_partition, scores.logsumexp(0), rtol=0, atol=1e-13)
    assert_close(posterior.best, sequences[scores.argmax()])


def test_a_chain_of_one_and_an_impossible_chain():
    unary = torch.randn(1, 3, generator=fresh(0))
    assert_close(chain_posterior(unary, torch.zeros(3, 3)).marginals, unary.softmax(-1))
    with pytest.raises(ValueError, match="exclude all"):
        chain_posterior(torch.zeros(2, 2), torch.full((2, 2), -math.inf))

"""Soft targets: rule distillation, knowledge distillation, the schedule; and learned confidences."""

import pytest
import torch
from torch.func import grad
from torch.nn import functional as F
from torch.testing import assert_close

from pgmkit.knowledge import (
    ensemble_probabilities,
    fit_confidences,
    imitation_schedule,
    kd_loss,
    rule_confidence_grad,
    rule_kd_loss,
)
from pgmkit.rng import fresh


@pytest.fixture
def batch():
    generator = fresh(0)
    return torch.randn(6, 4, generator=generator), torch.randn(6, 4, generator=generator), torch.tensor([0, 3, 1, 1, 2, 0])


def test_gradient_of_the_mixed_loss(batch):
    """d/dz = (sigma - [(1 - pi) y + pi s]) / n, and none for the teacher."""
    logits, other, y = batch
    s = other.softmax(-1).requires_grad_()
    logits.requires_grad_()
    rule_kd_loss(logits, s, y, 0.3).backward()
    wanted = logits.softmax(-1) - (0.7 * F.one_hot(y, 4) + 0.3 * s)
    assert_close(logits.grad, (wanted / 6).detach())
    assert s.grad is None
    assert_close(rule_kd_loss(logits, s, y, 0.0), F.cross_entropy(logits, y))


def test_temperature_and_its_square(batch):
    """Identity 11: the bare gradient falls as 1/T^2, T^2 times it levels off at the matching of logits."""
    z, v, _ = batch
    z, v = (t - t.mean(-1, keepdim=True) for t in (z, v))

    def slope(T):
        return grad(lambda z: kd_loss(z, v, T))(z)

    assert_close(slope(3.0) / 9, (((z / 3).softmax(-1) - (v / 3).softmax(-1)) / 3) / 6)
    limit = (z - v) / 4 / 6
    errors = [float((slope(T) - limit).norm() / limit.norm()) for T in (1.0, 10.0, 100.0, 1000.0)]
    assert errors[0] > errors[1] > 5 * errors[2] > 25 * errors[3]
    assert errors[3] < 2e-3
    assert slope(100.0).norm() / slope(10.0).norm() == pytest.approx(1, abs=0.1)


def test_a_student_that_is_the_teacher_learns_nothing(batch):
    z, v, _ = batch
    assert_close(grad(lambda z: kd_loss(z, v, 2.0))(v), torch.zeros_like(z), atol=1e-15, rtol=0)
    v.requires_grad_()
    kd_loss(z.requires_grad_(), v, 2.0).backward()
    assert v.grad is None


def test_an_ensemble_averages_probabilities():
    logits = torch.randn(3, 5, 4, generator=fresh(1))
    p = ensemble_probabilities(logits)
    assert_close(p.sum(-1), torch.ones(5))
    assert_close(p, sum(member.softmax(-1) for member in logits) / 3)
    assert_close((p.log() / 1.0).softmax(-1), p)


def test_the_schedule():
    """Identity 15: 0 at the start, never falling, never over the cap."""
    for rate, lower, cap in [(0.95, 0.0, 1.0), (0.85, 0.1, 1.0), (0.9, 0.0, 0.6), (1.0, 0.0, 1.0)]:
        values = [imitation_schedule(t / 3, rate, lower, cap) for t in range(300)]
        assert values[0] == 0
        assert values == sorted(values)
        assert max(values) <= min(cap, 1 - lower)
    assert imitation_schedule(20, 0.95) == pytest.approx(0.6415, abs=1e-4)
    assert imitation_schedule(0.5, 0.81) == pytest.approx(0.1)


@pytest.fixture
def ruled():
    generator = fresh(3)
    n = 1500
    y = torch.randint(2, (n,), generator=generator)
    right, random = (torch.rand(n, generator=generator) < 0.85), torch.rand(n, generator=generator) < 0.5
    says = torch.stack([torch.where(right, y, 1 - y), torch.where(right, 1 - y, y), torch.where(random, y, 1 - y)])  # right, wrong, coin
    r = F.one_hot(says, 2).to(torch.get_default_dtype())
    return torch.zeros(n, 2).log_softmax(-1), r, y


def likelihood(log_p, r, y, lambdas):
    log_q = (log_p + (lambdas[:, None, None] * r).sum(0)).log_softmax(-1)
    return log_q[torch.arange(len(y)), y].mean()


def test_gradient_of_the_confidences(ruled):
    """Identity 12, against autograd."""
    log_p, r, y = ruled
    log_p = torch.randn(len(y), 2, generator=fresh(0)).log_softmax(-1)
    lambdas = torch.tensor([0.5, 1.5, 0.2])
    assert_close(rule_confidence_grad(log_p, r, y, lambdas), grad(lambda w: likelihood(log_p, r, y, w))(lambdas), rtol=0, atol=1e-15)


def test_a_right_a_wrong_and_a_random_rule(ruled):
    """A right rule that holds for 85 % alone has the confidence log(.85/.15); a wrong one ends at 0."""
    log_p, r, y = ruled
    alone = fit_confidences(log_p, r[:1], y)
    share = (r[0].gather(1, y[:, None])).mean()
    assert_close(alone, (share / (1 - share)).log()[None], rtol=0, atol=1e-6)
    lambdas = fit_confidences(log_p, r, y)
    assert 0 <= lambdas[1] < 1e-9
    assert lambdas[0] > 1.5
    assert lambdas[2] < 0.3
    assert fit_confidences(log_p, r[:1], y, decay=0.5)[0] < alone[0]


def test_the_fit_is_a_maximum_over_the_allowed(ruled):
    log_p, r, y = ruled
    best = fit_confidences(log_p, r, y)
    top = likelihood(log_p, r, y, best)
    for seed in range(50):
        other = (best + 0.3 * torch.randn(3, generator=fresh(seed))).clamp_min(0)
        assert likelihood(log_p, r, y, other) <= top + 1e-12

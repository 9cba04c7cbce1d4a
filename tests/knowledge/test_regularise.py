"""M-steps, fixed points, and the collapse that the model's own loss prevents."""

import math

import pytest
import torch
from torch.func import grad
from torch.testing import assert_close

from pgmkit.knowledge import (
    constrained_posterior,
    em_round,
    em_with_data,
    expectation,
    explicit,
    forward_kl_loss,
    pr_e_step,
    reverse_kl_loss,
    tilt,
    violation_fixed_point,
    weighted_samples,
)
from pgmkit.models.tabular import Tabular
from pgmkit.rng import fresh


@pytest.fixture
def world():
    generator = fresh(5)
    theta, f = torch.randn(6, generator=generator), torch.randn(6, generator=generator)
    return theta, f, 1.3


def kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum()


def test_reverse_kl_gradient_at_theta_t(world):
    """Identity 4: with q frozen at theta_t the two gradients agree at theta_t; not with a live q; not away from theta_t."""
    theta, f, alpha = world
    log_q = pr_e_step(theta.log_softmax(0), f, alpha)

    def surrogate(t):
        return -alpha * (t.softmax(0) * f).sum()

    def frozen(t):
        return kl(t.log_softmax(0), log_q)

    def live(t):
        return kl(t.log_softmax(0), pr_e_step(t.log_softmax(0), f, alpha))

    assert_close(grad(frozen)(theta), grad(surrogate)(theta), rtol=0, atol=1e-15)
    assert (grad(live)(theta) - grad(surrogate)(theta)).norm() > 0.05
    away = theta + torch.randn(6, generator=fresh(1))
    assert (grad(frozen)(away) - grad(surrogate)(away)).norm() > 0.05

    def anchored(t):
        return surrogate(t) + kl(t.log_softmax(0), theta.log_softmax(0))

    assert_close(grad(frozen)(away), grad(anchored)(away), rtol=0, atol=1e-14)


def test_the_two_m_steps_agree_to_first_order(world):
    """Identity 5: the relative difference of the two gradients is of the order of alpha."""
    theta, f, _ = world

    def difference(alpha):
        log_q = pr_e_step(theta.log_softmax(0), f, alpha)
        forward = grad(lambda t: forward_kl_loss(log_q, t.log_softmax(0)))(theta)
        reverse = grad(lambda t: -alpha * (t.softmax(0) * f).sum())(theta)
        return (forward - reverse).norm() / reverse.norm()

    gaps = [float(difference(alpha)) for alpha in (1.0, 0.1, 0.01)]
    assert 5 < gaps[0] / gaps[1] < 20
    assert 8 < gaps[1] / gaps[2] < 12
    assert gaps[2] < 0.02


def test_the_loss_of_an_implicit_model_is_minus_alpha_f():
    f = torch.randn(5, generator=fresh(0))
    assert_close(reverse_kl_loss(f, 2.5), -2.5 * f.mean())


def test_the_fixed_point_of_a_yes_or_no_rule():
    """Identity 7: 0.274 and 0.049 for half of the data wrong, alpha = 2, equal weights."""
    v, v_q = violation_fixed_point(0.5, 2.0, 1.0)
    assert (round(v, 3), round(v_q, 3)) == (0.274, 0.049)
    for data, alpha, weight in [(0.5, 2.0, 1.0), (0.9, 0.3, 4.0), (0.2, 5.0, 0.1), (0.7, 0.0, 2.0), (1.0, 3.0, 1.0), (0.0, 1.0, 1.0)]:
        log_data = torch.tensor([data, 1 - data]).log()
        start = torch.tensor([0.5, 0.5]).log()
        end = em_with_data(log_data, start, torch.tensor([-1.0, 0.0]), alpha, weight, 3000)[-1]
        q = tilt(end, alpha * torch.tensor([-1.0, 0.0])).exp()
        assert_close(torch.tensor(violation_fixed_point(data, alpha, weight)), torch.stack([end.exp()[0], q[0]]), atol=1e-9, rtol=0)


def test_em_with_data_descends_its_objective_and_stays_near_the_data(world):
    theta, f, alpha = world
    log_data = torch.randn(6, generator=fresh(8)).log_softmax(0)
    history = em_with_data(log_data, theta.log_softmax(0), f, alpha, 0.7, 200)
    objective = -(history @ log_data.exp()) - 0.7 * (history + alpha * f).logsumexp(1)
    assert bool((objective.diff() <= 1e-12).all())
    assert_close(history[-1], history[-2], atol=1e-10, rtol=0)
    assert bool((history[-1].exp() >= log_data.exp() / 1.7 - 1e-12).all())
    assert_close(em_with_data(log_data, theta.log_softmax(0), f, alpha, 0.0, 1)[-1], log_data)


def ticks(n):
    while True:
        yield torch.zeros(n, dtype=torch.int64)


def two_states(*, own, reference, rounds, steps):
    """Two states, f = (0, 1), alpha = 2: what the model believes in state 1 after rounds of EM."""
    model = Tabular(torch.zeros(2))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    data = iter(lambda: torch.tensor([0, 1]), None)
    for _ in range(rounds):
        em_round(
            model,
            model.log_prob,
            lambda x: x.to(torch.float64),
            optimizer,
            data,
            own_loss=(lambda x: -model.log_prob(x).mean()) if own else None,
            alpha=2.0,
            n=20_000,
            steps=steps,
            reference=reference,
            generator=fresh(0),
        )
    return model.log_probs().exp()[1].item()


def test_a_frozen_reference_stops_at_q_and_a_moving_one_collapses():
    q = math.e**2 / (1 + math.e**2)
    start = Tabular(torch.zeros(2))
    assert two_states(own=False, reference=None, rounds=1, steps=100) == pytest.approx(q, abs=0.01)
    assert two_states(own=False, reference=start, rounds=8, steps=100) == pytest.approx(q, abs=0.01)
    assert two_states(own=False, reference=None, rounds=4, steps=100) > 0.995
    kept = two_states(own=True, reference=None, rounds=8, steps=100)
    v, _ = violation_fixed_point(0.5, 2.0, 1.0)
    assert kept == pytest.approx(1 - v, abs=0.02)


def test_weighted_samples_are_constants():
    model = Tabular(torch.randn(4, generator=fresh(0)))
    x, log_q = weighted_samples(model, lambda x: x.to(torch.float64), 1.0, 50, fresh(1))
    assert not log_q.requires_grad
    assert_close(log_q.exp().sum(), torch.tensor(1.0))
    loss = explicit(model.log_prob)(model, lambda x: x.to(torch.float64), 1.0, 50, fresh(1))
    assert_close(loss, -(log_q.exp() * model.log_prob(x)).sum())
    assert loss.requires_grad


def test_dual_with_hard_constraints():
    """Identity 14: active constraints hold with equality, the others have multiplier 0, and q is the tilt by -multipliers."""
    log_p = torch.randn(8, generator=fresh(0)).log_softmax(0)
    phi = torch.randn(3, 8, generator=fresh(1))
    mean = phi @ log_p.exp()
    bounds = mean - torch.tensor([0.3, -1.0, 0.2])
    log_q, multipliers = constrained_posterior(log_p, phi, bounds)
    gap = expectation(log_q.expand_as(phi), phi) - bounds
    assert bool((gap <= 1e-9).all())
    assert_close(multipliers * gap, torch.zeros(3), atol=1e-9, rtol=0)
    assert multipliers[1] == 0
    assert multipliers[0] > 0
    assert_close(log_q, tilt(log_p, -(multipliers @ phi)))


def test_dual_with_slack():
    log_p = torch.randn(8, generator=fresh(0)).log_softmax(0)
    phi = torch.randn(3, 8, generator=fresh(1))
    bounds = phi @ log_p.exp() - torch.tensor([0.3, 0.1, 0.2])
    log_q, _ = constrained_posterior(log_p, phi, bounds, slack=0.05)
    violation = (expectation(log_q.expand_as(phi), phi) - bounds).clamp_min(0)
    assert_close(violation.norm(), torch.tensor(0.05), atol=1e-8, rtol=0)
    free, multipliers = constrained_posterior(log_p, phi, bounds, slack=5.0)
    assert_close(free, log_p)
    assert_close(multipliers, torch.zeros(3))


def test_dual_agrees_with_a_solver():
    from scipy.optimize import minimize

    log_p = torch.randn(6, generator=fresh(4)).log_softmax(0)
    phi = torch.randn(2, 6, generator=fresh(5))
    bounds = phi @ log_p.exp() - 0.2
    log_q, _ = constrained_posterior(log_p, phi, bounds)
    solved = minimize(
        lambda q: float((torch.tensor(q) * (torch.tensor(q).clamp_min(1e-300).log() - log_p)).sum()),
        log_p.exp().numpy(),
        constraints=[
            {"type": "eq", "fun": lambda q: q.sum() - 1},
            {"type": "ineq", "fun": lambda q: bounds.numpy() - phi.numpy() @ q},
        ],
        bounds=[(1e-12, 1)] * 6,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert solved.success
    assert_close(log_q.exp(), torch.tensor(solved.x), atol=1e-5, rtol=0)

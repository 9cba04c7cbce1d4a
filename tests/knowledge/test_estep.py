"""The E-step over labels and over samples, and the functional that it minimises."""

import math

import pytest
import torch
from torch.testing import assert_close

from pgmkit.knowledge import (
    effective_sample_size,
    expectation,
    log_partition,
    pr_e_step,
    pr_em,
    pr_objective,
    snis,
    tilt,
)
from pgmkit.rng import fresh


@pytest.fixture
def world():
    generator = fresh(3)
    return torch.randn(7, generator=generator).log_softmax(0), torch.randn(7, generator=generator)


def test_the_e_step_reaches_minus_log_z_and_nothing_beats_it(world):
    log_p, f = world
    best = pr_objective(pr_e_step(log_p, f, 1.7), log_p, f, 1.7)
    assert_close(best, -(log_p + 1.7 * f).logsumexp(0), rtol=0, atol=1e-14)
    others = (3 * torch.randn(2000, 7, generator=fresh(1))).log_softmax(1)
    assert bool((pr_objective(others, log_p.expand_as(others), f.expand_as(others), 1.7) > best).all())


def test_the_minimum_by_descent_is_the_closed_form(world):
    log_p, f = world
    theta = torch.zeros(7, requires_grad=True)
    optimizer = torch.optim.LBFGS([theta], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = pr_objective(theta.log_softmax(0), log_p, f, -0.8)
        value.backward()
        return value

    optimizer.step(loss)
    assert_close(theta.detach().log_softmax(0), pr_e_step(log_p, f, -0.8), rtol=0, atol=1e-6)


def test_each_row_is_a_distribution_of_its_own():
    generator = fresh(0)
    log_p, f = torch.randn(4, 5, generator=generator), torch.randn(4, 5, generator=generator)
    log_q = pr_e_step(log_p, f, 2.0)
    assert_close(log_q.exp().sum(-1), torch.ones(4))
    assert_close(log_q[2], pr_e_step(log_p[2], f[2], 2.0))
    assert_close(log_q, tilt(log_p, 2.0 * f))


def test_large_scores_and_impossible_values():
    log_p = torch.tensor([0.0, -1.0, -math.inf])
    f = torch.tensor([1000.0, 999.0, 5000.0])
    log_q = pr_e_step(log_p, f, 1.0)
    assert_close(log_q, torch.tensor([0.0, -2.0, -math.inf]) - math.log1p(math.exp(-2)))
    assert math.isfinite(pr_objective(log_q, log_p.log_softmax(0), f, 1.0))
    assert pr_objective(torch.tensor([0.5, 0.5]).log(), torch.tensor([0.0, -math.inf]), torch.zeros(2), 1.0) == math.inf


def test_the_gradient_passes_values_that_q_excludes():
    log_q = torch.tensor([0.0, -math.inf], requires_grad=True)
    pr_objective(log_q, torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0, 2.0]), 1.0).backward()
    assert bool(torch.isfinite(log_q.grad).all())


def test_rounds_of_em_without_data_collapse(world):
    """METHODS identity 6: k rounds are one tilt by k alpha f; many rounds leave only the best value."""
    log_p, f = world
    assert_close(pr_em(log_p, f, 0.4, 5), tilt(log_p, 5 * 0.4 * f), rtol=0, atol=1e-14)
    assert pr_em(log_p, f, 1.0, 300).exp()[f.argmax()] > 1 - 1e-12


def test_importance_weights_converge_to_the_exact_mean(world):
    """Identity 3: the error falls as samples grow; over seeds, because one run may be lucky."""
    log_p, f = world
    g = torch.randn(7, generator=fresh(9))
    exact = expectation(pr_e_step(log_p, f, 2.0), g)

    def error(n):
        estimates = []
        for seed in range(20):
            x = torch.multinomial(log_p.exp(), n, replacement=True, generator=fresh(seed))
            estimates.append(snis(f[x], 2.0)[0] @ g[x])
        return (torch.stack(estimates) - exact).square().mean().sqrt()

    errors = [error(n) for n in (100, 10_000, 1_000_000)]
    assert errors[0] > 4 * errors[1] > 16 * errors[2]
    assert errors[2] < 3e-3


def test_the_partition_estimate_converges(world):
    log_p, f = world
    x = torch.multinomial(log_p.exp(), 1_000_000, replacement=True, generator=fresh(0))
    assert_close(log_partition(2.0 * f[x]), (log_p + 2.0 * f).logsumexp(0), rtol=0, atol=2e-2)


def test_effective_sample_size():
    assert_close(effective_sample_size(torch.full((2, 6), 3.0)), torch.tensor([6.0, 6.0]))
    assert_close(effective_sample_size(torch.tensor([0.0, -math.inf, -math.inf])), torch.tensor(1.0))
    weights, ess = snis(torch.randn(3, 8, generator=fresh(1), requires_grad=True), 1.5)
    assert not weights.requires_grad
    assert_close(weights.sum(-1), torch.ones(3))
    assert_close(ess, effective_sample_size(weights.log()))
    assert bool(((ess > 1) & (ess < 8)).all())


def test_one_sample_of_a_condition_has_weight_one():
    weights, ess = snis(torch.randn(5, 1, generator=fresh(2)), 3.0)
    assert_close(weights, torch.ones(5, 1))
    assert_close(ess, torch.ones(5))


def test_an_expectation_ignores_what_cannot_happen():
    assert expectation(torch.tensor([0.0, -math.inf]), torch.tensor([2.0, math.inf])) == 2

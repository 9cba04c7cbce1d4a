"""Learned constraints: gradients against autograd, the named wrong way, the steps, and the whole algorithm."""

import math
from itertools import repeat

import pytest
import torch
from torch import nn
from torch.func import grad
from torch.testing import assert_close

from pgmkit.data.toy2d import ring
from pgmkit.knowledge import (
    constraint_loss,
    explicit,
    implicit,
    learn_with_constraint,
    naive_constraint_loss,
    pr_e_step,
    pr_game,
    pr_learnable,
    theta_step_explicit,
    theta_step_implicit,
    violation_fixed_point,
)
from pgmkit.models.tabular import Tabular
from pgmkit.rng import fresh, seeded


@pytest.fixture
def world():
    generator = fresh(0)
    m, k = 8, 3
    return (
        torch.randn(m, generator=generator).log_softmax(0),
        torch.randn(m, generator=generator).log_softmax(0),
        torch.randn(m, k, generator=generator),
        torch.randn(k, generator=generator),
    )


def test_the_constraint_gradient(world):
    """Identity 2: autograd of E_data[log q_phi] is alpha (E_data[grad f] - E_q[grad f])."""
    log_data, log_p, features, phi = world
    alpha = 1.6
    slope = grad(lambda phi: log_data.exp() @ pr_e_step(log_p, features @ phi, alpha))(phi)
    q = pr_e_step(log_p, features @ phi, alpha).exp()
    assert_close(slope, alpha * (log_data.exp() - q) @ features, rtol=0, atol=1e-15)


def test_the_loss_on_samples_converges_to_it(world):
    log_data, log_p, features, phi = world
    x, y = (torch.multinomial(p.exp(), 400_000, replacement=True, generator=fresh(i)) for i, p in enumerate((log_data, log_p)))
    slope = grad(lambda phi: constraint_loss(features[x] @ phi, features[y] @ phi, 1.6))(phi)
    q = pr_e_step(log_p, features @ phi, 1.6).exp()
    assert_close(slope, -1.6 * (log_data.exp() - q) @ features, rtol=0, atol=0.02)


def test_conditions_are_normalised_alone(world):
    f_model = torch.randn(5, 6, generator=fresh(1))
    f_data = torch.randn(5, generator=fresh(2))
    alone = torch.stack([constraint_loss(f_data, row, 2.0) for row in f_model]).mean()
    assert_close(constraint_loss(f_data, f_model, 2.0), alone)
    assert_close(constraint_loss(f_data + 3, f_model + 3, 2.0), alone)


def test_the_naive_update_is_another_direction(world):
    """E9: no data term, the negative phase with the opposite sign, and no bound."""
    _log_data, log_p, features, phi = world
    y = torch.multinomial(log_p.exp(), 100_000, replacement=True, generator=fresh(1))
    slope = grad(lambda phi: naive_constraint_loss(features[y] @ phi, 1.0))(phi)
    q = pr_e_step(log_p, features @ phi, 1.0).exp()
    assert_close(slope, -(q @ features), rtol=0, atol=0.02)
    values = [float(naive_constraint_loss(scale * features[y] @ phi, 1.0)) for scale in (1, 10, 100)]
    assert values[0] > values[1] > values[2]
    assert values[2] < -50


def test_optimal_discriminator_is_the_case_alpha_one(world):
    """Identity 9: f = logit D* gives q = p_data."""
    log_data, log_p, _, _ = world
    d = log_data.exp() / (log_data.exp() + log_p.exp())
    assert_close(pr_e_step(log_p, d.logit(), 1.0), log_data, rtol=0, atol=1e-14)


def test_an_explicit_step_is_weighted_likelihood():
    model, f = Tabular(torch.randn(5, generator=fresh(0))), nn.Linear(1, 1)
    x = model.sample(64, generator=fresh(1))
    before = {name: p.clone() for name, p in f.named_parameters()}
    score = f(x[:, None].to(torch.float64))[:, 0]
    weights = (2.0 * score).softmax(0).detach()
    wanted = grad(lambda theta: -(weights * theta.log_softmax(0)[x]).sum())(model.theta.detach())
    start = model.theta.detach().clone()
    model.theta.grad = torch.ones(5)
    value = theta_step_explicit(model, x, lambda x: f(x[:, None].to(torch.float64))[:, 0], 2.0, torch.optim.SGD(model.parameters(), 0.1))
    assert_close(model.theta.detach(), start - 0.1 * wanted)
    assert value == pytest.approx(float(-(weights * start.log_softmax(0)[x]).sum()))
    assert all(torch.equal(p, before[name]) and p.grad is None for name, p in f.named_parameters())


def test_an_implicit_step_climbs_f_and_leaves_phi_alone():
    with seeded(0):
        net, f = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    z = torch.randn(32, 2, generator=fresh(0))
    f[0].weight.grad = torch.full((1, 2), 7.0)
    values = [theta_step_implicit(net, f, z, 3.0, torch.optim.SGD(net.parameters(), 0.05)) for _ in range(5)]
    assert values == sorted(values, reverse=True)
    assert_close(f[0].weight.grad, torch.full((1, 2), 7.0))
    assert f[0].bias.grad is None


def test_a_rich_constraint_leads_to_the_data(world):
    log_data, log_p, features, _ = world
    learned = pr_learnable(log_data, log_p, torch.eye(8), 1.0, 4000)
    assert_close(learned.log_q, log_data, atol=1e-4, rtol=0)
    assert_close(learned.log_p, log_data, atol=1e-3, rtol=0)
    poor = pr_learnable(log_data, log_p, features, 1.0, 4000)
    assert_close(poor.log_q.exp() @ features, log_data.exp() @ features, atol=1e-4, rtol=0)
    assert (poor.log_q - log_data).abs().max() > 0.1


def test_each_step_uses_the_newest_q(world):
    log_data, log_p, features, _ = world
    one = pr_learnable(log_data, log_p, features, 1.5, 1, lr_phi=0.3, lr_theta=0.2)
    q0 = log_p.exp() @ features
    phi = 0.3 * 1.5 * (log_data.exp() @ features - q0)
    q1 = pr_e_step(log_p, features @ phi, 1.5).exp()
    assert_close(one.phi, phi)
    assert_close(one.log_p, (log_p + 0.2 * (q1 - log_p.exp())).log_softmax(0))


class Shift(nn.Module):
    """x = z + theta: a model whose samples keep theta's graph, and whose density is that of a normal."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(1))

    def sample(self, n, *, generator=None):
        return self.theta + torch.randn(n, 1, generator=generator, dtype=torch.float64)

    def log_prob(self, x):
        return -0.5 * (x - self.theta).square().sum(1) - 0.5 * math.log(2 * math.pi)


def run(m_step_of, own, f, **settings):
    model = Shift()
    history = learn_with_constraint(
        model,
        f,
        repeat(torch.zeros(1, 1)),
        400,
        own_loss=lambda x: own(model),
        m_step=m_step_of(model),
        optimizer=torch.optim.Adam(model.parameters(), 0.02),
        alpha=0.5,
        n=400,
        generator=fresh(0),
        progress=False,
        **settings,
    )
    return model, history


@pytest.mark.parametrize("m_step_of", [lambda model: explicit(model.log_prob), lambda model: implicit], ids=["explicit", "implicit"])
def test_any_model_and_any_constraint(m_step_of):
    """N(theta, 1) with L(theta) = theta^2 / 2 and f(x) = x: q = N(theta + alpha, 1), so both M-steps end at theta = alpha."""
    model, history = run(m_step_of, lambda model: model.theta.square().sum() / 2, lambda x: x[:, 0])
    assert model.theta.item() == pytest.approx(0.5, abs=0.1)
    assert list(history) == ["model"]
    assert len(history["model"]) == 400


def test_a_learned_constraint_takes_its_turn_first():
    """phi in f(x) = phi x is learned from examples of mean 1: q has mean 1, and theta, pulled to 0 as strongly, ends between."""
    phi = nn.Parameter(torch.zeros(()))
    model, history = run(
        lambda model: explicit(model.log_prob),
        lambda model: model.theta.square().sum() / 2,
        lambda x: phi * x[:, 0],
        f_optimizer=torch.optim.Adam([phi], 0.05),
        examples=iter(lambda: torch.ones(50, 1), None),
    )
    assert list(history) == ["constraint", "model"]
    assert model.theta.item() == pytest.approx(0.5, abs=0.1)
    assert model.theta.item() + 0.5 * phi.item() == pytest.approx(1.0, abs=0.1)


def test_players_move_only_their_own_parameters():
    phi = nn.Parameter(torch.ones(()))
    model = Shift()
    players = pr_game(
        model,
        lambda x: phi * x[:, 0],
        own_loss=lambda x: model.theta.square().sum(),
        m_step=implicit,
        optimizer=torch.optim.SGD(model.parameters(), 0.1),
        f_optimizer=torch.optim.SGD([phi], 0.1),
        alpha=1.0,
        generator=fresh(0),
    )
    constraint, theta = players
    constraint.turn(torch.ones(8, 1))
    assert model.theta.item() == 0
    moved = phi.item()
    assert moved != 1
    theta.turn(torch.ones(8, 1))
    assert phi.item() == moved
    assert model.theta.item() != 0


def test_samples_of_a_density_on_the_ring_have_the_violation_they_should():
    """The E-step on samples of the ring: a share v of violations becomes v_q."""
    from pgmkit.knowledge import weighted_samples

    x, log_q = weighted_samples(ring(), lambda x: -(x[:, 0] < 0).to(x), 2.0, 100_000, fresh(0))
    wrong = x[:, 0] < 0
    share = wrong.to(x).mean().item()
    _, v_q = violation_fixed_point(share, 2.0, 0.0)
    assert log_q.exp()[wrong].sum().item() == pytest.approx(v_q, abs=1e-6)

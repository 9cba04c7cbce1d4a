"""The bound against the density itself, which a grid over the two latents gives."""

import copy
import functools

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence
from torch.optim import Adam
from torch.testing import assert_close

from pgmkit.core import Model
from pgmkit.data.batches import stream
from pgmkit.data.toy2d import ring
from pgmkit.models import VAE, gaussian_kl, gaussian_log_prob
from pgmkit.rng import fresh, seeded
from pgmkit.train import Player, play

X = torch.tensor([[2.0, 0.0], [-1.4, 1.4], [0.1, -2.0], [0.0, 0.0]], dtype=torch.float64)


@functools.cache
@torch.enable_grad()
def trained():
    """Long enough that q knows x, short enough that its width is many cells of the grid."""
    with seeded(0):
        model = VAE(2, hidden=32)
    g, batches = fresh(1), stream(ring(), 128, generator=fresh(2))
    history = play([Player("VAE", lambda x: -model.elbo(x, generator=g).mean(), Adam(model.parameters(), lr=5e-3))], batches, 300)
    return model, history["VAE"]


def vae():
    return copy.deepcopy(trained()[0])


def latents(points=401, extent=6.0):
    """All points of a grid over z, and the log of the area of a cell."""
    ticks = torch.linspace(-extent, extent, points)
    return torch.cartesian_prod(ticks, ticks), 2 * float((ticks[1] - ticks[0]).log())


def on_grid(model, x):
    """log q(z | x) and log p(x, z) for one x, at every point of the grid."""
    z, _ = latents()
    rows = x.expand(len(z), 2)
    mu, log_s = model.encode(rows)
    return gaussian_log_prob(z, mu, log_s), model.log_likelihood(rows, z) + log_prior()


def log_prior():
    z, _ = latents()
    return gaussian_log_prob(z, torch.zeros_like(z), torch.zeros_like(z))


def integral(log_f):
    return (log_f + latents()[1]).exp().sum()


def exact_elbo(model, x):
    log_q, log_joint = on_grid(model, x)
    return (log_q.exp() * (log_joint - log_q)).sum() * torch.tensor(latents()[1]).exp()


def test_gaussians_agree_with_torch():
    x, mu, log_s = torch.randn(3, 5, 4, generator=fresh(0))
    q, p = (Independent(Normal(m, s), 1) for m, s in ((mu, log_s.exp()), (torch.zeros(5, 4), torch.ones(5, 4))))
    assert_close(gaussian_log_prob(x, mu, log_s), q.log_prob(x))
    assert_close(gaussian_kl(mu, log_s), kl_divergence(q, p))


@pytest.mark.parametrize("i", range(len(X)))
def test_the_gap_of_the_bound_is_the_divergence_of_q_from_the_posterior(i):
    with torch.no_grad():
        log_q, log_joint = on_grid(vae(), X[i])
        assert float(integral(log_q)) == pytest.approx(1, abs=1e-3)
        log_p = (log_joint + latents()[1]).logsumexp(0)
        cell = torch.tensor(latents()[1]).exp()
        posterior = log_joint - log_p
        kl = (log_q.exp() * (log_q - posterior)).sum() * cell
        likelihood = (log_q.exp() * (log_joint - log_prior())).sum() * cell
        bound = likelihood - gaussian_kl(*vae().encode(X[i : i + 1]))[0]  # the two terms of the class, not exact_elbo
    assert kl > 0
    assert_close(log_p - bound, kl, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("i", range(len(X)))
def test_the_mean_over_draws_is_the_bound(i):
    with torch.no_grad():
        draws = vae().elbo(X[i].expand(40_000, 2), generator=fresh(3))
        exact = exact_elbo(vae(), X[i])
    assert abs(draws.mean() - exact) < 4 * draws.std() / len(draws) ** 0.5 + 1e-3


def test_the_mean_gradient_over_draws_is_the_gradient_of_the_bound():
    """Of the encoder's last bias: draws on the graph against the integral, entry by entry, within four standard errors."""
    model, x = vae(), X[1]
    bias = model.encoder[-1].bias
    (exact,) = torch.autograd.grad(exact_elbo(model, x), bias)
    g, found = fresh(4), []
    for _ in range(200):
        (gradient,) = torch.autograd.grad(model.elbo(x.expand(200, 2), generator=g).mean(), bias)
        found.append(gradient)
    found = torch.stack(found)
    assert ((found.mean(0) - exact).abs() < 4 * found.std(0) / len(found) ** 0.5 + 1e-3).all()
    assert exact.abs().max() > 0.05


def test_the_gradient_for_one_draw_is_that_of_finite_differences():
    model, h = vae(), 1e-5
    for p in (model.log_std, model.encoder[-1].bias, model.decoder[-1].bias):
        (gradient,) = torch.autograd.grad(model.elbo(X, generator=fresh(5)).sum(), p)
        ends = []
        for sign in (1, -1):
            p.data.view(-1)[0] += sign * h
            ends.append(float(model.elbo(X, generator=fresh(5)).sum().detach()))
            p.data.view(-1)[0] -= sign * h
        assert float(gradient.reshape(-1)[0]) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-4, abs=1e-5)


def test_draws_follow_the_density():
    """Share of draws left of a line: normal probabilities averaged over the latents' grid."""
    model, n = vae(), 40_000
    x = model.sample(n, generator=fresh(6))
    z, log_cell = latents()
    with torch.no_grad():
        weight = (log_prior() + log_cell).exp()
        for i, line in ((0, 0.0), (0, 1.5), (1, -1.0)):
            share = float((weight * Normal(model.decoder(z)[:, i], model.log_std.exp()).cdf(torch.tensor(line))).sum())
            assert float((x[:, i] < line).double().mean()) == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5)


def test_training_lifts_the_bound():
    losses = trained()[1]
    assert sum(losses[-20:]) / 20 < sum(losses[:20]) / 20 - 1


def test_a_seed_gives_the_same_draws_and_leaves_the_global_state_alone():
    model = vae()
    state = torch.random.get_rng_state()
    first, again, other = (model.sample(50, generator=fresh(seed)) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()
    assert_close(model.elbo(X, generator=fresh(7)), model.elbo(X, generator=fresh(7)), rtol=0, atol=0)
    assert (torch.random.get_rng_state() == state).all()
    assert not first.requires_grad
    assert isinstance(model, Model)


def test_a_model_is_saved_and_loaded(tmp_path):
    torch.save(vae().state_dict(), tmp_path / "vae.pt")
    with seeded(9):
        other = VAE(2, hidden=32)
    other.load_state_dict(torch.load(tmp_path / "vae.pt"))
    assert_close(other.elbo(X, generator=fresh(8)), vae().elbo(X, generator=fresh(8)), rtol=0, atol=0)


def test_single_precision_agrees_with_double():
    single = vae().float().elbo(X.float(), generator=fresh(8))
    assert single.dtype == torch.float32
    assert_close(single.double(), vae().elbo(X, generator=fresh(8)), rtol=1e-4, atol=1e-3)
    assert vae().float().sample(3, generator=fresh(8)).dtype == torch.float32


def test_it_takes_other_sizes():
    model = VAE(5, 3, hidden=8, std=0.1)
    assert model.elbo(torch.zeros(4, 5)).shape == (4,)
    assert model.sample(6).shape == (6, 5)
    assert float(model.log_std.exp().detach()) == pytest.approx(0.1)

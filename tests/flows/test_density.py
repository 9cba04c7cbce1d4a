"""Densities: they integrate to one, samples follow them, and known distributions come out."""

import copy

import pytest
import torch
from scipy.stats import kstest
from torch.distributions import LogNormal, MultivariateNormal, Normal
from torch.testing import assert_close

from pgmkit.core import Model
from pgmkit.flows import (
    ActNorm,
    Affine,
    Compose,
    Flow,
    Inverse,
    Permute,
    PlainConv1x1,
    Planar,
    PLUConv1x1,
    StandardNormal,
    change_of_variables,
    flow_log_prob,
    flow_sample,
    glow,
    normal_log_prob,
)
from pgmkit.flows.recipes import real_nvp
from pgmkit.rng import fresh, seeded

from . import trained
from .cases import couplings, randomise_


def log_normal(z):
    return Normal(0.0, 1.0).log_prob(z)


def test_change_of_variables_gives_known_densities():
    x = torch.linspace(0.1, 5, 50)
    assert_close(change_of_variables(x, torch.log, lambda x: 1 / x, log_normal), LogNormal(0.0, 1.0).log_prob(x))
    turned = change_of_variables(x, lambda x: (3 - x) / 2, lambda x: torch.full_like(x, -0.5), log_normal)  # x = 3 - 2 z
    assert_close(turned, Normal(3.0, 2.0).log_prob(x))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_change_of_variables_integrates_to_one(sign):
    x = torch.linspace(-8, 8, 4001)
    log_p = change_of_variables(x, lambda x: sign * (x + x**3 / 6), lambda x: sign * (1 + x**2 / 2), log_normal)
    assert float(torch.trapezoid(log_p.exp(), x)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_normal_log_prob_sums_over_all_entries_of_a_row(shape):
    z = torch.randn(5, *shape, generator=fresh(0))
    assert_close(normal_log_prob(z), log_normal(z).flatten(1).sum(1))
    assert normal_log_prob(z[:0]).shape == (0,)
    assert_close(StandardNormal(*shape).log_prob(z), normal_log_prob(z))


@pytest.mark.parametrize("kind", [PlainConv1x1, PLUConv1x1])
def test_a_linear_flow_is_a_correlated_normal(kind):
    with seeded(0):
        f = Compose(randomise_(kind(3), 1), randomise_(ActNorm(3), 2))
    x = torch.randn(6, 3, generator=fresh(0))
    matrix = torch.autograd.functional.jacobian(lambda z: f(z[None])[0][0], torch.zeros(3))
    wanted = MultivariateNormal(f(torch.zeros(1, 3))[0][0].detach(), matrix @ matrix.T)
    assert_close(Flow(StandardNormal(3), f).log_prob(x), wanted.log_prob(x))


def planars():
    return Compose(*(Planar(2) for _ in range(4)))


def made(make, scale=0.4):
    with seeded(0):
        return Flow(StandardNormal(2), randomise_(make(), 1, scale)).eval()


PLANE = {
    "affine": lambda: made(lambda: Affine(torch.zeros(2), torch.zeros(2))),
    "planar": lambda: made(planars),
    "planar turned round": lambda: made(lambda: Inverse(Planar(2))),
    "plain 1x1": lambda: made(lambda: PlainConv1x1(2)),
    "PLU 1x1": lambda: made(lambda: PLUConv1x1(2)),
    "actnorm": lambda: made(lambda: ActNorm(2)),
    "couplings": lambda: made(lambda: couplings(2, 5), 0.3),
    "mixed": lambda: made(lambda: Compose(couplings(2, 1), Permute([1, 0]), PLUConv1x1(2), Planar(2), ActNorm(2), couplings(2, 2))),
    "real_nvp, random": lambda: made(lambda: real_nvp(2, couplings=4, hidden=16).f, 0.1),
    "real_nvp, trained": lambda: copy.deepcopy(trained.plane()[0]).double(),
}


def grid(flow, points=400):
    """Points of a grid around the flow's draws, their log-densities, and the area of one cell."""
    draws = flow.sample(20_000, generator=fresh(1))
    low, high = draws.min(0).values, draws.max(0).values
    low, high = low - (high - low) / 2, high + (high - low) / 2
    ticks = [torch.linspace(float(low[i]), float(high[i]), points) for i in range(2)]
    x = torch.cartesian_prod(*ticks)
    with torch.no_grad():
        return x, flow.log_prob(x), float((high - low).prod()) / (points - 1) ** 2


@pytest.mark.parametrize("name", PLANE)
def test_a_density_in_the_plane_integrates_to_one(name):
    _, log_p, cell = grid(PLANE[name]())
    assert float(log_p.exp().sum() * cell) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("name", ["planar", "mixed", "real_nvp, random", "real_nvp, trained"])
def test_draws_have_the_moments_of_the_density(name):
    """Mean, second moments and two waves: averages over draws against sums over a grid, within four standard errors."""
    flow = PLANE[name]()
    x, log_p, cell = grid(flow)
    draws = flow.sample(20_000, generator=fresh(2))

    def features(x):
        return torch.stack([*x.T, *(x.T.square()), x.prod(1), (2 * x[:, 0]).cos(), (2 * x[:, 1]).sin()], 1)

    wanted = (log_p.exp()[:, None] * features(x)).sum(0) * cell
    came = features(draws)
    assert ((came.mean(0) - wanted).abs() < 4 * came.std(0) / len(draws) ** 0.5 + 0.01 * wanted.abs()).all()


def test_draws_of_a_planar_flow_on_the_line_follow_its_distribution_function():
    """f rises, so that P(X < x) = Phi(f^{-1}(x)): Kolmogorov and Smirnov's test."""
    with seeded(3):
        flow = Flow(StandardNormal(1), Compose(Planar(1), Planar(1), Planar(1)))
    x = flow.sample(5000, generator=fresh(0))

    def cdf(x):
        return Normal(0.0, 1.0).cdf(flow.f.inverse(torch.as_tensor(x)[:, None])[0].detach()[:, 0]).numpy()

    assert kstest(x[:, 0].numpy(), cdf).pvalue > 0.01
    assert kstest(1.1 * x[:, 0].numpy(), cdf).pvalue < 0.01


def test_a_glow_on_images_of_four_pixels_integrates_to_one():
    """By importance sampling from a wide normal around its draws."""
    with seeded(0):
        flow = Flow(StandardNormal(4), randomise_(glow((1, 2, 2), levels=1, steps=3, hidden=8).f, 1, 0.2)).eval()
    draws = flow.sample(5000, generator=fresh(1)).flatten(1)
    wide = MultivariateNormal(draws.mean(0), 2 * draws.T.cov())
    x = wide.mean + torch.randn(100_000, 4, generator=fresh(2)) @ wide.scale_tril.T
    with torch.no_grad():
        weights = (flow.log_prob(x.reshape(-1, 1, 2, 2)) - wide.log_prob(x)).exp()
    error = float(weights.std()) / len(x) ** 0.5
    assert error < 0.02
    assert abs(float(weights.mean()) - 1) < 4 * error


def test_a_flow_is_base_and_bijection_put_together():
    flow = PLANE["mixed"]()
    assert isinstance(flow, Model)
    z = flow.base.sample(6, generator=fresh(0))
    x, log_det = flow.f(z)
    assert torch.equal(flow.sample(6, generator=fresh(0)), x)
    assert_close(flow.log_prob(x), normal_log_prob(z) - log_det)
    assert_close(flow_log_prob(x, flow.f, flow.base.log_prob), flow.log_prob(x))
    assert torch.equal(flow_sample(6, flow.f, flow.base, generator=fresh(0)), x)


def test_draws_are_off_the_graph_and_log_prob_is_on_it():
    flow = PLANE["mixed"]()
    assert not flow.sample(3).requires_grad
    x = torch.randn(3, 2, generator=fresh(0)).requires_grad_()
    flow.log_prob(x).sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(p.grad is not None for p in flow.parameters())


def test_temperature_scales_the_latents():
    flow = PLANE["mixed"]()
    hot, cold, none = (flow.base.sample(4, temperature=t, generator=fresh(0)) for t in (2.0, 0.5, 0.0))
    assert_close(hot, 4 * cold)
    assert not none.any()
    draws = flow.sample(4, temperature=0.5, generator=fresh(0))
    assert_close(draws, flow.f(cold)[0])
    assert_close(flow.sample(3, temperature=0.0), flow.f(torch.zeros(3, 2))[0])


def test_the_base_has_no_state_and_takes_the_dtype_of_its_flow():
    base = StandardNormal(2, 3)
    assert len(base.state_dict()) == 0
    assert base.float().sample(2).dtype == torch.float32
    assert base.double().sample(2, generator=fresh(0)).shape == (2, 2, 3)


def test_log_prob_of_a_batch_is_one_number_for_each_row():
    flow = PLANE["affine"]()
    assert flow.log_prob(torch.zeros(0, 2)).shape == (0,)
    assert flow.log_prob(torch.zeros(1, 2)).shape == (1,)

import math

import numpy as np
import pytest
import torch
from scipy import stats

from pgmkit.data.toy2d import GaussianMixture, Lines, Moons, grid, ring
from pgmkit.rng import fresh

N = 20_000


def mixture(seed=0):
    return GaussianMixture(torch.randn(4, 2, generator=fresh(seed)), 0.4)


def integral(density, extent, points):
    ticks = torch.linspace(-extent, extent, points)
    x = torch.cartesian_prod(ticks, ticks)
    return float(density.log_prob(x).exp().sum() * (ticks[1] - ticks[0]) ** 2)


@pytest.mark.parametrize("density", [mixture(), ring(8, std=0.1), grid(3, std=0.15)], ids=["mixture", "ring", "grid"])
def test_density_integrates_to_one(density):
    density = GaussianMixture(density.centers.double(), density.std)
    assert integral(density, 6.0, 601) == pytest.approx(1, abs=1e-9)


def test_log_prob_against_scipy():
    data = mixture()
    x = 2 * torch.randn(20, 2, generator=fresh(1))
    parts = [stats.multivariate_normal(c.numpy(), 0.4**2 * np.eye(2)).pdf(x.numpy()) for c in data.centers]
    torch.testing.assert_close(data.log_prob(x), torch.tensor(np.log(np.mean(parts, axis=0))))


def test_log_prob_far_away_is_finite():
    data = ring()
    x = torch.tensor([[1000.0, 0.0]])
    assert data.log_prob(x).item() == pytest.approx(-(998**2) / (2 * 0.05**2) - math.log(8 * 2 * math.pi * 0.05**2), rel=1e-6)


def test_log_prob_in_one_and_three_dimensions():
    x = torch.tensor([[0.3], [-1.0]])
    torch.testing.assert_close(
        GaussianMixture(torch.zeros(1, 1), 2.0).log_prob(x)[:, None], torch.distributions.Normal(0.0, 2.0).log_prob(x)
    )
    y = torch.randn(4, 3, generator=fresh(0))
    wanted = torch.distributions.Normal(0.0, 0.5).log_prob(y).sum(1)
    torch.testing.assert_close(GaussianMixture(torch.zeros(1, 3), 0.5).log_prob(y), wanted)


def test_gradient_of_log_prob():
    data = mixture()
    assert torch.autograd.gradcheck(data.log_prob, (torch.randn(3, 2, generator=fresh(0)).requires_grad_(),))


@pytest.mark.parametrize("seed", range(3))
def test_samples_have_the_mean_and_covariance_of_the_mixture(seed):
    data = mixture(seed)
    x = data.sample(N, generator=fresh(seed))
    mean, cov = data.centers.mean(0), data.centers.T.cov(correction=0) + 0.4**2 * torch.eye(2)
    z_mean = (x.mean(0) - mean) / (cov.diagonal() / N).sqrt()
    assert z_mean.abs().max() < 4
    products = (x - mean)[:, :, None] * (x - mean)[:, None, :]
    z_cov = (products.mean(0) - cov) / (products.std(0) / math.sqrt(N))
    assert z_cov.abs().max() < 4


def test_components_are_drawn_equally_often_and_round():
    data = ring(5, radius=3.0, std=0.1)
    x = data.sample(N, generator=fresh(0))
    nearest = torch.cdist(x, data.centers).argmin(1)
    assert stats.chisquare(torch.bincount(nearest).numpy()).pvalue > 1e-3
    noise = (x - data.centers[nearest]) / 0.1
    assert stats.kstest(noise.flatten().numpy(), "norm").pvalue > 1e-3
    assert abs(float((noise[:, 0] * noise[:, 1]).mean())) < 4 / math.sqrt(N)


@pytest.mark.parametrize("modes", [1, 2, 8])
def test_ring_centres(modes):
    data = ring(modes, radius=1.5)
    torch.testing.assert_close(data.centers.norm(dim=1), torch.full((modes,), 1.5))
    torch.testing.assert_close(data.centers[0], torch.tensor([1.5, 0.0]))
    if modes > 1:
        gaps = (data.centers - data.centers.roll(1, 0)).norm(dim=1)
        torch.testing.assert_close(gaps, torch.full((modes,), 2 * 1.5 * math.sin(math.pi / modes)))
        torch.testing.assert_close(data.centers.mean(0), torch.zeros(2))


@pytest.mark.parametrize("side", [1, 2, 5])
def test_grid_centres(side):
    data = grid(side, spacing=0.5)
    assert data.centers.shape == (side**2, 2)
    torch.testing.assert_close(data.centers.mean(0), torch.zeros(2))
    assert len({tuple(c) for c in data.centers.tolist()}) == side**2
    if side > 1:
        distances = torch.cdist(data.centers, data.centers) + 1e9 * torch.eye(side**2)
        torch.testing.assert_close(distances.min(1).values, torch.full((side**2,), 0.5))


def test_moons_without_noise_are_two_half_circles():
    x = Moons(0.0).sample(2000, generator=fresh(0))
    on = torch.stack([(x - side * torch.tensor([-0.5, -0.25])).norm(dim=1) for side in (1, -1)])
    right = (on - 1).abs() < 1e-9
    assert right.any(0).all()
    upper = x[right[0]]
    assert (upper[:, 1] >= -0.25).all()
    assert abs(len(upper) - 1000) < 4 * math.sqrt(500)


def test_moons_are_centred_and_noise_widens_them():
    x = Moons(0.3).sample(N, generator=fresh(1))
    assert (x.mean(0) / (x.std(0) / math.sqrt(N))).abs().max() < 4
    clean = Moons(0.0).sample(N, generator=fresh(1))
    noise = x - clean
    assert stats.kstest((noise / 0.3).flatten().numpy(), "norm").pvalue > 1e-3


def test_lines():
    x = Lines(-0.7).sample(N, generator=fresh(0))
    assert (x[:, 0] == -0.7).all()
    assert stats.kstest(x[:, 1].numpy(), "uniform").pvalue > 1e-3
    noise = Lines(-0.7, 0.2).sample(N, generator=fresh(0)) - x
    assert stats.kstest((noise / 0.2).flatten().numpy(), "norm").pvalue > 1e-3

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance

from pgmkit.data.toy2d import GaussianMixture, ring
from pgmkit.metrics import frechet_distance, mode_report, sliced_w1
from pgmkit.rng import fresh, randn


def draw(*shape, seed=0):
    return torch.randn(shape, generator=fresh(seed))


def report(x, **kwargs):
    return tuple(mode_report(torch.tensor(x), GaussianMixture(torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]), 1.0), **kwargs))


def test_mode_report_on_hand_made_samples():
    assert report([[0.0, 0.0], [10.0, 0.5], [0.0, 9.0], [0.1, 0.0]]) == (3, 1.0)
    assert report([[0.0, 0.0], [5.0, 5.0], [0.5, 0.0], [3.5, 0.0]]) == (1, 0.5)
    assert report([[50.0, 50.0]]) == (0, 0.0)


def test_mode_report_radius():
    point = [[2.9, 0.0], [0.0, 0.0]]
    assert report(point) == (1, 1.0)
    assert report(point, within=2.5) == (1, 0.5)
    assert report([[3.1, 0.0], [0.0, 0.0]]) == (1, 0.5)
    assert report([[3.0, 0.0], [0.0, 0.0]]) == (1, 0.5)  # closer than, not as close as


def test_a_mode_needs_one_sample_in_a_thousand():
    most = [[0.0, 0.0]] * 3997
    assert report([*most, [10.0, 0.0], [10.0, 0.0], [10.0, 0.0]])[0] == 1
    assert report([*most, [10.0, 0.0], [10.0, 0.0], [10.0, 0.0], [10.0, 0.0]][1:])[0] == 2


def test_mode_report_of_the_data_itself():
    data = ring(8, std=0.1)
    came = mode_report(data.sample(5000, generator=fresh(0)), data)
    assert came.covered == 8
    inside = 1 - math.exp(-4.5)  # |x - c| < 3 std in the plane
    assert abs(came.high_quality - inside) < 4 * math.sqrt(inside * (1 - inside) / 5000)
    assert [type(part) for part in came] == [int, float]


def test_sliced_w1_of_permuted_samples_is_zero():
    x = draw(50, 3)
    assert float(sliced_w1(x, x[torch.randperm(50, generator=fresh(1))], generator=fresh(2))) == pytest.approx(0, abs=1e-15)


def test_sliced_w1_is_the_mean_over_unit_directions():
    x, y = draw(20, 3), 2 * draw(20, 3, seed=1)
    u = randn(3, 16, generator=fresh(4), like=x)
    u = (u / u.norm(dim=0)).numpy()
    wanted = np.mean([wasserstein_distance(x.numpy() @ u[:, i], y.numpy() @ u[:, i]) for i in range(16)])
    assert float(sliced_w1(x, y, directions=16, generator=fresh(4))) == pytest.approx(wanted)


def test_sliced_w1_of_a_shift_and_in_one_dimension():
    x = draw(30, 2)
    shift = torch.tensor([3.0, -4.0])
    # mean of |cos| over the circle is 2 / pi
    assert float(sliced_w1(x, x + shift, directions=20_000, generator=fresh(0))) == pytest.approx(5 * 2 / math.pi, rel=0.02)
    assert float(sliced_w1(x[:, :1], x[:, :1] + 3, generator=fresh(0))) == pytest.approx(3)


def test_sliced_w1_gradient_and_seed():
    x, y = draw(6, 2).requires_grad_(), draw(6, 2, seed=1)
    assert torch.autograd.gradcheck(lambda a: sliced_w1(a, y, directions=4, generator=fresh(0)), (x,))
    before = torch.get_rng_state()
    assert sliced_w1(x, y, generator=fresh(0)).item() == sliced_w1(x, y, generator=fresh(0)).item()
    assert torch.equal(torch.get_rng_state(), before)


def exact(mean, deviations, n=400):
    """n points whose sample mean and covariance are exactly these: whitened draws."""
    x = draw(n, len(mean), seed=n)
    x = x - x.mean(0)
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T
    return torch.tensor(mean) + x * torch.tensor(deviations)


def test_frechet_closed_form_for_diagonal_gaussians():
    x, y = exact([0.0, 1.0, -2.0], [1.0, 2.0, 0.5]), exact([1.0, 1.0, 0.0], [3.0, 0.5, 0.5], n=300)
    wanted = (1 + 0 + 4) + (1 - 3) ** 2 + (2 - 0.5) ** 2 + 0
    assert float(frechet_distance(x, y)) == pytest.approx(wanted)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_frechet_against_sqrtm(d):
    x, y = draw(40, d) @ draw(d, d, seed=1), draw(60, d, seed=2) @ draw(d, d, seed=3) + 0.5
    a, b = (np.atleast_2d(np.cov(v.numpy().T)) for v in (x, y))
    wanted = np.square(x.numpy().mean(0) - y.numpy().mean(0)).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert float(frechet_distance(x, y)) == pytest.approx(wanted)


def test_frechet_zero_symmetric_and_float32():
    x, y = draw(30, 3), draw(50, 3, seed=1)
    assert float(frechet_distance(x, x[torch.randperm(30, generator=fresh(0))])) == pytest.approx(0, abs=1e-9)
    assert float(frechet_distance(x, y)) == pytest.approx(float(frechet_distance(y, x)))
    assert float(frechet_distance(x.float(), y.float())) == pytest.approx(float(frechet_distance(x, y)), rel=1e-4)


def test_frechet_of_flat_features():
    """Rank one, where rounding makes eigenvalues slightly negative: finite, and the closed form in one dimension."""
    line = draw(40, 1) @ torch.ones(1, 3)
    assert float(frechet_distance(line, 3 * line)) == pytest.approx(float(3 * 4 * line[:, 0].var() + 3 * 4 * line[:, 0].mean() ** 2))

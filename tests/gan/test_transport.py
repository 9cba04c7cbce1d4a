import math

import numpy as np
import ot
import pytest
import torch
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

from pgmkit.gan import js_divergence, kl_divergence, kr_dual_value, parallel_lines, w1_grid, w1_primal, w1_samples, w1_weighted
from pgmkit.rng import fresh

SEEDS = range(4)


def draw(*shape, seed=0):
    return torch.randn(shape, generator=fresh(seed))


def weights(n, seed):
    return (1.5 * draw(n, seed=seed)).softmax(0)


def close(came, wanted):
    assert float(came) == pytest.approx(float(wanted), rel=1e-9, abs=1e-12)


def dual(p, q, cost):
    """max over f of sum (p - q) f with |f_i - f_j| <= cost_ij, by scipy."""
    n = len(p)
    rows, limits = [], []
    for i in range(n):
        for j in range(n):
            if i != j:
                rows.append(np.eye(n)[i] - np.eye(n)[j])
                limits.append(float(cost[i, j]))
    pinned = [(0, 0)] + [(None, None)] * (n - 1)
    result = linprog(-(p - q).numpy(), A_ub=np.array(rows), b_ub=np.array(limits), bounds=pinned, method="highs")
    return -result.fun, torch.tensor(result.x)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (5, 5), (7, 3), (20, 31)])
def test_samples_against_scipy_and_pot(n, m, seed):
    x, y = draw(n, seed=seed), 2 * draw(m, seed=seed + 10) + 0.5
    close(w1_samples(x, y), wasserstein_distance(x.numpy(), y.numpy()))
    close(w1_samples(x, y), ot.wasserstein_1d(x.numpy(), y.numpy()))
    close(w1_samples(y, x), w1_samples(x, y))


def test_samples_of_equal_size_by_sorting():
    x, y = draw(9), draw(9, seed=1)
    close(w1_samples(x, y), (x.sort().values - y.sort().values).abs().mean())


def test_samples_shift_scale_and_identity():
    x = draw(8)
    close(w1_samples(x, x[torch.randperm(8, generator=fresh(0))]), 0)
    close(w1_samples(x, x + 3), 3)
    close(w1_samples(-2 * x, -2 * x - 3), 3)
    close(w1_samples(torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 1.0])), 1 / 3)


def test_samples_gradcheck():
    assert torch.autograd.gradcheck(w1_samples, (draw(5).requires_grad_(), draw(3, seed=4).requires_grad_()))


@pytest.mark.parametrize("seed", SEEDS)
def test_grid_with_free_spacing(seed):
    grid = draw(12, seed=seed).sort().values
    p, q = weights(12, seed + 20), weights(12, seed + 30)
    close(w1_grid(p, q, grid), wasserstein_distance(grid.numpy(), grid.numpy(), p.numpy(), q.numpy()))
    close(w1_grid(p, q, grid), ot.emd2(p.numpy(), q.numpy(), (grid[:, None] - grid).abs().numpy()))


def test_grid_in_batches():
    grid = torch.tensor([0.0, 0.1, 1.0, 5.0])
    p, q = draw(3, 4).softmax(-1), draw(3, 4, seed=1).softmax(-1)
    came = w1_grid(p, q, grid)
    assert came.shape == (3,)
    for i in range(3):
        close(came[i], wasserstein_distance(grid.numpy(), grid.numpy(), p[i].numpy(), q[i].numpy()))


def test_grid_gradcheck():
    grid = draw(6).sort().values
    assert torch.autograd.gradcheck(
        lambda a, b: w1_grid(a.softmax(0), b.softmax(0), grid), (draw(6).requires_grad_(), draw(6, seed=1).requires_grad_())
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (4, 4), (6, 9)])
def test_weighted_against_scipy_and_pot(n, m, seed):
    x, y, p, q = draw(n, seed=seed), draw(m, seed=seed + 1), weights(n, seed + 2), weights(m, seed + 3)
    close(w1_weighted(x, p, y, q), wasserstein_distance(x.numpy(), y.numpy(), p.numpy(), q.numpy()))
    close(w1_weighted(x, p, y, q), ot.wasserstein_1d(x.numpy(), y.numpy(), p.numpy(), q.numpy()))


def test_equal_weights_are_plain_samples():
    x, y = draw(4), draw(6, seed=1)
    close(w1_weighted(x, torch.full((4,), 1 / 4), y, torch.full((6,), 1 / 6)), w1_samples(x, y))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("n", "m"), [(1, 3), (4, 4), (5, 7)])
def test_primal_against_pot_and_its_margins(n, m, seed):
    p, q = weights(n, seed), weights(m, seed + 5)
    cost = torch.cdist(draw(n, 2, seed=seed), draw(m, 2, seed=seed + 9))
    value, plan = w1_primal(p, q, cost)
    close(value, ot.emd2(p.numpy(), q.numpy(), cost.numpy()))
    torch.testing.assert_close(plan.sum(1), p)
    torch.testing.assert_close(plan.sum(0), q)
    assert (plan >= 0).all()
    close((plan * cost).sum(), value)


@pytest.mark.parametrize("seed", SEEDS)
def test_primal_on_a_line_is_the_grid_formula(seed):
    grid = draw(6, seed=seed).sort().values
    p, q = weights(6, seed + 1), weights(6, seed + 2)
    close(w1_primal(p, q, (grid[:, None] - grid).abs()).value, w1_grid(p, q, grid))


@pytest.mark.parametrize("seed", SEEDS)
def test_strong_duality(seed):
    p, q = weights(6, seed), weights(6, seed + 7)
    points = draw(6, 2, seed=seed)
    cost = torch.cdist(points, points)
    value, f = dual(p, q, cost)
    close(value, w1_primal(p, q, cost).value)
    came, feasible = kr_dual_value(f, p, q, cost)
    assert feasible
    close(came, value)


@pytest.mark.parametrize("bound", [0.5, 1.0, 7.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_feasible_critic_beats_w1(seed, bound):
    """f(x) = K min_i (a_i + |x - x_i|) is K-Lipschitz for any a; weak duality for 200 of them."""
    p, q, points = weights(5, seed), weights(5, seed + 3), draw(5, 2, seed=seed + 6)
    cost = torch.cdist(points, points)
    best = float(w1_primal(p, q, cost).value)
    for a in draw(200, 5, seed=seed + 8):
        value, feasible = kr_dual_value(bound * (a + cost).min(1).values, p, q, cost, bound)
        assert feasible
        assert float(value) <= best + 1e-9


def test_dual_value_sign_scale_and_verdict():
    p, q, cost = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([[0.0, 2.0], [2.0, 0.0]])
    assert kr_dual_value(torch.tensor([2.0, 0.0]), p, q, cost) == (2.0, True)  # equality is allowed
    assert kr_dual_value(torch.tensor([0.0, 2.0]), p, q, cost) == (-2.0, True)
    assert kr_dual_value(torch.tensor([2.001, 0.0]), p, q, cost)[1] is False
    assert kr_dual_value(torch.tensor([2.5, 0.0]), p, q, cost, bound=1.25) == (2.0, True)


def test_dual_value_looks_at_every_pair():
    """Neighbours on the line are fine, and only the outer pair is too steep: cost is no distance along the line."""
    f, p = torch.tensor([0.0, 1.0, 2.0]), torch.full((3,), 1 / 3)
    cost = torch.tensor([[0.0, 1.0, 1.5], [1.0, 0.0, 1.0], [1.5, 1.0, 0.0]])
    assert kr_dual_value(f, p, p, cost)[1] is False
    assert kr_dual_value(0.75 * f, p, p, cost)[1] is True


def test_dual_value_gradcheck():
    p, q, cost = weights(4, 0), weights(4, 1), torch.ones(4, 4)
    assert torch.autograd.gradcheck(lambda f: kr_dual_value(f, p, q, cost, 2.0)[0], (draw(4).requires_grad_(),))


@pytest.mark.parametrize("theta", [-1.5, 0.0, 0.25, 3])
def test_parallel_lines_against_a_fine_grid(theta):
    """The lines as 40 points each in the plane, the same heights: every distance by its own definition."""
    heights = (torch.arange(40) + 0.5) / 40
    places = sorted({0.0, float(theta)})
    points = torch.cartesian_prod(torch.tensor(places), heights)
    p, q = ((points[:, 0] == at).double() / 40 for at in (0.0, float(theta)))
    came = parallel_lines(theta)
    close(came["kl"], kl_divergence(p, q))
    close(came["js"], js_divergence(p, q))
    close(came["tv"], (p - q).abs().sum() / 2)
    close(came["w1"], ot.emd2(p.numpy(), q.numpy(), torch.cdist(points, points).numpy()))


def test_parallel_lines_jump_for_all_but_w1():
    near = parallel_lines(1e-9)
    assert (near["kl"], near["js"], near["tv"]) == (math.inf, math.log(2), 1.0)
    assert near["w1"] == 1e-9
    assert parallel_lines(-1e-9) == near
    assert all(type(value) is float for value in [*near.values(), *parallel_lines(2).values()])

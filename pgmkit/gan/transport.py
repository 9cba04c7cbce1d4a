"""Optimal transport, exact: what the critic of a Wasserstein GAN estimates."""

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linprog
from torch import Tensor

from pgmkit.errors import want_finite, want_nonempty, want_positive, want_probabilities, want_same_shape, want_tensor


def parallel_lines(theta: float) -> dict[str, float]:
    r"""Four distances between P = (0, U) and Q = (theta, U), U ~ U[0, 1]: two parallel lines in the plane.

    Args:
        theta: the horizontal distance, of either sign.

    Returns:
        `{"kl": KL(P || Q), "js": JSD in nats, "tv": total variation, "w1": Wasserstein-1}`. For theta != 0 the supports
        are disjoint: kl = inf, js = log 2, tv = 1, w1 = |theta|. At theta = 0 all four are 0.

    L13, "Wasserstein GAN (WGAN)", low-dimensional manifolds. Arjovsky et al., 2017, example 1.
    """
    want_finite(theta=theta)
    if theta == 0:
        return {"kl": 0.0, "js": 0.0, "tv": 0.0, "w1": 0.0}
    return {"kl": math.inf, "js": math.log(2), "tv": 1.0, "w1": abs(float(theta))}


def w1_grid(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    r"""W1 of two distributions on one grid of the real line: sum_i |F(x_i) - G(x_i)| (x_{i+1} - x_i).

    Args:
        p: probabilities on the grid points, shape (..., n).
        q: probabilities, the same shape.
        grid: points in increasing order, spacing free, shape (n,).

    Returns:
        Shape (...), differentiable in p, q and grid. F and G are the cumulative sums of p and q.

    L13, "Wasserstein GAN (WGAN)", earth mover's distance. Vallender, 1974.
    """
    want_probabilities(p=p, q=q)
    want_same_shape(p=p, q=q)
    want_tensor("(n,)", ndim=1, grid=grid)
    if grid.shape != p.shape[-1:] or not bool((grid.diff() >= 0).all()):
        raise ValueError(f"grid must be increasing, shape ({p.shape[-1]},); got shape {tuple(grid.shape)}. Sort it, with p and q.")
    return ((p - q).cumsum(-1)[..., :-1].abs() * grid.diff()).sum(-1)


def w1_samples(x: Tensor, y: Tensor) -> Tensor:
    r"""W1 of two samples of the real line: the integral of |F(t) - G(t)|, each point of x weighing 1/n, of y 1/m.

    Args:
        x: shape (n,), in any order.
        y: shape (m,), in any order; m may differ from n.

    Returns:
        Scalar, differentiable in x and y.

    L13, "Wasserstein GAN (WGAN)", earth mover's distance. Vallender, 1974.
    """
    want_nonempty("(n,)", x=x, y=y)
    want_tensor("(n,)", ndim=1, x=x, y=y)
    points, order = torch.cat([x, y]).sort()
    jumps = torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order]
    return (jumps.cumsum(0)[:-1].abs() * points.diff()).sum()


def w1_weighted(x: Tensor, p: Tensor, y: Tensor, q: Tensor) -> Tensor:
    r"""W1 of two weighted samples of the real line: x_i with weight p_i against y_j with weight q_j.

    Args:
        x: points, shape (n,), in any order; p: their weights, shape (n,), sum 1.
        y: points, shape (m,), in any order; q: their weights, shape (m,), sum 1.

    Returns:
        Scalar, differentiable in the points.
    """
    want_same_shape(x=x, p=p)
    want_same_shape(y=y, q=q)
    want_tensor("(n,)", ndim=1, x=x, y=y)
    grid, order = torch.cat([x, y]).sort()
    return w1_grid(torch.cat([p, torch.zeros_like(q)])[order], torch.cat([torch.zeros_like(p), q])[order], grid)


class Plan(NamedTuple):
    """A transport plan and what it costs: `value`, and `plan` of shape (n, m) whose margins are p and q."""

    value: Tensor
    plan: Tensor


def w1_primal(p: Tensor, q: Tensor, cost: Tensor) -> Plan:
    r"""Cheapest way to move p onto q: min over plans of sum_ij plan_ij cost_ij, a linear programme, solved exactly.

    Args:
        p: probabilities of the n places that give, shape (n,).
        q: probabilities of the m places that take, shape (m,).
        cost: cost_ij of moving one unit from i to j, shape (n, m); the distance for W1.

    Returns:
        The optimal value and one optimal plan.

    L13, "Wasserstein GAN (WGAN)", "minimum transportation cost".
    """
    want_probabilities(p=p, q=q)
    want_tensor("(n,)", ndim=1, p=p, q=q)
    want_tensor("(n, m)", ndim=2, cost=cost)
    n, m = len(p), len(q)
    if cost.shape != (n, m):
        raise ValueError(f"cost must have shape (n, m) = {(n, m)}; got {tuple(cost.shape)}.")
    if not bool(cost.isfinite().all()):
        raise ValueError(f"cost must be finite everywhere; got {int((~cost.isfinite()).sum())} values that are not.")
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    margins = torch.cat([p / p.sum(), q / q.sum()]).detach().double().numpy()
    result = linprog(cost.detach().double().flatten().numpy(), A_eq=np.vstack([rows, columns])[:-1], b_eq=margins[:-1], method="highs")
    if result.status != 0:
        raise ValueError(f"the linear programme was not solved: {result.message}. Check that cost is finite.")
    return Plan(cost.new_tensor(result.fun), cost.new_tensor(result.x).reshape(n, m))


def kr_dual_value(f: Tensor, p: Tensor, q: Tensor, cost: Tensor, bound: float = 1.0) -> tuple[Tensor, bool]:
    r"""Kantorovich-Rubinstein: the dual value (E_p[f] - E_q[f]) / K of a critic f, and whether f is K-Lipschitz.

    Args:
        f: values f(x_i) on the points, shape (n,).
        p: probabilities on the points, shape (n,).
        q: probabilities on the points, shape (n,).
        cost: distances between all pairs of points, shape (n, n).
        bound: K > 0.

    Returns:
        The value, and True when |f_i - f_j| <= K cost_ij for **every** pair, equality included (up to 1e-9).
        For a feasible f the value is at most W1(p, q).

    L13, "Wasserstein GAN (WGAN)", objective (with the parentheses that the slide leaves out, E5).
    """
    want_probabilities(p=p, q=q)
    want_same_shape(f=f, p=p, q=q)
    want_tensor("(n,)", ndim=1, f=f)
    want_tensor("(n, n)", ndim=2, cost=cost)
    want_positive(bound=bound)
    if cost.shape != (len(f), len(f)):
        raise ValueError(f"cost must have shape (n, n) = {(len(f), len(f))}; got {tuple(cost.shape)}.")
    gaps = (f[:, None] - f[None, :]).abs()  # (n, n)
    return ((p - q) * f).sum() / bound, bool((gaps <= bound * cost + 1e-9).all())

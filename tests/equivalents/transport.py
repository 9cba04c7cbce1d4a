"""Other right answers to the exercises on Wasserstein distances: all earn full marks."""

import math

import numpy as np
import torch
from torch.nn import functional as F


def lines_by_cases(theta):
    apart = theta != 0
    return {"kl": float("inf") if apart else 0, "js": math.log(2) * apart, "tv": int(apart), "w1": abs(theta)}


def lines_as_tensors(theta):
    theta = torch.as_tensor(theta, dtype=torch.float64)
    jump = (theta != 0).double()
    kl = torch.where(theta != 0, torch.tensor(math.inf, dtype=torch.float64), torch.zeros((), dtype=torch.float64))
    return {"w1": theta.abs(), "tv": jump, "js": jump * np.log(2), "kl": kl}


def lines_by_two_points(theta):
    """The vertical coordinate is shared, so two point masses in one dimension remain."""
    p, q = (np.array([1.0]), np.array([1.0])) if theta == 0 else (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        kl = float(np.sum(np.where(p > 0, p * np.log(p / q), 0)))
        js = float(np.sum(np.where(p > 0, p * np.log(p / m), 0)) + np.sum(np.where(q > 0, q * np.log(q / m), 0))) / 2
    return {"kl": kl, "js": js, "tv": np.abs(p - q).sum() / 2, "w1": math.sqrt(theta * theta) if abs(theta) > 1e-100 else abs(theta)}


def samples_searchsorted(x, y):
    points = torch.cat([x, y]).sort().values
    inner = points[:-1].detach().contiguous()
    F_ = torch.searchsorted(x.detach().sort().values, inner, right=True) / torch.tensor(float(len(x)), dtype=x.dtype)
    G = torch.searchsorted(y.detach().sort().values, inner, right=True) / torch.tensor(float(len(y)), dtype=x.dtype)
    return ((F_ - G).abs() * (points[1:] - points[:-1])).sum()


def samples_quantiles(x, y):
    n, m = len(x), len(y)
    levels = torch.tensor(sorted({i * m for i in range(n + 1)} | {j * n for j in range(m + 1)}))  # in units of 1/(n m)
    mass, middle = levels.diff().to(x) / (n * m), (levels[:-1] + levels[1:]) / 2
    a, b = x.sort().values[(middle / m).long()], y.sort().values[(middle / n).long()]
    return (mass * (a - b).abs()).sum()


def samples_repeated_exactly(x, y):
    a, b = x.sort()[0].repeat_interleave(len(y)), y.sort()[0].repeat_interleave(len(x))
    return F.l1_loss(a, b)


def samples_two_pointers(x, y):
    x, y = sorted(x, key=lambda v: v.item()), sorted(y, key=lambda v: v.item())
    i = j = 0
    left, right, total = len(y), len(x), 0.0  # each x holds m parcels, each y wants n
    while i < len(x):
        moved = min(left, right)
        total = total + moved * (x[i] - y[j]).abs()
        left, right = left - moved, right - moved
        if left == 0:
            i, left = i + 1, len(y)
        if right == 0:
            j, right = j + 1, len(x)
    return total / (len(x) * len(y))


def samples_all_pairs_of_cdfs(x, y):
    points = torch.sort(torch.cat([x, y])).values
    below = lambda v: (v[None, :] <= points[:-1, None]).to(x).mean(1)  # noqa: E731
    return torch.sum(torch.diff(points) * torch.abs(below(x) - below(y)))


def grid_two_cdfs(p, q, grid):
    F_, G = torch.cumsum(p, dim=-1), torch.cumsum(q, dim=-1)
    return torch.sum(torch.abs(F_ - G)[..., :-1] * (grid[1:] - grid[:-1]), dim=-1)


def grid_loop(p, q, grid):
    carried, total = torch.zeros_like(p[..., 0]), torch.zeros_like(p[..., 0])
    for i in range(len(grid) - 1):
        carried = carried + p[..., i] - q[..., i]
        total = total + carried.abs() * (grid[i + 1] - grid[i])
    return total


def grid_survival(p, q, grid):
    above = (p - q).flip(-1).cumsum(-1).flip(-1)[..., 1:]
    return above.abs() @ grid.diff()


def grid_triangle(p, q, grid):
    n = len(grid)
    below = torch.ones(n, n - 1, dtype=p.dtype).triu()  # below[j, i] = 1 where j <= i
    return torch.einsum("...i,i->...", ((p - q) @ below).abs(), grid.diff())


def grid_padded(p, q, grid):
    gaps = torch.cat([grid.diff(), grid.new_zeros(1)])
    return ((p.cumsum(-1) - q.cumsum(-1)).abs() * gaps).sum(-1)


def dual_loop(f, p, q, cost, bound=1.0):
    feasible = True
    for i in range(len(f)):
        for j in range(len(f)):
            if abs((f[i] - f[j]).item()) > bound * cost[i, j].item() + 1e-9:
                feasible = False
    return (torch.dot(p, f) - torch.dot(q, f)) / bound, feasible


def dual_signed(f, p, q, cost, bound=1.0):
    """Without an absolute value: every pair comes in both orders."""
    return (p * f).sum() / bound - (q * f).sum() / bound, (f.unsqueeze(1) - f.unsqueeze(0) - bound * cost).max() <= 1e-9


def dual_exact(f, p, q, cost, bound=1.0):
    return [f @ (p - q) / bound, bool(torch.all(torch.abs(f.reshape(-1, 1) - f) <= bound * cost))]


def dual_upper(f, p, q, cost, bound=1.0):
    i, j = torch.triu_indices(len(f), len(f), 1)
    return torch.sum((p - q) * f / bound), not bool(((f[i] - f[j]).abs() / bound > cost[i, j] + 1e-9).any())


def dual_ratio(f, p, q, cost, bound=1.0):
    apart = ~torch.eye(len(f), dtype=torch.bool)
    steepest = (torch.cdist(f[:, None], f[:, None], p=1)[apart] / cost[apart]).max()
    return (p @ f - q @ f) / bound, steepest.item() <= bound * (1 + 1e-12)


EQUIVALENTS = {
    "parallel_lines": {
        "arithmetic on the condition": lines_by_cases,
        "zero-dimensional tensors": lines_as_tensors,
        "two point masses, by the definitions": lines_by_two_points,
    },
    "w1_samples": {
        "searchsorted CDFs": samples_searchsorted,
        "quantile functions": samples_quantiles,
        "n * m points of equal weight": samples_repeated_exactly,
        "two pointers": samples_two_pointers,
        "CDFs by comparing all pairs": samples_all_pairs_of_cdfs,
    },
    "w1_grid": {
        "two cumulative sums": grid_two_cdfs,
        "a loop that carries earth": grid_loop,
        "sums from the right": grid_survival,
        "a triangular matrix": grid_triangle,
        "a last gap of length 0": grid_padded,
    },
    "kr_dual_value": {
        "two loops": dual_loop,
        "both orders instead of an absolute value": dual_signed,
        "no slack": dual_exact,
        "pairs above the diagonal": dual_upper,
        "the steepest ratio": dual_ratio,
    },
}

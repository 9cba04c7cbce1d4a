"""Exams of optimal transport on finite spaces: W1 on a grid, the Kantorovich-Rubinstein dual."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal, part, probabilities
from pgmkit.gan import kr_dual_value, w1_grid, w1_primal, w1_weighted

grid_exam = Exam(
    w1_grid,
    minutes=15,
    difficulty=2,
    hints=(
        "Think of heaps of earth along a road. How much earth has to pass the piece of road between x_i and x_{i+1}?",
        "What passes is |F(x_i) - G(x_i)|, with F and G the cumulative sums. n points have n - 1 pieces of road between them.",
        "Cumulative sum over the last dimension, without its last entry; absolute value; times the n - 1 gaps; sum over the last dimension.",
    ),
    closes=(w1_weighted, w1_primal),
)
OUTSIDE = torch.tensor([1, 0, 0, 0, 0, 1], dtype=torch.float64)
INSIDE = torch.tensor([0, 0, 3, 3, 0, 0], dtype=torch.float64)
"""More of p outside and more of q inside: F - G surely changes its sign."""
GAPS = torch.tensor([1, 0.05, 1, 100, 1, 0.05], dtype=torch.float64)


@grid_exam.probe
def probe_grid(answer: Answer, generator: Generator) -> Observations:
    p = (probabilities(2, 3, 6, generator=generator) + OUTSIDE) / 3
    q = (probabilities(2, 3, 6, generator=generator) + INSIDE) / 7
    grid = normal(1, generator=generator) + normal(6, generator=generator).exp().cumsum(0)
    far = (GAPS * (0.3 * normal(6, generator=generator)).exp()).cumsum(0)
    end = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 3.0]], dtype=torch.float64)
    even = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]], dtype=torch.float64)

    def slope(of: int) -> Tensor:
        given = p[0, 0].clone().requires_grad_(), q[0, 0].clone(), grid.clone().requires_grad_()
        return gradient(answer(*given), given[of])

    def centred_slope() -> Tensor:
        return slope(0) - slope(0).mean()

    yield "all mass from 3 to 0 on the grid (0, 1, 3): 3", lambda: answer(*end.clone()), 1
    yield "uneven grid of 6 points", lambda: answer(p[0, 0].clone(), q[0, 0].clone(), grid.clone()), 1.5
    yield "batch of shape (3, 6)", lambda: answer(p[0].clone(), q[0].clone(), grid.clone()), 1
    yield "batch of shape (2, 3, 6)", lambda: answer(p.clone(), q.clone(), grid.clone()), 0.5
    yield "equal means: from the middle to both ends", lambda: answer(*even.clone()), 0.5
    yield "gaps from 0.05 to 100", lambda: answer(p[1, 0].clone(), q[1, 0].clone(), far.clone()), 0.5
    yield "gradient that reaches p (up to a constant)", centred_slope, 0.5
    yield "gradient that reaches the grid", lambda: slope(2), 0.5


def gap(p: Tensor, q: Tensor) -> Tensor:
    """F - G at every point of the grid."""
    return (p - q).cumsum(-1)


@grid_exam.mistake("The spacing is ignored", "Earth that passes a long gap travels far: weigh |F - G| by x_{i+1} - x_i.")
def no_spacing(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return gap(p, q)[..., :-1].abs().sum(-1)


@grid_exam.mistake("One spacing for all gaps", "The grid may be uneven: every gap has its own length. See grid.diff().")
def mean_spacing(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return gap(p, q)[..., :-1].abs().sum(-1) * grid.diff().mean()


@grid_exam.mistake(
    "The last cell is counted and the first one is not",
    "F - G at x_i is what passes the gap to the right of x_i. At the last point it is 0 and has no gap: leave out the last one, not the first.",
)
def last_cell(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., 1:].abs() * grid.diff()).sum(-1)


@grid_exam.mistake("Absolute value after the sum", "Where F - G changes sign the pieces cancel: only the gap of the two means is left.")
def abs_last(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1] * grid.diff()).sum(-1).abs()


@grid_exam.mistake("The absolute value is missing", "Earth moved to the left costs as much as earth moved to the right: |F - G|.")
def no_abs(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1] * grid.diff()).sum(-1)


@grid_exam.mistake(
    "The cumulative sum is missing", "|p - q| compares heaps in place. What passes a gap is all that lies to its left: F and G."
)
def no_cumsum(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return ((p - q)[..., :-1].abs() * grid.diff()).sum(-1)


@grid_exam.mistake("The trapezoid rule", "Between two grid points nothing is unloaded: |F - G| keeps its value at x_i over the whole gap.")
def trapezoid(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return torch.trapezoid(gap(p, q).abs(), grid, dim=-1)


@grid_exam.mistake("F - G is squared", "Earth times distance: |F - G| itself, not its square.")
def squared(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1].square() * grid.diff()).sum(-1)


@grid_exam.mistake("A mean where a sum belongs", "The work adds up over the gaps: nothing is divided by their number.")
def averaged(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1].abs() * grid.diff()).mean(-1)


@grid_exam.mistake("The batch is summed", "p of shape (..., n) holds many distributions: sum over the last dimension only.")
def batch_summed(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1].abs() * grid.diff()).sum()


@grid_exam.mistake("The cumulative sum runs over the batch", "With p of shape (..., n), the grid is the last dimension: cumsum(-1).")
def over_batch(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return ((p - q).cumsum(0)[..., :-1].abs() * grid.diff()).sum(-1)


dual = Exam(
    kr_dual_value,
    minutes=20,
    difficulty=2,
    hints=(
        "Two questions about one f: how far apart are its means under p and q, and is it anywhere steeper than K?",
        "Feasible means |f_i - f_j| <= K cost_ij for all n^2 pairs. f[:, None] - f[None, :] holds all differences at once.",
        "The value: the mean of f under p less its mean under q, over K. The flag: compare the (n, n) table of absolute differences "
        "with K times the table of costs, equality allowed, and ask whether all entries agree.",
    ),
    closes=(w1_primal,),
)
NEAR = torch.tensor([[0, 0], [9, 1], [2, 8], [0.4, 0.3], [7, 7]], dtype=torch.float64)
"""Points in the plane: the first and the fourth are near each other, all neighbours in the list are far apart."""
LEGS = torch.tensor([[0, 5, 10], [5, 0, 5], [10, 5, 0]], dtype=torch.float64)
"""Distances of (0, 0), (3, 4), (6, 8): whole numbers, so that equality can be met exactly."""


@dual.probe
def probe_dual(answer: Answer, generator: Generator) -> Observations:
    f, p, q = normal(5, generator=generator), probabilities(5, generator=generator), probabilities(5, generator=generator)
    f = torch.where(((p - q) * f).sum() < 0, f, -f)  # a negative value, as a poor critic has
    points = NEAR + 0.05 * normal(5, 2, generator=generator).clamp(-2, 2)
    cost = (points[:, None] - points[None, :]).norm(dim=-1)
    gentle, steep = 0.9 * cost[2], torch.stack([f.new_zeros(()), *(0.4 * f[:2].tanh() + 1), f.new_tensor(2.0), f[2].tanh() + 1])

    def value(f: Tensor, *bound: float) -> Tensor:
        return part(answer(f.clone(), p.clone(), q.clone(), cost.clone(), *bound), 0)

    def slope() -> Tensor:
        leaf = f.clone().requires_grad_()
        return gradient(part(answer(leaf, p.clone(), q.clone(), cost.clone(), 1.6), 0), leaf)

    def feasible(f: Tensor, bound: float) -> bool:
        return part(answer(f.clone(), p.clone(), q.clone(), cost.clone(), bound), 1)

    def tight() -> bool:
        given = torch.arange(3, dtype=torch.float64) * 10, p[:3] / p[:3].sum(), q[:3] / q[:3].sum(), LEGS.clone()
        return part(answer(*given, 2.0), 1)

    yield "value at K = 1", lambda: value(f), 1
    yield "value at K = 2.5", lambda: value(-f, 2.5), 1
    yield "gradient of the value with respect to f", slope, 0.5
    yield "feasible: slopes of 0.9 and less at K = 1", lambda: feasible(gentle, 1.0), 0.25
    yield "feasible: slopes of 1.8 at K = 2", lambda: feasible(2 * gentle, 2.0), 0.25
    yield "feasible: equality on every pair", tight, 0.5
    yield "infeasible: f rises too fast from one point to another", lambda: feasible(steep, 1.0), 1
    yield "infeasible: f falls too fast from one point to another", lambda: feasible(-steep, 1.0), 1
    yield "infeasible: slopes of 0.9 at K = 0.5", lambda: feasible(gentle, 0.5), 0.25
    yield "infeasible: slopes of 1.8 at K = 0.5", lambda: feasible(2 * gentle, 0.5), 0.25


Check = Callable[[Tensor, Tensor], Tensor]


def everywhere(gaps: Tensor, most: Tensor) -> Tensor:
    return (gaps.abs() <= most + 1e-9).all()


def off_diagonal(table: Tensor) -> Tensor:
    """The entries above the diagonal, one for each pair i < j."""
    return table[torch.ones_like(table, dtype=torch.bool).triu(1)]


def built(value: Callable[[Tensor, float], Tensor] = torch.div, check: Check = everywhere, power: int = 1) -> Answer:
    """A wrong answer: `value` sees E_p[f] - E_q[f] and K, `check` the differences f_i - f_j and the costs times K^power."""

    def answer(f: Tensor, p: Tensor, q: Tensor, cost: Tensor, bound: float = 1.0) -> tuple[Tensor, bool]:
        return value(((p - q) * f).sum(), bound), bool(check(f[:, None] - f[None, :], bound**power * cost))

    return answer


dual.mistake("The value has the wrong sign", "p comes first: E_p[f] - E_q[f]. Under the data the critic should be high.")(
    built(lambda v, k: -v / k)
)
dual.mistake(
    "The value has lost its sign", "A poor f has a negative value, and the supremum over f needs to know: no absolute value here."
)(built(lambda v, k: v.abs() / k))
dual.mistake("The value is not divided by K", "A K-Lipschitz f may be K times as steep, so its value is K times as large. Divide by K.")(
    built(lambda v, k: v)
)
dual.mistake("The value is multiplied by K", "A K-Lipschitz f overstates the distance K times. Divide by K.")(built(lambda v, k: v * k))
dual.mistake("K is missing in the constraint", "f may be as steep as K: compare |f_i - f_j| with K times the cost.")(built(power=0))
dual.mistake("The constraint divides by K", "|f_i - f_j| <= K cost_ij: a larger K allows more, not less.")(built(power=-1))
dual.mistake(
    "Only neighbours in the list are compared", "Points in the plane have no order: any pair may be near each other. Compare all n^2 pairs."
)(built(check=lambda g, c: everywhere(g.diagonal(1), c.diagonal(1))))
dual.mistake("Rises of f are not noticed: no absolute value", "With i < j only, f_i - f_j may be very negative. Take |f_i - f_j|.")(
    built(check=lambda g, c: (off_diagonal(g) <= off_diagonal(c) + 1e-9).all())
)
dual.mistake("Falls of f are not noticed: no absolute value", "With i < j only, f_j - f_i may be very negative. Take |f_i - f_j|.")(
    built(check=lambda g, c: (off_diagonal(-g) <= off_diagonal(c) + 1e-9).all())
)
dual.mistake("Equality counts as infeasible", "A slope of exactly K is allowed, and the best critic has it: use <=.")(
    built(check=lambda g, c: (off_diagonal(g).abs() < off_diagonal(c)).all())
)
dual.mistake(
    "The diagonal makes every f infeasible",
    "Where i = j both sides are 0: 0 < 0 is false, and 0 / 0 is nan. Use <= and multiply, do not divide.",
)(built(check=lambda g, c: (g.abs() < c).all()))
dual.mistake("One good pair is enough", "Every pair has to hold: all, not any.")(built(check=lambda g, c: (g.abs() <= c + 1e-9).any()))

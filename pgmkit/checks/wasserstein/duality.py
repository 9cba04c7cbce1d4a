"""Exam of the Kantorovich-Rubinstein dual."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, part, probabilities
from pgmkit.gan import kr_dual_value, w1_primal

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

    def slope_of_value() -> Tensor:
        leaf = f.clone().requires_grad_()
        return slope(part(answer(leaf, p.clone(), q.clone(), cost.clone(), 1.6), 0), leaf)

    def feasible(f: Tensor, bound: float) -> bool:
        return part(answer(f.clone(), p.clone(), q.clone(), cost.clone(), bound), 1)

    def tight() -> bool:
        given = torch.arange(3, dtype=torch.float64) * 10, p[:3] / p[:3].sum(), q[:3] / q[:3].sum(), LEGS.clone()
        return part(answer(*given, 2.0), 1)

    yield "value at K = 1", lambda: value(f), 1
    yield "value at K = 2.5", lambda: value(-f, 2.5), 1
    yield "gradient of the value with respect to f", slope_of_value, 0.5
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
    "Never feasible",
    "The flag is False for every f: a constant, or the diagonal spoils it. There both sides are 0: 0 < 0 is false, 0 / 0 is nan. "
    "Use <= and multiply, do not divide.",
)(built(check=lambda g, c: (g.abs() < c).all()))
dual.mistake(
    "Always feasible",
    "The flag is True for every f: a constant, or `any` where `all` belongs (a point and itself always agree). Every pair has to hold.",
)(built(check=lambda g, c: (g.abs() <= c + 1e-9).any()))
dual.mistake("The value is a mean over the points", "E_p[f] weighs every point by p already: sum p_i f_i, and divide by no n.")(
    built(lambda v, k: v / k / 5)
)
dual.mistake("The value is detached", "The value is right, but no gradient reaches f. Leave out detach and no_grad.")(
    built(lambda v, k: (v / k).detach())
)


@dual.mistake(
    "K divides the first term only (erratum E5)",
    "The slide leaves out the parentheses: 1/K belongs to both terms, (E_p[f] - E_q[f]) / K. Otherwise a constant added to f counts.",
)
def slide_as_printed(f: Tensor, p: Tensor, q: Tensor, cost: Tensor, bound: float = 1.0) -> tuple[Tensor, bool]:
    return (p * f).sum() / bound - (q * f).sum(), built()(f, p, q, cost, bound)[1]


@dual.mistake("Only the value came back", "Two things are wanted: the value, and whether f is K-Lipschitz. Write return value, feasible.")
def value_alone(f: Tensor, p: Tensor, q: Tensor, cost: Tensor, bound: float = 1.0) -> Tensor:
    return ((p - q) * f).sum() / bound


@dual.mistake(
    "The value is a plain number", "The value is right, but a number carries no gradient: return a tensor. No item, no float, no numpy."
)
def as_number(f: Tensor, p: Tensor, q: Tensor, cost: Tensor, bound: float = 1.0) -> tuple[float, bool]:
    value, feasible = built()(f, p, q, cost, bound)
    return value.item(), feasible

"""Exams of optimal transport in closed form: the parallel lines, samples of the real line."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal, part
from pgmkit.gan import parallel_lines, w1_grid, w1_primal, w1_samples, w1_weighted
from pgmkit.metrics import sliced_w1

lines = Exam(
    parallel_lines,
    minutes=10,
    difficulty=1,
    hints=(
        "Draw both lines. Which points have mass under P and under Q? The answer does not depend on how far apart the lines are.",
        "Where supports are disjoint, P/Q is infinite on all of P's mass, and the mixture (P + Q)/2 has half of P's density there.",
        "Two cases are enough. On one line every distance is 0. Otherwise three of the four numbers are constants, "
        "and the fourth is how far each point has to travel.",
    ),
)


@lines.probe
def probe_lines(answer: Answer, generator: Generator) -> Observations:
    right, left = (0.3 + normal(2, generator=generator).abs()).tolist()

    def at(theta: float, *names: str) -> dict[str, Any]:
        return {name: part(answer(theta), name) for name in names}

    yield "kl of two lines", lambda: at(right, "kl"), 1
    yield "js of two lines", lambda: at(right, "js"), 1.5
    yield "tv of two lines", lambda: at(right, "tv"), 0.5
    yield "w1, theta > 0", lambda: at(right, "w1"), 0.5
    yield "w1, theta < 0", lambda: at(-left, "w1"), 1
    yield "js and tv at theta = 1e-30", lambda: at(1e-30, "js", "tv"), 0.5
    yield "all four at theta = 0", lambda: at(0.0, "kl", "js", "tv", "w1"), 1


def four(kl: float, js: float, tv: float, w1: float) -> dict[str, float]:
    return {"kl": kl, "js": js, "tv": tv, "w1": w1}


def mistaken(kl: float = math.inf, js: float = math.log(2), tv: float = 1.0, w1: Callable[[float], float] = abs) -> Answer:
    """A wrong answer: other constants where the lines are apart, right at theta = 0."""
    return lambda theta: four(0.0, 0.0, 0.0, 0.0) if theta == 0 else four(kl, js, tv, w1(theta))


lines.mistake("W1 carries a sign", "Theta may be negative, a distance never is: the mass travels |theta|.")(mistaken(w1=float))
lines.mistake("W1 is squared", "W1 is the mean distance that the mass travels, not the squared distance.")(
    mistaken(w1=lambda theta: theta**2)
)
lines.mistake(
    "KL is 0 on disjoint supports", "log(P/Q) is infinite wherever P has mass and Q has none. 0 log 0 = 0 holds only where P has no mass."
)(mistaken(kl=0.0))
lines.mistake("KL is nan", "Q = 0 where P has mass, so log(P/Q) is plus infinity there, not undefined: write math.inf.")(
    mistaken(kl=math.nan)
)
lines.mistake("KL equals log 2", "log 2 is the Jensen-Shannon divergence. KL(P || Q) divides by Q, which is 0 where P has mass.")(
    mistaken(kl=math.log(2))
)
lines.mistake("JSD in bits", "The course counts in nats: the natural logarithm of 2, not its logarithm to base 2.")(mistaken(js=1.0))
lines.mistake("JSD lacks its one half", "JSD averages two divergences: KL(P || M)/2 + KL(Q || M)/2. Each KL is log 2.")(
    mistaken(js=2 * math.log(2))
)
lines.mistake(
    "Total variation is 2", "TV is the largest gap |P(A) - Q(A)| over sets A, that is half of the integral of |p - q|: at most 1."
)(mistaken(tv=2.0))


@lines.mistake(
    "A tiny theta counts as zero", "However close, two different lines share no mass: js jumps at theta = 0. Compare with 0 itself."
)
def tiny(theta: float) -> dict[str, float]:
    return mistaken()(0.0 if abs(theta) < 1e-8 else theta)


@lines.mistake("Theta = 0 is not treated on its own", "At theta = 0 the two distributions are the same one, so all four distances are 0.")
def never_zero(theta: float) -> dict[str, float]:
    return four(math.inf, math.log(2), 1.0, abs(theta))


samples = Exam(
    w1_samples,
    minutes=25,
    difficulty=3,
    hints=(
        "Draw the two step functions F and G of a small example, and shade the area between them.",
        "Between two neighbouring points of the pooled, sorted samples, F - G is constant. At each point of x it rises by 1/n, "
        "at each point of y it falls by 1/m.",
        "Sort all n + m points together, and carry along what F - G does at each one (argsort tells the order). A cumulative sum "
        "gives the height of F - G on each interval; weigh its absolute value by the interval's length.",
    ),
    closes=(w1_grid, w1_weighted, w1_primal, sliced_w1),
)

MANY = torch.tensor([0.3, -1.2, 2.0, 0.9, -0.4, 1.5, -2.1], dtype=torch.float64)
FEW = torch.tensor([2.9, -3.0, 0.6, -0.9], dtype=torch.float64)
"""Two samples whose points, shaken a little, keep their order, so that gradients tell the same mistakes at every seed."""


def around(x: Tensor, y: Tensor) -> Tensor:
    """y with its first two values moved to either side of x, so that F - G surely changes its sign."""
    return torch.cat([x.max() + 0.5 + y[:1].abs(), x.min() - 0.5 - y[1:2].abs(), y[2:]])


@samples.probe
def probe_samples(answer: Answer, generator: Generator) -> Observations:
    x, shaken = normal(6, generator=generator), 0.04 * normal(11, generator=generator).clamp(-3, 3)
    x = x.sort().values[[0, 5, 3, 1, 4, 2]]  # the smallest x meets the largest y, and the largest x the smallest y
    y, many, few = around(x, normal(6, generator=generator)), MANY + shaken[:7], FEW + shaken[7:]
    middle, far = few[2:3], 1000 * (1 + few[3:].abs())
    pair = torch.tensor([[3.0, 0.0], [1.0, 5.0]], dtype=torch.float64)
    ties = torch.tensor([1.0, 2.0, 0.0, 1.0, 1.0, 3.0, -1.0], dtype=torch.float64)

    def slope(of: int) -> Tensor:
        points = many.clone().requires_grad_(), few.clone().requires_grad_()
        return gradient(answer(*points), points[of])

    yield "x = (3, 0), y = (1, 5): 1.5", lambda: answer(*pair.clone()), 1
    yield "equal sizes, 6 and 6", lambda: answer(x.clone(), y.clone()), 1
    yield "unequal sizes, 7 and 4", lambda: answer(many.clone(), few.clone()), 1.5
    yield "unequal sizes, 1 and 7", lambda: answer(middle.clone(), many.clone()), 0.5
    yield "ties inside and between the samples", lambda: answer(ties[:4].clone(), ties[4:].clone()), 1
    yield "one point a thousand away", lambda: answer(torch.cat([few, far]), many.clone()), 0.5
    yield "gradient that reaches x", lambda: slope(0), 1
    yield "gradient that reaches y", lambda: slope(1), 0.5


def by_rank(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Both samples repeated to n * m points of equal weight, in the order they come in."""
    return x.repeat_interleave(len(y)), y.repeat_interleave(len(x))


@samples.mistake(
    "The samples are not sorted",
    "Mass takes the shortest way: the smallest x goes to the smallest y. As they come, x_i and y_i are unrelated.",
)
def unsorted(x: Tensor, y: Tensor) -> Tensor:
    a, b = by_rank(x, y)
    return (a - b).abs().mean()


@samples.mistake(
    "The samples are not sorted, and must be of equal size",
    "Sort first: the smallest x goes to the smallest y. Then think of n points against m.",
)
def unsorted_equal(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().mean()


@samples.mistake(
    "Only samples of equal size work",
    "With n and m points, a point of x weighs 1/n and one of y 1/m, so a point may have to be split between two.",
)
def equal_sizes(x: Tensor, y: Tensor) -> Tensor:
    return (x.sort().values - y.sort().values).abs().mean()


@samples.mistake(
    "The larger sample is cut",
    "Points beyond the size of the smaller sample are dropped. Every point of x weighs 1/n, every point of y 1/m.",
)
def truncated(x: Tensor, y: Tensor) -> Tensor:
    n = min(len(x), len(y))
    return (x.sort().values[:n] - y.sort().values[:n]).abs().mean()


@samples.mistake(
    "The smaller sample is repeated and cut",
    "Unless m divides n, repeating and cutting gives some points more weight than others. Each y weighs 1/m exactly.",
)
def repeated(x: Tensor, y: Tensor) -> Tensor:
    n = max(len(x), len(y))
    a, b = (v.repeat(-(-n // len(v)))[:n].sort().values for v in (x, y))
    return (a - b).abs().mean()


@samples.mistake("The distances are squared", "W1 is the mean distance that the mass travels: absolute values, not squares.")
def squared(x: Tensor, y: Tensor) -> Tensor:
    a, b = by_rank(x.sort().values, y.sort().values)
    return (a - b).square().mean()


@samples.mistake("W2 instead of W1", "The root of the mean squared distance is W2. W1 is the mean of the distances.")
def root_of_squares(x: Tensor, y: Tensor) -> Tensor:
    return squared(x, y).sqrt()


@samples.mistake("F - G is squared", "The integral of (F - G)^2 is another distance (Cramer's). W1 integrates |F - G|.")
def cramer(x: Tensor, y: Tensor) -> Tensor:
    points, order = torch.cat([x, y]).sort()
    jumps = torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order]
    return (jumps.cumsum(0)[:-1].square() * points.diff()).sum()


@samples.mistake(
    "Absolute value after the sum",
    "Where F - G changes sign the areas cancel: only the gap of the two means is left. Take |F - G| on every interval.",
)
def means(x: Tensor, y: Tensor) -> Tensor:
    return (x.mean() - y.mean()).abs()


@samples.mistake("A sum where a mean belongs", "All of the mass is 1: each of n points carries 1/n of it.")
def summed(x: Tensor, y: Tensor) -> Tensor:
    a, b = by_rank(x.sort().values, y.sort().values)
    return (a - b).abs().sum() / min(len(x), len(y))


@samples.mistake(
    "The result is detached", "The value is right, but no gradient reaches the points. Stay in torch: no detach, no item, no numpy."
)
def detached(x: Tensor, y: Tensor) -> Tensor:
    a, b = by_rank(x.sort().values, y.sort().values)
    return (a - b).abs().mean().detach()


@samples.mistake(
    "The heights are shifted by one interval",
    "After the i-th pooled point, F - G keeps its value up to point i + 1: the last cumulative sum has no interval.",
)
def shifted(x: Tensor, y: Tensor) -> Tensor:
    points, order = torch.cat([x, y]).sort()
    jumps = torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order]
    return (jumps.cumsum(0)[1:].abs() * points.diff()).sum()

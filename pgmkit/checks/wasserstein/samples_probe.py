"""Exam of the Wasserstein distance of two samples of the real line."""

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import sizes, slope, told
from pgmkit.checks.probing import normal
from pgmkit.gan import w1_grid, w1_primal, w1_samples, w1_weighted
from pgmkit.metrics import sliced_w1

samples = Exam(
    w1_samples,
    minutes=30,
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

    def value(x: Tensor, y: Tensor) -> Tensor:
        return told(lambda: answer(x, y), sizes(len(x), len(y), len(x) + len(y)))

    def slope_of(i: int) -> Tensor:
        points = many.clone().requires_grad_(), few.clone().requires_grad_()
        return slope(value(*points), points[i])

    yield "x = (3, 0), y = (1, 5): 1.5", lambda: value(*pair.clone()), 1
    yield "equal sizes, 6 and 6", lambda: value(x.clone(), y.clone()), 1
    yield "unequal sizes, 7 and 4", lambda: value(many.clone(), few.clone()), 1.5
    yield "unequal sizes, 1 and 7", lambda: value(middle.clone(), many.clone()), 0.5
    yield "ties inside and between the samples, sizes 4 and 3", lambda: value(ties[:4].clone(), ties[4:].clone()), 1
    yield "one point a thousand away, sizes 5 and 7", lambda: value(torch.cat([few, far]), many.clone()), 0.5
    yield "gradient that reaches x, sizes 7 and 4", lambda: slope_of(0), 1
    yield "gradient that reaches y, sizes 7 and 4", lambda: slope_of(1), 0.5

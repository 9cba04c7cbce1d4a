"""Known mistakes of the Wasserstein distance of two samples."""

import torch
from torch import Tensor

from pgmkit.checks.wasserstein.samples_probe import samples


def pooled(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """All points in order, (n + m,), and the height of F - G from each of them on, (n + m,)."""
    points, order = torch.cat([x, y]).sort()
    return points, torch.cat([torch.full_like(x, 1 / len(x)), torch.full_like(y, -1 / len(y))])[order].cumsum(0)


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
    points, heights = pooled(x, y)
    return (heights[:-1].square() * points.diff()).sum()


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
    points, heights = pooled(x, y)
    return (heights[1:].abs() * points.diff()).sum()


@samples.mistake(
    "n + m heights meet n + m - 1 gaps",
    "Off by one: n + m pooled points have n + m - 1 gaps between them. After the last point F - G is 0: leave out the last height.",
)
def off_by_one(x: Tensor, y: Tensor) -> Tensor:
    points, heights = pooled(x, y)
    return (heights.abs() * points.diff()).sum()


@samples.mistake(
    "The absolute value is missing: a sum of F - G", "Areas below zero cancel those above it. Take |F - G| on every interval, then add up."
)
def signed(x: Tensor, y: Tensor) -> Tensor:
    points, heights = pooled(x, y)
    return (heights[:-1] * points.diff()).sum()


@samples.mistake(
    "The absolute value is missing: a mean of x - y",
    "A way to the left costs as much as a way to the right: take |x - y| of each pair first.",
)
def signed_pairs(x: Tensor, y: Tensor) -> Tensor:
    return x.mean() - y.mean()


@samples.mistake(
    "Points are counted, not weighed", "F rises by 1/n at a point of x, G by 1/m at a point of y. With a rise of 1, F does not end at 1."
)
def counted(x: Tensor, y: Tensor) -> Tensor:
    points, order = torch.cat([x, y]).sort()
    jumps = torch.cat([torch.ones_like(x), -torch.ones_like(y)])[order]
    return (jumps.cumsum(0)[:-1].abs() * points.diff()).sum()


@samples.mistake(
    "F(t) counts the points below t only: < in place of <=",
    "On the interval that starts at the pooled point t, F holds the share of x <= t. With < the jump at t comes one interval late.",
)
def strictly_below(x: Tensor, y: Tensor) -> Tensor:
    points = torch.cat([x, y]).sort().values
    F, G = ((sample < points[:-1, None]).to(sample).mean(1) for sample in (x, y))
    return ((F - G).abs() * points.diff()).sum()


@samples.mistake(
    "The trapezoid rule", "F - G is a step function: on an interval it keeps the height of the interval's left end. Average no neighbours."
)
def trapezoid(x: Tensor, y: Tensor) -> Tensor:
    points, heights = pooled(x, y)
    return torch.trapezoid(heights.abs(), points)


@samples.mistake(
    "All pairs are averaged", "The mean of |x_i - y_j| over all pairs sends every x to every y. The cheapest plan goes by rank: sort both."
)
def all_pairs(x: Tensor, y: Tensor) -> Tensor:
    return (x[:, None] - y).abs().mean()


@samples.mistake(
    "repeat in place of repeat_interleave",
    "repeat writes the whole sample again, so the order is lost. repeat_interleave repeats each point.",
)
def tiled(x: Tensor, y: Tensor) -> Tensor:
    return (x.sort().values.repeat(len(y)) - y.sort().values.repeat(len(x))).abs().mean()


@samples.mistake(
    "A plain number came back", "The value is right, but a number carries no gradient: return a tensor. No item, no float, no numpy."
)
def as_number(x: Tensor, y: Tensor) -> float:
    return detached(x, y).item()


@samples.mistake(
    "numpy in place of torch", "numpy carries no gradient, and refuses tensors that need one. torch has cat, sort, cumsum and diff, too."
)
def in_numpy(x: Tensor, y: Tensor) -> float:
    x.numpy(), y.numpy()
    return as_number(x, y)

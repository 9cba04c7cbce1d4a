"""Exam of the Wasserstein distance on a grid."""

import numpy as np
import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import centred, sizes, slope, told
from pgmkit.checks.probing import normal, probabilities
from pgmkit.gan import w1_grid, w1_primal, w1_weighted

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

    def value(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
        return told(lambda: answer(p, q, grid), sizes(len(grid), len(grid), len(grid)))

    def slope_of(i: int) -> Tensor:
        given = p[0, 0].clone().requires_grad_(), q[0, 0].clone(), grid.clone().requires_grad_()
        return slope(value(*given), given[i])

    yield "all mass from 3 to 0 on the grid (0, 1, 3): 3", lambda: value(*end.clone()), 1
    yield "uneven grid of 6 points", lambda: value(p[0, 0].clone(), q[0, 0].clone(), grid.clone()), 1.5
    yield "batch of shape (3, 6)", lambda: value(p[0].clone(), q[0].clone(), grid.clone()), 1
    yield "batch of shape (2, 3, 6)", lambda: value(p.clone(), q.clone(), grid.clone()), 0.5
    yield "equal means: from the middle to both ends", lambda: value(*even.clone()), 0.5
    yield "gaps from 0.05 to 100", lambda: value(p[1, 0].clone(), q[1, 0].clone(), far.clone()), 0.5
    yield "gradient that reaches p (up to a constant)", lambda: centred(slope_of(0)), 0.5
    yield "gradient that reaches the grid", lambda: slope_of(2), 0.5


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


@grid_exam.mistake(
    "n heights meet n - 1 gaps",
    "Off by one: n points have n - 1 gaps between them. At the last point F - G is 0 and no gap follows: leave out the last height.",
)
def off_by_one(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q).abs() * grid.diff()).sum(-1)


@grid_exam.mistake("The first gap stands for all", "The grid may be uneven: every gap has its own length. See grid.diff().")
def first_spacing(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return gap(p, q)[..., :-1].abs().sum(-1) * (grid[1] - grid[0])


@grid_exam.mistake("No gradient reaches the grid", "The gaps were cut off: a detach, an item or numpy. The result depends on the grid too.")
def grid_detached(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1].abs() * grid.detach().diff()).sum(-1)


@grid_exam.mistake("The result is detached", "The value is right, but no gradient reaches p, q and the grid. Leave out detach and no_grad.")
def detached(p: Tensor, q: Tensor, grid: Tensor) -> Tensor:
    return (gap(p, q)[..., :-1].abs() * grid.diff()).sum(-1).detach()


@grid_exam.mistake(
    "numpy in place of torch", "numpy carries no gradient, and refuses tensors that need one. torch has cumsum, abs and diff, too."
)
def in_numpy(p: Tensor, q: Tensor, grid: Tensor) -> np.ndarray:
    return (np.abs((p.numpy() - q.numpy()).cumsum(-1))[..., :-1] * np.diff(grid.numpy())).sum(-1)


@grid_exam.mistake(
    "numpy in place of torch, detached", "numpy carries no gradient, and torch wants its own. torch has cumsum, abs and diff, too."
)
def in_numpy_detached(p: Tensor, q: Tensor, grid: Tensor) -> np.ndarray:
    return in_numpy(p.detach(), q.detach(), grid.detach())

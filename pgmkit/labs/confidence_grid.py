"""The 3 x 3 world of lecture 9: its reward, its 625 paths, and how to draw values on the grid."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from torch import Tensor

from pgmkit.knowledge import GridWorld

WORLD = GridWorld(side=3, horizon=4)
REWARD = torch.tensor([0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.5], dtype=torch.float64)
"""What it is worth to enter each place: the upper right and the lower right corner are good, the centre is bad."""


class Paths(NamedTuple):
    """All 625 sequences of 4 actions, (625, 4), and how often each of them enters each of the 9 places, (625, 9)."""

    actions: Tensor
    visits: Tensor


@cache
def paths() -> Paths:
    """Every path of the world, in float64."""
    actions = WORLD.all_actions()
    return Paths(actions, WORLD.visits(WORLD.walk(actions)).double())


def centred(w: Tensor) -> Tensor:
    """w minus its mean: the part of a reward that demonstrations can tell, when all paths are equally long."""
    return w - w.mean()


def draw(ax: Axes, values: Tensor, *, digits: int = 2, low: float | None = None, high: float | None = None, color: str = "Purples") -> Axes:
    """Nine numbers, shape (9,), as a grid; state 0 is the upper left corner, where every path starts."""
    table = values.detach().reshape(3, 3)
    image = ax.imshow(table.numpy(), cmap=color, vmin=low, vmax=high)
    for (i, j), value in zip(torch.cartesian_prod(torch.arange(3), torch.arange(3)).tolist(), values.tolist(), strict=True):
        dark = sum(image.cmap(image.norm(value))[:3]) < 1.4
        ax.text(j, i, f"{value + 0.0:.{digits}f}", ha="center", va="center", fontsize=10, color="white" if dark else "black")
    ax.set_axis_off()
    return ax

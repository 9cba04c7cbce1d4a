"""A ring of eight places: walk on it yourself, and see which reward explains your walks. Lecture 9, section 6."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.labs.layout import side_by_side

PLACES, STEPS, DECAY = 8, 4, 0.05
MOVES = {"L": -1, "S": 0, "R": 1}
LABELS = {"L": "step left", "S": "stay", "R": "step right"}
MOST = 6 * STEPS
WALKS = ["", "RR", "RRSS", "RRRR", "RRSSLLSS", "RRSSRSRSSRRS", "RRSSRRLRRRLSRRSL", "LLLLRRRR", "SSSS", "LLRLRLLSRLLSRSLRSRRLSLSR"]
SMALL = ["RRSS", "RRSSRSRSSRRS", "LLLLRRRR", "LLRLRLLSRLLSRSLRSRRLSLSR"]


class Learned(NamedTuple):
    """The reward of each place, and how often each place is entered in the demonstrations and under q: each of shape (8,)."""

    w: Tensor
    wanted: Tensor
    under_q: Tensor


@cache
def visits() -> Tensor:
    """How often each of the 3^4 = 81 walks from place 0 enters each place, shape (81, 8); the walks in the order of their letters."""
    steps = torch.cartesian_prod(*[torch.tensor(list(MOVES.values()))] * STEPS)  # (81, 4)
    return torch.nn.functional.one_hot(steps.cumsum(1) % PLACES, PLACES).sum(1).double()


def demonstrations(walk: str) -> Tensor:
    """The complete walks of four letters in a text, as rows of `visits`, shape (n,); letters left over do not count."""
    letters = [list(MOVES).index(letter) for letter in walk]
    whole = torch.tensor(letters[: len(letters) // STEPS * STEPS], dtype=torch.int64).reshape(-1, STEPS)
    return whole @ len(MOVES) ** torch.arange(STEPS - 1, -1, -1)


@cache
def learned(walk: str) -> Learned:
    """w with the largest mean log q_w(demonstration) - (DECAY / 2) |w|^2; 0 where there is no demonstration."""
    demos, features = demonstrations(walk), visits()
    w = torch.zeros(PLACES, dtype=torch.float64, requires_grad=True)
    wanted = features[demos].mean(0) if len(demos) else torch.zeros(PLACES, dtype=torch.float64)
    if len(demos):
        optimizer = torch.optim.LBFGS([w], max_iter=200, tolerance_grad=1e-10, tolerance_change=1e-14, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            value = -(features @ w).log_softmax(0)[demos].mean() + DECAY / 2 * w.square().sum()
            value.backward()
            return value

        optimizer.step(loss)
    w = w.detach()
    return Learned(w, wanted, (features @ w).softmax(0) @ features)


def draw_ring(ax: Axes, walk: str, w: Tensor) -> Axes:
    """The places on a circle, orange as their reward is high, grey as it is low; the last walk as a line inside."""
    angle = torch.pi / 2 - 2 * torch.pi * torch.arange(PLACES) / PLACES
    x, y = angle.cos(), angle.sin()
    ax.scatter(x, y, s=700, c=w, cmap="PuOr_r", vmin=-3, vmax=3, edgecolors="black")
    for i, value in enumerate(w.tolist()):
        text, color = f"{i}\n{round(value, 1) + 0.0:+.1f}", "white" if abs(value) > 2 else "black"
        ax.text(float(x[i]), float(y[i]), text, ha="center", va="center", fontsize=8, color=color)
    start = (len(walk) - 1) // STEPS * STEPS if walk else 0
    at = torch.tensor([0, *[MOVES[letter] for letter in walk[start:]]]).cumsum(0)  # (steps + 1,) places, not yet on the ring
    shrink = 0.72 - 0.07 * torch.arange(len(at))
    turned = torch.pi / 2 - 2 * torch.pi * at / PLACES
    ax.plot(shrink * turned.cos(), shrink * turned.sin(), "o-", color=plots.DATA, markersize=4)
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_visits(ax: Axes, found: Learned) -> Axes:
    """Visits of the demonstrations against visits under q."""
    places = torch.arange(PLACES)
    ax.bar((places - 0.2).numpy(), found.wanted.numpy(), 0.36, color=plots.DATA, label="demonstrations")
    ax.bar((places + 0.2).numpy(), found.under_q.numpy(), 0.36, color="white", edgecolor="black", hatch="///", label="q")
    ax.set(xticks=range(PLACES), xlabel="place", ylabel="mean visits in four steps", ylim=(0, 4.3))
    return ax


def picture(walk: str) -> Figure:
    """The ring with the learned reward, and the visits that the demonstrations and q pay to each place."""
    found, count = learned(walk), len(walk) // STEPS
    fig, (left, right) = plots.figure(1, 2, width=4.6, height=3.9)
    over = len(walk) % STEPS
    rest = f", {over} of {STEPS} letters of the next" if over else ""
    draw_ring(left, walk, found.w).set_title(f"learned reward; {count} walk{'s' * (count != 1)}{rest}", fontsize=11)
    draw_visits(right, found).set_title("feature matching" if count else "no whole walk yet: q is uniform", fontsize=11)
    right.legend(fontsize=9, loc="upper right")
    return side_by_side(fig, (left, right), left=0.03, step=0.53, width=0.42, bottom=0.13, height=0.77)


def fallback() -> Figure:
    """Small multiples: the ring after four sets of walks."""
    fig, axes = plots.figure(1, 4, width=2.7, height=2.9)
    for ax, walk in zip(axes, SMALL, strict=True):
        words = [walk[i : i + STEPS] for i in range(0, len(walk), STEPS)]
        lines = [" ".join(words[i : i + 3]) for i in range(0, len(words), 3)]
        draw_ring(ax, walk, learned(walk).w)
        ax.text(0, 1.32, "\n".join(lines), ha="center", va="bottom", fontsize=10)
        ax.set_ylim(-1.3, 1.75)
    return fig

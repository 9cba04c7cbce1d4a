"""Moving earth along a line: one pass from left to right, with the running cost. Lecture 3, section 3."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.gan import w1_primal

PLACES = 10
STEPS = list(range(PLACES))
PAIRS = ["far", "split", "swap"]
WEIGHTS = {
    "far": ([1, 3, 4, 2, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 2, 4, 2, 1]),
    "split": ([0, 0, 0, 2, 6, 2, 0, 0, 0, 0], [3, 2, 0, 0, 0, 0, 0, 1, 2, 2]),
    "swap": ([0, 1, 0, 5, 0, 0, 1, 0, 3, 0], [2, 0, 3, 0, 0, 0, 0, 4, 0, 1]),
}


class Pass(NamedTuple):
    """After `step` moves to the right: the earth at each place (n,), the earth carried on, and the work done so far."""

    earth: Tensor
    carried: Tensor
    cost: Tensor


@cache
def histograms(pair: str) -> tuple[Tensor, Tensor]:
    """Two histograms p and q on the places 0, 1, ..., 9, each of shape (10,) with sum 1."""
    p, q = (torch.tensor(w, dtype=torch.float64) for w in WEIGHTS[pair])
    return p / p.sum(), q / q.sum()


@cache
def best_plan(pair: str) -> tuple[Tensor, Tensor]:
    """The value and one plan, shape (10, 10), of the linear programme with cost |i - j|."""
    places = torch.arange(PLACES, dtype=torch.float64)
    return w1_primal(*histograms(pair), (places[:, None] - places).abs())


def bulldoze(p: Tensor, q: Tensor, step: int) -> Pass:
    """Settle places 0 to step - 1 in turn: leave q there, carry the surplus F - G one place on (below 0 it is a debt).

    Args:
        p: earth given, shape (n,).
        q: earth wanted, shape (n,).
        step: places settled, 0 to n - 1.
    """
    surplus = (p - q).cumsum(0)[:step]  # F - G at the places settled
    carried = surplus[-1] if step else p.new_zeros(())
    earth = torch.cat([q[:step], p[step:]])
    earth[step] += carried
    return Pass(earth, carried, surplus.abs().sum())


def picture(pair: str, step: int) -> Figure:
    """The earth after some moves, and |F - G| with the part that is already paid."""
    p, q = histograms(pair)
    now, places = bulldoze(p, q, step), list(range(PLACES))
    fig, axes = plots.figure(1, 2, width=5.2, height=3.2)
    axes[0].bar(places, now.earth.tolist(), color=plots.MODEL, alpha=0.75, label="earth now")
    axes[0].step(places, q.tolist(), where="mid", color=plots.DATA, linewidth=2, label="wanted: $q$")
    axes[0].axhline(0, color="black", linewidth=0.8)
    axes[0].set(ylim=(-0.65, 1.1), xlabel="place", ylabel="earth", title=f"{step} places settled, next receives {float(now.carried):+.2f}")
    axes[0].legend(loc="upper right")
    gaps = (p - q).cumsum(0)[:-1].abs().tolist()
    colours = [plots.NEUTRAL if i < step else "white" for i in range(PLACES - 1)]
    axes[1].bar([i + 0.5 for i in places[:-1]], gaps, width=1.0, color=colours, edgecolor="black")
    axes[1].set(xlim=(-0.5, 9.5), ylim=(0, 1.1), xlabel="place", ylabel="$|F - G|$, carried over each border")
    axes[1].set_title(f"paid {float(now.cost):.3f} of W1 = {float(best_plan(pair)[0]):.3f}")
    return fig


def fallback() -> Figure:
    """Small multiples: the pair "far" after 0, 3, 6 and 9 moves."""
    p, q = histograms("far")
    fig, axes = plots.figure(1, 4, width=2.9, height=2.6, sharey=True)
    for ax, step in zip(axes, (0, 3, 6, 9), strict=True):
        now = bulldoze(p, q, step)
        ax.bar(STEPS, now.earth.tolist(), color=plots.MODEL, alpha=0.75, label="earth now")
        ax.step(STEPS, q.tolist(), where="mid", color=plots.DATA, linewidth=2, label="wanted: $q$")
        ax.set(xlabel="place", title=f"{step} settled, cost {float(now.cost):.2f}")
    axes[0].set_ylabel("earth")
    axes[0].legend(fontsize=9)
    return fig

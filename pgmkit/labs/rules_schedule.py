"""How the share of the teacher grows: the imitation schedule. Lecture 8, section 6."""

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.knowledge import imitation_schedule

RATES = [0.5, 0.8, 0.9, 0.95, 0.98, 1.0]
CAPS = [0.3, 0.6, 0.9, 1.0]
LOWERS = [0.0, 0.2, 0.5]
SMALL = [(0.95, 1.0, 0.0), (0.5, 1.0, 0.0), (0.8, 0.6, 0.0), (0.8, 1.0, 0.2)]
EPOCHS = 15


def half_time(rate: float) -> float:
    """After how many epochs 1 - rate^t reaches one half; infinite for rate 1."""
    return math.inf if rate == 1 else math.log(0.5) / math.log(rate)


def draw(ax: Axes, rate: float, cap: float, lower: float) -> Axes:
    """The share of the teacher (orange, hatched) under the share of the labels (green), over the epochs."""
    t = torch.linspace(0, EPOCHS, 301, dtype=torch.float64)
    pi = torch.tensor([imitation_schedule(float(v), rate, lower, cap) for v in t], dtype=torch.float64)
    ax.fill_between(t, 0, pi, facecolor=plots.CONSTRAINT, alpha=0.5, hatch="//", edgecolor="white", label=r"teacher: $\pi$")
    ax.fill_between(t, pi, 1, facecolor=plots.DATA, alpha=0.3, label=r"labels: $1 - \pi$")
    ax.plot(t, pi, color="black")
    ax.set(xlim=(0, EPOCHS), ylim=(0, 1), xlabel="epochs t", ylabel="share of the loss")
    ax.legend(fontsize=8, loc="upper right", frameon=True)
    return ax


def picture(rate: float, cap: float, lower: float) -> Figure:
    """One schedule."""
    fig, (ax,) = plots.figure(1, 1, width=6.0, height=3.4)
    draw(ax, rate, cap, lower)
    half = half_time(rate)
    when = f"$1 - {rate:g}^t$ reaches 1/2 after {half:.1f} epochs" if math.isfinite(half) else "the teacher never speaks"
    ax.set_title(f"rate {rate:g}, cap {cap:g}, lower {lower:g}: {when}", fontsize=11)
    return fig


def fallback() -> Figure:
    """Small multiples: four schedules."""
    fig, axes = plots.figure(1, 4, width=2.9, height=2.7)
    for ax, (rate, cap, lower) in zip(axes, SMALL, strict=True):
        draw(ax, rate, cap, lower).set_title(f"rate {rate:g}, cap {cap:g}, lower {lower:g}", fontsize=10)
        ax.label_outer()
        if ax is not axes[0]:
            ax.get_legend().remove()
    return fig

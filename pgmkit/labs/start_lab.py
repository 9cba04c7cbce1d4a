"""Pictures of the start page: what rounding does to a slope, what chance does to a check, what an exam takes from a wrong answer."""

import math
import textwrap
from functools import cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.rng import fresh, rand

PRECISIONS = {"32 bits": torch.float32, "64 bits": torch.float64}
EXPONENTS = [1, 4, 8, 12, 16, 20, 22, 23, 24, 26]
SIZES = [4, 16, 64, 256, 1024]
WIDTHS = [1, 2, 3, 4]
REPEATS = 4000
POINT = 0.9


def slope(h: float, dtype: torch.dtype) -> float:
    """Central difference of exp at 0.9, (e^{x+h} - e^{x-h}) / 2h, all in one precision."""
    x, step = torch.tensor(POINT, dtype=dtype), torch.tensor(h, dtype=dtype)
    return float(((x + step).exp() - (x - step).exp()) / (2 * step))


def draw_secant(ax: Axes, exponent: int, precision: str) -> Axes:
    """What a machine sees of exp around 0.9 at the step h = 2^-exponent: the values it computes, and the slope it finds."""
    dtype, h = PRECISIONS[precision], 2.0**-exponent
    t = torch.linspace(-2, 2, 161, dtype=torch.float64)  # offsets in steps
    x = torch.tensor(POINT, dtype=dtype)
    seen = (((x + (t * h).to(dtype)).exp() - x.exp()) / h).double()  # rise per step
    found, true = slope(h, dtype), math.exp(POINT)
    ax.plot(t, true * t, "--", color=plots.NEUTRAL, label="true slope")
    ax.plot(t, seen, ".", color=plots.MODEL, markersize=3, label="computed")
    ax.plot([-1, 1], seen[[40, 120]], "s-", color=plots.CONSTRAINT, label="secant")
    ax.set(xlabel="offset, in steps $h$", ylabel="rise, in steps $h$", ylim=(-2.6 * true, 2.6 * true))
    ax.set_title(f"$h = 2^{{-{exponent}}}$, {precision}:\nslope {found:.4f}, true {true:.4f}", fontsize=10)
    return ax


def secant(exponent: int, precision: str) -> Figure:
    """`draw_secant` as a figure of its own."""
    fig, (ax,) = plots.figure(width=4.2, height=3.2)
    draw_secant(ax, exponent, precision).legend(loc="upper left", fontsize=9)
    return fig


@cache
def studentised(n: int) -> Tensor:
    """4,000 Monte Carlo estimates of E[u] = 1 for an exponential u, n draws each: (mean - 1) / standard error, shape (4000,)."""
    u = rand(REPEATS, n, generator=fresh(n), like=torch.zeros((), dtype=torch.float64))
    draws = -torch.log1p(-u)  # exponential of mean 1, shape (4000, n)
    return (draws.mean(1) - 1) / (draws.std(1) / math.sqrt(n))


def false_fail(k: float) -> float:
    """Chance that a right estimate misses by more than k standard errors, if it is normal: erfc(k / sqrt 2)."""
    return math.erfc(k / math.sqrt(2))


def draw_alarms(ax: Axes, n: int, k: int) -> Axes:
    """How often a right answer would fail a check with the tolerance of k standard errors, from n draws."""
    t = studentised(n)
    outside = float((t.abs() > k).double().mean())
    ax.hist(t.clamp(-6, 6), bins=60, range=(-6, 6), density=True, color=plots.MODEL, alpha=0.6, label="4,000 right answers")
    grid = torch.linspace(-6, 6, 200)
    ax.plot(grid, (-grid.square() / 2).exp() / math.sqrt(2 * math.pi), color="black", label="normal curve")
    ax.axvline(-k, color=plots.CONSTRAINT, linestyle="--", label="tolerance")
    ax.axvline(k, color=plots.CONSTRAINT, linestyle="--")
    ax.set(xlabel="error, in standard errors", ylabel="density", ylim=(0, 0.62))
    ax.set_title(f"n = {n}, k = {k}: {outside:.2%} fail,\n{false_fail(k):.2%} promised", fontsize=10)
    return ax


def false_alarms(n: int, k: int) -> Figure:
    """`draw_alarms` as a figure of its own."""
    fig, (ax,) = plots.figure(width=4.2, height=3.2)
    draw_alarms(ax, n, k).legend(loc="upper left", fontsize=8)
    return fig


def marks_matrix(marks: dict[str, dict[str, bool]], scores: dict[str, str]) -> Figure:
    """Which observations of an exam each answer loses: one row for each answer, a cross where points are lost.

    Args:
        marks: answer -> observation -> whether it is right.
        scores: answer -> its points, as written.
    """
    observations = list(next(iter(marks.values())))
    fig, (ax,) = plots.figure(width=9.5, height=4.4)
    for y, (answer, right) in enumerate(marks.items()):
        for x, observation in enumerate(observations):
            marker, colour = ("o", plots.DATA) if right[observation] else ("x", plots.CONSTRAINT)
            ax.plot(x, y, marker, color=colour, markersize=9, markeredgewidth=2)
        ax.text(len(observations) - 0.4, y, scores[answer], va="center")
    ax.set_yticks(range(len(marks)), list(marks))
    ax.set_xticks(range(len(observations)), [textwrap.fill(name, 14) for name in observations], fontsize=9)
    ax.set(xlim=(-0.5, len(observations) + 0.3), ylim=(len(marks) - 0.5, -0.5), ylabel="known mistake")
    ax.set_title("o right, x wrong; points on the right")
    return fig

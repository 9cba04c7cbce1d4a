"""How many samples of p are worth something to q: ESS against alpha on the 625 paths of the 3 x 3 world. Lecture 9, section 7."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import snis
from pgmkit.labs.confidence_grid import REWARD, paths
from pgmkit.labs.layout import side_by_side
from pgmkit.rng import fresh

ALPHAS = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
NUMBERS = [8, 64, 512]
SMALL = [1.0, 2.0, 4.0]
FINE = [0.1 * i for i in range(63)]


class Exact(NamedTuple):
    """q of every path, (625,); E_q[R]; the limit of ESS / N; the first-order bias of the weighted mean of R, times N."""

    q: Tensor
    mean: float
    share: float
    bias: float


@cache
def returns() -> Tensor:
    """R of each of the 625 paths, shape (625,); p is uniform over them."""
    return paths().visits @ REWARD


@cache
def exact(alpha: float) -> Exact:
    """Everything by summing over all paths; the bias is -(E_{2 alpha}[R] - E_alpha[R]) / share."""
    R = returns()
    q, q_twice = (alpha * R).softmax(0), (2 * alpha * R).softmax(0)
    share = float(1 / (len(R) * q.square().sum()))
    return Exact(q, float(q @ R), share, -float(q_twice @ R - q @ R) / share)


@cache
def estimates(alpha: float, n: int, repeats: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Estimates of E_q[R], each from n paths of p, and their ESS: two tensors of shape (repeats,)."""
    R = returns()[torch.randint(len(returns()), (repeats, n), generator=fresh(1000 * seed + n))]
    weights, ess = snis(R, alpha)
    return (weights * R).sum(1), ess


def draw_returns(ax: Axes, alpha: float) -> Axes:
    """The distribution of the return R under p and under q."""
    values, which = returns().unique(return_inverse=True)
    p, q = (
        torch.zeros(len(values), dtype=torch.float64).index_add(0, which, v) for v in (torch.full_like(returns(), 1 / 625), exact(alpha).q)
    )
    ax.vlines(values, 0, p, color=plots.MODEL, linewidth=7, alpha=0.45, label="p")
    ax.plot(values, q, "o", color="black", markersize=5, label="q")
    ax.set(xlabel="R of a path", ylim=(0, 1.0), xlim=(-4.3, 4.3))
    return ax


def draw_share(ax: Axes, n: int) -> Axes:
    """The limit of ESS / N against alpha, and the mean of 200 estimates from n samples."""
    ax.plot(FINE, [exact(a).share for a in FINE], color="black", label="limit for many samples")
    ax.plot(ALPHAS, [float(estimates(a, n, 200)[1].mean()) / n for a in ALPHAS], "s", color=plots.CONSTRAINT, label=f"measured, N = {n}")
    ax.axhline(1 / n, color=plots.NEUTRAL, linestyle=":", label="one sample has all the weight")
    ax.set(xlabel=r"$\alpha$", ylabel="ESS / N", yscale="log", ylim=(1e-3, 1.6))
    ax.minorticks_off()
    return ax


def picture(alpha: float, n: int) -> Figure:
    """What q wants and how much of it a sample of p holds."""
    truth, (values, ess) = exact(alpha), estimates(alpha, n, 200)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw_returns(left, alpha).set(ylabel="probability", title=f"$E_q$[R] = {truth.mean:.3f}, estimated {float(values.mean()):.3f}")
    left.legend(fontsize=9, loc="upper left")
    draw_share(right, n).plot([alpha], [float(ess.mean()) / n], "o", color="black", markersize=11, markerfacecolor="none")
    right.set_title(f"ESS {float(ess.mean()):.1f} of {n}")
    right.legend(fontsize=8, loc="upper right")
    return side_by_side(fig, (left, right), left=0.08, step=0.51, width=0.4)


def fallback() -> Figure:
    """Small multiples: p and q at three strengths, and the effective share against the strength for three N."""
    fig, (*axes, last) = plots.figure(1, 4, width=3.0, height=3.0)
    for ax, alpha in zip(axes, SMALL, strict=True):
        draw_returns(ax, alpha).set_title(rf"$\alpha$ = {alpha:g}: ESS / N $\to$ {exact(alpha).share:.3f}", fontsize=10)
        ax.label_outer()
    axes[0].set_ylabel("probability")
    axes[0].legend(fontsize=9, loc="upper left")
    last.plot(FINE, [exact(a).share for a in FINE], color="black", label="limit")
    for n, marker in zip(NUMBERS, "os^", strict=True):
        means = [float(estimates(a, n, 200)[1].mean()) / n for a in ALPHAS]
        last.plot(ALPHAS, means, marker, color=plots.CONSTRAINT, markeredgecolor="black", markersize=5, label=f"N = {n}")
    last.set(xlabel=r"$\alpha$", yscale="log", ylim=(0.01, 1.3))
    last.set_title("ESS / N", fontsize=10)
    last.minorticks_off()
    last.legend(fontsize=8, loc="upper right", ncols=2, columnspacing=0.6, handletextpad=0.2)
    return fig

"""Two sliders of the GAN lecture: what the generator sees when D stands still, and the two losses against the logit."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from pgmkit import plots
from pgmkit.gan.theory import game_value, gan_value_at_optimum, optimal_discriminator

X = torch.linspace(-8, 8, 801, dtype=torch.float64)
MEANS = [-4.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]
LOGITS = [-8.0, -6.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
DATA_MEAN, DATA_STD, MODEL_STD = 1.0, 0.7, 1.0


def gaussian(mean: float | Tensor, std: float) -> Tensor:
    """log probabilities of N(mean, std^2) on the grid X, shape (801,), or (m, 801) for means of shape (m, 1)."""
    return (-((X - mean) ** 2) / (2 * std**2)).log_softmax(-1)


def frozen_value(mean: float, means: Tensor) -> Tensor:
    """V(D, p_g) for generators at `means`, shape (m,), while D stays the best one against the generator at `mean`."""
    log_p = gaussian(DATA_MEAN, DATA_STD)
    best = optimal_discriminator(log_p, gaussian(mean, MODEL_STD))  # (801,)
    rows = gaussian(means[:, None], MODEL_STD).exp()  # (m, 801)
    return game_value(log_p.exp().expand_as(rows), rows, best.expand_as(rows))


def draw_densities(ax: Axes, mean: float) -> Axes:
    """p_data, p_g and D* with the generator at `mean`."""
    step = float(X[1] - X[0])
    log_p, log_q = gaussian(DATA_MEAN, DATA_STD), gaussian(mean, MODEL_STD)
    ax.plot(X, log_p.exp() / step, color=plots.DATA, label="$p_{data}$")
    ax.plot(X, log_q.exp() / step, color=plots.MODEL, linestyle="--", label="$p_g$")
    ax.plot(X, optimal_discriminator(log_p, log_q), color=plots.DISCRIMINATOR, linestyle=":", linewidth=2.5, label="$D^*$")
    ax.set(xlabel="x", ylabel="density; probability", ylim=(-0.03, 1.05), title=f"generator at {mean:g}")
    return ax


def draw_values(ax: Axes, mean: float) -> Axes:
    """V(D*) for every position of the generator, and V of this one D while only the generator moves."""
    p, means = gaussian(DATA_MEAN, DATA_STD).exp(), torch.linspace(-4, 4, 81, dtype=torch.float64)
    rows = gaussian(means[:, None], MODEL_STD).exp()  # (81, 801)
    here = float(gan_value_at_optimum(p, gaussian(mean, MODEL_STD).exp()))
    ax.plot(means, gan_value_at_optimum(p.expand_as(rows), rows), color=plots.NEUTRAL, label=r"$V(D^*)$: D follows")
    ax.plot(means, frozen_value(mean, means), color=plots.DISCRIMINATOR, linestyle="--", label="V: this D stands still")
    ax.plot([mean], [here], color=plots.MODEL, marker="o", markersize=9)
    ax.axhline(-math.log(4), color=plots.NEUTRAL, linewidth=0.8, linestyle=":")
    ax.set(xlabel="mean of the generator", ylabel="value of the game", ylim=(-5, 0.3), title=f"$V(D^*)$ = {here:.3f}")
    return ax


def value_picture(mean: float) -> Figure:
    """Left: the densities and D*. Right: the value of the game, with D following and with D standing still."""
    fig, (left, right) = plots.figure(1, 2, width=4.8)
    draw_densities(left, mean).legend(loc="upper left", fontsize=9)
    draw_values(right, mean).legend(loc="lower center", fontsize=9)
    return fig


def value_fallback() -> Figure:
    """Small multiples: densities (top) and values (bottom) for four positions of the generator."""
    fig, axes = plots.figure(2, 4, width=3.0, height=2.7)
    for top, bottom, mean in zip(axes[:4], axes[4:], [-3.0, -1.0, 0.5, 2.0], strict=True):
        draw_densities(top, mean)
        draw_values(bottom, mean)
    axes[0].legend(fontsize=9)
    axes[4].legend(fontsize=8, loc="lower center")
    return fig


class Curve(NamedTuple):
    """One loss of one sample as a function of D's logit, its slope, and how to draw them."""

    loss: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    color: str
    line: str
    marker: str


CURVES = {
    "saturating": Curve(lambda s: -F.softplus(s), lambda s: -torch.sigmoid(s), plots.NEUTRAL, "-", "o"),
    "non-saturating": Curve(lambda s: F.softplus(-s), lambda s: -torch.sigmoid(-s), plots.MODEL, "--", "s"),
}


def draw_slopes(ax: Axes, logit: float) -> Axes:
    """Both slopes against the logit, with a mark and the figure at the chosen one."""
    s = torch.linspace(-8, 4, 241, dtype=torch.float64)
    for name, curve in CURVES.items():
        value = float(curve.slope(torch.tensor(logit, dtype=torch.float64)))
        ax.plot(s, curve.slope(s), color=curve.color, linestyle=curve.line, label=f"{name}: {value:.4f}")
        ax.plot([logit], [value], color=curve.color, marker=curve.marker, markersize=9)
    probability = 1 / (1 + math.exp(-logit))
    ax.set(xlabel="logit s", ylabel="slope of the loss", ylim=(-1.05, 0.45), title=f"D(G(z)) = {probability:.4f}")
    ax.legend(fontsize=9, loc="upper center")
    return ax


def logit_picture(logit: float) -> Figure:
    """Left: both losses of one sample against D's logit. Right: their slopes; the marks are at the chosen logit."""
    fig, (left, right) = plots.figure(1, 2, width=4.8)
    s = torch.linspace(-8, 4, 241, dtype=torch.float64)
    for name, curve in CURVES.items():
        left.plot(s, curve.loss(s), color=curve.color, linestyle=curve.line, label=name)
        at = float(curve.loss(torch.tensor(logit, dtype=torch.float64)))
        left.plot([logit], [at], color=curve.color, marker=curve.marker, markersize=9)
    left.set(xlabel="logit s", ylabel="loss of the sample", title="losses")
    left.legend(fontsize=9)
    draw_slopes(right, logit)
    return fig


def logit_fallback() -> Figure:
    """Small multiples: the slopes at three logits."""
    fig, axes = plots.figure(1, 3, width=3.8, height=3.0)
    for ax, logit in zip(axes, [-6.0, 0.0, 4.0], strict=True):
        draw_slopes(ax, logit)
    return fig

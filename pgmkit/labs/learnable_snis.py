"""How far self-normalised importance weights are off: bias and spread over N and alpha. Lecture 10, section 3."""

from functools import cache
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import snis
from pgmkit.labs.layout import side_by_side
from pgmkit.labs.learnable_world import GUESS, LENGTHS, world
from pgmkit.rng import choice, fresh

ALPHAS = [0.5, 1.0, 2.0, 4.0]
NUMBERS = [2, 4, 8, 16, 64, 256, 512]
SMALL = [(1.0, 8), (1.0, 64), (4.0, 8), (4.0, 64)]
DRAWS = 1_000_000  # in all: the smaller N, the more repetitions


class Exact(NamedTuple):
    """E_q[g] for g the length of the arm, the factor of 1/N in the bias, and the limit of ESS / N."""

    mean: float
    bias_factor: float
    share: float


def exact(alpha: float) -> Exact:
    """The truth, from p and q of the world with seed 1, tilted by the engineer's constraint."""
    p = world(1).log_p_own.exp()
    ratio = (alpha * GUESS).exp() / (p @ (alpha * GUESS).exp())  # (25,) q / p
    mean = float((p * ratio) @ LENGTHS.double())
    return Exact(mean, -float((p * ratio.square()) @ (LENGTHS.double() - mean)), 1 / float(p @ ratio.square()))


@cache
def estimates(alpha: float, n: int) -> tuple[Tensor, Tensor]:
    """Many estimates of E_q[g], each from n samples of p, and their ESS: two tensors of shape (DRAWS / n,), at most 100,000."""
    repeats = min(DRAWS // n, 100_000)
    x = choice(repeats * n, world(1).log_p_own.exp(), generator=fresh(n)).reshape(repeats, n)
    weights, ess = snis(GUESS[x], alpha)  # (repeats, n), (repeats,)
    return (weights * LENGTHS[x]).sum(1), ess


def histogram(ax: Axes, alpha: float, n: int) -> Axes:
    """The estimates for one state, their mean and the truth."""
    values, ess = estimates(alpha, n)
    truth = exact(alpha).mean
    heights, *_ = ax.hist(values.numpy(), bins=60, range=(0, 3), density=True, color=plots.MODEL, alpha=0.5)
    ax.axvline(truth, color="black", label=f"truth {truth:.3f}")
    ax.axvline(float(values.mean()), color=plots.CONSTRAINT, linestyle="--", label=f"mean {float(values.mean()):.3f}")
    ax.set(
        xlim=(0, 3),
        ylim=(0, 1.35 * float(heights.max())),
        xlabel="estimate of the mean length",
        title=rf"$\alpha$ = {alpha:g}, N = {n}: ESS {float(ess.mean()):.1f}",
    )
    ax.legend(fontsize=8, loc="upper left")
    return ax


def picture(alpha: float, n: int) -> Figure:
    """The estimates at one state; the bias over N against its first-order formula."""
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.4)
    histogram(left, alpha, n).set_ylabel("density")
    truth = exact(alpha)
    biases = {m: float(estimates(alpha, m)[0].mean()) - truth.mean for m in NUMBERS}
    right.loglog(NUMBERS, [abs(b) for b in biases.values()], "o", color=plots.CONSTRAINT, label="|bias|, measured")
    right.loglog(NUMBERS, [abs(truth.bias_factor) / m for m in NUMBERS], ":", color="black", label="first order in 1/N")
    right.loglog([n], [abs(biases[n])], "o", color=plots.CONSTRAINT, markersize=11, markeredgecolor="black")
    right.minorticks_off()
    right.set(xlabel="N, samples for one estimate", ylabel="|bias|", ylim=(1e-5, 3), title=f"bias {biases[n]:+.4f}")
    right.legend(fontsize=8)
    return side_by_side(fig, (left, right), left=0.07, step=0.51, width=0.4)


def fallback() -> Figure:
    """Small multiples: the estimates in four states."""
    fig, axes = plots.figure(1, 4, width=2.9, height=2.8)
    for ax, state in zip(axes, SMALL, strict=True):
        histogram(ax, *state).set_title(rf"$\alpha$ = {state[0]:g}, N = {state[1]}", fontsize=10)
    axes[0].set_ylabel("density")
    return fig

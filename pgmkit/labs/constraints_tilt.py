"""One E-step on the line: a model p with two modes, a constraint f, and q proportional to p exp{alpha f}. Lecture 7, section 3."""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import expectation, tilt
from pgmkit.labs.layout import side_by_side

GRID = torch.linspace(-4, 4, 401, dtype=torch.float64)
STEP = 0.02
ALPHAS = [-4.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
SMALL_ALPHAS = [-2.0, 1.0, 8.0]
PLACES = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
STRENGTH = 3.0
Shape = Callable[[Tensor], Tensor]


def valley() -> Tensor:
    """The constraint of the slider: a bump between the two modes of p, where p is low; shape (401,)."""
    return torch.exp(-((GRID - 0.1) ** 2) / (2 * 0.7**2))


def step(x: Tensor) -> Tensor:
    """1 to the right of 0, otherwise 0: a yes-or-no rule."""
    return (x > 0).to(x)


def ramp(x: Tensor) -> Tensor:
    """The further to the right the better."""
    return x / 4


def bump(x: Tensor) -> Tensor:
    """Best at 0."""
    return torch.exp(-(x**2) / (2 * 0.4**2))


def two_bumps(x: Tensor) -> Tensor:
    """Best at -1.5 and at 1.5."""
    return bump(x - 1.5) + bump(x + 1.5)


def constant(x: Tensor) -> Tensor:
    """All x are equally good."""
    return torch.ones_like(x)


SHAPES: dict[str, Shape] = {"step": step, "ramp": ramp, "bump": bump, "two bumps": two_bumps, "constant": constant}
SMALL_SHAPES = [("ramp", 0.0), ("ramp", -2.0), ("bump", 0.0), ("bump", -3.0)]


class Tilted(NamedTuple):
    """log q, shape (401,), and what it says: E_p[f], E_q[f], Var_q[f], KL(q || p), log Z, and ESS as a share of the samples."""

    log_q: Tensor
    before: float
    after: float
    variance: float
    kl: float
    log_z: float
    share: float


@cache
def model() -> Tensor:
    """log p on the grid, shape (401,), normalised: 0.6 N(-1.2, 0.6^2) + 0.4 N(1.5, 0.7^2), cut at -4 and 4."""
    left = math.log(0.6 / 0.6) - ((GRID + 1.2) / 0.6) ** 2 / 2
    right = math.log(0.4 / 0.7) - ((GRID - 1.5) / 0.7) ** 2 / 2
    return torch.logaddexp(left, right).log_softmax(0)


def tilted(f: Tensor, alpha: float) -> Tilted:
    """The E-step on the grid, with f of shape (401,)."""
    log_p = model()
    log_q = tilt(log_p, alpha * f)
    after = float(expectation(log_q, f))
    log_z = float((log_p + alpha * f).logsumexp(0))
    share = float(sample_share(f, alpha))
    return Tilted(
        log_q,
        float(expectation(log_p, f)),
        after,
        float(expectation(log_q, (f - after) ** 2)),
        float(expectation(log_q, log_q - log_p)),
        log_z,
        share,
    )


def sample_share(f: Tensor, alpha: float) -> Tensor:
    """What ESS / K tends to for many samples of p: E_p[e^{alpha f}]^2 / E_p[e^{2 alpha f}]."""
    log_p = model()
    return ((log_p + alpha * f).logsumexp(0) * 2 - (log_p + 2 * alpha * f).logsumexp(0)).exp()


def draw(ax: Axes, f: Tensor, log_q: Tensor) -> Axes:
    """p, q and f; f is scaled to the height of the panel and has no axis of its own."""
    ax.fill_between(GRID, model().exp() / STEP, color=plots.MODEL, alpha=0.3, linewidth=0, label="p")
    ax.plot(GRID, log_q.exp() / STEP, "--", color="black", label="q")
    ax.plot(GRID, f, "-.", color=plots.CONSTRAINT, linewidth=2, label="f")
    ax.set(xlim=(-4, 4), ylim=(-1.05, 2.1), xlabel="x", ylabel="density; f")
    return ax


@cache
def curve() -> tuple[Tensor, Tensor]:
    """alpha from -5 to 33, and E_q[f] at each, for the constraint of the slider."""
    alphas = torch.linspace(-5, 33, 229, dtype=torch.float64)
    return alphas, torch.tensor([tilted(valley(), float(a)).after for a in alphas], dtype=torch.float64)


def draw_mean(ax: Axes, alpha: float, t: Tilted) -> Axes:
    """E_q[f] against alpha, with its tangent at this alpha."""
    ax.plot(*curve(), color=plots.CONSTRAINT)
    near = torch.tensor([-3.0, 3.0], dtype=torch.float64)
    ax.plot(alpha + near, t.after + t.variance * near, ":", color="black", label="slope: Var$_q$[f]")
    ax.plot([alpha], [t.after], "o", color="black")
    ax.set(xlim=(-6, 34), ylim=(-0.05, 1.05), xlabel=r"$\alpha$", ylabel="$E_q$[f]")
    ax.legend(fontsize=9, loc="lower right")
    return ax


def alpha_picture(alpha: float) -> Figure:
    """p, f and q at one strength, and E_q[f] against the strength."""
    f = valley()
    t = tilted(f, alpha)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw(left, f, t.log_q).set(ylim=(-0.05, 2.1), title=f"$\\alpha$ = {alpha:g}:  log Z = {t.log_z:.2f},  KL(q || p) = {t.kl:.2f}")
    left.legend(fontsize=9, loc="upper left")
    draw_mean(right, alpha, t).set_title(f"$E_q$[f] = {t.after:.3f},  Var$_q$[f] = {t.variance:.3f}")
    return side_by_side(fig, (left, right), left=0.075, step=0.5, width=0.41)


def alpha_fallback() -> Figure:
    """Small multiples: three strengths, and the mean of f against the strength."""
    fig, (*axes, last) = plots.figure(1, 4, width=3.0, height=2.9)
    last.plot(*curve(), color=plots.CONSTRAINT)
    last.set(xlabel=r"$\alpha$", ylabel="$E_q$[f]", ylim=(0, 1.05), title="steepest near $\\alpha$ = 2")
    for ax, alpha in zip(axes, SMALL_ALPHAS, strict=True):
        t = tilted(valley(), alpha)
        draw(ax, valley(), t.log_q).set(ylim=(-0.05, 1.5), title=f"$\\alpha$ = {alpha:g}, $E_q$[f] = {t.after:.2f}")
        last.plot([alpha], [t.after], "o", color="black")
        ax.label_outer()
    axes[0].legend(fontsize=9, loc="upper left")
    return fig


def shape_picture(shape: str, place: float) -> Figure:
    """A constraint made by hand: p, f and q, and what the E-step gains and pays."""
    f = SHAPES[shape](GRID - place)
    t = tilted(f, STRENGTH)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw(left, f, t.log_q).set_title(f"{shape}, moved by {place:g}; $\\alpha$ = {STRENGTH:g}")
    left.legend(fontsize=9, loc="upper left")
    names = ["$E_p$[f]", "$E_q$[f]", "KL(q || p)", "ESS share"]
    values = [t.before, t.after, t.kl, t.share]
    right.barh(names[::-1], values[::-1], color=[plots.NEUTRAL, plots.NEUTRAL, "black", plots.MODEL])
    for i, value in enumerate(values[::-1]):
        right.text(max(value, 0) + 0.04, i, f"{value:.3f}", va="center", fontsize=10)
    right.set(xlim=(-1.0, 3.6), title=f"minimum of the functional: {-t.log_z + 0.0:.3f}")
    return side_by_side(fig, (left, right), left=0.085, step=0.54, width=0.36)


def shape_fallback() -> Figure:
    """Small multiples: four constraints."""
    fig, axes = plots.figure(1, 4, width=3.0, height=2.9)
    for ax, (shape, place) in zip(axes, SMALL_SHAPES, strict=True):
        f = SHAPES[shape](GRID - place)
        t = tilted(f, STRENGTH)
        draw(ax, f, t.log_q).set_title(f"{shape}, moved by {place:g}:\n$E$[f] from {t.before:.2f} to {t.after:.2f}", fontsize=10)
        ax.label_outer()
    axes[0].legend(fontsize=9, loc="upper left")
    return fig

"""Two noisy parallel lines: four distances, the optimal discriminator, and what reaches the generator. Lecture 3, sections 1 and 2.

Everything depends on the horizontal coordinate only: it is N(0, s^2) for the data and N(theta, s^2) for the model, and the
vertical coordinate, uniform plus the same noise, is independent of it and has one law for both.
"""

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from pgmkit import plots
from pgmkit.gan import parallel_lines
from pgmkit.labs.layout import side_by_side

THETAS = [-1.0, -0.7, -0.4, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0]
NOISES = [0.0, 0.02, 0.05, 0.1, 0.2, 0.4]
SMALL = [(0.7, 0.0), (0.7, 0.1), (0.1, 0.1), (0.7, 0.4)]
FLOOR = 1e-12


def normal_mean(values: Tensor, t: Tensor) -> Tensor:
    """E[values(t)], t ~ N(0, 1), by the trapezoidal rule on the nodes t, shape (n,)."""
    return torch.trapezoid(values * torch.exp(-t.square() / 2) / math.sqrt(2 * math.pi), t)


def nodes() -> Tensor:
    """Nodes for `normal_mean`: fine, and wide enough for tails that a far-away discriminator looks at."""
    return torch.linspace(-38, 38, 15201, dtype=torch.float64)


def noisy_lines(theta: float, noise: float) -> dict[str, float]:
    r"""Four distances between parallel lines with N(0, noise^2) added: KL = theta^2 / (2 noise^2), TV, JSD, W1.

    With r = |theta| / noise: TV = 2 Phi(r / 2) - 1, JSD = log 2 - E[softplus(r t - r^2 / 2)] with t ~ N(0, 1), W1 = |theta|.

    Args:
        theta: the horizontal distance, of either sign.
        noise: standard deviation of the noise; 0 gives `parallel_lines`.

    Returns:
        `{"kl", "js", "tv", "w1"}`, as `parallel_lines` does.
    """
    if noise == 0:
        return parallel_lines(theta)
    r, t = abs(theta) / noise, nodes()
    js = max(0.0, math.log(2) - float(normal_mean(F.softplus(r * t - r * r / 2), t)))
    return {"kl": r * r / 2, "js": js, "tv": math.erf(r / 2 / math.sqrt(2)), "w1": abs(theta)}


def gradients(theta: float, noise: float) -> dict[str, float]:
    r"""Derivative with respect to theta of the generator's loss, against the opponent that is optimal at theta.

    D* has the logit (theta^2 - 2 theta x) / (2 noise^2), so with D* held fixed the saturating loss has the slope
    theta / noise^2 E_g[D*], the non-saturating one theta / noise^2 E_g[1 - D*]; the critic f(x) = -sign(theta) x gives sign(theta).

    Args:
        theta: the horizontal distance.
        noise: standard deviation of the noise, above 0.
    """
    r, t = abs(theta) / noise, nodes()
    believed = float(normal_mean(torch.sigmoid(-r * r / 2 - r * t), t))  # E_g[D*(x)]
    steep = theta / noise**2
    return {"saturating": steep * believed, "non-saturating": steep * (1 - believed), "critic": math.copysign(1.0, theta) if theta else 0.0}


def draw_densities(ax: Axes, theta: float, noise: float) -> Axes:
    """The horizontal laws of data and model, and D*(x)."""
    if noise == 0:
        ax.vlines(0.0, 0, 1, color=plots.DATA, label="data: all mass at 0")
        ax.vlines(theta, 0, 1, color=plots.MODEL, linestyle="--", label="model: all mass at $\\theta$")
        ax.plot([0.0, theta], [1, 0] if theta else [0.5, 0.5], "o", color=plots.DISCRIMINATOR, label="$D^*$, only defined here")
    else:
        x = torch.linspace(-2, 2, 801, dtype=torch.float64)
        p, q = ((-((x - m) ** 2) / (2 * noise**2)).exp() for m in (0.0, theta))
        ax.plot(x, p, color=plots.DATA, label="data density (peak scaled to 1)")
        ax.plot(x, q, color=plots.MODEL, linestyle="--", label="model density")
        ax.plot(x, torch.sigmoid((theta**2 - 2 * theta * x) / (2 * noise**2)), color=plots.DISCRIMINATOR, linestyle=":", label="$D^*(x)$")
    ax.set(
        xlim=(-2, 2), ylim=(-0.05, 1.75), xlabel="horizontal coordinate $x$", title=f"$\\theta$ = {theta:g}, noise $\\sigma$ = {noise:g}"
    )
    ax.legend(loc="upper left", fontsize=9)
    return ax


def draw_distances(ax: Axes, theta: float, noise: float) -> Axes:
    """The four distances as bars with their values; KL is cut at the top of the axis."""
    d = noisy_lines(theta, noise)
    names, values = ["KL", "JSD", "TV", "W1"], [d["kl"], d["js"], d["tv"], d["w1"]]
    heights = [min(v, 2.0) for v in values]
    ax.bar(names, heights, color=["0.85", "0.7", "0.5", plots.DISCRIMINATOR], edgecolor="black", hatch=["", "//", "..", "\\\\"])
    for i, (height, value) in enumerate(zip(heights, values, strict=True)):
        ax.text(i, height + 0.04, f"{value:.3g}".replace("inf", r"$\infty$"), ha="center")
    ax.set(ylim=(0, 2.3), ylabel="distance (KL cut at 2)", title="distance from data to model")
    return ax


def draw_gradients(ax: Axes, theta: float, noise: float) -> Axes:
    """What reaches theta: size of the derivative for the two GAN losses against D*, and for the critic; "none" where the loss is infinite."""
    names = ["saturating", "non-satur.", "critic"]
    perfect = {"saturating": 0.0, "non-saturating": math.nan if theta else 0.0, "critic": math.copysign(1.0, theta) if theta else 0.0}
    slopes = list((gradients(theta, noise) if noise else perfect).values())
    heights = [max(FLOOR, abs(s)) for s in slopes]  # a slope that does not exist has the height FLOOR
    ax.bar(names, heights, color=["0.85", "0.6", plots.DISCRIMINATOR], edgecolor="black")
    for i, (height, slope) in enumerate(zip(heights, slopes, strict=True)):
        ax.text(i, height * 2, "none" if math.isnan(slope) else f"{slope:.2g}", ha="center")
    ax.set(yscale="log", ylim=(FLOOR, 1e6), ylabel="size of slope in $\\theta$", title="gradient for the generator")
    ax.minorticks_off()
    return ax


def picture(theta: float, noise: float) -> Figure:
    """Densities with D*, the four distances, and the generator's gradient, for one theta and one noise.

    At noise 0 the discriminator is perfect and flat near both lines (Result 2.2): the saturating loss has slope 0, the
    non-saturating loss is infinite and has no slope.
    """
    fig, axes = plots.figure(1, 3, width=3.9, height=3.3)
    draw_densities(axes[0], theta, noise)
    draw_distances(axes[1], theta, noise)
    draw_gradients(axes[2], theta, noise)
    return side_by_side(fig, axes, left=0.055, step=0.335, width=0.265, bottom=0.17, height=0.72)


def fallback() -> Figure:
    """Small multiples: distances and gradients in four states."""
    fig, axes = plots.figure(2, 4, width=3.1, height=2.9)
    for i, state in enumerate(SMALL):
        draw_distances(axes[i], *state).set_title(f"$\\theta$ = {state[0]:g}, $\\sigma$ = {state[1]:g}")
        draw_gradients(axes[4 + i], *state).set_title("")
        axes[4 + i].tick_params(axis="x", labelsize=9)
    return fig

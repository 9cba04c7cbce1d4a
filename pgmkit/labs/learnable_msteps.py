"""Two M-steps on the line: a Gaussian is to follow q, by forward or by reverse KL. Lecture 10, section 5."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import tilt
from pgmkit.labs.layout import side_by_side
from pgmkit.labs.learnable_world import kl

ALPHAS = [0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0]
GRID = torch.linspace(-4, 4, 161, dtype=torch.float64)
START = torch.tensor([0.8, 0.3], dtype=torch.float64)  # mean and log standard deviation of p at theta_t
SMALL = [0.1, 1.0, 3.0]


class Steps(NamedTuple):
    """Gradients in (mean, log std) at theta_t, their relative gap, and where each M-step ends; tensors of shape (2,)."""

    forward: Tensor
    reverse: Tensor
    gap: float
    forward_end: Tensor
    reverse_end: Tensor


def log_gaussian(theta: Tensor) -> Tensor:
    """log p_theta on the grid, shape (161,): a Gaussian, normalised over the grid's points."""
    return (-0.5 * ((GRID - theta[0]) * (-theta[1]).exp()).square()).log_softmax(0)


def score() -> Tensor:
    """f on the grid, between -1 and 1: two equal bumps, at -1.6 and 1.6."""
    return 2 * (torch.exp(-2 * (GRID - 1.6).square()) + torch.exp(-2 * (GRID + 1.6).square())) - 1


def target(alpha: float) -> Tensor:
    """log q on the grid: p at theta_t, tilted."""
    return tilt(log_gaussian(START), alpha * score())


def forward(theta: Tensor, log_q: Tensor) -> Tensor:
    """KL(q || p_theta), with q frozen."""
    return kl(log_q, log_gaussian(theta))


def reverse(theta: Tensor, log_q: Tensor) -> Tensor:
    """KL(p_theta || q), with q frozen."""
    return kl(log_gaussian(theta), log_q)


@cache
def steps(alpha: float, inner: int = 300, rate: float = 0.1) -> Steps:
    """Both gradients at theta_t, and both M-steps run to their end with q frozen."""
    log_q, ends, gradients = target(alpha), [], []
    for loss in (forward, reverse):
        theta = START.clone().requires_grad_()
        for i in range(inner):
            (gradient,) = torch.autograd.grad(loss(theta, log_q), theta)
            gradients += [gradient] if i == 0 else []
            theta = (theta - rate * gradient).detach().requires_grad_()
        ends.append(theta.detach())
    gap = float((gradients[0] - gradients[1]).norm() / gradients[1].norm())
    return Steps(*gradients, gap, *ends)


def picture(alpha: float) -> Figure:
    """p at theta_t, q, and the two Gaussians; the relative gap of the two gradients over alpha."""
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.4)
    found, width = steps(alpha), float(GRID[1] - GRID[0])
    left.fill_between(GRID, 0, target(alpha).exp() / width, color=plots.CONSTRAINT, alpha=0.35, label="q")
    for theta, style, color, name in (
        (START, ":", plots.NEUTRAL, r"p at $\theta_t$"),
        (found.forward_end, "-", plots.MODEL, "after forward KL"),
        (found.reverse_end, "--", "black", "after reverse KL"),
    ):
        left.plot(GRID, log_gaussian(theta).exp() / width, style, color=color, label=name)
    left.set(xlim=(-4, 4), ylim=(0, 1.9), xlabel="x", ylabel="density", title=rf"$\alpha$ = {alpha:g}: q frozen, M-step run to its end")
    left.legend(fontsize=8, loc="upper left")
    right.loglog(ALPHAS, [steps(a).gap for a in ALPHAS], "o-", color=plots.MODEL, markersize=4, label="first step")
    right.loglog(ALPHAS, [steps(ALPHAS[0]).gap * a / ALPHAS[0] for a in ALPHAS], ":", color="black", label=r"proportional to $\alpha$")
    right.loglog([alpha], [found.gap], "o", color=plots.CONSTRAINT, markersize=10)
    right.minorticks_off()
    right.set(xlabel=r"$\alpha$", ylabel="relative gap of the gradients", title=f"first step: gap {found.gap:.3g}")
    right.legend(fontsize=8)
    return side_by_side(fig, (left, right), left=0.07, step=0.51, width=0.4)


def fallback() -> Figure:
    """Small multiples: the left panel at three strengths."""
    fig, axes = plots.figure(1, 3, width=3.6, height=3.0, sharey=True)
    width = float(GRID[1] - GRID[0])
    for ax, alpha in zip(axes, SMALL, strict=True):
        found = steps(alpha)
        ax.fill_between(GRID, 0, target(alpha).exp() / width, color=plots.CONSTRAINT, alpha=0.35, label="q")
        ax.plot(GRID, log_gaussian(START).exp() / width, ":", color=plots.NEUTRAL, label=r"p at $\theta_t$")
        ax.plot(GRID, log_gaussian(found.forward_end).exp() / width, color=plots.MODEL, label="after forward KL")
        ax.plot(GRID, log_gaussian(found.reverse_end).exp() / width, "--", color="black", label="after reverse KL")
        ax.set(xlabel="x", title=rf"$\alpha$ = {alpha:g}, gap {found.gap:.3g}", ylim=(0, 1.9))
    axes[0].set_ylabel("density")
    axes[0].legend(fontsize=8, loc="upper left")
    return fig

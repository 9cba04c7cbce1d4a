"""From z_0 to z_K through a trained flow of couplings: grid, density and entropy after each map. Lecture 5, section 6."""

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.errors import describe, want_instance
from pgmkit.flows import Compose, Couplings, Flow
from pgmkit.labs.layout import side_by_side
from pgmkit.rng import fresh

DEPTHS = list(range(9))
EXTENT = 3.2
LINES, DRAWN = 11, 250
H_0 = 1 + math.log(2 * math.pi)
"""Entropy of a standard normal in the plane, in nats."""


def part(flow: Flow, depth: int) -> Flow:
    """The flow cut after its first `depth` couplings: its samples are z_depth, with z_0 at depth 0."""
    want_instance(Couplings, **{"flow.f": flow.f})
    if not 0 <= depth <= len(flow.f.nets):
        raise ValueError(f"depth must be 0 to {len(flow.f.nets)}, the number of couplings; got {describe(depth)}.")
    return Flow(flow.base, Couplings(*flow.f.nets[:depth]) if depth else Compose())


@torch.no_grad()
def entropies(flow: Flow, *, n: int = 1000) -> list[float]:
    r"""Entropy of z_0 to z_K in nats: H(z_k) = H(z_0) + E[sum_i log|det dz_i/dz_{i-1}|], i up to k, from n draws."""
    z = flow.base.sample(n, generator=fresh(0))
    return [H_0 + float(part(flow, k).f(z)[1].mean()) for k in range(len(flow.f.nets) + 1)]


@torch.no_grad()
def draw_grid(ax: Axes, flow: Flow, depth: int) -> Axes:
    """Samples of z_depth, and where the lines of a square grid of z_0 have gone."""
    cut, like = part(flow, depth), flow.base.sample(1)
    ticks, along = torch.linspace(-2.5, 2.5, LINES).to(like), torch.linspace(-2.5, 2.5, 101).to(like)
    for tick in ticks:
        for line in (torch.stack([tick.expand(101), along], 1), torch.stack([along, tick.expand(101)], 1)):
            x, _ = cut.f(line)  # (101, 2)
            ax.plot(x[:, 0], x[:, 1], color=plots.MODEL, linewidth=0.6, alpha=0.7)
    plots.scatter(ax, cut.sample(DRAWN, generator=fresh(1)), color="black", size=6)
    return plots.plane(ax, EXTENT)


def draw_entropy(ax: Axes, flow: Flow, depth: int) -> Axes:
    """The entropy after each map; a square marks the chosen depth."""
    values = entropies(flow)
    ax.plot(range(len(values)), values, "o-", color=plots.NEUTRAL, markersize=4)
    ax.plot([depth], [values[depth]], "s", color=plots.MODEL, markersize=10)
    ax.set(xlabel="depth k", ylabel="entropy of $z_k$, nats", title=f"entropy {values[depth]:.2f} nats")
    return ax


def picture(flow: Flow, depth: int) -> Figure:
    """Grid and samples, density p(z_k), and entropy, after `depth` of the K couplings."""
    fig, (left, middle, right) = plots.figure(1, 3, width=3.7, height=3.5)
    draw_grid(left, flow, depth).set_title(f"$z_{{{depth}}}$: grid and samples")
    cut = part(flow, depth)
    like = flow.base.sample(1)
    plots.heatmap(middle, lambda x: cut.log_prob(x.to(like)).exp(), extent=EXTENT, low=0, points=60, bar=False)
    plots.plane(middle, EXTENT).set_title(f"density of $z_{{{depth}}}$")
    draw_entropy(right, flow, depth)
    return side_by_side(fig, (left, middle, right), left=0.06, step=0.33, width=0.26)


def fallback(flow: Flow) -> Figure:
    """Small multiples: grid and samples at every second depth."""
    depths = range(0, len(flow.f.nets) + 1, 2)
    fig, axes = plots.figure(1, len(depths), width=2.4, height=3.0)
    values = entropies(flow)
    for ax, depth in zip(axes, depths, strict=True):
        draw_grid(ax, flow, depth).set_title(f"$z_{{{depth}}}$: entropy {values[depth]:.2f}")
        ax.label_outer()
    return fig

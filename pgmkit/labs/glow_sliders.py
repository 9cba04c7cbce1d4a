"""What a trained Glow can do with its latents: temperature, one level drawn again, interpolation. Lecture 6, section 6.

Each picture takes the trained flow first; the lecture binds it with `functools.partial`.
"""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.flows import Flow, bits_per_dim, interpolate, level_sizes, resample_level
from pgmkit.flows.recipes import DIGIT_BINS, DIGIT_DIMS
from pgmkit.rng import fresh

SHAPE, LEVELS = (1, 8, 8), 2
TEMPERATURES = [0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5]
LEVEL_NAMES = ["coarse", "fine"]
DRAWS = [1, 2, 3, 4, 5]
PAIRS = {"1 to 7": (1, 7), "3 to 8": (3, 8), "0 to 4": (0, 4)}
TIMES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
SHOWN = 6


def grey(x: Tensor) -> Tensor:
    """Images x, shape (n, 1, 8, 8), as the grey values k / 16 that they stand for: noise taken off, clamped to [0, 1]; returns (n, 64)."""
    return (x * DIGIT_BINS).floor().clamp(0, DIGIT_BINS - 1).flatten(1) / (DIGIT_BINS - 1)


@torch.no_grad()
def bits(flow: Flow, x: Tensor) -> Tensor:
    """Bits per dimension of digits x, shape (n, 1, 8, 8), off the graph; returns (n,)."""
    return bits_per_dim(flow.log_prob(x), DIGIT_DIMS, DIGIT_BINS)


def temperature(flow: Flow, held_out: Tensor, temperature: float) -> Figure:
    """Forty samples from the same noise at one temperature, and the bits of 200 samples beside those of held-out digits.

    Args:
        flow: a trained Glow in evaluation mode.
        held_out: bits per dimension of held-out digits, shape (n,).
        temperature: T.
    """
    x = flow.sample(200, temperature=temperature, generator=fresh(6))  # (200, 1, 8, 8)
    fig, (left, right) = plots.figure(1, 2, width=4.6, height=2.9)
    outside = float(((x < 0) | (x >= 1)).double().mean())
    plots.images(left, grey(x[:40])).set_title(f"T = {temperature:g}, {outside:.1%} of values outside [0, 1)")
    edges = torch.linspace(1, 5, 41).tolist()
    right.hist(held_out.clamp(1, 5).tolist(), edges, density=True, color=plots.DATA, alpha=0.6, label="held-out digits")
    sampled = bits(flow, x).clamp(1, 5)
    right.hist(sampled.tolist(), edges, density=True, histtype="step", color=plots.MODEL, linewidth=2, label="samples")
    right.set(
        xlabel="bits per dimension (5: 5 or more)", ylabel="share per bit", ylim=(0, 3), title=f"samples: mean {float(sampled.mean()):.2f}"
    )
    right.legend(fontsize=9)
    return fig


def temperature_fallback(flow: Flow) -> Figure:
    """Small multiples: four temperatures."""
    fig, axes = plots.figure(1, 4, width=2.8, height=3.0)
    fig.get_layout_engine().set(wspace=0.1)
    for ax, t in zip(axes, (0.0, 0.5, 1.0, 1.5), strict=True):
        x = flow.sample(16, temperature=t, generator=fresh(6))
        plots.images(ax, grey(x), columns=4).set_title(f"T = {t:g}")
    return fig


@torch.no_grad()
def redrawn(flow: Flow, x: Tensor, level: str, draw: int) -> Tensor:
    """Digits x, shape (n, 1, 8, 8), with the latents of one level drawn again, of the same shape."""
    z, _ = flow.f.inverse(x)
    fresh_z = resample_level(z, level_sizes(SHAPE, LEVELS), LEVEL_NAMES.index(level), generator=fresh(draw))
    return flow.f(fresh_z)[0]


def resample(flow: Flow, x: Tensor, level: str, draw: int) -> Figure:
    """Six digits, and three draws of one level; `draw` chooses which three.

    Args:
        flow: a trained Glow in evaluation mode.
        x: digits, shape (6, 1, 8, 8) or more.
        level: "coarse" or "fine".
        draw: seed.
    """
    x = x[:SHOWN]
    draws = [redrawn(flow, x, level, 10 * draw + i) for i in range(3)]
    fig, (ax,) = plots.figure(1, 1, width=6.0, height=3.2)
    sheet = grey(torch.cat([x, *draws]))  # (24, 64)
    change = float((torch.stack(draws) - x).abs().mean())
    plots.images(ax, sheet, columns=SHOWN).set_title(f"digits, then three draws of the {level} level; mean change of a pixel {change:.2f}")
    return fig


def resample_fallback(flow: Flow, x: Tensor) -> Figure:
    """Small multiples: both levels."""
    fig, axes = plots.figure(1, 2, width=5.0, height=3.5)
    fig.get_layout_engine().set(wspace=0.1)
    for ax, level in zip(axes, LEVEL_NAMES, strict=True):
        sheet = torch.cat([x[:SHOWN], *(redrawn(flow, x[:SHOWN], level, 10 + i) for i in range(3))])
        plots.images(ax, grey(sheet), columns=SHOWN).set_title(f"top: digits; below: {level} level drawn again")
    return fig


@torch.no_grad()
def paths(flow: Flow, x_0: Tensor, x_1: Tensor) -> tuple[Tensor, Tensor]:
    """The way from x_0 to x_1, each (1, 8, 8), through latent space and through pixel space: two tensors (11, 1, 8, 8)."""
    z, _ = flow.f.inverse(torch.stack([x_0, x_1]))
    t = torch.tensor(TIMES).to(x_0)[:, None, None, None]
    return flow.f(interpolate(z[0], z[1], len(TIMES)))[0], (1 - t) * x_0 + t * x_1


def plainest(x: Tensor) -> Tensor:
    """The image nearest to the mean of x, shape (n, 1, 8, 8); returns (1, 8, 8)."""
    return x[(x - x.mean(0)).flatten(1).norm(dim=1).argmin()]


def ends(x: Tensor, y: Tensor, pair: str) -> tuple[Tensor, Tensor]:
    """The plainest digit of each of the two classes of a pair, each (1, 8, 8); x is (n, 1, 8, 8) and y its labels."""
    first, second = PAIRS[pair]
    return plainest(x[y == first]), plainest(x[y == second])


def interpolation(flow: Flow, x: Tensor, y: Tensor, pair: str, time: float) -> Figure:
    """Both ways between two digits, the two images at one time, and the bits along the ways.

    Args:
        flow: a trained Glow in evaluation mode.
        x: digits, shape (n, 1, 8, 8).
        y: their labels, shape (n,).
        pair: a key of `PAIRS`.
        time: one of `TIMES`.
    """
    latent, pixel = paths(flow, *ends(x, y, pair))
    now = TIMES.index(time)
    fig, (left, middle, right) = plots.figure(1, 3, width=3.1, height=2.9)
    for ax, way, name in ((left, latent, "latents"), (middle, pixel, "pixels")):
        plots.images(ax, grey(way[now : now + 1]), columns=1).set_title(f"{pair}, {name}, t = {time:g}")
    right.plot(TIMES, bits(flow, latent).tolist(), "o-", color=plots.MODEL, label="through latents")
    right.plot(TIMES, bits(flow, pixel).tolist(), "s--", color=plots.DATA, label="through pixels")
    right.axvline(time, color="black", linewidth=0.8)
    right.set(xlabel="t", ylabel="bits per dimension")
    right.legend(fontsize=9)
    return fig


def interpolation_fallback(flow: Flow, x: Tensor, y: Tensor) -> Figure:
    """Small multiples: all pairs, through latents above, through pixels below, and the bits along the way."""
    fig, axes = plots.figure(2, len(PAIRS), width=4.0, height=2.5)
    for i, pair in enumerate(PAIRS):
        latent, pixel = paths(flow, *ends(x, y, pair))
        sheet = grey(torch.cat([latent[::2], pixel[::2]]))
        plots.images(axes[i], sheet, columns=len(TIMES[::2])).set_title(f"{pair}: latents above, pixels below")
        ax = axes[len(PAIRS) + i]
        ax.plot(TIMES, bits(flow, latent).tolist(), "o-", color=plots.MODEL, label="through latents")
        ax.plot(TIMES, bits(flow, pixel).tolist(), "s--", color=plots.DATA, label="through pixels")
        ax.set(xlabel="t", ylabel="bits per dimension")
    fig.legend(*axes[len(PAIRS)].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return fig

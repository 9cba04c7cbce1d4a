"""Build a flow on the line from three knobs; its density integrates to one at every setting. Lecture 5, section 2."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.labs.flows_line import Line, base
from pgmkit.labs.layout import side_by_side

SHIFTS = [-2.0, -1.0, 0.0, 1.0, 2.0]
SCALES = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
BENDS = [-0.4, -0.2, 0.0, 0.5, 1.0, 2.0]
SMALL = [(0.0, 1.0, 0.0), (1.0, 0.5, 0.0), (0.0, -1.0, 1.0), (0.0, 1.0, -0.4)]
POINTS = 1601


def integrals(shift: float, scale: float, bend: float) -> tuple[float, float]:
    """The integral over x of p(x), and of p(z) at z = f^{-1}(x) without the factor |dz/dx|: trapezoidal rule."""
    line = Line(shift, scale, bend)
    x = line.window(POINTS)
    return float(torch.trapezoid(line.density(x), x)), float(torch.trapezoid(base(line.inverse(x)), x))


def draw_map(ax: Axes, line: Line) -> Axes:
    """x = f(z), with nine points z that cut the base into ten parts of equal mass."""
    z = torch.linspace(-3, 3, 301, dtype=torch.float64)
    cuts = 2**0.5 * torch.erfinv(torch.linspace(-0.8, 0.8, 9, dtype=torch.float64))
    ax.plot(z, line.forward(z), color=plots.MODEL)
    ax.plot(cuts, line.forward(cuts), "o", color=plots.MODEL, markersize=4)
    ax.vlines(cuts, -10, line.forward(cuts), color=plots.NEUTRAL, linewidth=0.6, linestyle=":")
    ax.hlines(line.forward(cuts), -3, cuts, color=plots.NEUTRAL, linewidth=0.6)
    ax.set(xlim=(-3, 3), ylim=(-10, 10), xlabel="z", ylabel="x = f(z)")
    return ax


def draw_density(ax: Axes, line: Line) -> Axes:
    """p(x), and the wrong curve without the Jacobian factor, with the integral of each."""
    right, wrong = integrals(*line[:3])
    x = torch.linspace(-10, 10, 1001, dtype=torch.float64)
    p = line.density(x)
    ax.fill_between(x, 0, p, color=plots.MODEL, alpha=0.3)
    ax.plot(x, p, color=plots.MODEL, label=f"$p(x)$: integral {right:.6f}")
    ax.plot(x, base(line.inverse(x)), "--", color=plots.NEUTRAL, label=f"no factor: integral {wrong:.3f}")
    ax.set(xlim=(-10, 10), ylim=(0, 1.4 * max(0.7, float(p.max()))), xlabel="x", ylabel="density")
    ax.legend(fontsize=9, loc="upper left")
    return ax


def picture(shift: float, scale: float, bend: float) -> Figure:
    """The map with ten equal masses, and the density that it makes of a standard normal."""
    line = Line(shift, scale, bend)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw_map(left, line).set_title(f"x = {shift:g} + {scale:g} (z + {bend:g} tanh 2z)")
    draw_density(right, line).set_title("density of x")
    return side_by_side(fig, (left, right), left=0.07, step=0.5, width=0.41)


def fallback() -> Figure:
    """Small multiples: maps (top) and densities (bottom) in four states."""
    fig, axes = plots.figure(2, 4, width=3.0, height=2.7)
    for top, bottom, state in zip(axes[:4], axes[4:], SMALL, strict=True):
        draw_map(top, Line(*state)).set_title(f"shift {state[0]:g}, scale {state[1]:g}, bend {state[2]:g}", fontsize=10)
        draw_density(bottom, Line(*state)).legend(fontsize=7, loc="upper left")
    return fig

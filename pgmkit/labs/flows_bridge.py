"""Two modes from one: the bridge between them gets thin, and never breaks. Lecture 5, section 7."""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.labs.flows_line import Line, mass_between
from pgmkit.labs.layout import side_by_side

GAPS = [1.0, 2.0, 4.0]
STEEPS = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
SMALL = [(2.0, 1.0), (2.0, 4.0), (2.0, 16.0), (2.0, 64.0)]


def bridge(gap: float, steep: float) -> tuple[float, float, float]:
    """Largest slope of x = z + gap tanh(steep z), density at x = 0, and mass of |x| < gap / 2."""
    line, zero = Line(bend=gap, steep=steep), torch.zeros(1, dtype=torch.float64)
    return float(line.slope(zero)), float(line.density(zero)), mass_between(line, -gap / 2, gap / 2)


def draw_map(ax: Axes, line: Line) -> Axes:
    """x = f(z), and its slope at 0."""
    z = torch.linspace(-3, 3, 1201, dtype=torch.float64)
    ax.plot(z, line.forward(z), color=plots.MODEL)
    ax.axhspan(-line.bend / 2, line.bend / 2, color=plots.NEUTRAL, alpha=0.2)
    ax.set(xlim=(-3, 3), ylim=(-7, 7), xlabel="z", ylabel="x = f(z)")
    return ax


def draw_density(ax: Axes, line: Line) -> Axes:
    """p(x), on a logarithmic scale so that a thin bridge can be seen."""
    x = torch.linspace(-7, 7, 1401, dtype=torch.float64)
    ax.semilogy(x, line.density(x), color=plots.MODEL)
    ax.axvspan(-line.bend / 2, line.bend / 2, color=plots.NEUTRAL, alpha=0.2)
    ax.set(xlim=(-7, 7), ylim=(1e-5, 1.5), xlabel="x", ylabel="p(x)")
    ax.minorticks_off()
    return ax


def picture(gap: float, steep: float) -> Figure:
    """The map and the density; the grey band is |x| < gap / 2, between the two modes."""
    line, (slope, lowest, mass) = Line(bend=gap, steep=steep), bridge(gap, steep)
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw_map(left, line).set_title(f"x = z + {gap:g} tanh({steep:g} z), slope at 0: {slope:g}")
    draw_density(right, line).set_title(f"p(0) = {lowest:.1e}, mass in the band {mass:.2e}")
    return side_by_side(fig, (left, right), left=0.07, step=0.5, width=0.41)


def fallback() -> Figure:
    """Small multiples: densities for four steepnesses."""
    fig, axes = plots.figure(1, 4, width=3.0, height=2.9)
    for ax, (gap, steep) in zip(axes, SMALL, strict=True):
        slope, _, mass = bridge(gap, steep)
        draw_density(ax, Line(bend=gap, steep=steep)).set_title(
            f"steepness {steep:g}: slope {slope:g},\nmass in the band {mass:.1e}", fontsize=10
        )
        ax.label_outer()
    return fig

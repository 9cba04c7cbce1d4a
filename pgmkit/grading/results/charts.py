"""The pictures of a class: a histogram of its scores, and how hard each exercise was."""

import io
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pgmkit import plots
from pgmkit.grading.results.safe import image

BARS = "#0072b2"
SHARP = 150
"""Dots for each inch: sharp on a good screen and in print."""


def picture(fig: Figure, alt: str) -> Markup:
    """A figure inside the page."""
    buffer = io.BytesIO()
    with rc_context(plots.STYLE):
        fig.savefig(buffer, format="png", dpi=SHARP, metadata={"Software": None})
    return image(buffer.getvalue(), alt)


def histogram(totals: Sequence[float], most: float) -> Markup:
    """How many students have how many points.

    Args:
        totals: points, one number for each submission.
        most: the points of the problem set.
    """
    top = max([most, 1.0, *totals])
    edges = np.linspace(0.0, top, min(20, max(5, round(top / 2.5))) + 1)
    counts, _ = np.histogram(totals, bins=edges)
    fig, (ax,) = plots.figure(width=7.6, height=2.9)
    ax.bar(edges[:-1], counts, width=0.92 * np.diff(edges), align="edge", color=BARS)
    ax.axvline(float(np.mean(totals)), color=plots.NEUTRAL, linestyle="--", linewidth=1.5, label=f"mean {np.mean(totals):.1f}")
    ax.set(xlabel="points", ylabel="students", xlim=(0.0, 1.02 * top))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.98), frameon=False)
    filled = [f"{low:.0f} to {high:.0f}: {n}" for low, high, n in zip(edges, edges[1:], counts, strict=False) if n]
    return picture(fig, f"Histogram of the points of {len(totals)} submissions, mean {np.mean(totals):.1f}; {'; '.join(filled)}.")


def difficulty(means: dict[str, float]) -> Markup:
    """The mean share of the points of each exercise, from the first to the last.

    Args:
        means: share by exercise, between 0 and 1.
    """
    names, shares = list(means), list(means.values())
    fig, (ax,) = plots.figure(width=7.6, height=0.75 + 0.3 * len(names))
    ax.barh(range(len(names)), shares, color=BARS, height=0.7)
    for i, share in enumerate(shares):
        ax.text(share + 0.01, i, f"{100 * share:.0f} %", va="center", fontsize=10)
    ax.set(xlim=(0, 1.1), xlabel="mean share of the points", yticks=range(len(names)), yticklabels=[n.replace("$", r"\$") for n in names])
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    said = "; ".join(f"{name} {100 * share:.0f} %" for name, share in means.items())
    return picture(fig, f"Bars: the mean share of the points of each exercise. {said}.")

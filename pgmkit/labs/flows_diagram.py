"""The books of a flow, drawn: every map, its log-determinant in both directions, and the sum. Lecture 5, section 5."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.errors import want_finite


def draw_arrow(ax: Axes, start: float, end: float, height: float, text: str, color: str) -> None:
    """An arrow at one height from start to end, with a text at its middle."""
    ax.annotate("", (end, height), (start, height), arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.6})
    above = end > start
    ax.text(
        (start + end) / 2, height + (0.07 if above else -0.07), text, ha="center", va="bottom" if above else "top", fontsize=10, color=color
    )


def books(points: Sequence[str], log_dets: Sequence[float], log_pz: float) -> Figure:
    """z_0 to x as boxes with their values; f_i above with its log-det, f_i^{-1} below with its own, and log p(x) as their sum.

    Args:
        points: the values of z_0, ..., z_K = x as short texts, K + 1 of them.
        log_dets: log|det dz_i/dz_{i-1}|, i = 1 to K.
        log_pz: log p(z_0).
    """
    want_finite(log_pz=log_pz, **{f"log_dets[{i}]": value for i, value in enumerate(log_dets)})
    fig, (ax,) = plots.figure(1, 1, width=2.3 * len(points), height=2.0)
    for i, text in enumerate(points):
        name = f"$z_{{{i}}}$" if i < len(log_dets) else f"$x = z_{{{i}}}$"
        ax.text(
            i, 0, f"{name}\n{text}", ha="center", va="center", fontsize=11, bbox={"boxstyle": "round,pad=0.4", "fc": "white", "ec": "black"}
        )
    for i, value in enumerate(log_dets, 1):
        draw_arrow(ax, i - 0.7, i - 0.3, 0.14, f"$f_{{{i}}}$: {value:+.3f}", plots.MODEL)
        draw_arrow(ax, i - 0.3, i - 0.7, -0.14, f"$f_{{{i}}}^{{-1}}$: {0.0 - value:+.3f}", plots.NEUTRAL)
    terms = "".join(f" {0.0 - value:+.3f}" for value in reversed(log_dets))
    ax.text(len(log_dets) / 2, -0.72, f"log p(x) = {log_pz:.3f}{terms} = {log_pz - sum(log_dets):.3f}", ha="center", fontsize=12)
    ax.set(xlim=(-0.5, len(log_dets) + 0.5), ylim=(-0.9, 0.55))
    ax.set_axis_off()
    return fig

"""One sentence under a rule: confidence and strength move q away from p. Lecture 8, section 3.

The pictures take the measured sentences first: by name, the network's P(+) of the whole and of the clause B. The lecture binds them.
"""

from collections.abc import Mapping

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pgmkit import plots
from pgmkit.knowledge import rule_teacher
from pgmkit.labs.layout import side_by_side

STRENGTHS = [0.0, 1.0, 3.0, 6.0, 12.0, 24.0]
CONFIDENCES = [0.0, 0.5, 1.0, 2.0]
SMALL = [(6.0, 0.0), (6.0, 0.5), (6.0, 1.0), (24.0, 1.0)]
Measured = Mapping[str, tuple[float, float]]


def teacher(p: float, s: float | torch.Tensor, C: float, confidence: float) -> torch.Tensor:
    """q(+) of a sentence with P(+) = p whose clause B has P(+) = s, a number or shape (n,); returns (n,)."""
    b = torch.atleast_1d(torch.as_tensor(s, dtype=torch.float64))
    r = torch.stack([(2 - b) / 2, (1 + b) / 2], 1)[None]  # (1, n, 2)
    logits = torch.tensor([1 - p, p], dtype=torch.float64).log().expand(len(b), 2)
    return rule_teacher(logits, r, torch.tensor([confidence], dtype=torch.float64), C)[:, 1]


def draw_bars(ax: Axes, p: float, s: float, C: float, confidence: float) -> Axes:
    """p and q of both labels, side by side."""
    q = float(teacher(p, s, C, confidence))
    for shift, value, color, hatch, name in ((-0.2, p, plots.MODEL, "", "p"), (0.2, q, plots.CONSTRAINT, "//", "q")):
        ax.bar([shift, 1 + shift], [1 - value, value], width=0.38, color=color, hatch=hatch, edgecolor="white", label=name)
    ax.axhline(0.5, color="black", linewidth=0.7, linestyle=":")
    ax.set(xticks=[0, 1], xticklabels=["negative", "positive"], ylim=(0, 1.25), yticks=[0, 0.5, 1], ylabel="probability")
    ax.legend(fontsize=9, ncols=2, loc="upper center")
    return ax


def draw_curve(ax: Axes, p: float, s: float, C: float, confidence: float) -> Axes:
    """q(+) for every s with this p, and the sentence's own place on it."""
    grid = torch.linspace(0, 1, 101, dtype=torch.float64)
    ax.plot(grid, teacher(p, grid, C, confidence), color=plots.CONSTRAINT, label="q(+)")
    ax.axhline(p, color=plots.MODEL, linestyle="--", label="p(+)")
    ax.plot([s], teacher(p, s, C, confidence), "o", color="black", label="this sentence")
    ax.axhline(0.5, color="black", linewidth=0.7, linestyle=":")
    ax.set(xlim=(0, 1), ylim=(-0.03, 1.03), xlabel=r"$s = \sigma(B)_+$", ylabel="probability of positive")
    ax.legend(fontsize=8, loc="best")
    return ax


def picture(measured: Measured, sentence: str, confidence: float, C: float) -> Figure:
    """Both labels under p and q, and q(+) as a function of what the network thinks of B."""
    p, s = measured[sentence]
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.4)
    shift = C * confidence * (s - 0.5)
    draw_bars(left, p, s, C, confidence).set_title(f"logit of q - logit of p = {shift:+.2f}")
    draw_curve(right, p, s, C, confidence).set_title(f"C = {C:g}, $\\lambda$ = {confidence:g}, s = {s:.2f}")
    return side_by_side(fig, (left, right), left=0.08, step=0.5, width=0.4)


def fallback(measured: Measured, sentence: str) -> Figure:
    """Small multiples: four settings of the two sliders."""
    fig, axes = plots.figure(1, 4, width=2.9, height=2.9, sharey=True)
    p, s = measured[sentence]
    for ax, (C, confidence) in zip(axes, SMALL, strict=True):
        draw_bars(ax, p, s, C, confidence).set_title(f"C = {C:g}, $\\lambda$ = {confidence:g}", fontsize=10)
        ax.label_outer()
    return fig

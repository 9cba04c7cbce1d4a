"""Runs over many seeds as dots, and paired differences with an interval. Lecture 8, section 7."""

from collections.abc import Mapping
from functools import cache

import torch
from matplotlib.axes import Axes
from scipy.stats import t as student
from torch import Tensor

from pgmkit import plots
from pgmkit.data.sentiment import recorded_seeds
from pgmkit.errors import want_nonempty

TRAININGS = {"labels": "labels alone", "rule": "with the rule", "unlabelled": "and unlabelled text"}
COLUMNS = ["p_all", "p_but", "q_all", "q_but"]


@cache
def packaged(C: float = 24.0) -> dict[str, Tensor]:
    """Accuracies in per cent by training, shape (20, 4): a row for each of the seeds 1 to 20, columns as in `COLUMNS`.

    Written by `tests/benchmarks/but_rule_grammar.py`.
    """
    kept = recorded_seeds()
    if kept["columns"] != COLUMNS:
        raise ValueError(f"the packaged columns must be {COLUMNS}; got {kept['columns']}. Run tests/benchmarks/but_rule_grammar.py again.")
    return {name: 100 * torch.tensor(kept["runs"][f"{name} {C:g}"], dtype=torch.float64) for name in TRAININGS}


def interval(d: Tensor) -> tuple[float, float, float]:
    """Mean of d, shape (n,), n at least 2, and the ends of its 95% interval by Student's t."""
    want_nonempty("(n,)", d=d)
    if len(d) < 2:
        raise ValueError("an interval needs at least two seeds; got one. Run more.")
    mean, half = float(d.mean()), float(student.ppf(0.975, len(d) - 1) * d.std() / len(d) ** 0.5)
    return mean, mean - half, mean + half


def strip(ax: Axes, columns: Mapping[str, tuple[Tensor, str, str]]) -> Axes:
    """One column of dots for each method, its mean as a bar.

    Args:
        ax: where to draw.
        columns: by name, a value for each seed, shape (n,), a colour and a marker.
    """
    for i, (values, color, marker) in enumerate(columns.values()):
        spread = torch.linspace(-0.22, 0.22, len(values))
        ax.scatter(i + spread, values, s=16, marker=marker, color=color, alpha=0.8, linewidths=1.0 if marker == "x" else 0)
        ax.plot([i - 0.33, i + 0.33], [float(values.mean())] * 2, color="black", linewidth=1.6)
    ax.set_xticks(range(len(columns)), columns)
    return ax


def differences(ax: Axes, rows: Mapping[str, Tensor]) -> Axes:
    """Paired differences: a dot for each seed, the mean with its 95% interval; the first row on top.

    Args:
        ax: where to draw.
        rows: by name, a difference for each seed, shape (n,).
    """
    for i, d in enumerate(rows.values()):
        mean, low, high = interval(d)
        ax.scatter(d, -i + torch.linspace(-0.18, 0.18, len(d)), s=14, color=plots.NEUTRAL, alpha=0.6, linewidths=0)
        ax.errorbar([mean], [-i], xerr=[[mean - low], [high - mean]], fmt="D", color="black", markersize=6, capsize=5)
    ax.axvline(0, color="black", linewidth=0.7, linestyle=":")
    ax.set_yticks([-i for i in range(len(rows))], rows)
    return ax

"""What came out of `pr_families`: the stored runs as figures, and where each family is bound to end. Lecture 10.

The store is made by `nice .venv/bin/python tests/benchmarks/families.py`.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.errors import want_finite, want_nonempty, want_nonnegative
from pgmkit.flows.planar import bisect
from pgmkit.knowledge import expectation, tilt
from pgmkit.labs.pr_families import ALPHA, FAMILIES, GENTLE, ROUNDS, TARGET, TRUSTED, Figures, Trusted, hard, smooth
from pgmkit.rng import fresh

STORE = Path(__file__).parents[1] / "data" / "families.npz"
TITLES = {
    "base": "before",
    "fixed": "fixed f",
    "gentle": f"fixed f, alpha = {GENTLE}",
    "learned": "learned phi",
    "neural": "learned network",
}


class Stored(NamedTuple):
    """A stage of a family for all seeds: figures (seeds, 7), curves (seeds, looks), samples of the first seed, CPU seconds (seeds,)."""

    figures: np.ndarray
    curves: np.ndarray
    samples: np.ndarray
    seconds: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """One of `Figures` for each seed."""
        return self.figures[:, Figures._fields.index(name)]


@cache
def stored(family: str, stage: str) -> Stored:
    """The runs of a family ("flow", "autoregressive", "VAE", "GAN") at a stage, a key of `TITLES`; "gentle" is for the GAN only."""
    with np.load(STORE) as arrays:
        return Stored(*(arrays[f"{family}/{stage}/{field}"] for field in Stored._fields))


def gan_balance(score: Tensor) -> Tensor:
    r"""Where the GAN's game and the constraint balance: p_g = p_data max(exp{score} / C - 1, 0), with C such that it sums to one.

    The generator minimises E_g[-log D - score], score = weight alpha f. At a balance -log D - score is the same wherever p_g > 0, and
    not less elsewhere. The best discriminator is D = p_data / (p_data + p_g), so D = C exp{-score} where p_g > 0; solve for p_g.
    Unlike p exp{score} / Z, this is exactly zero where the score is low: alpha = 2 empties the forbidden half.

    Args:
        score: weight alpha f at n draws of the data, shape (n,).

    Returns:
        p_g as weights of the draws, shape (n,), summing to one.
    """
    want_nonempty("(n,)", score=score)
    ratio = (score - score.max()).exp()
    one = torch.ones_like(ratio[0])
    c = bisect(lambda c: -(ratio / c - 1).clamp(min=0).mean(), -one, 0 * one, one, 80)
    p = (ratio / c - 1).clamp(min=0)
    return p / p.sum()


def gan_rates(alpha: float, x: Tensor) -> tuple[float, float, float]:
    """`(v, v_q, E_q[s])` of the GAN's balance for f = -s, s the smooth rule, on draws x of the ring."""
    want_nonnegative(alpha=alpha)
    score = -alpha * smooth(x)
    p = gan_balance(score)
    log_q = tilt(p.log(), score)
    return float((p * hard(x)).sum()), float(expectation(log_q, hard(x))), float(expectation(log_q, smooth(x)))


def gan_learned_alpha(x: Tensor, *, trusted: float = TRUSTED) -> float:
    """The strength at which the GAN's q breaks the smooth rule as often as trusted examples do: where learning phi comes to rest."""
    want_finite(trusted=trusted)
    wanted = smooth(Trusted(trusted).sample(len(x), generator=fresh(5))).double().mean()
    kept = bisect(lambda alpha: -torch.tensor(gan_rates(float(alpha), x)[2]).to(alpha), -wanted, 0 * wanted, 0 * wanted + ALPHA, 40)
    return float(kept)


def gallery(stages: tuple[str, ...] = ("base", "fixed", "learned")) -> Figure:
    """Samples of seed 1 and their share with x_0 < 0: a row for each stage, a column for each family."""
    fig, axes = plots.figure(len(stages), len(FAMILIES), width=2.3, height=2.4)
    for ax, (stage, family) in zip(axes, ((stage, family) for stage in stages for family in FAMILIES), strict=True):
        run = stored(family, stage)
        ax.axvspan(-3, 0, color=plots.CONSTRAINT, alpha=0.12, linewidth=0)
        plots.scatter(ax, torch.from_numpy(run.samples.astype(float)), color=plots.MODEL, size=6)
        plots.plane(ax, 3.0)
        ax.set_title(f"{family}: {run.column('violation')[0]:.2f}", fontsize=10)
        ax.set_ylabel(TITLES[stage])
        ax.label_outer()
    return fig


def curves(stage: str = "fixed") -> Figure:
    """Violation rate of every family and seed against the rounds, with the fixed point of models trained by likelihood."""
    fig, axes = plots.figure(1, len(FAMILIES), width=2.5, height=2.6)
    for ax, family in zip(axes, FAMILIES, strict=True):
        for curve in stored(family, stage).curves:
            ax.plot(np.linspace(0, ROUNDS[family], len(curve)), curve, color=plots.MODEL, linewidth=1)
        ax.axhline(TARGET, color=plots.CONSTRAINT, linestyle="--", linewidth=1)
        ax.set(title=f"{family}, {TITLES[stage]}", xlabel="round", ylim=(0, 0.7))
        ax.label_outer()
    axes[0].set_ylabel("share with $x_0 < 0$")
    return fig

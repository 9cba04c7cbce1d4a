"""EM rounds of an unrestricted model of twelve values, with its data and without. Lecture 7, section 5."""

from functools import cache
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from pgmkit import plots
from pgmkit.knowledge import em_with_data, expectation, pr_em
from pgmkit.labs.layout import side_by_side

STATES = torch.arange(12)
ROUNDS = list(range(13))
OWN_LOSS = ["with data", "without data"]
ALPHA, WEIGHT = 1.0, 1.0
SMALL = [(1, "with data"), (12, "with data"), (12, "without data")]


class World(NamedTuple):
    """log p_data and the constraint f, each of shape (12,). The model starts at p_data."""

    log_data: Tensor
    f: Tensor


@cache
def world() -> World:
    """Data with two modes; f likes the value 3 best, in the smaller mode, and falls with the distance from it."""
    x = STATES.double()
    log_data = torch.logaddexp(-((x - 2) ** 2) / 3 - 0.6, -((x - 8) ** 2) / 5).log_softmax(0)
    return World(log_data, -(x - 3).abs() / 4)


@cache
def path(own_loss: str) -> Tensor:
    """log p_0 to log p_12, shape (13, 12)."""
    log_data, f = world()
    if own_loss == OWN_LOSS[0]:
        return em_with_data(log_data, log_data, f, ALPHA, WEIGHT, ROUNDS[-1])
    return torch.stack([log_data, *(pr_em(log_data, f, ALPHA, t) for t in ROUNDS[1:])])


@cache
def objectives(own_loss: str) -> Tensor:
    """The objective after each E-step, shape (13,): -E_data[log p] - w log Z with data, -log Z without."""
    log_data, f = world()
    log_p = path(own_loss)
    log_z = (log_p + ALPHA * f).logsumexp(1)
    data = -(log_data.exp() * log_p).sum(1) if own_loss == OWN_LOSS[0] else 0
    return data - WEIGHT * log_z


def draw(ax: Axes, rounds: int, own_loss: str) -> Axes:
    """p_t as bars, the data as points, f as a line (shifted up by 1 and scaled)."""
    log_data, f = world()
    ax.bar(STATES.tolist(), path(own_loss)[rounds].exp().tolist(), color=plots.MODEL, alpha=0.5, label="$p_t$")
    ax.plot(STATES, log_data.exp(), "s", color=plots.DATA, markersize=5, label="$p_d$")
    ax.plot(STATES, 0.9 + f / 3, "-.", color=plots.CONSTRAINT, label="f (scaled)")
    ax.set(ylim=(0, 1.05), xlabel="x", ylabel="probability")
    return ax


def picture(rounds: int, own_loss: str) -> Figure:
    """The model after some rounds, and the objective of every round so far."""
    mean = float(expectation(path(own_loss)[rounds], world().f))
    fig, (left, right) = plots.figure(1, 2, width=4.8, height=3.5)
    draw(left, rounds, own_loss).set_title(f"{own_loss}, round {rounds}: $E_p$[f] = {mean:.3f}")
    left.legend(fontsize=9, loc="upper right")
    values = objectives(own_loss)
    right.plot(ROUNDS[: rounds + 1], values[: rounds + 1], "o-", color="black")
    right.axhline(float(values[-1]), color=plots.NEUTRAL, linestyle=":", linewidth=1)
    margin = 0.08 * float(values[0] - values[-1])
    right.set(xlim=(-0.5, 12.5), ylim=(float(values[-1]) - margin, float(values[0]) + margin), xlabel="round", ylabel="objective")
    right.set_title(f"objective {float(values[rounds]):.4f}")
    return side_by_side(fig, (left, right), left=0.07, step=0.52, width=0.4)


def fallback() -> Figure:
    """Small multiples: after one round and after twelve, with data and without; and how both objectives fall."""
    fig, (*axes, last) = plots.figure(1, 4, width=3.0, height=2.9)
    for own_loss, style, color in zip(OWN_LOSS, ("o-", "s--"), (plots.DATA, plots.MODEL), strict=True):
        last.plot(ROUNDS, objectives(own_loss) - objectives(own_loss)[-1], style, color=color, markersize=4, label=own_loss)
    last.set(xlabel="round", ylabel="objective above its last value")
    last.legend(fontsize=9)
    for ax, (rounds, own_loss) in zip(axes, SMALL, strict=True):
        draw(ax, rounds, own_loss).set_title(f"{own_loss}, round {rounds}")
        ax.label_outer()
    axes[0].legend(fontsize=9, loc="upper right")
    return fig

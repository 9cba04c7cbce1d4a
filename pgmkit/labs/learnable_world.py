"""A world of 25 small figures, in which every mean of lecture 10 is exact: four ways to move the constraint, and the model after it."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from pgmkit.knowledge import tilt
from pgmkit.rng import fresh, randn

PLACES = 5
PAIRS = torch.cartesian_prod(torch.arange(PLACES), torch.arange(PLACES))  # (25, 2): place of the shoulder, place of the hand
LENGTHS = (PAIRS[:, 0] - PAIRS[:, 1]).abs()  # (25,) length of the arm; 0 means that no arm can be seen
GUESS = LENGTHS.clamp(max=2).double()  # an engineer's constraint: the longer the better, up to 2
SEES = {
    "length": torch.nn.functional.one_hot(LENGTHS, PLACES).double(),  # (25, 5) the structured constraint: f depends on the length only
    "everything": torch.eye(PLACES**2, dtype=torch.float64),  # (25, 25) a table: f is free
}
RATES = {"length": 1.0, "everything": 5.0}


class World(NamedTuple):
    """log p_data, true figures, and log p_own, what the model was trained on: arms are missing. Both of shape (25,)."""

    log_p_data: Tensor
    log_p_own: Tensor


class Path(NamedTuple):
    """What one rule does, step by step: log p after the step, the f that was used and its log q, each of shape (steps + 1, 25)."""

    log_p: Tensor
    f: Tensor
    log_q: Tensor


@cache
def world(seed: int, lost: float = 0.5) -> World:
    """p_data mostly has arms of length 1 and 2; in p_own a share `lost` of the figures has the hand drawn on the shoulder: no arm."""
    shoulders, hands, lengths = 0.6 * randn(3, PLACES, generator=fresh(seed), like=GUESS)
    lengths = lengths + torch.tensor([0.1, 1.0, 0.6, 0.1, 0.03], dtype=torch.float64).log()
    log_p_data = (shoulders[PAIRS[:, 0]] + hands[PAIRS[:, 1]] + lengths[LENGTHS]).log_softmax(0)
    shoulder = log_p_data.exp().reshape(PLACES, PLACES).sum(1)  # (5,) where shoulders are
    missing = torch.diag(shoulder).flatten()  # (25,) the hand on the shoulder
    return World(log_p_data, ((1 - lost) * log_p_data.exp() + lost * missing).log())


class Step(NamedTuple):
    """What an update of the constraint may use: f, log p, q, each of shape (25,); log p_data; how f spreads; alpha."""

    f: Tensor
    log_p: Tensor
    q: Tensor
    log_p_data: Tensor
    spread: Tensor
    alpha: float


UPDATES: dict[str, Callable[[Step], Tensor]] = {
    "learned": lambda s: s.f + s.alpha * s.spread @ (s.log_p_data.exp() - s.q),
    "naive": lambda s: s.f + s.alpha * s.spread @ s.q,
    "fixed": lambda s: GUESS,
    "oracle": lambda s: (s.log_p_data - s.log_p) / s.alpha,
}
"""f after one step. With f = F phi, a step along F^T v in phi moves f by F F^T v: `spread` is F F^T, times the rate."""


@cache
def path(rule: str, sees: str, own: float, *, seed: int = 1, lost: float = 0.5, steps: int = 200, alpha: float = 1.0) -> Path:
    r"""`steps` steps of f by the rule, each followed by a step of the model on own L(theta) + L(theta, q), with L = -E_own[log p_theta].

    The step of theta, the logits of the model, has the length 2 / (own + 1).

    Args:
        rule: a key of UPDATES.
        sees: a key of SEES: what f may depend on.
        own: weight of the model's own loss; 0 leaves it out, as the slide does.
        seed: of the world.
        lost: share of missing arms in p_own.
        steps: T.
        alpha: strength of the constraint.
    """
    log_p_data, log_p_own = world(seed, lost)
    spread = RATES[sees] * SEES[sees] @ SEES[sees].T  # (25, 25)
    theta, f = log_p_own, UPDATES[rule](Step(torch.zeros(25).double(), log_p_own, log_p_own.exp(), log_p_data, 0 * spread, alpha))
    log_ps, fs, log_qs = [theta], [f], [tilt(theta, alpha * f)]
    for _ in range(steps):
        f = UPDATES[rule](Step(f, theta.log_softmax(0), tilt(theta, alpha * f).exp(), log_p_data, spread, alpha))
        log_q, p = tilt(theta, alpha * f), theta.softmax(0)
        theta = theta + 2 * (own * (log_p_own.exp() - p) + (log_q.exp() - p)) / (own + 1)
        for record, value in ((log_ps, theta.log_softmax(0)), (fs, f), (log_qs, log_q)):
            record.append(value)
    return Path(torch.stack(log_ps), torch.stack(fs), torch.stack(log_qs))


def kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p || q) = sum_x p(x) log(p(x) / q(x)) over the last dimension; p must be positive."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)

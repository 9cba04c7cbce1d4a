"""Exam of the imitation schedule."""

import math
from collections.abc import Callable

import torch
from torch import Generator

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.knowledge import imitation_schedule
from pgmkit.rng import rand

schedule = Exam(
    imitation_schedule,
    minutes=8,
    difficulty=1,
    hints=(
        "How much do the labels count after t epochs? The teacher gets the rest.",
        "The labels' share is rate^t, but never below `lower`. One minus that is pi, but never above `cap`.",
        "From the inside out: a power, the larger of two, one minus it, the smaller of two. In Python a power is **, not ^.",
    ),
)


@schedule.probe
def probe_schedule(answer: Answer, generator: Generator) -> Observations:
    u = rand(6, generator=generator, like=torch.zeros((), dtype=torch.float64)).tolist()
    part, rate, lower, cap = 0.2 + 0.6 * u[0], 0.8 + 0.1 * u[1], 0.25 + 0.1 * u[2], 0.55 + 0.1 * u[3]
    both = {"rate": 0.7, "lower": 0.2 + 0.02 * u[4], "cap": 0.7}, {"rate": 0.7, "lower": 0.1, "cap": 0.93 + 0.02 * u[5]}

    yield "t = 0, 1 and 20, nothing else said", lambda: tuple(answer(t) for t in (0.0, 1.0, 20.0)), 1
    yield "within an epoch", lambda: (answer(part), answer(2 + part)), 0.5
    yield "another rate, early and late", lambda: tuple(answer(t, rate=rate) for t in (part, 3.0, 7.0)), 0.75
    yield "lower, before and after it is reached", lambda: tuple(answer(t, rate=0.9, lower=lower) for t in (1.0, 40.0)), 0.75
    yield "cap, before and after it is reached", lambda: tuple(answer(t, rate=0.9, cap=cap) for t in (4.0, 40.0)), 0.5
    yield "lower and cap together", lambda: tuple(answer(9.0, **bounds) for bounds in both), 0.5


Pi = Callable[[float, float, float, float], float]


def known(title: str, advice: str, pi: Pi) -> None:
    """Enter a mistake."""

    def answer(t: float, rate: float = 0.95, lower: float = 0.0, cap: float = 1.0) -> float:
        return pi(t, rate, lower, cap)

    schedule.mistake(title, advice)(answer)


def right(t: float, rate: float, lower: float, cap: float) -> float:
    """pi(t) as it should be."""
    return min(cap, 1 - max(rate**t, lower))


known(
    "It starts at 1 and falls",
    "That is the labels' share. pi is the teacher's: it starts at 0, because an untrained student makes a bad teacher.",
    lambda t, rate, lower, cap: max(rate**t, lower),
)
known(
    "It starts at 1, falls, and is capped",
    "rate^t is the labels' share. pi is one minus it.",
    lambda t, rate, lower, cap: min(cap, max(rate**t, lower)),
)
known(
    "lower is ignored", "The labels' share never falls below lower: max{rate^t, lower}.", lambda t, rate, lower, cap: min(cap, 1 - rate**t)
)
known("cap is ignored", "pi never exceeds cap: min{cap, ...} around all.", lambda t, rate, lower, cap: 1 - max(rate**t, lower))
known("lower and cap are ignored", "The labels keep at least lower, and pi stays at or below cap.", lambda t, rate, lower, cap: 1 - rate**t)
known(
    "lower bounds pi, not the labels' share",
    "max{1 - rate^t, lower} starts at lower. The bound belongs to rate^t: pi never exceeds 1 - lower. (A comment in the authors' code has it the wrong way, too.)",
    lambda t, rate, lower, cap: min(cap, max(1 - rate**t, lower)),
)
known(
    "min and max have changed places at lower",
    "The labels' share is the larger of rate^t and lower.",
    lambda t, rate, lower, cap: min(cap, 1 - min(rate**t, lower)),
)
known(
    "min and max have changed places at cap", "pi is the smaller of the two.", lambda t, rate, lower, cap: max(cap, 1 - max(rate**t, lower))
)
known(
    "lower is the least pi left over",
    "1 - lower is the largest pi, so it is min{..., 1 - lower}, not min{..., lower}.",
    lambda t, rate, lower, cap: min(cap, 1 - rate**t, lower or 1),
)
known(
    "cap is a factor",
    "pi rises as before and stops at cap: a minimum, no product.",
    lambda t, rate, lower, cap: cap * (1 - max(rate**t, lower)),
)
known(
    "cap bounds the labels' share",
    "cap is the largest pi. It goes around one minus the labels' share.",
    lambda t, rate, lower, cap: 1 - min(cap, max(rate**t, lower)),
)
known(
    "Only whole epochs count",
    "t has fractions, and pi rises within an epoch too: no int, no floor.",
    lambda t, rate, lower, cap: right(math.floor(t), rate, lower, cap),
)
known(
    "t is rounded up",
    "t has fractions, and pi rises within an epoch too.",
    lambda t, rate, lower, cap: right(math.ceil(t), rate, lower, cap),
)
known(
    "The count starts at 1",
    "t = 0 is the beginning, where pi is 0: use t as it is.",
    lambda t, rate, lower, cap: right(t + 1, rate, lower, cap),
)
known(
    "The rate is fixed at 0.95",
    "0.95 is the default. The caller may say another rate.",
    lambda t, rate, lower, cap: right(t, 0.95, lower, cap),
)
known(
    "rate, lower and cap are ignored",
    "0.95, 0 and 1 are the defaults. The caller may say others: use the arguments.",
    lambda t, rate, lower, cap: 1 - 0.95**t,
)
known(
    "The result is rounded",
    "pi rises by small steps: return it as it is.",
    lambda t, rate, lower, cap: round(right(t, rate, lower, cap), 3),
)
known(
    "rate times t", "The labels' share is rate to the power of t: rate**t.", lambda t, rate, lower, cap: min(cap, 1 - max(rate * t, lower))
)
known("t to the power of rate", "The labels' share is rate**t, not t**rate.", lambda t, rate, lower, cap: min(cap, 1 - max(t**rate, lower)))
known(
    "exp(-rate t)",
    "rate is the factor of one epoch: rate**t, which is exp(t log rate).",
    lambda t, rate, lower, cap: min(cap, 1 - max(math.exp(-rate * t), lower)),
)
known(
    "A straight line",
    "The labels lose the same factor in each epoch, not the same amount.",
    lambda t, rate, lower, cap: min(cap, 1 - max(1 - (1 - rate) * t, lower)),
)
known(
    "1 - rate to the power of t",
    "One minus rate^t, not (1 - rate)^t: the power comes first.",
    lambda t, rate, lower, cap: min(cap, 1 - max((1 - rate) ** t, lower)),
)
known("(1 - rate)^t itself", "pi is one minus rate^t, and rises.", lambda t, rate, lower, cap: min(cap, max((1 - rate) ** t, lower)))

"""Exam of the parallel lines: four distances in closed form."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import part
from pgmkit.gan import parallel_lines

lines = Exam(
    parallel_lines,
    minutes=5,
    difficulty=1,
    hints=(
        "Draw both lines. Which points have mass under P and under Q? The answer does not depend on how far apart the lines are.",
        "Where supports are disjoint, P/Q is infinite on all of P's mass, and the mixture (P + Q)/2 has half of P's density there.",
        "Two cases are enough. On one line every distance is 0. Otherwise three of the four numbers are constants, "
        "and the fourth is how far each point has to travel.",
    ),
)


@lines.probe
def probe_lines(answer: Answer, generator: Generator) -> Observations:
    right, left, far = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    right, left, far = 0.25 + 0.1 * right, -0.35 - 0.1 * left, 1.6 + far

    def at(name: str, *thetas: float) -> Any:
        parts = [part(answer(theta), name) for theta in thetas]
        return parts if len(parts) > 1 else parts[0]

    def both(theta: float, *names: str) -> dict[str, Any]:
        return {name: part(answer(theta), name) for name in names}

    yield "kl, lines closer than 1, to the right and to the left", lambda: at("kl", right, left), 0.5
    yield "kl, lines farther apart than 1", lambda: at("kl", far), 0.5
    yield "js, lines closer than 1, to the right and to the left", lambda: at("js", right, left), 0.75
    yield "js, lines farther apart than 1", lambda: at("js", -far), 0.75
    yield "tv, lines closer than 1, to the right and to the left", lambda: at("tv", right, left), 0.25
    yield "tv, lines farther apart than 1", lambda: at("tv", far), 0.25
    yield "w1, theta > 0", lambda: at("w1", far), 0.5
    yield "w1, theta < 0", lambda: at("w1", left), 1
    yield "js and tv at theta = 1e-30", lambda: both(1e-30, "js", "tv"), 0.5
    yield "all four at theta = 0", lambda: both(0.0, "kl", "js", "tv", "w1"), 1


def four(kl: float, js: float, tv: float, w1: float) -> dict[str, float]:
    return {"kl": kl, "js": js, "tv": tv, "w1": w1}


def mistaken(kl: float = math.inf, js: float = math.log(2), tv: float = 1.0, w1: Callable[[float], float] = abs) -> Answer:
    """A wrong answer: other constants where the lines are apart, right at theta = 0."""
    return lambda theta: four(0.0, 0.0, 0.0, 0.0) if theta == 0 else four(kl, js, tv, w1(theta))


lines.mistake("W1 carries a sign", "Theta may be negative, a distance never is: the mass travels |theta|.")(mistaken(w1=float))
lines.mistake("W1 is squared", "W1 is the mean distance that the mass travels, not the squared distance.")(
    mistaken(w1=lambda theta: theta**2)
)
lines.mistake(
    "KL is 0 on disjoint supports", "log(P/Q) is infinite wherever P has mass and Q has none. 0 log 0 = 0 holds only where P has no mass."
)(mistaken(kl=0.0))
lines.mistake("KL is nan", "Q = 0 where P has mass, so log(P/Q) is plus infinity there, not undefined: write math.inf.")(
    mistaken(kl=math.nan)
)
lines.mistake("KL equals log 2", "log 2 is the Jensen-Shannon divergence. KL(P || Q) divides by Q, which is 0 where P has mass.")(
    mistaken(kl=math.log(2))
)
lines.mistake("JSD in bits", "The course counts in nats: the natural logarithm of 2, not its logarithm to base 2.")(mistaken(js=1.0))
lines.mistake("JSD lacks its one half", "JSD averages two divergences: KL(P || M)/2 + KL(Q || M)/2. Each KL is log 2.")(
    mistaken(js=2 * math.log(2))
)
lines.mistake(
    "Total variation is 2", "TV is the largest gap |P(A) - Q(A)| over sets A, that is half of the integral of |p - q|: at most 1."
)(mistaken(tv=2.0))


@lines.mistake(
    "A tiny theta counts as zero", "However close, two different lines share no mass: js jumps at theta = 0. Compare with 0 itself."
)
def tiny(theta: float) -> dict[str, float]:
    return mistaken()(0.0 if abs(theta) < 1e-8 else theta)


@lines.mistake("Theta = 0 is not treated on its own", "At theta = 0 the two distributions are the same one, so all four distances are 0.")
def never_zero(theta: float) -> dict[str, float]:
    return four(math.inf, math.log(2), 1.0, abs(theta))


@lines.mistake(
    "Close lines count as one line",
    "Two vertical lines share no point unless theta = 0, at 0.3 as little as at 3: x = 0 on one, x = theta on the other.",
)
def one_line(theta: float) -> dict[str, float]:
    return four(math.inf, 0.0, 0.0, abs(theta)) if 0 < abs(theta) < 1 else mistaken()(theta)


@lines.mistake(
    "Close lines are taken to overlap",
    "The lines stand side by side: theta moves them apart in x, and their unit length is in y. They share no point unless theta = 0.",
)
def overlapping(theta: float) -> dict[str, float]:
    share = min(abs(theta), 1.0)
    return four(math.inf, share * math.log(2), share, abs(theta)) if theta else mistaken()(theta)


@lines.mistake(
    "Close lines are taken to overlap, with a finite KL",
    "The lines stand side by side: theta moves them apart in x, and their unit length is in y. They share no point unless theta = 0.",
)
def overlapping_finite(theta: float) -> dict[str, float]:
    return overlapping(theta) | {"kl": 0.0 if abs(theta) < 1 else math.inf}


@lines.mistake(
    "Total variation is |theta|",
    "The lines stand side by side and share no point unless theta = 0: the set A that holds one line has P(A) = 1 and Q(A) = 0.",
)
def sliding(theta: float) -> dict[str, float]:
    return mistaken(tv=min(abs(theta), 1.0))(theta)

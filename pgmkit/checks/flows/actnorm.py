"""Exam of the actnorm's formula, for vectors and images."""

import math
from collections.abc import Callable

from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Pair
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, part
from pgmkit.flows import ActNorm, Affine, denormalise, normalise

normalise_exam = Exam(
    normalise,
    minutes=8,
    difficulty=1,
    closes=(denormalise, ActNorm.forward, ActNorm.inverse, Affine.forward, Affine.inverse),
    hints=(
        "x = z e^{log_s} + b says how z becomes x. Solve it for z.",
        "The Jacobian is diagonal. How often does each channel's scale stand on that diagonal for a vector, and for an image?",
        "Take b away, then shrink by e^{log_s}; the last dimension broadcasts by itself. The volume changes by minus the sum of log_s, "
        "times the number of positions, and every row of the batch has the same.",
    ),
)


@normalise_exam.probe
def probe_normalise(answer: Answer, generator: Generator) -> Observations:
    flat, images = normal(4, 3, generator=generator), normal(2, 3, 5, 4, generator=generator)
    log_s, b = 0.4 + 0.5 * normal(3, generator=generator), normal(3, generator=generator)
    wide_s, wide_b = 0.4 + 0.5 * normal(4, generator=generator), normal(4, generator=generator)

    def slopes(i: int) -> Tensor:
        free = [v.clone().requires_grad_() for v in (flat, log_s, b)]
        return slope(part(answer(*free), i), free[2 - i])

    yield "z, vectors (4, 3)", lambda: part(answer(flat.clone(), log_s.clone(), b.clone()), 0), 0.75
    yield "log_det, vectors (4, 3)", lambda: part(answer(flat.clone(), log_s.clone(), b.clone()), 1), 0.5
    yield "z, images (2, 3, 5, 4)", lambda: part(answer(images.clone(), wide_s.clone(), wide_b.clone()), 0), 0.5
    yield "log_det, images (2, 3, 5, 4)", lambda: part(answer(images.clone(), wide_s.clone(), wide_b.clone()), 1), 0.75
    yield "gradients: of z with respect to b, of log_det with respect to log_s", lambda: (slopes(0), slopes(1)), 0.5


def positions(x: Tensor) -> int:
    """h * w of an image, 1 for a vector."""
    return math.prod(x.shape[1:-1])


def shrunk(x: Tensor, log_s: Tensor, b: Tensor) -> Tensor:
    """z as it should be."""
    return (x - b) * (-log_s).exp()


def per_row(x: Tensor, number: Tensor) -> Tensor:
    """The same number for every row."""
    return number.expand(len(x))


def known(
    title: str,
    advice: str,
    *,
    z: Callable[[Tensor, Tensor, Tensor], Tensor] = shrunk,
    log_det: Callable[[Tensor, Tensor], Tensor] = lambda x, log_s: per_row(x, -positions(x) * log_s.sum()),
) -> None:
    """Enter a mistake: another z or another log_det."""

    def answer(x: Tensor, log_s: Tensor, b: Tensor) -> Pair:
        return z(x, log_s, b), log_det(x, log_s)

    normalise_exam.mistake(title, advice)(answer)


known(
    "log_det lacks the number of positions",
    "Each of the h * w pixels is scaled: the sum of log_s counts that many times. For a vector it counts once.",
    log_det=lambda x, log_s: per_row(x, -log_s.sum()),
)
known(
    "log_det has the wrong sign",
    "log_det belongs to x -> z, which divides by e^{log_s}: take minus.",
    log_det=lambda x, log_s: per_row(x, positions(x) * log_s.sum()),
)
known(
    "log_det has the wrong sign and lacks the number of positions",
    "x -> z divides by e^{log_s}, at each of h * w pixels: minus that many times the sum of log_s.",
    log_det=lambda x, log_s: per_row(x, log_s.sum()),
)
known(
    "Only one side of the image is counted",
    "An image has h * w positions, not h and not w alone.",
    log_det=lambda x, log_s: per_row(x, -(x.shape[1] if x.ndim > 2 else 1) * log_s.sum()),
)
known(
    "The batch is counted as well",
    "log_det belongs to one row: h * w positions, without the factor n.",
    log_det=lambda x, log_s: per_row(x, -len(x) * positions(x) * log_s.sum()),
)
known(
    "The channels are counted twice",
    "The sum over log_s already runs over the channels: multiply by h * w only.",
    log_det=lambda x, log_s: per_row(x, -x[0].numel() * log_s.sum()),
)
known(
    "log_det is one number",
    "Every row has its log_det: shape (n,), here with equal numbers.",
    log_det=lambda x, log_s: -positions(x) * log_s.sum(),
)
known(
    "log_det is one number, without the positions",
    "Shape (n,), and h * w times the sum: every pixel is scaled.",
    log_det=lambda x, log_s: -log_s.sum(),
)
known(
    "log_det is not summed over the channels",
    "All channels shrink at once: add up their log-scales.",
    log_det=lambda x, log_s: -positions(x) * log_s,
)
known(
    "log_det is a mean over the channels",
    "The determinant is a product over all entries, so its logarithm is a sum.",
    log_det=lambda x, log_s: per_row(x, -positions(x) * log_s.mean()),
)
known(
    "The scales are summed, not their logarithms",
    "log of a product of e^{-log_s} is minus the sum of log_s: no exp there.",
    log_det=lambda x, log_s: per_row(x, -positions(x) * log_s.exp().sum()),
)
known("log_det is missing: zeros", "Only a map without scales keeps volumes.", log_det=lambda x, log_s: per_row(x, 0 * log_s.sum()))
known("The scale is undone before the shift", "z = (x - b) e^{-log_s}: take b away first.", z=lambda x, log_s, b: x * (-log_s).exp() - b)
known("The shift is added once more", "x = z e^{log_s} + b, so z starts with x - b.", z=lambda x, log_s, b: (x + b) * (-log_s).exp())
known("It stretches instead of shrinking", "z = (x - b) e^{-log_s}: divide by the scale.", z=lambda x, log_s, b: (x - b) * log_s.exp())
known("The scale is not exponentiated", "log_s is a logarithm. Divide by e^{log_s}.", z=lambda x, log_s, b: (x - b) / log_s)
known("The scale is missing in z", "x - b is centred. Divide it by e^{log_s}.", z=lambda x, log_s, b: x - b)
known("The shift is missing", "z = (x - b) e^{-log_s}: take b away first.", z=lambda x, log_s, b: x * (-log_s).exp())
known(
    "This is denormalise",
    "z e^{log_s} + b is the other direction, from latents to data.",
    z=lambda x, log_s, b: x * log_s.exp() + b,
    log_det=lambda x, log_s: per_row(x, positions(x) * log_s.sum()),
)
known(
    "This is denormalise, with the log_det of normalise",
    "z e^{log_s} + b is the other direction, from latents to data.",
    z=lambda x, log_s, b: x * log_s.exp() + b,
)
known(
    "The batch is normalised by its own statistics",
    "That is batch normalisation. Here log_s and b are given, and the same for every batch.",
    z=lambda x, log_s, b: (x - x.flatten(0, -2).mean(0)) / x.flatten(0, -2).std(0),
)
known(
    "The batch is normalised by its own statistics, over n",
    "log_s and b are given, and the same for every batch: use them. initialise_ has measured them before.",
    z=lambda x, log_s, b: (x - x.flatten(0, -2).mean(0)) / x.flatten(0, -2).std(0, correction=0),
)
known(
    "The channels are looked for in dimension 1",
    "Images have their channels last inside a flow, (n, h, w, c): log_s and b broadcast by themselves.",
    z=lambda x, log_s, b: shrunk(x, log_s, b) if x.ndim == 2 else shrunk(x, log_s[:, None, None], b[:, None, None]),
)
known(
    "The graph is cut",
    "The values are right, but log_s and b cannot learn. Leave out detach and no_grad.",
    z=lambda x, log_s, b: shrunk(x, log_s, b).detach(),
    log_det=lambda x, log_s: per_row(x, -positions(x) * log_s.sum()).detach(),
)


@normalise_exam.mistake("Only z came back", "Both directions of a flow return two things: the value and its log_det.")
def z_only(x: Tensor, log_s: Tensor, b: Tensor) -> Tensor:
    return shrunk(x, log_s, b)


normalise_exam.mistake(
    "Only images work", "A vector has no dimension 2: its log_det counts one position. math.prod(x.shape[1:-1]) serves both."
)(lambda x, log_s, b: (shrunk(x, log_s, b), per_row(x, -x.shape[1] * x.shape[2] * log_s.sum()) if x.ndim > 2 else x[:, 0, 0]))
normalise_exam.mistake("The pair is turned round", "Return the value first, then its log_det.")(
    lambda x, log_s, b: (per_row(x, -positions(x) * log_s.sum()), shrunk(x, log_s, b))
)

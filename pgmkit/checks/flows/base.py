"""Exam of the standard normal base."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.data.toy2d import GaussianMixture
from pgmkit.flows import ClassGaussians, StandardNormal, normal_log_prob
from pgmkit.models import gaussian_kl, gaussian_log_prob

base_exam = Exam(
    normal_log_prob,
    minutes=6,
    difficulty=1,
    closes=(
        StandardNormal.log_prob,
        ClassGaussians.log_prob_given,
        ClassGaussians.log_joint,
        GaussianMixture.log_prob,
        gaussian_log_prob,
        gaussian_kl,
    ),
    hints=(
        "The entries of a row are independent standard normals. What happens to their log-densities?",
        "One entry has -z^2 / 2 - log(2 pi) / 2. A row has D of them, over all dimensions but the first.",
        "Flatten every row, add up its squares, halve, and take D times half of log(2 pi) away. The sign of both parts is minus.",
    ),
)


@base_exam.probe
def probe_base(answer: Answer, generator: Generator) -> Observations:
    flat, images = normal(5, 3, generator=generator), normal(2, 3, 4, 5, generator=generator)
    zeros, far = torch.zeros(1, 4, dtype=torch.float64), 40 + normal(3, 2, generator=generator).abs()

    def slope_of() -> Tensor:
        z = flat.clone().requires_grad_()
        return slope(answer(z), z)

    yield "z = 0 in 4 dimensions: -2 log(2 pi)", lambda: answer(zeros.clone()), 0.25
    yield "vectors (5, 3)", lambda: answer(flat.clone()), 0.5
    yield "images (2, 3, 4, 5)", lambda: answer(images.clone()), 0.5
    yield "far out, where the density rounds to 0", lambda: answer(far.clone()), 0.25
    yield "gradient that reaches z", slope_of, 0.5


HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def each(z: Tensor) -> Tensor:
    """The log-density of every entry."""
    return -0.5 * z.square() - HALF_LOG_TAU


def energy(z: Tensor) -> Tensor:
    """|z|^2 / 2 of every row."""
    return 0.5 * z.square().flatten(1).sum(1)


def dims(z: Tensor) -> int:
    """D."""
    return z[0].numel()


def known(title: str, advice: str, answer: Callable[[Tensor], Tensor]) -> None:
    """Enter a mistake."""
    base_exam.mistake(title, advice)(answer)


known(
    "It is not summed over the dimensions", "A row has one log-density, the sum over its D entries: shape (n,), not the shape of z.", each
)
known(
    "Only the last dimension is summed",
    "An image has h * w * c entries, and all count: sum over everything but the batch.",
    lambda z: each(z).sum(-1),
)
known("It is summed over the batch", "Every row has a log-density of its own, shape (n,).", lambda z: each(z).sum())
known(
    "It is averaged over the dimensions",
    "Independent densities multiply, so their logarithms add up: a sum, no mean.",
    lambda z: each(z).flatten(1).mean(1),
)
known(
    "-(D/2) log(2 pi) is missing",
    "Without it the density does not integrate to one, and bits per dimension come out wrong.",
    lambda z: -energy(z),
)
known("The constant counts once, not D times", "Each of the D entries brings -log(2 pi) / 2 along.", lambda z: -energy(z) - HALF_LOG_TAU)
known("The constant lacks its 1/2", "log of (2 pi)^{-D/2} is -(D/2) log(2 pi).", lambda z: -energy(z) - 2 * dims(z) * HALF_LOG_TAU)
known(
    "The constant has the wrong sign",
    "(2 pi)^{-D/2} is smaller than one: its logarithm is negative.",
    lambda z: -energy(z) + dims(z) * HALF_LOG_TAU,
)
known(
    "log(2) pi in place of log(2 pi)",
    "The logarithm takes the product: math.log(2 * math.pi).",
    lambda z: -energy(z) - 0.5 * dims(z) * math.log(2) * math.pi,
)
known(
    "D counts the batch as well",
    "D is the number of entries in one row, without the batch.",
    lambda z: -energy(z) - z.numel() * HALF_LOG_TAU,
)
known(
    "D is the last dimension only",
    "D counts all entries of a row: an image has h * w * c.",
    lambda z: -energy(z) - z.shape[-1] * HALF_LOG_TAU,
)
known("The square lacks its 1/2", "log of e^{-z^2 / 2} is -z^2 / 2.", lambda z: -2 * energy(z) - dims(z) * HALF_LOG_TAU)
known(
    "The square has the wrong sign", "The density falls with the distance from 0: -|z|^2 / 2.", lambda z: energy(z) - dims(z) * HALF_LOG_TAU
)
known(
    "The length is not squared",
    "It is |z|^2 / 2, the sum of squares, not the length |z|.",
    lambda z: -0.5 * z.flatten(1).norm(dim=1) - dims(z) * HALF_LOG_TAU,
)
known("This is the negative log-density", "Return log p(z) itself. The minus sign belongs to a loss.", lambda z: -each(z).flatten(1).sum(1))
known("The density came back, not its logarithm", "Return log N(z; 0, I), without exp.", lambda z: each(z).flatten(1).sum(1).exp())
known(
    "The logarithm of a density that rounds to 0",
    "Far out exp(-z^2 / 2) is 0 in floating point, and its logarithm -inf. Add logarithms, do not multiply densities.",
    lambda z: each(z).exp().flatten(1).prod(1).log(),
)
known(
    "The result is detached",
    "The value is right, but learning goes through it: no detach, no_grad, item or numpy.",
    lambda z: each(z).detach().flatten(1).sum(1),
)
known(
    "Only vectors work",
    "z may be an image, (n, h, w, c): sum over everything but the batch, not over dimension 1 alone.",
    lambda z: each(z).sum(1),
)
known("The base 2 logarithm", "The result is in nats: math.log, not log2.", lambda z: -energy(z) - 0.5 * dims(z) * math.log2(2 * math.pi))
known("D is the size of the batch", "D is the number of entries in one row: z[0].numel().", lambda z: -energy(z) - len(z) * HALF_LOG_TAU)
known("2 pi without its logarithm", "The constant is -(D/2) log(2 pi).", lambda z: -energy(z) - dims(z) * math.pi)

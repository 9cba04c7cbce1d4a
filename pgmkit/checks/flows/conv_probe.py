"""Exams of the 1x1 convolution and of its inverse, and how to write either wrongly."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Pair
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, part
from pgmkit.flows import Conv1x1, conv1x1, conv1x1_inverse

conv_exam = Exam(
    conv1x1,
    minutes=12,
    difficulty=2,
    closes=(Conv1x1.forward, Conv1x1.inverse),
    hints=(
        "At every position the channels are one vector, and the same matrix multiplies it.",
        "With the channels last, a matrix product does all positions at once. Which of W and W^T has to stand on the right of x? "
        "A determinant of 64 channels may be too small for floating point, and it may be negative.",
        "Multiply x by the transposed weight. torch.linalg.slogdet gives log|det W| without forming the determinant; it counts once "
        "for each position, and the result is the same for every row of the batch.",
    ),
)
inverse_exam = Exam(
    conv1x1_inverse,
    minutes=8,
    difficulty=1,
    closes=(Conv1x1.forward, Conv1x1.inverse),
    hints=(
        "Solve z = W x for x, at every position.",
        "Any invertible matrix may come, not only a rotation: its inverse is not its transpose. What does inverting do to log|det|?",
        "As in conv1x1, with the inverse matrix from torch.linalg in the place of W. log_det changes its sign.",
    ),
)


def matrix(c: int, sign: float, generator: Generator) -> Tensor:
    """A well-conditioned matrix, not symmetric, not a rotation; its determinant has the given sign and is not near 1."""
    w = 0.5 * normal(c, c, generator=generator) / c**0.5 + 1.6 * torch.eye(c, dtype=torch.float64).roll(1, 0)
    return torch.cat([w[:1] * sign * torch.linalg.slogdet(w).sign, w[1:]])


def observe_conv(answer: Answer, generator: Generator, value: str, points: tuple[float, ...]) -> Observations:
    """What both exams look at, under the name of the value that comes back."""
    flat, images = normal(4, 3, generator=generator), normal(2, 3, 5, 4, generator=generator)
    mixes, turns, wide = matrix(3, 1, generator), matrix(3, -1, generator), matrix(4, 1, generator)
    large, many = matrix(64, 1, generator), normal(1, 64, generator=generator)

    def slopes(i: int) -> Tensor:
        free = mixes.clone().requires_grad_()
        return slope(part(answer(flat.clone(), free), i), free)

    names = (
        (f"{value}, vectors (4, 3)", lambda: part(answer(flat.clone(), mixes.clone()), 0)),
        ("log_det, vectors (4, 3)", lambda: part(answer(flat.clone(), mixes.clone()), 1)),
        (f"{value}, images (2, 3, 5, 4)", lambda: part(answer(images.clone(), wide.clone()), 0)),
        ("log_det, images (2, 3, 5, 4)", lambda: part(answer(images.clone(), wide.clone()), 1)),
        ("log_det where det W is negative", lambda: part(answer(flat.clone(), turns.clone()), 1)),
        ("log_det of 64 channels, |det W| far too small for floating point", lambda: part(answer(many.clone(), 1e-6 * large), 1)),
        ("log_det of 64 channels, |det W| far too large", lambda: part(answer(many.clone(), 1e6 * large), 1)),
        (f"gradients with respect to W, of {value} and of log_det", lambda: (slopes(0), slopes(1))),
    )
    yield from ((name, look, share) for (name, look), share in zip(names, points, strict=True))


@conv_exam.probe
def probe_conv(answer: Answer, generator: Generator) -> Observations:
    yield from observe_conv(answer, generator, "z", (0.75, 0.5, 0.5, 0.75, 0.5, 0.25, 0.25, 0.5))


@inverse_exam.probe
def probe_inverse(answer: Answer, generator: Generator) -> Observations:
    yield from observe_conv(answer, generator, "x", (0.75, 0.25, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25))


def positions(x: Tensor) -> int:
    """h * w of an image, 1 for a vector."""
    return math.prod(x.shape[1:-1])


def log_abs_det(w: Tensor) -> Tensor:
    """log|det W|."""
    return torch.linalg.slogdet(w).logabsdet


def written(
    moves: Callable[[Tensor, Tensor], Tensor],
    sign: float,
    *,
    volume: Callable[[Tensor], Tensor] = log_abs_det,
    times: Callable[[Tensor], float] = positions,
    spread: Callable[[Tensor, Tensor], Tensor] = lambda number, x: number.expand(len(x)),
) -> Answer:
    """A 1x1 convolution: how W moves x, the sign and the size of one position's log_det, how often it counts, its shape."""

    def answer(x: Tensor, weight: Tensor) -> Pair:
        return moves(x, weight), spread(sign * times(x) * volume(weight), x)

    return answer

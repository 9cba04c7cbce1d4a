"""Exam of what bounds a critic's slope: the product of spectral norms."""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import linear
from pgmkit.gan import mlp_lipschitz_bound

bound_exam = Exam(
    mlp_lipschitz_bound,
    minutes=12,
    difficulty=2,
    hints=(
        "If f is K-Lipschitz and g is L-Lipschitz, how much can g(f(x)) stretch a distance at most?",
        "The largest stretch of x -> Wx + b is W's largest singular value; an activation stretches by at most its largest slope.",
        "Start at 1 and walk through the layers. A linear layer multiplies by the spectral norm of its weight (look into torch.linalg). "
        "Two of the activations listed need a number of their own; the others leave the product alone.",
    ),
)


def chain(widths: tuple[int, ...], activations: tuple[nn.Module, ...], generator: Generator) -> nn.Sequential:
    """Linear maps of the given widths, an activation after each but the last."""
    layers = [linear(a, b, generator=generator) for a, b in pairwise(widths)]
    between = [layer for pair in zip(layers, activations, strict=False) for layer in pair]
    return nn.Sequential(*between, *layers[len(activations) :])


@bound_exam.probe
def probe_bound(answer: Answer, generator: Generator) -> Observations:
    single = chain((3, 5), (), generator)
    relu = chain((3, 5, 1), (nn.ReLU(),), generator)
    mild, steep, mirrored = (chain((2, 4, 3), (nn.LeakyReLU(slope),), generator) for slope in (0.2, 1.7, -2.5))
    sigmoid = chain((4, 3, 2), (nn.Sigmoid(),), generator)
    others = chain((2, 3, 3, 2, 1), (nn.Tanh(), nn.Softplus(), nn.Identity(), nn.Flatten(0)), generator)
    deep = chain((2, 4, 4, 4, 4, 1), (nn.ReLU(),) * 4, generator)
    yield "one linear layer, 3 to 5", lambda: answer(single), 1
    yield "two linear layers with ReLU", lambda: answer(relu), 1
    yield "LeakyReLU, slope 0.2", lambda: answer(mild), 0.5
    yield "LeakyReLU, slope 1.7", lambda: answer(steep), 0.75
    yield "LeakyReLU, slope -2.5", lambda: answer(mirrored), 0.25
    yield "Sigmoid", lambda: answer(sigmoid), 0.5
    yield "Tanh, Softplus, Identity and Flatten", lambda: answer(others), 0.5
    yield "five linear layers with ReLU", lambda: answer(deep), 0.5


def leaky(layer: nn.LeakyReLU) -> float:
    return max(1.0, abs(layer.negative_slope))


def spectral(weight: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(weight, 2)


def folded(
    norm: Callable[[Tensor], Tensor] = spectral,
    slope: Callable[[nn.LeakyReLU], float] = leaky,
    sigmoid: float = 0.25,
    softplus: float = 1.0,
    fold: Callable[[list[float]], float] = math.prod,
) -> Answer:
    """A wrong answer: another norm, slope or way to put the layers together."""

    def answer(mlp: nn.Sequential) -> float:
        slopes: dict[type, Callable[..., float]] = {
            nn.Linear: lambda layer: float(norm(layer.weight.detach())),
            nn.LeakyReLU: slope,
            nn.Sigmoid: lambda _: sigmoid,
            nn.Softplus: lambda _: softplus,
        }
        return float(fold([slopes[type(layer)](layer) for layer in mlp if type(layer) in slopes]))

    return answer


bound_exam.mistake(
    "The Frobenius norm", "It counts every singular value, so it bounds too, but loosely. The largest stretch is the largest one alone."
)(folded(norm=torch.linalg.matrix_norm))
bound_exam.mistake("The largest entry", "Many small entries in a row add up. The stretch of W is its largest singular value.")(
    folded(norm=lambda w: w.abs().max())
)
bound_exam.mistake(
    "The largest row sum", "That is the norm for distances measured by the largest coordinate. Here |x - y|_2 is Euclidean."
)(folded(norm=lambda w: torch.linalg.matrix_norm(w, math.inf)))
bound_exam.mistake("The smallest singular value", "It is the least stretch; a bound needs the largest.")(
    folded(norm=lambda w: torch.linalg.matrix_norm(w, -2))
)
bound_exam.mistake("The squared singular value", "W^T W has the squares of W's singular values: take the root.")(
    folded(norm=lambda w: spectral(w) ** 2)
)
bound_exam.mistake("A sum where a product belongs", "The second layer stretches what the first has stretched already: slopes multiply.")(
    folded(fold=sum)
)
bound_exam.mistake("The steepest layer alone", "The second layer stretches what the first has stretched already: multiply all of them.")(
    folded(fold=max)
)
bound_exam.mistake("LeakyReLU counts as 1", "Its slope is 1 on the right and negative_slope on the left, which may be steeper.")(
    folded(slope=lambda _: 1.0)
)
bound_exam.mistake("LeakyReLU counts as its negative slope", "On the right its slope is 1: the largest slope is never below 1.")(
    folded(slope=lambda layer: abs(layer.negative_slope))
)
bound_exam.mistake("The sign of a negative slope is kept", "A slope of -2.5 stretches as much as 2.5: take its absolute value.")(
    folded(slope=lambda layer: max(1.0, layer.negative_slope))
)
bound_exam.mistake("Sigmoid counts as 1", "Its steepest point is at 0, where s(1 - s) = 1/4.")(folded(sigmoid=1.0))
bound_exam.mistake(
    "Softplus counts as 1/4", "The slope of softplus is a sigmoid, which comes near 1. It is the slope of a sigmoid that is 1/4 at most."
)(folded(softplus=0.25))
bound_exam.mistake("Sigmoid counts as 1/2", "1/2 is the sigmoid's value at 0. Its slope there is s(1 - s) = 1/4.")(folded(sigmoid=0.5))


@bound_exam.mistake(
    "The norm of the product", "With activations between them, layers do not multiply into one matrix: take a norm of each, then multiply."
)
def collapsed(mlp: nn.Sequential) -> float:
    whole, rest = None, 1.0
    for layer in mlp:
        if type(layer) is nn.Linear:
            whole = layer.weight.detach() if whole is None else layer.weight.detach() @ whole
        if type(layer) in {nn.LeakyReLU, nn.Sigmoid}:
            rest *= 0.25 if type(layer) is nn.Sigmoid else leaky(layer)
    return rest * float(spectral(whole))

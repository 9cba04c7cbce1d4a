"""The warm-up exam of the start page: it counts for nothing, and fails in every way that a graded one does."""

import math

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import probabilities
from pgmkit.gan import kl_divergence

kl = Exam(
    kl_divergence,
    minutes=10,
    difficulty=1,
    hints=(
        "Read the formula from left to right: whose probabilities weigh the logarithms, and over which dimension is the sum?",
        "The last dimension is the one of x. A place where p(x) = 0 adds nothing, whatever q(x) is there; 0 * log(0) is nan in floating point.",
        "torch.xlogy(a, b) is a log b with 0 log 0 = 0. Write log(p / q) as a difference of two logarithms, each weighed by the same thing.",
    ),
)


@kl.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    half, quarter = torch.tensor([[0.5, 0.5], [0.25, 0.75]], dtype=torch.float64)
    p, q = probabilities(3, 5, generator=generator), probabilities(3, 5, generator=generator)
    rest = torch.zeros_like(p[:, :1])
    yield "value at p = (1/2, 1/2), q = (1/4, 3/4)", lambda: answer(half, quarter), 1
    yield "three pairs at once: shape (3,)", lambda: answer(p, q), 2
    yield "p has a zero: 0 log 0 = 0", lambda: answer(torch.cat([rest, p[:, :4] / p[:, :4].sum(-1, keepdim=True)], 1), q), 1
    yield "p and q share a zero", lambda: answer(torch.cat([rest, p], 1), torch.cat([rest, q], 1)), 1
    yield "q misses mass of p: infinite", lambda: answer(torch.cat([p, rest], 1), torch.cat([rest, q], 1)), 1


@kl.mistake(
    "p and q have changed places",
    "KL(p || q) averages under its first argument: p(x) weighs log(p(x) / q(x)). The other order is another number.",
)
def reversed_kl(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)


@kl.mistake(
    "The logarithm has base 2",
    "Nats are wanted: the natural logarithm, torch.log. Base 2 gives bits, which are larger by 1 / log 2 = 1.4427.",
)
def bits(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1) / math.log(2)


@kl.mistake(
    "0 log 0 became nan",
    "Floating point has 0 * log(0) = nan, and one nan spoils the sum. The convention is 0 log 0 = 0: see torch.xlogy, or mask the zeros of p.",
)
def nan_at_zero(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum(-1)


@kl.mistake("The sum over x is missing", "KL is one number for each pair of distributions: add the terms over the last dimension.")
def no_sum(p: Tensor, q: Tensor) -> Tensor:
    return torch.xlogy(p, p) - torch.xlogy(p, q)


@kl.mistake(
    "A mean stands where the sum belongs", "p(x) is already the weight of x. A mean over x divides by the number of places once more."
)
def mean_over_x(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).mean(-1)


@kl.mistake("The batch was summed too", "Only the last dimension is summed: three pairs of distributions give three numbers.")
def one_number(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


@kl.mistake("Absolute values were taken", "Single terms p log(p / q) may be negative, and have to be. Only their sum is never below zero.")
def absolute(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).abs().sum(-1)


@kl.mistake("This is the cross-entropy", "-sum p log q is the cross-entropy. Take the entropy of p away from it, so that KL(p || p) = 0.")
def cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    return -torch.xlogy(p, q).sum(-1)


@kl.mistake("The sign is turned", "KL is never negative: the sum of p log(p / q), not of p log(q / p).")
def negative(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, q) - torch.xlogy(p, p)).sum(-1)


@kl.mistake(
    "A small constant hides what is infinite",
    "log(q + 1e-8) is finite where q = 0. There KL is infinite, and that is the answer wanted: add no constant.",
)
def small_constant(p: Tensor, q: Tensor) -> Tensor:
    return (p * ((p + 1e-8) / (q + 1e-8)).log()).sum(-1)

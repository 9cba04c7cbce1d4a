"""Exam of the value of the game at its optimum."""

import math

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.gan.jsd import disjoint, kl, sparse
from pgmkit.checks.probing import probabilities
from pgmkit.gan import game_value, gan_value_at_optimum, kl_divergence
from pgmkit.knowledge import expectation, pr_objective

value = Exam(
    gan_value_at_optimum,
    minutes=8,
    difficulty=1,
    closes=(game_value, kl_divergence, pr_objective, expectation),
    hints=(
        "Put D* = p / (p + q) into E_p[log D] + E_q[log(1 - D)]. Then look at p / (p + q) = (p / m) / 2.",
        "Each of the two expectations gives a KL term to the mixture and a -log 2.",
        "It is a straight line in JSD. Slope and intercept follow from p = q (value -log 4) and disjoint supports (value 0).",
    ),
)


@value.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    p, q = probabilities(2, 3, 5, generator=generator), probabilities(2, 3, 5, generator=generator)
    rare_p, rare_q = sparse(generator)
    yield "p = q: -log 4", lambda: answer(p[0, 0].clone(), p[0, 0].clone()), 0.5
    yield "value", lambda: answer(p[0, 0].clone(), q[0, 0].clone()), 0.5
    yield "zeros in p, in q, and in both", lambda: answer(rare_p.clone(), rare_q.clone()), 0.25
    yield "disjoint supports: 0", lambda: answer(p[0, 0].repeat(2) * disjoint(5), q[0, 0].repeat(2) * disjoint(5).flip(0)), 0.25
    yield "a batch of shape (2, 3, 5)", lambda: answer(p.clone(), q.clone()), 0.5


def best(p: Tensor, q: Tensor) -> Tensor:
    """The right value, for the wrong answers below."""
    return kl(p, p + q) + kl(q, p + q)


@value.mistake("-log 4 is missing", "At p = q, D* is 1/2 everywhere and V = 2 log(1/2) = -log 4, not 0.")
def no_constant(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + math.log(4)


@value.mistake("log 4 has the wrong sign", "V is an expectation of logs of probabilities, so it is never positive: subtract log 4.")
def constant_added(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + 2 * math.log(4)


@value.mistake(
    "JSD is taken once, not twice", "V(D*) = 2 JSD - log 4. With a single JSD, disjoint supports would give -log 2 instead of 0."
)
def single(p: Tensor, q: Tensor) -> Tensor:
    return (best(p, q) - math.log(4)) / 2


@value.mistake("The constant is log 4, not log 2", "Two expectations, and each contributes a -log 2.")
def constant_log_2(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + math.log(2)


@value.mistake(
    "0 log 0 became nan",
    "0 * log(0) is nan in floating point; the convention is 0. torch.xlogy knows it. Give it no ratio: xlogy(p, p) - xlogy(p, p + q).",
)
def nan_at_zeros(p: Tensor, q: Tensor) -> Tensor:
    d = p / (p + q)
    return (p * d.log() + q * (1 - d).log()).sum(-1)


@value.mistake(
    "nan where both are zero",
    "There p / (p + q) is 0/0, and so is p / m in a JSD. Take a difference of logs, each inside xlogy: xlogy(p, p) - xlogy(p, p + q).",
)
def zero_over_zero(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p / (p + q)) + torch.xlogy(q, q / (p + q))).sum(-1)


@value.mistake("Minus the value", "The discriminator's loss at its optimum is log 4 - 2 JSD. The game's value is minus that.")
def negative(p: Tensor, q: Tensor) -> Tensor:
    return -best(p, q)


@value.mistake("The batch was summed away", "Sum over the last dimension only: shape (..., n) gives shape (...).")
def value_summed(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q).sum()


@value.mistake(
    "log 4 is subtracted twice", "Your value is 2 (JSD - log 2) - log 4. If it calls your js_divergence, the mixture there lacks its 1/2."
)
def own_mixture(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) - math.log(4)


@value.mistake("JSD in bits", "Your value is 2 JSD / log 2 - log 4. Bits and nats met: js_divergence wants natural logarithms.")
def own_bits(p: Tensor, q: Tensor) -> Tensor:
    return (best(p, q) + math.log(4)) / math.log(2) - math.log(4)


@value.mistake("Bits, not nats", "The logarithm is natural: at p = q the value is -log 4 = -1.386, not -2.")
def all_bits(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) / math.log(2)


@value.mistake(
    "JSD is taken four times, not twice",
    "Your value is 4 JSD - log 4. If it calls your js_divergence, the two KL terms there are added, not averaged.",
)
def own_doubled(p: Tensor, q: Tensor) -> Tensor:
    return 2 * best(p, q) + math.log(4)


@value.mistake(
    "JSD compares only p with the mixture",
    "Your value is 2 KL(p || m) - log 4. If it calls your js_divergence, KL(q || m) is missing there; each counts one half.",
)
def own_one_sided(p: Tensor, q: Tensor) -> Tensor:
    return 2 * kl(p, (p + q) / 2) - math.log(4)


@value.mistake("The expectation under q is missing", "V has two terms. The second is E_q[log(1 - D*)], with 1 - D* = q / (p + q).")
def only_p(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, p + q)

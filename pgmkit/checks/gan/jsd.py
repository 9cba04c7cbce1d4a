"""Exam of the Jensen-Shannon divergence."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal, probabilities
from pgmkit.gan import js_divergence, kl_divergence
from pgmkit.knowledge import pr_objective

js = Exam(
    js_divergence,
    minutes=12,
    difficulty=2,
    closes=(kl_divergence, pr_objective),
    hints=(
        "Compare each of the two distributions with the distribution halfway between them.",
        "torch.xlogy(a, b) is a log b, and it is 0 where a = 0. Then p log(p / m) = xlogy(p, p) - xlogy(p, m).",
        "Build m, write both KL terms with xlogy, sum each over the last dimension, and average the two.",
    ),
)


def sparse(generator: Generator) -> tuple[Tensor, Tensor]:
    """Two distributions over five values: one value missing in p only, one in q only, one in both."""
    p, q = probabilities(3, generator=generator), probabilities(3, generator=generator)
    zero = torch.zeros(1, dtype=torch.float64)
    return torch.cat([p, zero, zero]), torch.cat([zero, q[:2], zero, q[2:]])


@js.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    p, q = probabilities(2, 3, 5, generator=generator), probabilities(2, 3, 5, generator=generator)
    logits, (rare_p, rare_q) = normal(2, 5, generator=generator), sparse(generator)

    def slope(of: int) -> Tensor:
        free = logits[0].clone().requires_grad_(), logits[1].clone().requires_grad_()
        return gradient(answer(free[0].softmax(-1), free[1].softmax(-1)), free[of])

    yield "value", lambda: answer(p[0, 0].clone(), q[0, 0].clone()), 1
    yield "zeros in p, in q, and in both", lambda: answer(rare_p.clone(), rare_q.clone()), 1
    yield "disjoint supports: log 2", lambda: answer(p[0, 0].repeat(2) * disjoint(5), p[0, 0].repeat(2) * disjoint(5).flip(0)), 0.5
    yield "a batch of shape (2, 3, 5)", lambda: answer(p.clone(), q.clone()), 1
    yield "gradients that reach p and q, with respect to their logits", lambda: (slope(0), slope(1)), 0.5


def disjoint(n: int) -> Tensor:
    """n ones and n zeros."""
    return torch.cat([torch.ones(n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)])


def kl(p: Tensor, q: Tensor) -> Tensor:
    """KL divergence for the wrong answers below."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


@js.mistake(
    "0 log 0 became nan",
    "0 * log(0) is nan in floating point; the convention is 0. torch.xlogy knows it. Give it no ratio: xlogy(p, p) - xlogy(p, m).",
)
def zero_log_zero(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (p * (p / m).log() + q * (q / m).log()).sum(-1) / 2


@js.mistake(
    "nan where both are zero",
    "There m = 0 too: p / m is 0/0, and 0 * log(m) is nan. Take a difference of logs, each inside xlogy: xlogy(p, p) - xlogy(p, m).",
)
def zero_over_zero(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum(-1) / 2


@js.mistake("The mixture lacks its 1/2", "m = (p + q) / 2 must sum to 1. With p + q the result is log 2 too small.")
def whole_mixture(p: Tensor, q: Tensor) -> Tensor:
    return (kl(p, p + q) + kl(q, p + q)) / 2


@js.mistake("Bits, not nats", "The logarithm is natural: the largest value is log 2 = 0.693, not 1.")
def bits(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / (2 * math.log(2))


@js.mistake("Only p is compared with the mixture", "JSD is symmetric: KL(p || m) and KL(q || m) each count one half.")
def one_sided(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, (p + q) / 2)


@js.mistake("The two KL terms are added, not averaged", "Each KL term carries a factor 1/2; without it the largest value is 2 log 2.")
def doubled(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, (p + q) / 2) + kl(q, (p + q) / 2)


@js.mistake("The KL terms point the wrong way", "The mixture stands second: KL(p || m), not KL(m || p).")
def backwards(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(m, p) + kl(m, q)) / 2


@js.mistake("The batch was summed away", "Sum over the last dimension only: shape (..., n) gives shape (...).")
def batch_summed(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)).sum() / 2


@js.mistake("KL between p and q, without the mixture", "(KL(p || q) + KL(q || p)) / 2 is infinite at a zero. Both terms compare with m.")
def jeffreys(p: Tensor, q: Tensor) -> Tensor:
    return (kl(p, q) + kl(q, p)) / 2


@js.mistake("The square root was taken", "The root of JSD is called the Jensen-Shannon distance. The divergence is wanted.")
def rooted(p: Tensor, q: Tensor) -> Tensor:
    return ((kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2).sqrt()


@js.mistake(
    "F.kl_div with its arguments swapped",
    "F.kl_div(a, b) wants a = log m first and b = p second. It also gives nan where m = 0: clamp m before its log, or use xlogy.",
)
def kl_div_swapped(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (F.kl_div(p.log(), m, reduction="none") + F.kl_div(q.log(), m, reduction="none")).sum(-1) / 2


@js.mistake(
    "F.kl_div takes a mean over all entries",
    "Its default averages over the values and the batch. Say reduction='none', sum over the last dimension, and mind log m where m = 0.",
)
def kl_div_mean(p: Tensor, q: Tensor) -> Tensor:
    log_m = ((p + q) / 2).log()
    return (F.kl_div(log_m, p, reduction="none").mean() + F.kl_div(log_m, q, reduction="none").mean()) / 2

"""Exam of the E-step: the model tilted towards what the constraint favours."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import INF, doubles, left_alone, log_distribution, slopes
from pgmkit.checks.probing import normal
from pgmkit.knowledge import (
    chain_posterior,
    constrained_posterior,
    em_with_data,
    ensemble_probabilities,
    erpo_policy,
    pr_e_step,
    pr_learnable,
    reps,
    snis,
    tilt,
    tilted_policies,
)

e_step = Exam(
    pr_e_step,
    minutes=12,
    difficulty=1,
    closes=(
        tilt,
        em_with_data,
        erpo_policy,
        tilted_policies,
        reps,
        snis,
        constrained_posterior,
        chain_posterior,
        pr_learnable,
        ensemble_probabilities,
    ),
    hints=(
        "q is a product, divided by its sum. What does a product become in logarithms, and what the division?",
        "log Z is the logarithm of a sum of exponentials, one for each row. f near 1000 makes exp(f) infinite, but log Z is an ordinary number.",
        "Add alpha times f to log p. What is left is to make every row a distribution, in logs, over the last dimension: "
        "torch has one function for it.",
    ),
)


@e_step.probe
def probe_e_step(answer: Answer, generator: Generator) -> Observations:
    def draw(*shape: int) -> tuple[Tensor, Tensor]:
        return log_distribution(*shape, generator=generator), normal(*shape, generator=generator)

    rows, stack, loose, alpha = draw(3, 5), draw(2, 3, 4), draw(3, 4), 1.7
    shift, weights = 3 * normal(3, 1, generator=generator), normal(3, 5, generator=generator)
    hand = doubles(0.5, 0.25, 0.25).log(), doubles(0, 1, 2)
    far = torch.stack([doubles(1000, 0, 999, -1000), doubles(-1000, -2000, -1001, -1000), doubles(0.5, 1000, 1000, 0)])
    gap = torch.cat([torch.full((3, 1), -INF, dtype=torch.float64), loose[0]], 1)
    f_gap = torch.cat([normal(3, 1, generator=generator).abs(), loose[1]], 1)

    yield "p = (1/2, 1/4, 1/4), f = (0, 1, 2), alpha = log 2", lambda: answer(*hand, doubles(2).log().item()), 0.75
    yield "three rows (3, 5), alpha = 1.7", lambda: answer(*rows, alpha), 1
    yield "a stack of rows (2, 3, 4), alpha = 1.7", lambda: answer(*stack, alpha), 0.5
    yield "log p of an unnormalised p", lambda: answer(loose[0] + shift, loose[1], alpha), 0.5
    yield "f from -2000 to 1000", lambda: answer(loose[0].clone(), far + loose[1], 0.9), 1
    yield "a value with p(x) = 0 keeps q(x) = 0", lambda: answer(gap, f_gap, alpha), 0.75
    yield "gradients that reach log p and f", lambda: slopes(lambda p, f: answer(p, f, alpha), weights, *rows), 1
    yield "log p and f stay as they are", lambda: left_alone(lambda p, f: answer(p, f, 0.6), *rows), 0.5


def known(title: str, advice: str, answer: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Enter a mistake."""
    e_step.mistake(title, advice)(answer)


def normalised(score: Tensor) -> Tensor:
    """A score made a log-distribution, as it should be."""
    return score.log_softmax(-1)


def in_place(log_p: Tensor, f: Tensor, alpha: float) -> Tensor:
    """The right result, but `log_p` is used up."""
    log_p += alpha * f
    return normalised(log_p)


known("alpha is missing", "f counts alpha times: the exponent is alpha f(x).", lambda p, f, a: normalised(p + f))
known("q is not normalised", "q has to sum to 1 over the last dimension: take log Z away from every row.", lambda p, f, a: p + a * f)
known("The sign of f is turned", "f is higher where it is better, so q grows with it: plus alpha f.", lambda p, f, a: normalised(p - a * f))
known("p counts twice", "q is p times exp{alpha f}, one factor p.", lambda p, f, a: normalised(2 * p + a * f))
known(
    "p is missing",
    "This q follows f alone. The model has its say: q is p times exp{alpha f}, so that q stays near p.",
    lambda p, f, a: normalised(a * f),
)
known(
    "exp overflows or underflows",
    "exp(1000) is infinite and exp(-1000) is 0 in floating point. Stay in logarithms to the end: add, then normalise with log_softmax or logsumexp.",
    lambda p, f, a: ((p.exp() * (a * f).exp()) / (p.exp() * (a * f).exp()).sum(-1, keepdim=True)).log(),
)
known(
    "log Z by exp, sum and log",
    "exp(1000) is infinite, and a row of exp(-1000) adds up to 0. torch.logsumexp gives the same number without leaving the logarithms.",
    lambda p, f, a: p + a * f - (p + a * f).exp().sum(-1, keepdim=True).log(),
)
known(
    "The logarithm of a softmax that rounds to 0",
    "Far from the best value q rounds to 0, and its logarithm is -inf. log_softmax never leaves the logarithms.",
    lambda p, f, a: (p + a * f).softmax(-1).log(),
)
known(
    "One maximum for all rows",
    "Taking the largest score of all rows away leaves exp(-1000) = 0 in the others, and 0 / 0 is nan. Each row has a maximum of its own: "
    "amax(-1, keepdim=True), or simply log_softmax.",
    lambda p, f, a: ((p + a * f - (p + a * f).max()).exp() / (p + a * f - (p + a * f).max()).exp().sum(-1, keepdim=True)).log(),
)
known(
    "The logarithm of log p",
    "log_p holds logarithms already, and a negative number has none: that is the nan. Leave out the log.",
    lambda p, f, a: normalised(p.log() + a * f),
)
known(
    "Normalised over the batch",
    "Every row is a distribution of its own: the normaliser sums over the last dimension, not over the rows.",
    lambda p, f, a: (p + a * f).log_softmax(0),
)
known(
    "One normaliser for all rows",
    "Every row is a distribution of its own and has its own Z, a sum over the last dimension.",
    lambda p, f, a: (p + a * f).flatten().log_softmax(0).reshape(p.shape),
)
known(
    "Normalised over dimension 1",
    "The values lie in the last dimension, wherever that is: a single row has no dimension 1, and a stack has one too many. Use -1.",
    lambda p, f, a: (p + a * f).log_softmax(1),
)
known(
    "The dimension is left out",
    "Without dim, log_softmax guesses one, and for a stack of rows it guesses the first. Say -1.",
    lambda p, f, a: (p + a * f).log_softmax(1 if p.ndim == 2 else 0),
)
known("q came back, not log q", "Return log q: the logarithm of the normalised product.", lambda p, f, a: (p + a * f).softmax(-1))
known(
    "alpha multiplies log p as well",
    "Only f carries alpha. This q is p^alpha exp{alpha f}.",
    lambda p, f, a: normalised(a * (p + f)),
)
known("alpha multiplies log p, not f", "alpha is the strength of the constraint: it belongs to f.", lambda p, f, a: normalised(a * p + f))
known(
    "f is divided by alpha",
    "alpha is a strength, not a temperature: a larger alpha gives f more weight.",
    lambda p, f, a: normalised(p + f / a),
)
known(
    "alpha f is added to the probability",
    "q is p times exp{alpha f}. In logarithms that is log p + alpha f; here the sum is taken before the logarithm.",
    lambda p, f, a: ((p.exp() + a * f) / (p.exp() + a * f).sum(-1, keepdim=True)).log(),
)
known(
    "p where log p belongs",
    "log_p is a logarithm already, and the score is log p + alpha f. Leave out the exp.",
    lambda p, f, a: normalised(p.exp() + a * f),
)
known(
    "log p is multiplied by exp{alpha f}",
    "p is multiplied by exp{alpha f}; its logarithm is increased by alpha f.",
    lambda p, f, a: normalised(p * (a * f).exp()),
)
known(
    "Z is an even average of exp{alpha f}",
    "Z = E_p[exp{alpha f}] weighs every value with p(x). An even average is right for samples of p, not for a table of its values.",
    lambda p, f, a: p + a * f - (a * f).logsumexp(-1, keepdim=True) + torch.tensor(f.shape[-1]).log(),
)
known(
    "Z is a mean over the values",
    "q has to sum to 1, so Z is the sum of p(x) exp{alpha f(x)}. p is the average's weight already.",
    lambda p, f, a: normalised(p + a * f) + torch.tensor(f.shape[-1]).log(),
)
known(
    "log Z is replaced by alpha E_p[f]",
    "log E_p[exp{alpha f}] is larger than alpha E_p[f] (Jensen). Only the first makes q sum to 1.",
    lambda p, f, a: p + a * f - a * (p.exp() * f).sum(-1, keepdim=True),
)
known(
    "Z leaves out p",
    "The normaliser sums what q is made of: p(x) exp{alpha f(x)}, not exp{alpha f(x)} alone.",
    lambda p, f, a: p + a * f - (a * f).logsumexp(-1, keepdim=True),
)
known(
    "Z leaves out f",
    "log p is normalised alone, then alpha f is added. Normalise the sum of both.",
    lambda p, f, a: normalised(p) + a * f,
)
known(
    "log Z is added",
    "q is divided by Z: in logarithms, log Z is taken away.",
    lambda p, f, a: p + a * f + (p + a * f).logsumexp(-1, keepdim=True),
)
known(
    "Z is subtracted, not its logarithm",
    "q is divided by Z, so log q is reduced by log Z.",
    lambda p, f, a: p + a * f - (p + a * f).exp().sum(-1, keepdim=True),
)
known(
    "The largest score is subtracted, nothing more",
    "That keeps exp from overflowing, but the row does not sum to 1 yet: subtract its logsumexp.",
    lambda p, f, a: p + a * f - (p + a * f).amax(-1, keepdim=True),
)
known(
    "A small constant gives mass to p(x) = 0",
    "Where p is 0, q is 0 too: the model cannot make such an x. log(q + 1e-12) hides that. Add no constant.",
    lambda p, f, a: ((p + a * f).softmax(-1) + 1e-12).log(),
)
known(
    "A large negative number in place of -inf",
    "Where p is 0, log q is -inf. Clamping log p, or nan_to_num, makes a finite number of it.",
    lambda p, f, a: normalised((p + a * f).nan_to_num()),
)
known(
    "The exponent is clamped",
    "A bound on alpha f makes all f beyond it equal. log_softmax needs no bound.",
    lambda p, f, a: normalised(p + (a * f).clamp(-60, 60)),
)
known(
    "The result is detached",
    "The values are right, but f may be learned, and learning goes through q: no detach, no_grad, item or numpy.",
    lambda p, f, a: normalised(p + a * f).detach(),
)
known(
    "log p is detached",
    "The values are right, but the gradient to the model is cut. What the M-step treats as given is detached there, not here.",
    lambda p, f, a: normalised(p.detach() + a * f),
)
known(
    "f is detached",
    "The values are right, but a learned f would feel nothing. What the M-step treats as given is detached there, not here.",
    lambda p, f, a: normalised(p + a * f.detach()),
)
known("log p is changed in place", "The caller still needs log_p. Make a new tensor: log_p + alpha * f, not log_p += ...", in_place)

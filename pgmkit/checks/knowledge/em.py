"""Exam of many EM rounds without data: the collapse."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import INF, doubles, left_alone, log_distribution, slopes
from pgmkit.checks.probing import normal
from pgmkit.knowledge import constrained_posterior, em_with_data, erpo_policy, pr_em, reps, snis, tilt, tilted_policies

em = Exam(
    pr_em,
    minutes=12,
    difficulty=2,
    closes=(tilt, em_with_data, erpo_policy, tilted_policies, reps, snis, constrained_posterior),
    hints=(
        "In every round the model becomes q, and the next round tilts that new model. What does q look like after two rounds, in terms of p_0?",
        "Either loop: E-step, then let the result be the new log p. Or find the closed form: how often has exp{alpha f} been multiplied in after T rounds?",
        "f stays the same in all rounds, log p does not. One round adds alpha f and normalises in logs; T rounds add it T times.",
    ),
)


@em.probe
def probe_em(answer: Answer, generator: Generator) -> Observations:
    p, f = log_distribution(5, generator=generator), normal(5, generator=generator)
    weights, far = normal(5, generator=generator), doubles(1500, 0, -1500, 1499.5, 5)
    gap = torch.cat([doubles(-INF), p]), torch.cat([f[:1].abs(), f])
    even = doubles(0.5, 0.5).log(), doubles(0, 1)

    yield "p_0 = (1/2, 1/2), f = (0, 1), alpha = log 2, 3 rounds", lambda: answer(*even, doubles(2).log().item(), 3), 0.75
    yield "one round, alpha = 0.7", lambda: answer(p.clone(), f.clone(), 0.7, 1), 0.75
    yield "four rounds, alpha = 0.7", lambda: answer(p.clone(), f.clone(), 0.7, 4), 1.5
    yield "f from -1500 to 1500, five rounds", lambda: answer(p.clone(), far + f / 10, 0.7, 5), 1
    yield "a value with p_0(x) = 0 stays at 0", lambda: answer(gap[0].clone(), gap[1].clone(), 0.7, 3), 0.5
    yield "gradients that reach log p_0 and f, three rounds", lambda: slopes(lambda p, f: answer(p, f, 0.7, 3), weights, p, f), 1
    yield "log p_0 and f stay as they are", lambda: left_alone(lambda p, f: answer(p, f, 1.3, 2), p, f), 0.5


Em = Callable[[Tensor, Tensor, float, int], Tensor]
State = tuple[Tensor, Tensor]


def known(title: str, advice: str, answer: Em) -> None:
    """Enter a mistake."""
    em.mistake(title, advice)(answer)


def closed(log_p0: Tensor, f: Tensor, power: float) -> Tensor:
    """log of p_0 exp{power f} / Z, as it should be for power = alpha T."""
    return (log_p0 + power * f).log_softmax(-1)


def looped(step: Callable[[Tensor, Tensor, Tensor, float], State]) -> Em:
    """T rounds of `step`, which maps log p, f, log p_0 and alpha to the next log p and f."""

    def answer(log_p0: Tensor, f: Tensor, alpha: float, steps: int) -> Tensor:
        log_p = log_p0
        for _ in range(steps):
            log_p, f = step(log_p, f, log_p0, alpha)
        return log_p

    return answer


def unnormalised_exp(log_p0: Tensor, f: Tensor, alpha: float, steps: int) -> Tensor:
    p = log_p0.exp()
    for _ in range(steps):
        p = p * (alpha * f).exp()
        p = p / p.sum()
    return p.log()


def in_place(log_p0: Tensor, f: Tensor, alpha: float, steps: int) -> Tensor:
    log_p = log_p0
    for _ in range(steps):
        log_p += alpha * f
        log_p -= log_p.logsumexp(-1)
    return log_p


def history(log_p0: Tensor, f: Tensor, alpha: float, steps: int) -> Tensor:
    return torch.stack([closed(log_p0, f, alpha * t) for t in range(steps + 1)])


known(
    "Every round starts from p_0 again",
    "After a round the model is q, and the next E-step tilts that. So T rounds multiply by exp{alpha f} T times, not once.",
    lambda p, f, a, T: closed(p, f, a),
)
known(
    "It is never normalised",
    "p_T has to sum to 1: take the logsumexp away in each round, or once at the end.",
    lambda p, f, a, T: p + a * T * f,
)
known(
    "f changes from round to round",
    "The constraint is fixed: only log p is replaced. Here f is multiplied by alpha again and again.",
    looped(lambda p, f, p0, a: ((p + a * f).log_softmax(-1), a * f)),
)
known(
    "f is replaced by log q",
    "The constraint is fixed, and what becomes q is the model. Here the next round's f is log p + alpha f, so that the tilt grows on itself.",
    looped(lambda p, f, p0, a: ((p + a * f).log_softmax(-1), p + a * f)),
)
known(
    "One round too few",
    "steps counts the tilts: with steps = 1 there is one. Look at the bounds of the loop.",
    lambda p, f, a, T: closed(p, f, a * (T - 1)),
)
known(
    "One round too many",
    "steps counts the tilts: with steps = 1 there is one. Look at the bounds of the loop, and at a tilt after it.",
    lambda p, f, a, T: closed(p, f, a * (T + 1)),
)
known("alpha is missing", "Each round multiplies by exp{alpha f}.", lambda p, f, a, T: closed(p, f, T))
known("The sign of f is turned", "f is higher where it is better: the model moves towards it.", lambda p, f, a, T: closed(p, f, -a * T))
known(
    "alpha is raised to the power of T",
    "(exp{alpha f})^T is exp{T alpha f}: the rounds multiply alpha by T.",
    lambda p, f, a, T: closed(p, f, a**T),
)
known(
    "The rounds share alpha",
    "Every round has the whole strength alpha. This result is the same for any number of rounds from p_0, with alpha / T in each.",
    lambda p, f, a, T: closed(p, f, a / T),
)
known(
    "p_0 counts T times",
    "The rounds multiply p_0 by exp{alpha f} T times. p_0 itself occurs once.",
    lambda p, f, a, T: closed(T * p, f, a * T),
)
known(
    "p_0 is multiplied in again in every round",
    "After a round p_0 has done its part. The next round tilts p_1: log p + alpha f, without log p_0.",
    looped(lambda p, f, p0, a: ((p + p0 + a * f).log_softmax(-1), f)),
)
known(
    "p counts twice in every round",
    "q is p times exp{alpha f}, with one factor p.",
    looped(lambda p, f, p0, a: ((2 * p + a * f).log_softmax(-1), f)),
)
known("p_0 is missing", "The model starts at p_0, and p_0 stays in the product for ever.", lambda p, f, a, T: closed(0 * p.exp(), f, a * T))
known(
    "The model goes only half of the way to q",
    "An unrestricted M-step without data copies q. Averaging p and q is what a data term does.",
    looped(lambda p, f, p0, a: (torch.logaddexp(p, closed(p, f, a)) - doubles(2).log(), f)),
)
known(
    "exp overflows or underflows",
    "exp(1000) is infinite, and products of small probabilities round to 0. Stay in logarithms: log_softmax, or logsumexp, normalises there.",
    unnormalised_exp,
)
known(
    "Normalised at the end, by exp and sum",
    "exp(1000) is infinite. log_softmax makes a distribution of any score, in logs.",
    lambda p, f, a, T: ((p + a * T * f).exp() / (p + a * T * f).exp().sum()).log(),
)
known(
    "The logarithm of a softmax that rounds to 0",
    "Far from the best value p rounds to 0, and its logarithm is -inf. log_softmax never leaves the logarithms.",
    lambda p, f, a, T: (p + a * T * f).softmax(-1).log(),
)
known("The probabilities came back", "Return log p_T.", lambda p, f, a, T: closed(p, f, a * T).exp())
known(
    "The loop goes on with probabilities",
    "softmax returns p, and the next round takes it for log p. Use log_softmax.",
    looped(lambda p, f, p0, a: ((p + a * f).softmax(-1), f)),
)
known(
    "The loop goes on with probabilities, and the logarithm comes last",
    "softmax returns p, and the next round takes it for log p. Use log_softmax in every round.",
    lambda p, f, a, T: looped(lambda p, f, p0, a: ((p + a * f).softmax(-1), f))(p, f, a, T).log(),
)
known("All rounds came back", "Return log p_T, shape (n,): the last one alone.", history)
known(
    "This is the limit, not p_T",
    "After infinitely many rounds all mass lies on the best value. After T rounds it does not yet.",
    lambda p, f, a, T: torch.where(f == f.max(), 0.0, -INF) + 0 * p.nan_to_num(),
)
known(
    "The largest score is subtracted, nothing more",
    "That keeps exp from overflowing, but p does not sum to 1 yet: subtract the logsumexp.",
    looped(lambda p, f, p0, a: (p + a * f - (p + a * f).max(), f)),
)
known(
    "A small constant gives mass to p_0(x) = 0",
    "What the model cannot make, no tilt brings back. Add no constant.",
    looped(lambda p, f, p0, a: ((p.exp() + 1e-12).log().add(a * f).log_softmax(-1), f)),
)
known(
    "The result is detached",
    "The values are right, but they depend on p_0 and f, and gradients have to say so: no detach, no_grad, item or numpy.",
    lambda p, f, a, T: closed(p, f, a * T).detach(),
)
known(
    "The rounds before the last are detached",
    "The values are right, but the gradient knows the last round only. Detaching is for the M-step of a network; here log p_T is a formula.",
    lambda p, f, a, T: closed(closed(p, f, a * (T - 1)).detach(), f, a),
)
known(
    "log p_0 is changed in place",
    "log_p = log_p0 is another name for the same tensor, and += changes it for the caller too. Make a new one: log_p = log_p + ...",
    in_place,
)

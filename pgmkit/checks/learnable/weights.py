"""Exam of self-normalised importance weights, and of how many samples they are worth."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import normal, part
from pgmkit.knowledge import effective_sample_size, log_partition, pr_e_step, snis, tilt, weighted_samples

snis_exam = Exam(
    snis,
    minutes=15,
    difficulty=1,
    hints=(
        "The samples come from p already, so p cancels. What is left of q / p, and what must the weights of one row sum to?",
        "Only differences of alpha f within a row matter; exponentials of large numbers do not. The weights are constants for whoever uses them. "
        "Equal weights give ESS = K, a single large one gives 1.",
        "Cut the scores off the graph, and normalise alpha f over the last dimension with the function that turns logits into probabilities. "
        "ESS is one over the sum of their squares, for each row.",
    ),
    closes=(effective_sample_size, tilt, pr_e_step, log_partition, weighted_samples),
)


def cut(answer: Answer, f: Tensor, alpha: float) -> Tensor | str:
    """The weights for scores on a graph, or words where they carry a gradient."""
    weights = part(answer(f.clone().requires_grad_() + 0, alpha), 0)
    return "the weights carry a gradient" if isinstance(weights, Tensor) and weights.requires_grad else weights


@snis_exam.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    two = torch.tensor([0.0, 1.0], dtype=torch.float64)
    f, rows = normal(6, generator=generator), normal(2, 3, 4, generator=generator)
    far = normal(3, 5, generator=generator) + torch.tensor([[1000.0], [0.0], [-1000.0]], dtype=torch.float64)

    def look(i: int, f: Tensor, alpha: float) -> Tensor:
        return part(answer(f.clone(), alpha), i)

    log3 = 1.0986122886681098
    yield "by hand: f = (0, 1), alpha = log 3: weights and ESS", lambda: (look(0, two, log3), look(1, two, log3)), 0.5
    yield "weights of 6 samples, alpha 0.8", lambda: look(0, f, 0.8), 0.5
    yield "ESS of 6 samples, alpha 0.8", lambda: look(1, f, 0.8), 0.5
    yield "weights of rows, shape (2, 3, 4), alpha 1.7", lambda: look(0, rows, 1.7), 0.75
    yield "ESS of rows, shape (2, 3), alpha 1.7", lambda: look(1, rows, 1.7), 0.75
    yield "weights of rows around 1000, 0 and -1000", lambda: look(0, far, 0.8), 0.5
    yield "ESS of rows around 1000, 0 and -1000", lambda: look(1, far, 0.8), 0.5
    yield "scores on a graph: the weights, without a gradient", lambda: cut(answer, f, 0.8), 1


def of(weights: Tensor) -> Tensor:
    """The right ESS of normalised weights."""
    return 1 / weights.square().sum(-1)


def built(
    weigh: Callable[[Tensor], Tensor] = lambda score: score.softmax(-1), ess: Callable[[Tensor, Tensor], Tensor] = lambda w, s: of(w)
) -> Answer:
    """A wrong answer: weights as another function of the detached score alpha f, or another ESS of the weights and the score."""

    def answer(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
        score = (alpha * f_values).detach()
        weights = weigh(score)
        return weights, ess(weights, score)

    return answer


def naive(score: Tensor, dim: int = -1) -> Tensor:
    """exp over a sum of exp."""
    return score.exp() / score.exp().sum(dim, keepdim=True)


snis_exam.mistake("exp leaves floating point", "exp(1000) is inf, and inf / inf is nan. softmax subtracts each row's maximum first.")(
    built(naive)
)
snis_exam.mistake("The weights are not normalised", "Self-normalised: the weights of each row sum to 1. Divide by their sum.")(
    built(torch.exp)
)
snis_exam.mistake(
    "The weights are not normalised, and ESS is (sum w)^2 / sum w^2",
    "This ESS is right for any weights, but the weights that come back must sum to 1 in each row. Divide by their sum.",
)(built(torch.exp, lambda w, s: w.sum(-1).square() / w.square().sum(-1)))
snis_exam.mistake(
    "ESS is the sum of the weights, or its square", "Normalised weights sum to 1. Square each one first: ESS = 1 / sum_k w_k^2."
)(built(ess=lambda w, s: w.sum(-1)))
snis_exam.mistake("ESS is the number of samples", "K samples count as K only where all weights are equal. ESS = 1 / sum_k w_k^2.")(
    built(ess=lambda w, s: torch.full_like(w[..., 0], w.shape[-1]))
)
snis_exam.mistake("ESS is the sum of squares, not one over it", "sum_k w_k^2 lies between 1/K and 1. ESS is one over it, from 1 to K.")(
    built(ess=lambda w, s: w.square().sum(-1))
)
snis_exam.mistake("ESS is one over the mean of the squares", "Sum the squares, do not average them: ESS = 1 / sum_k w_k^2, at most K.")(
    built(ess=lambda w, s: 1 / w.square().mean(-1))
)
snis_exam.mistake("ESS is a share of K", "ESS counts samples, from 1 to K: do not divide by K.")(
    built(ess=lambda w, s: of(w) / w.shape[-1])
)
snis_exam.mistake("ESS is one over the largest weight", "That is another measure, and a smaller one. ESS = 1 / sum_k w_k^2.")(
    built(ess=lambda w, s: 1 / w.amax(-1))
)
snis_exam.mistake("ESS is the exponential of the entropy", "That is another measure, and a larger one. ESS = 1 / sum_k w_k^2.")(
    built(ess=lambda w, s: (w * w.clamp_min(1e-300).log()).sum(-1).neg().exp())
)
snis_exam.mistake(
    "One ESS for the whole batch", "Each row is an estimate of its own, with its own ESS: shape (...), without the last dimension."
)(built(ess=lambda w, s: 1 / w.square().sum()))
snis_exam.mistake(
    "Normalised over the whole batch", "Samples of one condition share a row, and each row is normalised alone: over the last dimension."
)(built(lambda s: s.flatten().softmax(0).reshape(s.shape)))
snis_exam.mistake("Normalised over the first dimension", "The first dimension holds the conditions. The samples are in the last one.")(
    built(lambda s: s.softmax(0))
)
snis_exam.mistake(
    "One maximum for the whole batch",
    "Subtracting the largest score of all rows leaves exp(-2000) = 0 in another row, and 0 / 0. Every row needs its own maximum.",
)(built(lambda s: naive(s - s.max())))
snis_exam.mistake("The weights are multiplied by K", "They sum to 1 in each row, so that E_q[g] is a sum, not a mean.")(
    built(lambda s: s.softmax(-1) * s.shape[-1], lambda w, s: of(s.softmax(-1)))
)
snis_exam.mistake("Logarithms of the weights come back", "The weights themselves are wanted: w_k >= 0, with sum 1.")(
    built(lambda s: s.log_softmax(-1), lambda w, s: of(w.exp()))
)
snis_exam.mistake("The sign of f is turned", "f is higher where x is better, so a high f earns a high weight: exp{+alpha f}.")(
    built(lambda s: (-s).softmax(-1))
)


@snis_exam.mistake("alpha is forgotten", "q is proportional to p exp{alpha f}: the weights are those of alpha f.")
def no_alpha(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    weights = f_values.detach().softmax(-1)
    return weights, of(weights)


@snis_exam.mistake("f is divided by alpha", "alpha multiplies f. A temperature would divide; alpha is its inverse.")
def divided(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    weights = (f_values.detach() / alpha).softmax(-1)
    return weights, of(weights)


@snis_exam.mistake(
    "The weights carry a gradient",
    "They are constants for the step that uses them. Detach the scores, or compute the weights under no_grad.",
)
def attached(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    weights = (alpha * f_values).softmax(-1)
    return weights, of(weights)


@snis_exam.mistake("Weights and ESS are swapped", "The pair is (weights, ess), in this order.")
def swapped(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    weights = (alpha * f_values.detach()).softmax(-1)
    return of(weights), weights


@snis_exam.mistake("Only the weights come back", "Return two things: the weights, and the effective sample size of each row.")
def alone(f_values: Tensor, alpha: float) -> Tensor:
    return (alpha * f_values.detach()).softmax(-1)


snis_exam.mistake("ESS keeps the last dimension", "ESS has shape (...), one number for each row. Leave keepdim out of its sum.")(
    built(ess=lambda w, s: of(w)[..., None])
)
snis_exam.mistake(
    "The weights are multiplied by K, and ESS is made of them", "They sum to 1 in each row. ESS = 1 / sum_k w_k^2 wants these weights."
)(built(lambda s: s.softmax(-1) * s.shape[-1]))
snis_exam.mistake(
    "The scores are divided by their sum",
    "Scores may be negative, and then they are no weights. First exp{alpha f}, then the sum: softmax.",
)(built(lambda s: s / s.sum(-1, keepdim=True)))

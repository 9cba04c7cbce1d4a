"""Exam of the teacher that rules make of a classifier."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import INF, doubles, left_alone, slopes
from pgmkit.checks.probing import normal
from pgmkit.knowledge import erpo_policy, pr_e_step, rule_score, rule_teacher, tilt
from pgmkit.knowledge.recipes_sentiment import but_teacher
from pgmkit.rng import rand

teacher_exam = Exam(
    rule_teacher,
    minutes=20,
    difficulty=3,
    closes=(rule_score, tilt, pr_e_step, erpo_policy, but_teacher),
    hints=(
        "It is an E-step over labels, for each example alone: the score of a label is minus C times the sum of lambda_l (1 - r_l) over the rules.",
        "lambdas has shape (L,), r has (L, n, k): lambdas[:, None, None] fits. Sum over the first dimension, add to the logits, and softmax "
        "over the last. And what is inf times 0?",
        "Before you sum, put 0 where r is 1: torch.where(r < 1, ..., 0). Then a hard rule that holds adds nothing, and one that is broken "
        "makes the score -inf, which softmax turns into probability 0.",
    ),
)


@teacher_exam.probe
def probe_teacher(answer: Answer, generator: Generator) -> Observations:
    def draw(rules: int, n: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
        r = 0.9 * rand(rules, n, k, generator=generator, like=doubles(0))
        return 2 * normal(n, k, generator=generator), r, 0.3 + rand(rules, generator=generator, like=r)

    hand = doubles(0, 0)[None], doubles(0, 1)[None, None]
    wide, cube, weights = draw(2, 4, 3), draw(3, 3, 3), normal(4, 3, generator=generator)
    logits, r, lambdas = draw(2, 4, 3)
    close = 0.1 + (r + r.flip(0)) / 400  # the penalties of C = 800 are large, and nearly alike
    held, hard = torch.ones_like(r), torch.cat([doubles(INF), lambdas[1:]])
    held[0] = doubles(1, 0, 1, 1, 0.9, 0, 1, 1, 1, 0.3, 1, 0.5).reshape(4, 3)

    yield "p = (1/2, 1/2), r = (0, 1), lambda = 1, C = log 3", lambda: answer(*hand, doubles(1), doubles(3).log().item()), 0.75
    yield "two rules, four examples, three classes, C = 1.6", lambda: answer(*wide, 1.6), 1.25
    yield "three of each, C = 1.6", lambda: answer(*cube, 1.6), 0.5
    yield "C left out: it is 1", lambda: answer(*wide), 0.5
    yield "C = 800, logits near 1000", lambda: answer(logits + 1000, close, lambdas, 800.0), 0.75
    yield "a hard rule, lambda = inf, beside one that holds", lambda: answer(logits, held, hard, 1.6), 1
    yield (
        "gradients that reach the logits and lambdas",
        lambda: slopes(lambda a, b: answer(a, wide[1], b, 1.6), weights, wide[0], wide[2]),
        0.75,
    )
    yield "logits, r and lambdas stay as they are", lambda: left_alone(lambda *a: answer(*a, 0.7), *wide), 0.5


Score = Callable[[Tensor, Tensor, float], Tensor]
Join = Callable[[Tensor, Tensor], Tensor]


def penalty(r: Tensor, lambdas: Tensor, C: float) -> Tensor:
    """C sum_l lambda_l (1 - r_l), as it should be."""
    return C * torch.where(r < 1, lambdas[:, None, None] * (1 - r), 0).sum(0)


def weighed(r: Tensor, lambdas: Tensor) -> Tensor:
    """lambda_l (1 - r_l) of each rule, with a hard rule as it should be."""
    return torch.where(r < 1, lambdas[:, None, None] * (1 - r), 0)


def banned(score: Tensor, r: Tensor, lambdas: Tensor) -> Tensor:
    """A score, but -inf where a hard rule is broken."""
    return score.masked_fill((lambdas.isinf()[:, None, None] & (r < 1)).any(0), -INF)


def tilted(logits: Tensor, score: Tensor) -> Tensor:
    """Probabilities, as they should be made of a score."""
    return (logits + score).softmax(-1)


def known(title: str, advice: str, score: Score = lambda r, w, C: -penalty(r, w, C), *, join: Join = tilted) -> None:
    """Enter a mistake: another score, or another way to `join` it to the logits."""

    def answer(logits: Tensor, r: Tensor, lambdas: Tensor, C: float = 1.0) -> Tensor:
        return join(logits, score(r, lambdas, C))

    teacher_exam.mistake(title, advice)(answer)


def crossed(r: Tensor, lambdas: Tensor, C: float) -> Tensor:
    return -C * (lambdas * (1 - r)).sum(-1)


def in_place(logits: Tensor, score: Tensor) -> Tensor:
    logits += score
    return logits.softmax(-1)


def of_products(logits: Tensor, score: Tensor) -> Tensor:
    p = logits.exp() * score.exp()
    return p / p.sum(-1, keepdim=True)


known(
    "The sign is turned",
    "A broken rule makes a label less likely: minus C lambda (1 - r), or plus C lambda r.",
    lambda r, w, C: banned(penalty(r, w, C), r, w),
)
known(
    "inf times 0 became nan",
    "lambda = inf and 1 - r = 0 meet where a hard rule holds: inf * 0 is nan, and so is inf - inf. Put 0 where r is 1: torch.where(r < 1, ..., 0). "
    "A row in which every label is forbidden becomes nan as well: where r = 1, a hard rule forbids nothing.",
    lambda r, w, C: -C * (w[:, None, None] * (1 - r)).sum(0),
)
known(
    "A hard rule is left out",
    "lambda = inf forbids every label that breaks the rule, r < 1: its probability is 0. Masking all that is not finite forbids nothing.",
    lambda r, w, C: -C * torch.where(w[:, None, None].isfinite(), w[:, None, None] * (1 - r), 0).sum(0),
)
known(
    "A hard rule forbids only r = 0",
    "lambda (1 - r) is infinite as soon as r is below 1.",
    lambda r, w, C: -C * torch.where(w[:, None, None].isinf(), torch.where(r == 0, INF, 0), weighed(r, w)).sum(0),
)
known("lambda is missing", "Each rule counts with its confidence lambda_l.", lambda r, w, C: -penalty(r, torch.where(w.isinf(), w, 1), C))
known("C is missing", "C is the strength of all rules together: it multiplies the sum.", lambda r, w, C: -penalty(r, w, 1))
known("The rules are divided by C", "A larger C gives the rules more weight.", lambda r, w, C: -penalty(r, w, 1 / C))
known(
    "Rules and classes have changed places",
    "r has shape (L, n, k), and lambdas belongs to the first of the three: lambdas[:, None, None], and the sum over dimension 0.",
    crossed,
)
known(
    "lambdas is put along the classes",
    "lambdas * (1 - r) meets the last dimension of r, the classes. The rules come first: lambdas[:, None, None].",
    lambda r, w, C: -C * (w * (1 - r)).sum(0),
)
known(
    "lambdas is put along the examples",
    "lambdas[:, None] meets the examples. The rules come first: lambdas[:, None, None].",
    lambda r, w, C: -C * (w[:, None] * (1 - r)).sum(0),
)
known(
    "The rules are averaged",
    "The penalties of all rules add up: a second rule makes the first no weaker.",
    lambda r, w, C: -penalty(r, w, C) / len(w),
)
known(
    "Summed over everything",
    "The same number for all labels changes nothing: sum over the rules alone, dimension 0.",
    lambda r, w, C: -C * weighed(r, w).sum(),
)
known("Only the first rule counts", "Sum over all rules, dimension 0.", lambda r, w, C: -penalty(r[:1], w[:1], C))
known(
    "The last rule counts twice",
    "Each rule counts once. (The authors' code adds the last one twice, so its C = 6 is not the formula's.)",
    lambda r, w, C: -penalty(r, w, C) - penalty(r[-1:], w[-1:], C),
)
known(
    "The confidences are normalised",
    "lambdas are strengths, not shares: they need not sum to 1.",
    lambda r, w, C: -C * weighed(r, w).sum(0) / w.sum(),
)
known(
    "The truths of the rules are multiplied",
    "Each rule has a penalty of its own, and the penalties add up.",
    lambda r, w, C: -C * torch.where(r.prod(0) < 1, w.sum() * (1 - r.prod(0)), 0),
)
known(
    "The penalty of the rules is clamped",
    "A bound makes all stronger penalties equal. softmax of logits needs no bound.",
    lambda r, w, C: -penalty(r, w, C).clamp_max(60),
)
known(
    "exp overflows or underflows",
    "exp(1000) is infinite, and exp(-800) is 0. Add the score to the logits, and let softmax do the rest.",
    join=of_products,
)
known(
    "The logits are taken for probabilities",
    "p is the softmax of the logits. Add the score to the logits, and take one softmax of the sum.",
    join=lambda logits, score: logits * score.exp() / (logits * score.exp()).sum(-1, keepdim=True),
)
teacher_exam.mistake("C multiplies the logits too", "C is the strength of the rules: it multiplies their sum alone.")(
    lambda logits, r, lambdas, C=1.0: (C * logits - penalty(r, lambdas, C)).softmax(-1)
)
known(
    "The score is added to the probabilities",
    "q is p times exp{score}: add the score to the logits, before the softmax.",
    join=lambda logits, score: logits.softmax(-1) + score,
)
known(
    "The probabilities are multiplied by the score",
    "q is p times exp{score}. The score itself is negative.",
    join=lambda logits, score: (logits.softmax(-1) * score) / (logits.softmax(-1) * score).sum(-1, keepdim=True),
)
known(
    "It is not normalised",
    "p times exp{score} does not sum to 1. Divide by its sum over the classes, or use softmax.",
    join=lambda logits, score: logits.softmax(-1) * score.exp(),
)
known(
    "The softmax is taken twice",
    "The first softmax makes probabilities of the logits, and the second takes them for logits. One softmax, at the end.",
    join=lambda logits, score: (logits.softmax(-1) + score).softmax(-1),
)
known(
    "Normalised over the examples",
    "Each example has its own distribution over classes: softmax(-1).",
    join=lambda logits, score: (logits + score).softmax(0),
)
known(
    "Log-probabilities came back",
    "Return probabilities: softmax, not log_softmax.",
    join=lambda logits, score: (logits + score).log_softmax(-1),
)
known("Logits came back", "Return probabilities: the softmax is missing.", join=lambda logits, score: logits + score)
known(
    "The logits are missing",
    "The teacher is the model's own p, tilted: add the score to the logits.",
    join=lambda logits, score: score.softmax(-1),
)
known(
    "The labels are decided",
    "The teacher is soft: probabilities, no argmax.",
    join=lambda logits, score: torch.nn.functional.one_hot((logits + score).argmax(-1), logits.shape[-1]).to(logits),
)
known(
    "The result is detached",
    "The values are right. The loss detaches the teacher; here gradients pass, so that confidences can be learned.",
    join=lambda logits, score: (logits + score).softmax(-1).detach(),
)
known(
    "The logits are detached",
    "The values are right. The loss detaches the teacher; here gradients pass.",
    join=lambda logits, score: (logits.detach() + score).softmax(-1),
)
known("The logits are changed in place", "The student's logits are needed again: logits + score, not logits += score.", join=in_place)

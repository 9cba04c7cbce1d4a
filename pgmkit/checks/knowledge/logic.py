"""Exams of soft negation and of the averaging conjunction, and what all five exams of soft logic share."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import doubles, left_alone, slopes
from pgmkit.checks.probing import normal
from pgmkit.knowledge import soft_mean_and, soft_not
from pgmkit.rng import rand

not_exam = Exam(
    soft_not,
    minutes=2,
    difficulty=1,
    hints=(
        "Where A is true, not A is false, and the other way round. In between?",
        "A straight line from 1 at A = 0 to 0 at A = 1.",
        "Take a away from one: an ordinary difference of tensors, without rounding.",
    ),
)
mean_exam = Exam(
    soft_mean_and,
    minutes=4,
    difficulty=1,
    hints=(
        "Each part that holds counts, and all parts count the same.",
        "*truths makes a tuple of the arguments, however many there are. Divide by their number, not by 2.",
        "Add the tensors place by place, and divide by len(truths). Or stack them, and average over the new first dimension.",
    ),
)


def truths(n: int, *, generator: Generator) -> Tensor:
    """Truth values strictly between 0 and 1, shape (n,)."""
    return 0.02 + 0.96 * rand(n, generator=generator, like=torch.zeros((), dtype=torch.float64))


@not_exam.probe
def probe_not(answer: Answer, generator: Generator) -> Observations:
    a, weights = truths(6, generator=generator), normal(6, generator=generator)
    yield "true and false: ordinary logic", lambda: answer(doubles(0, 1, 1)), 0.25
    yield "half truths, shape (2, 3)", lambda: left_alone(answer, a.reshape(2, 3)), 0.5
    yield "gradient that reaches A", lambda: slopes(answer, weights, a), 0.25


@mean_exam.probe
def probe_mean(answer: Answer, generator: Generator) -> Observations:
    a, b, c, d, weights = *truths(24, generator=generator).reshape(4, 6), normal(6, generator=generator)
    yield "two parts, true or false", lambda: answer(doubles(0, 0, 1, 1), doubles(0, 1, 0, 1)), 0.25
    yield "one part, and four parts of shape (2, 3)", lambda: (answer(a), answer(*(x.reshape(2, 3) for x in (a, b, c, d)))), 0.5
    yield "gradients that reach all of three parts", lambda: slopes(answer, weights, a, b, c), 0.25


def entry(exam: Exam) -> Callable[[str, str, Answer], None]:
    """How a mistake of this exam is entered."""

    def known(title: str, advice: str, answer: Answer) -> None:
        exam.mistake(title, advice)(answer)

    return known


def fold(step: Callable[[Tensor, Tensor], Tensor]) -> Answer:
    """A conjunction of any number of parts, two at a time."""

    def answer(*truths: Tensor) -> Tensor:
        total = truths[0]
        for a in truths[1:]:
            total = step(total, a)
        return total

    return answer


no = entry(not_exam)
no("This is A itself", "not A is false where A is true.", lambda a: a)
no("The 1 is missing", "-A is no truth value. The line starts at 1.", lambda a: -a)
no("A - 1 in place of 1 - A", "That is negative. Take A away from 1.", lambda a: a - 1)
no("A is rounded first", "A half truth keeps a half-true negation: 1 - A, without rounding.", lambda a: 1 - a.round())
no("The square of A", "The line is straight: 1 - A.", lambda a: 1 - a**2)
no("The root of 1 - A^2", "The line is straight: 1 - A.", lambda a: (1 - a**2).sqrt())
no("A is taken for a logit", "A is a truth value in [0, 1] already: no sigmoid.", lambda a: torch.sigmoid(-a))
no("True only where A is 0", "A half truth keeps a half-true negation.", lambda a: (a == 0).to(a))
no("The result is detached", "The values are right, but rules are learned through: no detach, item or numpy.", lambda a: (1 - a).detach())
no("A is changed in place", "The caller still needs A: return a new tensor.", lambda a: a.neg_().add_(1))

known_mean = entry(mean_exam)
known_mean("The product", "An average is wanted: each part that holds counts. A product is 0 as soon as one part fails.", fold(torch.mul))
known_mean("The smallest part", "An average is wanted: all parts count. The minimum hears one of them.", fold(torch.minimum))
known_mean("The largest part", "An average is wanted: all parts count.", fold(torch.maximum))
known_mean(
    "The conjunction of Lukasiewicz",
    "That is soft_and, which selects. This one averages: (A_1 + ... + A_N) / N.",
    lambda *a: (sum(a) - len(a) + 1).clamp_min(0),
)
known_mean("The sum is not divided by N", "A truth value stays in [0, 1]: divide by the number of parts.", lambda *a: sum(a))
known_mean("It is always divided by 2", "There may be one part, or four: divide by len(truths).", lambda *a: sum(a) / 2)
known_mean("Only two parts count", "*truths holds any number of parts.", lambda a, b=None, *rest: a if b is None else (a + b) / 2)
known_mean(
    "Averaged two at a time",
    "((A + B) / 2 + C) / 2 gives the last part half of all weight. Add all, then divide once.",
    fold(lambda a, b: (a + b) / 2),
)
known_mean(
    "One number for all", "The parts are averaged place by place: the result has the shape of one part.", lambda *a: torch.stack(a).mean()
)
known_mean(
    "Averaged over the last dimension",
    "Average over the parts, not over the places: stack puts the parts first.",
    lambda *a: torch.stack(a).mean(-1),
)
known_mean("The geometric mean", "The average is (A_1 + ... + A_N) / N.", lambda *a: fold(torch.mul)(*a) ** (1 / len(a)))
known_mean("The average is rounded", "True and false give 1/2 here, and stay so.", lambda *a: (sum(a) / len(a)).round())
known_mean(
    "The result is detached",
    "The values are right, but rules are learned through: no detach, item or numpy.",
    lambda *a: (sum(a) / len(a)).detach(),
)

"""Exams of soft conjunction, disjunction and implication."""

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import doubles, left_alone, slopes
from pgmkit.checks.knowledge.logic import entry, truths
from pgmkit.checks.probing import normal
from pgmkit.knowledge import soft_and, soft_implies, soft_or

and_exam = Exam(
    soft_and,
    minutes=3,
    difficulty=1,
    hints=(
        "Try the corners first: only true and true is true. Then keep A = 1: the result has to be B.",
        "A + B - 1 does both, but it may fall below 0.",
        "Clamp the sum less one from below. Above it cannot leave [0, 1].",
    ),
)
or_exam = Exam(
    soft_or,
    minutes=3,
    difficulty=1,
    hints=(
        "Two half truths together may be a whole one.",
        "A + B, but never more than 1.",
        "Clamp the sum from above. Below it cannot leave [0, 1].",
    ),
)
implies_exam = Exam(
    soft_implies,
    minutes=3,
    difficulty=1,
    hints=(
        "A implies B says: not A, or B.",
        "Put 1 - A and B into the formula of soft_or.",
        "One minus the premise plus the conclusion, clamped from above. From a false premise everything follows.",
    ),
)


def pairs(generator: Generator) -> tuple[Tensor, Tensor]:
    """A and B, six of each: on both sides of A + B = 1, of A = B and of 1/2, and never near one of them."""
    jitter = 0.06 * truths(12, generator=generator) - 0.03
    a, b = doubles(0.2, 0.85, 0.15, 0.7, 0.45, 0.4), doubles(0.3, 0.7, 0.7, 0.1, 0.35, 0.8)
    return a + jitter[:6], b + jitter[6:]


def observations(answer: Answer, generator: Generator) -> Observations:
    """What the three exams look at."""
    a, b = pairs(generator)
    weights = normal(6, generator=generator)
    yield "true and false: ordinary logic", lambda: answer(doubles(0, 0, 1, 1), doubles(0, 1, 0, 1)), 0.25
    yield "half truths, shape (2, 3)", lambda: left_alone(answer, a.reshape(2, 3), b.reshape(2, 3)), 0.5
    yield "gradients that reach A and B", lambda: slopes(answer, weights, a, b), 0.25


for exam in (and_exam, or_exam, implies_exam):
    exam.probe(observations)

known_and, known_or, known_implies = entry(and_exam), entry(or_exam), entry(implies_exam)

known_and("The product", "A B is the and of independent events. Wanted is max(A + B - 1, 0): two half truths make none.", torch.mul)
known_and("The smaller of the two", "min(A, B) is another soft logic (Goedel's). Wanted is max(A + B - 1, 0).", torch.minimum)
known_and(
    "It is not clamped at 0", "Two things that are hardly true give a negative number: a truth value is at least 0.", lambda a, b: a + b - 1
)
known_and("This is the average", "That is soft_mean_and. This conjunction selects: A = 0 gives 0.", lambda a, b: (a + b) / 2)
known_and("This is or", "min(A + B, 1) is true as soon as one is.", lambda a, b: (a + b).clamp_max(1))
known_and("This is the larger of the two", "max(A, B) is an or. Both have to hold: max(A + B - 1, 0).", torch.maximum)
known_and("The 1 is missing", "A + B alone is true when one of them is: take 1 away.", lambda a, b: (a + b).clamp_min(0))
known_and(
    "Clamped from the wrong side",
    "max(..., 0) keeps the result from falling below 0: clamp_min, not clamp_max.",
    lambda a, b: (a + b - 1).clamp_max(0),
)
known_and("Truth values are rounded", "Half truths count: no comparison, no bool.", lambda a, b: ((a > 0.5) & (b > 0.5)).to(a))
known_and(
    "One number for all",
    "torch.max(x) is the largest entry of x. Compare with 0 place by place: clamp_min or maximum.",
    lambda a, b: (a + b - 1).max(),
)
known_and(
    "torch.max(x, 0) looks along dimension 0",
    "Its second argument is a dimension, or another tensor. Compare with 0 place by place: clamp_min(0), or torch.relu.",
    lambda a, b: torch.max(a + b - 1, 0),
)
known_and("It is negated", "1 - max(A + B - 1, 0) is not (A & B).", lambda a, b: 1 - (a + b - 1).clamp_min(0))
known_and(
    "The result is detached",
    "The values are right, but rules are learned through: no detach, item or numpy.",
    lambda a, b: (a + b - 1).clamp_min(0).detach(),
)

known_or("A + B - A B", "That is the or of independent events. Wanted is min(A + B, 1).", lambda a, b: a + b - a * b)
known_or("The larger of the two", "max(A, B) is another soft logic (Goedel's). Wanted is min(A + B, 1): half truths add up.", torch.maximum)
known_or("It is not clamped at 1", "Two things that are nearly true give more than 1: a truth value is at most 1.", lambda a, b: a + b)
known_or("This is the average", "True or false is true, not half true.", lambda a, b: (a + b) / 2)
known_or("This is and", "max(A + B - 1, 0) wants both. One is enough here.", lambda a, b: (a + b - 1).clamp_min(0))
known_or("The smaller of the two", "min(A, B) is an and. min stands around the sum: min(A + B, 1).", torch.minimum)
known_or(
    "Clamped from the wrong side",
    "min(..., 1) keeps the result from rising above 1: clamp_max, not clamp_min.",
    lambda a, b: (a + b).clamp_min(1),
)
known_or("Truth values are rounded", "Half truths count: no comparison, no bool.", lambda a, b: ((a > 0.5) | (b > 0.5)).to(a))
known_or(
    "One number for all",
    "torch.min(x) is the smallest entry of x. Compare with 1 place by place: clamp_max or minimum.",
    lambda a, b: (a + b).min(),
)
known_or(
    "torch.min(x, 1) looks along dimension 1",
    "Its second argument is a dimension, or another tensor. Compare with 1 place by place: clamp_max(1).",
    lambda a, b: torch.min(a + b, 1),
)
known_or("Either, but not both", "|A - B| is exclusive. True or true is true.", lambda a, b: (a - b).abs())
known_or("The product", "A B is an and.", torch.mul)
known_or(
    "The result is detached",
    "The values are right, but rules are learned through: no detach, item or numpy.",
    lambda a, b: (a + b).clamp_max(1).detach(),
)

known_implies(
    "The arrow is turned round",
    "This is B implies A. A is the premise and B the conclusion: 1 - A + B.",
    lambda a, b: (1 - b + a).clamp_max(1),
)
known_implies("It is not clamped at 1", "Where B is truer than A this exceeds 1: a truth value is at most 1.", lambda a, b: 1 - a + b)
known_implies(
    "1 - A + A B",
    "That is the implication of probabilities. Wanted is min(1 - A + B, 1), soft_or of 1 - A and B.",
    lambda a, b: 1 - a + a * b,
)
known_implies(
    "max(1 - A, B)", "That takes the larger of not A and B. The or of this logic adds them, up to 1.", lambda a, b: torch.maximum(1 - a, b)
)
known_implies(
    "B wherever A is truer", "That is Goedel's implication. Wanted is min(1 - A + B, 1).", lambda a, b: torch.where(b >= a, 1 + 0 * b, b)
)
known_implies(
    "B / A wherever A is truer",
    "That is Goguen's implication. Wanted is min(1 - A + B, 1).",
    lambda a, b: torch.where(b >= a, 1 + 0 * b, b / a),
)
known_implies(
    "This is equivalence", "1 - |A - B| asks for both directions. A false premise implies everything.", lambda a, b: 1 - (a - b).abs()
)
known_implies("This is and", "A implies B is also true where A is false.", lambda a, b: (a + b - 1).clamp_min(0))
known_implies("This is A or B", "A implies B is (not A) or B.", lambda a, b: (a + b).clamp_max(1))
known_implies("This is A and not B", "That is where the implication fails. Take it away from 1.", lambda a, b: (a - b).clamp_min(0))
known_implies("The result is only yes or no", "Half truths count: no comparison.", lambda a, b: (b >= a).to(a))
known_implies("The 1 is missing", "not A is 1 - A, so it is 1 - A + B.", lambda a, b: (b - a).clamp_max(1))
known_implies(
    "Clamped from the wrong side",
    "min(..., 1) keeps the result from rising above 1: clamp_max, not clamp_min.",
    lambda a, b: (1 - a + b).clamp_min(1),
)
known_implies(
    "torch.min(x, 1) looks along dimension 1",
    "Its second argument is a dimension, or another tensor. Compare with 1 place by place: clamp_max(1).",
    lambda a, b: torch.min(1 - a + b, 1),
)
known_implies(
    "The result is detached",
    "The values are right, but rules are learned through: no detach, item or numpy.",
    lambda a, b: (1 - a + b).clamp_max(1).detach(),
)

"""Exams of problem set 5: learnable constraints."""

from pgmkit.checks.exam import Exam
from pgmkit.checks.learnable import confidence, constraint, explicit, game, implicit, policy, reward, weights

EXAMS: tuple[Exam, ...] = (
    policy.policy,
    confidence.confidence,
    weights.snis_exam,
    constraint.constraint,
    explicit.explicit_exam,
    implicit.implicit_exam,
    reward.reward,
    game.game,
)

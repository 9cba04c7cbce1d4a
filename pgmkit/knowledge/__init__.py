"""Knowledge in generative models: constraints, rules, distillation, learned confidences and learned constraints."""

from pgmkit.knowledge.chain import ChainPosterior, chain_best, chain_forward, chain_posterior
from pgmkit.knowledge.confidence import fit_confidences, rule_confidence_grad
from pgmkit.knowledge.control import DICTIONARY, erpo_policy, reps, tilted_policies
from pgmkit.knowledge.distil import ensemble_probabilities, imitation_schedule, kd_loss, rule_kd_loss
from pgmkit.knowledge.dual import constrained_posterior
from pgmkit.knowledge.estep import effective_sample_size, expectation, log_partition, snis, tilt
from pgmkit.knowledge.games import em_round, explicit, implicit, learn_with_constraint, pr_game, weighted_samples
from pgmkit.knowledge.gridworld import GridWorld
from pgmkit.knowledge.irl import fit_maxent_reward, fit_sampled_reward
from pgmkit.knowledge.learnable import (
    Learned,
    constraint_loss,
    naive_constraint_loss,
    pr_learnable,
    theta_step_explicit,
    theta_step_implicit,
)
from pgmkit.knowledge.logic import soft_and, soft_implies, soft_mean_and, soft_not, soft_or
from pgmkit.knowledge.regularise import (
    em_with_data,
    forward_kl_loss,
    pr_e_step,
    pr_em,
    pr_objective,
    reverse_kl_loss,
    violation_fixed_point,
)
from pgmkit.knowledge.rules import Rule, but_rule, clause_b, groundings, rule_score, rule_teacher

__all__ = [
    "DICTIONARY",
    "ChainPosterior",
    "GridWorld",
    "Learned",
    "Rule",
    "but_rule",
    "chain_best",
    "chain_forward",
    "chain_posterior",
    "clause_b",
    "constrained_posterior",
    "constraint_loss",
    "effective_sample_size",
    "em_round",
    "em_with_data",
    "ensemble_probabilities",
    "erpo_policy",
    "expectation",
    "explicit",
    "fit_confidences",
    "fit_maxent_reward",
    "fit_sampled_reward",
    "forward_kl_loss",
    "groundings",
    "imitation_schedule",
    "implicit",
    "kd_loss",
    "learn_with_constraint",
    "log_partition",
    "naive_constraint_loss",
    "pr_e_step",
    "pr_em",
    "pr_game",
    "pr_learnable",
    "pr_objective",
    "reps",
    "reverse_kl_loss",
    "rule_confidence_grad",
    "rule_kd_loss",
    "rule_score",
    "rule_teacher",
    "snis",
    "soft_and",
    "soft_implies",
    "soft_mean_and",
    "soft_not",
    "soft_or",
    "theta_step_explicit",
    "theta_step_implicit",
    "tilt",
    "tilted_policies",
    "violation_fixed_point",
    "weighted_samples",
]

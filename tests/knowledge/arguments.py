"""Wrong arguments of the knowledge half, for `test_arguments.py`: (call, what was wanted, what came)."""

import math

import torch
from torch import nn
from torch.optim import SGD

from pgmkit.knowledge import chain, confidence, control, distil, dual, estep, games, gridworld, irl, learnable, logic, regularise, rules
from pgmkit.models.tabular import Tabular

V, W, X, EMPTY = torch.zeros(4), torch.zeros(3), torch.zeros(4, 2), torch.zeros(0)
WHOLE = torch.zeros(4, 2, dtype=torch.int64)
Y = torch.zeros(4, dtype=torch.int64)
R = torch.ones(1, 4, 2)
ONE = torch.ones(1)
INT = "(4, 2) and dtype int64"
HALF = torch.full((4, 2), 0.5)


def sgd():
    return SGD([torch.zeros(1, requires_grad=True)], 1.0)


def model():
    return Tabular(V)


def f(x):
    return x.to(torch.get_default_dtype())


def em(**kwargs):
    good = {"model": model(), "log_likelihood": abs, "f": f, "optimizer": sgd(), "batches": iter([Y]), "own_loss": None, "alpha": 1.0}
    return games.em_round(**good | kwargs)


def game(make=games.pr_game, **kwargs):
    good = {"model": model(), "f": f, "own_loss": abs, "m_step": games.implicit, "optimizer": sgd(), "alpha": 1.0}
    return make(**good | kwargs)


def both(call, name="log_p"):
    """Cases of a function of log_p and a score of one shape."""
    return [
        (lambda: call(V, W), "the same shape", "(3,)"),
        (lambda: call(EMPTY, EMPTY), "must hold at least one value", "(0,)"),
        (lambda: call(WHOLE, X), f"{name} must be a floating-point tensor", INT),
    ]


def truth(call):
    """Cases of a soft operator."""
    return [
        (lambda: call(2 + V, V), "must hold truth values from 0 to 1", "2"),
        (lambda: call(V, W), "the same shape", "(3,)"),
        (lambda: call(WHOLE, WHOLE), "must be a floating-point tensor", INT),
    ]


def world(call):
    """Cases of a function of a table over states and actions, rewards and transitions."""
    return [
        (lambda: call(V, V, Y, 1.0), "must have shape (S, A)", "(4,)"),
        (lambda: call(X, torch.zeros(2, 2), WHOLE, 1.0), "the same shape", "(2, 2)"),
        (lambda: call(X, X, X, 1.0), "next_states must have shape (S, A) = (4, 2) and dtype int64", "(4, 2)"),
        (lambda: call(X, X, WHOLE, 0.0), "alpha must be a positive number", "0.0"),
    ]


FUNCTIONS = {
    estep.tilt: both(estep.tilt),
    estep.log_partition: [(lambda: estep.log_partition(EMPTY), "score must hold at least one value", "(0,)")],
    estep.effective_sample_size: [(lambda: estep.effective_sample_size(Y), "log_w must be a floating-point tensor", "int64")],
    estep.snis: [
        (lambda: estep.snis(EMPTY, 1.0), "f_values must hold at least one value", "(0,)"),
        (lambda: estep.snis(V, math.nan), "alpha must be a finite number", "nan"),
    ],
    estep.expectation: both(estep.expectation, "log_q"),
    regularise.pr_e_step: [
        *both(lambda p, s: regularise.pr_e_step(p, s, 1.0)),
        (lambda: regularise.pr_e_step(V, V, math.inf), "alpha must be a finite number", "inf"),
    ],
    regularise.pr_objective: [
        *both(lambda p, s: regularise.pr_objective(p, p, s, 1.0), "log_q"),
        (lambda: regularise.pr_objective(V, V, V, None), "alpha must be a finite number", "None"),
    ],
    regularise.pr_em: [
        *both(lambda p, s: regularise.pr_em(p, s, 1.0, 2), "log_p0"),
        (lambda: regularise.pr_em(V, V, 1.0, 0), "steps must be a whole number", "got 0"),
    ],
    regularise.em_with_data: [
        *both(lambda p, s: regularise.em_with_data(p, p, s, 1.0, 1.0, 2), "log_p_data"),
        (lambda: regularise.em_with_data(V, V, V, 1.0, -1.0, 2), "weight must be zero or a positive number", "-1.0"),
        (lambda: regularise.em_with_data(V, V, V, 1.0, 1.0, 1.5), "steps must be a whole number", "1.5"),
    ],
    regularise.violation_fixed_point: [
        (lambda: regularise.violation_fixed_point(1.5, 1.0, 1.0), "must lie in [0, 1]", "1.5"),
        (lambda: regularise.violation_fixed_point(0.5, -1.0, 1.0), "alpha must be zero or a positive number", "-1.0"),
    ],
    regularise.forward_kl_loss: both(regularise.forward_kl_loss, "log_q"),
    regularise.reverse_kl_loss: [
        (lambda: regularise.reverse_kl_loss(EMPTY, 1.0), "f_model must hold at least one value", "(0,)"),
        (lambda: regularise.reverse_kl_loss(V, "a"), "alpha must be a finite number", "'a'"),
    ],
    dual.constrained_posterior: [
        (lambda: dual.constrained_posterior(V, V, ONE), "phi must have shape (m, n)", "(4,)"),
        (lambda: dual.constrained_posterior(V, torch.ones(2, 4), ONE), "one row for each bound", "(2, 4)"),
        (lambda: dual.constrained_posterior(V, torch.ones(1, 4), 0 * ONE), "must reach the smallest value of each feature, [1.0]", "[0.0]"),
        (lambda: dual.constrained_posterior(V, torch.ones(1, 4), ONE, slack=-1), "slack must be zero or a positive number", "-1"),
        (lambda: dual.constrained_posterior(V, torch.ones(1, 4), ONE, steps=0), "steps must be a whole number", "got 0"),
    ],
    logic.soft_not: [(lambda: logic.soft_not(-1 - V), "must hold truth values from 0 to 1", "-1")],
    logic.soft_and: truth(logic.soft_and),
    logic.soft_or: truth(logic.soft_or),
    logic.soft_implies: truth(logic.soft_implies),
    logic.soft_mean_and: [*truth(logic.soft_mean_and), (lambda: logic.soft_mean_and(), "needs at least one truth value", "none")],
    rules.Rule: [
        (lambda: rules.Rule(3), "truth must be a function", "got 3"),
        (lambda: rules.Rule(f, -1.0), "confidence must be zero or a positive number", "-1.0"),
    ],
    rules.groundings: [
        (lambda: rules.groundings([], X, 4, 2), "at least one rule", "none"),
        (lambda: rules.groundings([f], X, 4, 2), "rules[0] must be an object of type Rule", "function"),
        (lambda: rules.groundings([rules.Rule(lambda x, y: 2 + V)], X, 4, 2), "must hold truth values", "2"),
        (lambda: rules.groundings([rules.Rule(f)], X, 0, 2), "n must be a whole number", "got 0"),
    ],
    rules.rule_score: [
        (lambda: rules.rule_score(X, ONE), "r must have shape (L, n, k)", "(4, 2)"),
        (lambda: rules.rule_score(R, torch.ones(2)), "one confidence of at least 0 for each of 1 rules", "[1.0, 1.0]"),
        (lambda: rules.rule_score(R, -ONE), "at least 0", "[-1.0]"),
        (lambda: rules.rule_score(R, ONE, -2.0), "C must be zero or a positive number", "-2.0"),
    ],
    rules.clause_b: [
        (lambda: rules.clause_b("good but long"), "tokens must be a list of words", "'good but long'"),
        (lambda: rules.clause_b([1, 2]), "tokens must be a list of words", "[1, 2]"),
    ],
    rules.but_rule: [
        (lambda: rules.but_rule("good but long", abs), "tokens must be a list of words", "'good but long'"),
        (lambda: rules.but_rule(["a"], 0.5), "p_pos must be a function", "0.5"),
    ],
    rules.rule_teacher: [
        (lambda: rules.rule_teacher(V, R, ONE), "logits must have shape (n, k)", "(4,)"),
        (lambda: rules.rule_teacher(X, torch.ones(1, 3, 2), ONE), "r must have shape (L, n, k)", "(1, 3, 2)"),
        (lambda: rules.rule_teacher(X, 2 * R, ONE), "r must hold truth values", "2"),
        (lambda: rules.rule_teacher(X, R, ONE, math.inf), "C must be zero or a positive number", "inf"),
    ],
    distil.rule_kd_loss: [
        (lambda: distil.rule_kd_loss(X, X, Y, 0.5), "teacher must sum to 1", "[0.0, 0.0, 0.0, 0.0]"),
        (lambda: distil.rule_kd_loss(X, HALF, V, 0.5), "y must hold 4 labels of dtype int64", "(4,)"),
        (lambda: distil.rule_kd_loss(X, HALF, Y, 2.0), "pi mixes hard and soft targets", "2.0"),
        (lambda: distil.rule_kd_loss(V, V, Y, 0.5), "logits must have shape (n, k)", "(4,)"),
    ],
    distil.kd_loss: [
        (lambda: distil.kd_loss(X, X[:3], 1.0), "the same shape", "(3, 2)"),
        (lambda: distil.kd_loss(X, X, 0.0), "T must be a positive number", "0.0"),
    ],
    distil.ensemble_probabilities: [(lambda: distil.ensemble_probabilities(X), "logits must have shape (M, n, k)", "(4, 2)")],
    distil.imitation_schedule: [
        (lambda: distil.imitation_schedule(-1), "t counts epochs", "-1"),
        (lambda: distil.imitation_schedule(1, 1.5), "rate must lie in (0, 1]", "1.5"),
        (lambda: distil.imitation_schedule(1, 0.9, 2.0), "lower and cap are shares", "2.0"),
    ],
    confidence.rule_confidence_grad: [
        (lambda: confidence.rule_confidence_grad(X, R[0], Y, ONE), "r must have shape (L, n, k)", "(4, 2)"),
        (lambda: confidence.rule_confidence_grad(X, R, Y - 1, ONE), "labels from 0 to 1", "-1"),
        (lambda: confidence.rule_confidence_grad(X, R, Y, X), "lambdas must have shape (L,)", "(4, 2)"),
    ],
    confidence.fit_confidences: [
        (lambda: confidence.fit_confidences(X, R, Y, steps=0), "steps must be a whole number", "got 0"),
        (lambda: confidence.fit_confidences(X, R, Y, lr=-1), "lr must be a positive number", "-1"),
        (lambda: confidence.fit_confidences(X, R, Y, decay=-1), "decay must be zero or a positive number", "-1"),
    ],
}

OTHERS = {
    chain.chain_forward: [(lambda: chain.chain_forward(V, X), "unary must have shape (T, k)", "(4,)")],
    chain.chain_best: [(lambda: chain.chain_best(X, X), "pairwise must have shape (k, k)", "(4, 2)")],
    chain.chain_posterior: [
        (lambda: chain.chain_posterior(X, torch.full((2, 2), -math.inf)), "some sequence of labels must have a finite score", "-inf"),
        (lambda: chain.chain_posterior(WHOLE, torch.zeros(2, 2)), "unary must be a floating-point tensor", INT),
    ],
    gridworld.GridWorld: [
        (lambda: gridworld.GridWorld(0), "side must be a whole number", "got 0"),
        (lambda: gridworld.GridWorld(3, 1.5), "horizon must be a whole number", "1.5"),
    ],
    gridworld.GridWorld.walk: [(lambda: gridworld.GridWorld().walk(X), "actions must be whole numbers", "(4, 2)")],
    gridworld.GridWorld.visits: [(lambda: gridworld.GridWorld().visits(V), "paths must be states", "(4,)")],
    gridworld.GridWorld.act: [
        (lambda: gridworld.GridWorld().act(X, 3), "log_pi must have shape (H, S, 5)", "(4, 2)"),
        (lambda: gridworld.GridWorld().act(torch.zeros(4, 9, 5), 0), "n must be a whole number", "got 0"),
        (lambda: gridworld.GridWorld().act(torch.zeros(4, 9, 5), 2, generator=1), "CPU torch.Generator", "got 1"),
    ],
    control.erpo_policy: [
        (lambda: control.erpo_policy(V, V, 1.0), "must have shape (states, actions)", "(4,)"),
        (lambda: control.erpo_policy(X, X[:3], 1.0), "the same shape", "(3, 2)"),
        (lambda: control.erpo_policy(X, X, math.nan), "alpha must be a finite number", "nan"),
    ],
    control.tilted_policies: [
        *world(lambda p, r, n, a: control.tilted_policies(p, r, n, a, 3)),
        (lambda: control.tilted_policies(X, X, WHOLE, 1.0, 0), "horizon must be a whole number", "got 0"),
    ],
    control.reps: [
        *world(control.reps),
        (lambda: control.reps(X, X, WHOLE, 1.0, steps=0), "steps must be a whole number", "got 0"),
    ],
    irl.fit_maxent_reward: [
        (lambda: irl.fit_maxent_reward(V, X, 2), "demos must be rows of features", "(4,)"),
        (lambda: irl.fit_maxent_reward(Y + 4, X, 2), "0 to 3", "4 to 4"),
        (lambda: irl.fit_maxent_reward(Y, V, 2), "features must have shape (m, k)", "(4,)"),
        (lambda: irl.fit_maxent_reward(Y, X, 0), "steps must be a whole number", "got 0"),
        (lambda: irl.fit_maxent_reward(Y, X, 2, 0.0), "lr must be a positive number", "0.0"),
    ],
    irl.fit_sampled_reward: [
        (lambda: irl.fit_sampled_reward(X, torch.zeros(4, 3), 2), "the same features", "(4, 3)"),
        (lambda: irl.fit_sampled_reward(X, V, 2), "samples must have shape (n, k)", "(4,)"),
    ],
    learnable.constraint_loss: [
        (lambda: learnable.constraint_loss(EMPTY, V, 1.0), "f_data must hold at least one value", "(0,)"),
        (lambda: learnable.constraint_loss(V, V, None), "alpha must be a finite number", "None"),
    ],
    learnable.naive_constraint_loss: [
        (lambda: learnable.naive_constraint_loss(EMPTY, 1.0), "f_model must hold at least one value", "(0,)"),
    ],
    learnable.theta_step_explicit: [
        (lambda: learnable.theta_step_explicit(model(), Y, f, 1.0, None), "optimizer must be an object of type Optimizer", "None"),
        (lambda: learnable.theta_step_explicit(model(), [0], f, 1.0, sgd()), "x must be an object of type Tensor", "[0]"),
        (lambda: learnable.theta_step_explicit(model(), Y, 3, 1.0, sgd()), "f must be a function", "got 3"),
        (lambda: learnable.theta_step_explicit(model(), Y, f, math.inf, sgd()), "alpha must be a finite number", "inf"),
    ],
    learnable.theta_step_implicit: [
        (lambda: learnable.theta_step_implicit(nn.Linear(2, 2), f, WHOLE, 1.0, sgd()), "z must be a floating-point tensor", INT),
        (lambda: learnable.theta_step_implicit(nn.Linear(2, 2), None, X, 1.0, sgd()), "f must be a function", "None"),
        (lambda: learnable.theta_step_implicit(nn.Linear(2, 2), f, X, 1.0, 0.1), "optimizer must be an object of type Optimizer", "0.1"),
    ],
    learnable.pr_learnable: [
        (lambda: learnable.pr_learnable(V, W, X, 1.0, 2), "the same shape", "(3,)"),
        (lambda: learnable.pr_learnable(V, V, V, 1.0, 2), "features must have shape (m, k)", "(4,)"),
        (lambda: learnable.pr_learnable(V, V, X, 1.0, 0), "steps must be a whole number", "got 0"),
        (lambda: learnable.pr_learnable(V, V, X, 1.0, 2, lr_phi=0), "lr_phi must be a positive number", "got 0"),
    ],
    games.weighted_samples: [
        (lambda: games.weighted_samples(3, f, 1.0, 2), "model must be an object of type Model", "got 3"),
        (lambda: games.weighted_samples(model(), f, 1.0, 0), "n must be a whole number", "got 0"),
        (lambda: games.weighted_samples(model(), f, math.nan, 2), "alpha must be a finite number", "nan"),
    ],
    games.explicit: [(lambda: games.explicit(3), "log_likelihood must be a function", "got 3")],
    games.implicit: [(lambda: games.implicit(model(), 3, 1.0, 2, None), "f must be a function", "got 3")],
    games.em_round: [
        (lambda: em(weight=-1), "weight must be zero or a positive number", "-1"),
        (lambda: em(steps=0), "steps must be a whole number", "got 0"),
        (lambda: em(optimizer=None), "optimizer must be an object of type Optimizer", "None"),
    ],
    games.pr_game: [
        (lambda: game(own_loss=None), "own_loss must be a function", "None"),
        (lambda: game(model=V), "model must be an object of type Model", "(4,)"),
        (lambda: game(n=0), "n must be a whole number", "got 0"),
        (lambda: game(weight=-1), "weight must be zero or a positive number", "-1"),
        (lambda: game(optimizer=3), "optimizer of model must be an object of type Optimizer", "got 3"),
    ],
    games.learn_with_constraint: [
        (lambda: game(games.learn_with_constraint, batches=iter([Y]), rounds=0), "rounds must be a whole number", "got 0"),
        (lambda: game(games.learn_with_constraint, batches=[Y], rounds=1), "batches must be an object of type Iterator", "[tensor("),
    ],
}

CASES = FUNCTIONS | OTHERS

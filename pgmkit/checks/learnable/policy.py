"""Exam of the entropy-regularised policy: one distribution for each state."""

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.knowledge import erpo_policy, pr_e_step, tilt, tilted_policies

policy = Exam(
    erpo_policy,
    minutes=10,
    difficulty=1,
    hints=(
        "This is the E-step with other names. Which dimension holds the actions, and which one must every state have for itself?",
        "Stay in logarithms: a product becomes a sum, and dividing by Z becomes subtracting log Z. A reward of 1000 has no exponential.",
        "Add the score to the old log-probabilities. Then let torch normalise logarithms over the actions: log_softmax does both things at once.",
    ),
    closes=(tilt, pr_e_step, tilted_policies),
)


@policy.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    old, reward = normal(4, 3, generator=generator).log_softmax(-1), 1.5 * normal(4, 3, generator=generator)
    even, gain = torch.full((1, 2), 0.5, dtype=torch.float64).log(), torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    levels = torch.tensor([[1000.0], [0.0], [-1000.0], [500.0]], dtype=torch.float64)
    barred = torch.cat([old, torch.full_like(old[:, :1], -torch.inf)], 1)
    rare = torch.tensor([[0.0, -2000.0]], dtype=torch.float64)

    def learned() -> Tensor:
        r = reward.clone().requires_grad_()
        return slope(answer(old.clone(), r, 0.7)[:, 0], r)

    yield "by hand: pi = (1/2, 1/2), R = (0, 1), alpha = log 3", lambda: answer(even.clone(), gain.clone(), 1.0986122886681098), 0.5
    yield "log q for 4 states and 3 actions, alpha 0.7", lambda: answer(old.clone(), reward.clone(), 0.7), 1.5
    yield "log q for 3 states and 4 actions, alpha 2.5", lambda: answer(old.T.log_softmax(-1), reward.T.clone(), 2.5), 0.5
    yield "states whose rewards lie around 1000, 0 and -1000", lambda: answer(old.clone(), reward + levels, 1.3), 0.75
    yield "an action that the old policy never takes", lambda: answer(barred, torch.cat([reward, reward[:, :1]], 1), 0.7), 0.5
    yield "an action of log-probability -2000", lambda: answer(rare, gain.clone(), 0.7), 0.5
    yield "gradient that reaches the reward", learned, 0.75


@policy.mistake(
    "Normalised over the states", "Each state has its own distribution over actions: normalise the last dimension, of size `actions`."
)
def over_states(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + alpha * reward).log_softmax(0)


@policy.mistake(
    "One distribution over all states and actions", "q(a|s) sums to 1 in every state. Here all states together share the sum of 1."
)
def over_all(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + alpha * reward).flatten().log_softmax(0).reshape(reward.shape)


@policy.mistake("q is not normalised", "pi_old exp{alpha R} does not sum to 1. Divide by its sum over the actions of each state.")
def unnormalised(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return log_pi_old + alpha * reward


@policy.mistake("alpha is forgotten", "The exponent is alpha R(s, a): alpha says how much the reward counts against the old policy.")
def no_alpha(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + reward).log_softmax(-1)


@policy.mistake("The reward is divided by alpha", "alpha multiplies the reward here. A temperature would divide; alpha is its inverse.")
def divided(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + reward / alpha).log_softmax(-1)


@policy.mistake("The reward has the wrong sign", "A high reward must make an action more likely: exp{+alpha R}.")
def punished(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old - alpha * reward).log_softmax(-1)


@policy.mistake("The old policy is forgotten", "q stays close to pi_old: it is a factor of q. Without it, q starts from a uniform policy.")
def no_reference(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (alpha * reward).log_softmax(-1)


@policy.mistake(
    "alpha is a power of the old policy too", "Only the reward is multiplied by alpha: q is proportional to pi_old exp{alpha R}."
)
def both_scaled(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (alpha * (log_pi_old + reward)).log_softmax(-1)


@policy.mistake("Probabilities come back, not logarithms", "log q(a|s) is wanted: use log_softmax, which also survives where q is tiny.")
def probabilities(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + alpha * reward).softmax(-1)


@policy.mistake(
    "exp leaves floating point",
    "exp(1000) is inf and exp(-2000) is 0. Never leave the logarithms: a sum, then log_softmax (or minus logsumexp) over the actions.",
)
def overflows(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    q = log_pi_old.exp() * (alpha * reward).exp()
    return (q / q.sum(-1, keepdim=True)).log()


@policy.mistake(
    "The logarithm of a softmax",
    "softmax rounds a tiny probability to 0, and its logarithm is -inf. log_softmax never takes that detour.",
)
def log_of_softmax(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + alpha * reward).softmax(-1).log()


@policy.mistake(
    "One maximum for all states",
    "Subtracting the largest score of the whole table leaves nothing of the states with low rewards. Every state needs its own maximum.",
)
def one_maximum(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    score = log_pi_old + alpha * reward
    score = score - score.max()
    return score - score.exp().sum(-1, keepdim=True).log()


@policy.mistake("log pi_old is used as a probability", "In logarithms the product pi_old exp{alpha R} is the sum log pi_old + alpha R.")
def as_probability(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old * (alpha * reward)).log_softmax(-1)


@policy.mistake(
    "The greedy policy", "exp{alpha R} prefers good actions, it does not choose the best one only. That is the limit of large alpha."
)
def greedy(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    best = torch.zeros_like(reward).scatter(-1, (log_pi_old + alpha * reward).argmax(-1, keepdim=True), 1)
    return best.log()


@policy.mistake(
    "The value of a state is subtracted without alpha",
    "log q = log pi_old + alpha (R - V) with V = (1/alpha) log sum_a pi_old exp{alpha R}: the logarithm of Z itself is subtracted, not V.",
)
def minus_value(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    score = log_pi_old + alpha * reward
    return score - score.logsumexp(-1, keepdim=True) / alpha


@policy.mistake("The reward is cut off from the graph", "A reward may be learned: detach nothing and open no no_grad.")
def cut_off(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old + alpha * reward.detach()).log_softmax(-1)


@policy.mistake(
    "A small constant keeps the logarithm finite",
    "log(p + 1e-8) gives an action that is never taken a chance of 1e-8. -inf is the right logarithm of 0; stay in logarithms.",
)
def small_constant(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return ((log_pi_old.exp() + 1e-8).log() + alpha * reward).log_softmax(-1)


@policy.mistake(
    "exp before log_softmax", "log_softmax takes logarithms. Give it log pi_old + alpha R, not the product of the two exponentials."
)
def exp_first(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (log_pi_old.exp() * (alpha * reward).exp()).log_softmax(-1)


@policy.mistake("Z lacks the old policy", "Z(s) = sum_a pi_old(a|s) exp{alpha R(s, a)}: the sum of what stands in the numerator.")
def z_without_reference(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return log_pi_old + (alpha * reward).log_softmax(-1)


@policy.mistake("Only the maximum is subtracted", "Subtracting the maximum keeps exp in range, but log q needs the whole log Z: logsumexp.")
def only_maximum(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    score = log_pi_old + alpha * reward
    return score - score.amax(-1, keepdim=True)


@policy.mistake(
    "The mean reward is subtracted, not log Z",
    "log q = log pi_old + alpha R - log Z, with log Z = log E[exp{alpha R}], which is more than alpha E[R].",
)
def minus_mean(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return log_pi_old + alpha * (reward - reward.mean(-1, keepdim=True))


@policy.mistake(
    "The old policy's mean reward is subtracted, not log Z",
    "log q = log pi_old + alpha R - log Z, with log Z = log E[exp{alpha R}], which is more than alpha E[R].",
)
def minus_expected(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return log_pi_old + alpha * (reward - (log_pi_old.exp() * reward).sum(-1, keepdim=True))


@policy.mistake(
    "alpha multiplies the old policy's logarithm, not the reward", "alpha belongs to the reward: q is proportional to pi_old exp{alpha R}."
)
def misplaced_alpha(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    return (alpha * log_pi_old + reward).log_softmax(-1)

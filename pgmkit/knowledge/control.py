r"""Policies as posteriors: entropy-regularised policy optimisation is posterior regularization with other names.

`DICTIONARY` is that sentence as data; `tests/knowledge` runs both columns and finds one function.
"""

import torch
from torch import Tensor

from pgmkit.errors import describe, want_count, want_finite, want_nonempty, want_positive, want_same_shape, want_tensor
from pgmkit.knowledge.estep import tilt

DICTIONARY: dict[str, tuple[str, str]] = {
    "x": ("data x", "state and action (s, a)"),
    "p": ("generative model p_theta(x)", "reference (old) policy p_pi(x) = mu(s) p_pi(a|s)"),
    "f": ("constraint f(x)", "reward R(s, a)"),
    "alpha": ("strength of the constraint", "inverse temperature of the reward"),
    "q": ("q(x), proportional to p_theta(x) exp{alpha f(x)}", "new policy, proportional to p_pi(x) exp{alpha R(x)}"),
    "learned": ("theta, and phi when the constraint is learned", "the policy; phi when the reward is learned (inverse RL)"),
}
"""LKC, "Close resemblance b/w PR and ERPO": each symbol in posterior regularization and in policy optimisation."""


def erpo_policy(log_pi_old: Tensor, reward: Tensor, alpha: float) -> Tensor:
    r"""New policy q(a|s), proportional to pi_old(a|s) exp{alpha R(s, a)}: it minimises KL(q || pi_old) - alpha E_q[R] in every state.

    Args:
        log_pi_old: log pi_old(a|s), shape (states, actions).
        reward: R(s, a), shape (states, actions).
        alpha: strength of the reward.

    Returns:
        log q(a|s), shape (states, actions), normalised over the actions of each state.

    LKC, "Entropy-Regularized Policy Optimization (ERPO)".
    """
    want_nonempty("(states, actions)", log_pi_old=log_pi_old, reward=reward)
    want_tensor("(states, actions)", ndim=2, log_pi_old=log_pi_old)
    want_same_shape(log_pi_old=log_pi_old, reward=reward)
    want_finite(alpha=alpha)
    return (log_pi_old + alpha * reward).log_softmax(-1)


def want_world(log_p: Tensor, reward: Tensor, next_states: Tensor, alpha: float) -> None:
    """Raise unless log_p and reward are tables over states and actions, next_states leads from each pair to a state, and alpha > 0."""
    want_tensor("(S, A)", ndim=2, log_p=log_p)
    want_same_shape(log_p=log_p, reward=reward)
    want_positive(alpha=alpha)
    if not isinstance(next_states, Tensor) or next_states.shape != log_p.shape or next_states.dtype != torch.int64:
        raise ValueError(f"next_states must have shape (S, A) = {tuple(log_p.shape)} and dtype int64; got {describe(next_states)}.")


def tilted_policies(log_pi: Tensor, reward: Tensor, next_states: Tensor, alpha: float, horizon: int) -> Tensor:
    r"""Policies whose paths are distributed as p(path) exp{alpha sum_t R(s_t, a_t)} / Z: the E-step over paths, by backward recursion.

    V_H = 0, Q_t(s, a) = R(s, a) + V_{t+1}(next(s, a)), V_t(s) = (1/alpha) log sum_a pi(a|s) exp{alpha Q_t(s, a)}, q_t = pi exp{alpha (Q_t - V_t)}.

    Args:
        log_pi: log pi(a|s) of the reference, shape (S, A).
        reward: R(s, a), shape (S, A).
        next_states: deterministic transitions, shape (S, A), dtype int64.
        alpha: strength of the reward, positive.
        horizon: H, number of actions in a path.

    Returns:
        log q_t(a|s), shape (H, S, A).
    """
    want_world(log_pi, reward, next_states, alpha)
    want_count(horizon=horizon)
    value, policies = log_pi.new_zeros(len(log_pi)), []
    for _ in range(horizon):
        score = alpha * (reward + value[next_states])
        policies.append(tilt(log_pi, score))
        value = (log_pi + score).logsumexp(-1) / alpha
    return torch.stack(policies[::-1])


def reps(log_p: Tensor, reward: Tensor, next_states: Tensor, alpha: float, *, steps: int = 200) -> tuple[Tensor, Tensor]:
    r"""Relative entropy policy search: the tilt of p(s, a) whose states flow into themselves.

    min_q KL(q || p) - alpha E_q[R] subject to sum_a q(s', a) = sum of q(s, a) over all (s, a) that lead to s'. The multipliers
    V(s) of these constraints turn R into R(s, a) + V(next(s, a)) - V(s); they minimise log E_p[exp{alpha (R + V' - V)}].

    Args:
        log_p: log p(s, a) of the reference, shape (S, A), normalised over all pairs.
        reward: R(s, a), shape (S, A).
        next_states: deterministic transitions, shape (S, A), dtype int64.
        alpha: strength of the reward, positive.
        steps: largest number of iterations of L-BFGS on V.

    Returns:
        `(log_q, V)` of shapes (S, A) and (S,); V has mean 0.

    LKC, "Entropy-Regularized Policy Optimization (ERPO)". Peters, Mulling and Altun, 2010, with a fixed temperature.
    """
    want_world(log_p, reward, next_states, alpha)
    want_count(steps=steps)
    V = torch.zeros(len(log_p), dtype=log_p.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS([V], max_iter=steps, tolerance_grad=1e-12, tolerance_change=1e-15, line_search_fn="strong_wolfe")

    def score() -> Tensor:
        return alpha * (reward + V[next_states] - V[:, None])

    def dual() -> Tensor:
        optimizer.zero_grad()
        value = (log_p + score()).flatten().logsumexp(0)
        value.backward()
        return value

    optimizer.step(dual)
    V = V.detach() - V.detach().mean()
    return tilt(log_p.flatten(), score().detach().flatten()).reshape(log_p.shape), V

r"""Posterior regularization: the objective, its E-step, its M-steps, and what many rounds of the two lead to.

Symbols: alpha is the strength of the constraint inside L(theta, q) = KL(q || p_theta) - alpha E_q[f] (LKC writes alpha, L13
lambda); `weight` is the weight of the whole term against the model's own loss (L13 writes alpha, LKC has none).
"""

import math

import torch
from torch import Tensor

from pgmkit.errors import want_count, want_finite, want_nonempty, want_nonnegative, want_same_shape


def pr_e_step(log_p: Tensor, f: Tensor, alpha: float) -> Tensor:
    r"""E-step: the q that minimises KL(q || p) - alpha E_q[f], which is q*(x) = p(x) exp{alpha f(x)} / Z.

    Args:
        log_p: log p of every value (or of every label), shape (..., n); -inf where p is 0. It need not be normalised.
        f: the constraint, higher is better, shape (..., n).
        alpha: strength of the constraint.

    Returns:
        log q*, shape (..., n), normalised over the last dimension: each row is a distribution of its own.

    LKC and L13, "Posterior Regularization for DGMs".
    """
    want_nonempty("(..., n)", log_p=log_p, f=f)
    want_same_shape(log_p=log_p, f=f)
    want_finite(alpha=alpha)
    return (log_p + alpha * f).log_softmax(-1)


def pr_objective(log_q: Tensor, log_p: Tensor, f: Tensor, alpha: float) -> Tensor:
    r"""The posterior regularization functional, KL(q || p) - alpha E_q[f] = sum_x q(x) (log q(x) - log p(x) - alpha f(x)).

    A value with q(x) = 0 counts 0. Where q(x) > 0 and p(x) = 0 the functional is infinite. Its minimum over q is -log Z.

    Args:
        log_q: normalised log q, shape (..., n); -inf where q is 0.
        log_p: normalised log p, shape (..., n).
        f: the constraint, higher is better, shape (..., n).
        alpha: strength of the constraint.

    Returns:
        Shape (...), in nats.

    LKC and L13, "Posterior Regularization for DGMs".
    """
    want_nonempty("(..., n)", log_q=log_q, log_p=log_p, f=f)
    want_same_shape(log_q=log_q, log_p=log_p, f=f)
    want_finite(alpha=alpha)
    q = log_q.exp()
    return (q * torch.where(q > 0, log_q - log_p - alpha * f, 0)).sum(-1)


def pr_em(log_p0: Tensor, f: Tensor, alpha: float, steps: int) -> Tensor:
    r"""EM rounds of an unrestricted model without a loss of its own: every M-step copies q, so p_t is proportional to p_{t-1} exp{alpha f}.

    Args:
        log_p0: log p_0 of every value, shape (n,), normalised.
        f: the constraint, fixed, shape (n,).
        alpha: strength of the constraint.
        steps: T, number of rounds.

    Returns:
        log p_T, shape (n,), normalised.

    LKC and L13, "Posterior Regularization for DGMs": the EM-style procedure, with the data's loss left out.
    """
    want_nonempty("(n,)", log_p0=log_p0, f=f)
    want_same_shape(log_p0=log_p0, f=f)
    want_finite(alpha=alpha)
    want_count(steps=steps)
    log_p = log_p0
    for _ in range(steps):
        log_p = (log_p + alpha * f).log_softmax(-1)
    return log_p


def em_with_data(log_p_data: Tensor, log_p0: Tensor, f: Tensor, alpha: float, weight: float, steps: int) -> Tensor:
    r"""EM rounds of an unrestricted model that keeps its data: p_t = (p_data + weight q_t) / (1 + weight).

    This is the exact M-step of -E_data[log p] - weight E_q[log p] over all distributions p.

    Args:
        log_p_data: log p_data, shape (n,), normalised.
        log_p0: log p_0, where the model starts, shape (n,).
        f: the constraint, shape (n,).
        alpha: strength of the constraint.
        weight: weight of the regularization against the data's loss.
        steps: T, number of rounds.

    Returns:
        log p_0 to log p_T, shape (T + 1, n).
    """
    want_nonempty("(n,)", log_p_data=log_p_data, log_p0=log_p0, f=f)
    want_same_shape(log_p_data=log_p_data, log_p0=log_p0, f=f)
    want_finite(alpha=alpha)
    want_nonnegative(weight=weight)
    want_count(steps=steps)
    history = [log_p0]
    for _ in range(steps):
        q = (history[-1] + alpha * f).softmax(-1)
        history.append(((log_p_data.exp() + weight * q) / (1 + weight)).log())
    return torch.stack(history)


def violation_fixed_point(violation: float, alpha: float, weight: float) -> tuple[float, float]:
    r"""Where `em_with_data` ends for a yes-or-no rule, f = -1[x breaks the rule]: how much does alpha buy?

    v_q = v e^{-alpha} / (v e^{-alpha} + 1 - v) and v = (v_data + weight v_q) / (1 + weight): a quadratic equation in v.

    Args:
        violation: v_data, share of the data that breaks the rule, in [0, 1].
        alpha: strength of the constraint, not negative.
        weight: weight of the regularization against the data's loss.

    Returns:
        `(v, v_q)`: the violation rates of the model and of q.
    """
    want_nonnegative(violation=violation, alpha=alpha, weight=weight)
    if violation > 1:
        raise ValueError(f"violation is a share of the data, so it must lie in [0, 1]; got {violation}.")
    keep = math.exp(-alpha)
    a = (1 + weight) * (1 - keep)
    b = 1 + weight + violation * (1 - keep) - weight * keep
    v = 2 * violation / (b + math.sqrt(max(b * b - 4 * a * violation, 0.0)))
    return v, v * keep / (v * keep + 1 - v)


def forward_kl_loss(log_q: Tensor, log_p: Tensor) -> Tensor:
    r"""M-step of a density: -E_q[log p_theta], which is KL(q || p_theta) up to a constant. It covers all of q.

    Args:
        log_q: log weights of the samples (or labels), normalised over the last dimension, shape (..., n); taken as given.
        log_p: log p_theta of the same samples, on the graph of theta, shape (..., n); for a VAE its lower bound, the ELBO.

    Returns:
        Scalar to minimise over theta.

    LKC and L13, "Posterior Regularization for DGMs", the M-step.
    """
    want_nonempty("(..., n)", log_q=log_q, log_p=log_p)
    want_same_shape(log_q=log_q, log_p=log_p)
    return -(log_q.detach().exp() * log_p).sum(-1).mean()


def reverse_kl_loss(f_model: Tensor, alpha: float) -> Tensor:
    r"""M-step of an implicit model: -alpha E_{p_theta}[f], whose gradient at theta_t is that of KL(p_theta || q). It seeks modes.

    Only at theta_t: elsewhere KL(p_theta || p_theta_t) is missing, which an implicit model cannot evaluate. So take one step for each refresh of q.

    Args:
        f_model: f(G(z)) on samples, on the graph of theta, shape (n,).
        alpha: strength of the constraint.

    Returns:
        Scalar to minimise over theta, beside the model's own loss.

    LKC, "Algorithm: PR with learnable constraint": implicit models.
    """
    want_nonempty("(n,)", f_model=f_model)
    want_finite(alpha=alpha)
    return -alpha * f_model.mean()

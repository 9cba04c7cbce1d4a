r"""Posterior regularization with a learnable constraint: learn f_phi from data, and the model from f_phi, in turn."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from pgmkit.core import Constraint, Density
from pgmkit.errors import want_callable, want_count, want_finite, want_instance, want_nonempty, want_positive, want_same_shape, want_tensor
from pgmkit.knowledge.estep import snis


def constraint_loss(f_data: Tensor, f_model: Tensor, alpha: float) -> Tensor:
    r"""-E_data[log q_phi] up to what does not depend on phi: log Z_phi - alpha E_data[f_phi], with log Z_phi from samples of p_theta.

    Its gradient is -alpha (E_data[grad f] - E_{q_phi}[grad f]), the second mean with self-normalised importance weights.

    Args:
        f_data: f_phi on data, any shape.
        f_model: f_phi on samples of p_theta, shape (..., K); samples of one condition share a row.
        alpha: strength of the constraint.

    Returns:
        Scalar to minimise over phi.

    LKC, "Algorithm: PR with learnable constraint", step (1): the objective of MaxEnt IRL.
    """
    want_nonempty("(..., K)", f_data=f_data, f_model=f_model)
    want_finite(alpha=alpha)
    log_z = (alpha * f_model).logsumexp(-1) - torch.tensor(f_model.shape[-1]).log()
    return log_z.mean() - alpha * f_data.mean()


def naive_constraint_loss(f_model: Tensor, alpha: float) -> Tensor:
    r"""The wrong way: -E_q[f_phi], the constraint as one more parameter of the M-step. It praises whatever the model makes.

    No data enters, the sign of E_q[grad f] is opposite to that of `constraint_loss`, and nothing bounds it from below.

    Args:
        f_model: f_phi on samples of p_theta, shape (..., K).
        alpha: strength of the constraint inside q.

    LKC, "Posterior Regularization for DGMs" ("problematic"), and the table's row "with constraint updated in M-step (Eq.5)".
    """
    want_nonempty("(..., K)", f_model=f_model)
    weights, _ = snis(f_model, alpha)
    return -(weights * f_model).sum(-1).mean()


def theta_step_explicit(model: Density, x: Tensor, f: Constraint, alpha: float, optimizer: Optimizer) -> float:
    r"""One M-step of a density: descend -sum_k w_k log p_theta(x_k), with weights w = softmax(alpha f(x)) that are taken as given.

    Args:
        model: p_theta, with `log_prob`.
        x: samples of p_theta, shape (K, ...); taken as given.
        f: the constraint; it does not change and keeps no gradient.
        alpha: strength of the constraint.
        optimizer: holds theta. Gradients that were there before do not count.

    Returns:
        The loss before the step.

    LKC, "Algorithm: PR with learnable constraint", step (2).
    """
    want_instance(Optimizer, optimizer=optimizer)
    want_callable(f=f)
    want_instance(Tensor, x=x)
    want_finite(alpha=alpha)
    with torch.no_grad():
        weights = (alpha * f(x)).softmax(0)  # (K,)
    loss = -(weights * model.log_prob(x.detach())).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def theta_step_implicit(model: nn.Module, f: Constraint, z: Tensor, alpha: float, optimizer: Optimizer) -> float:
    r"""One M-step of an implicit model x = G_theta(z): descend -alpha E[f(G_theta(z))], through f into theta.

    Args:
        model: G_theta, maps z to x.
        f: the constraint, differentiable in x; its parameters phi neither change nor receive a gradient.
        z: latents, shape (n, k).
        alpha: strength of the constraint.
        optimizer: holds theta. Gradients that were there before do not count.

    Returns:
        The loss before the step.

    LKC, "Algorithm: PR with learnable constraint", step (2), implicit models.
    """
    want_instance(Optimizer, optimizer=optimizer)
    want_callable(model=model, f=f)
    want_nonempty("(n, k)", z=z)
    want_finite(alpha=alpha)
    loss = -alpha * f(model(z)).mean()
    optimizer.zero_grad()
    loss.backward(inputs=[p for group in optimizer.param_groups for p in group["params"]])
    optimizer.step()
    return loss.item()


class Learned(NamedTuple):
    """What `pr_learnable` returns: phi, shape (k,); log p_theta, shape (m,); log q_phi, shape (m,)."""

    phi: Tensor
    log_p: Tensor
    log_q: Tensor


def pr_learnable(
    log_p_data: Tensor, log_p0: Tensor, features: Tensor, alpha: float, steps: int, *, lr_phi: float = 0.5, lr_theta: float = 0.5
) -> Learned:
    r"""The whole algorithm in a world of m values, where every mean is exact: p_theta = softmax(theta), f_phi = features @ phi.

    Each step first moves phi by lr_phi alpha (E_data[features] - E_q[features]), then, with the new q, theta by lr_theta (q - p).

    Args:
        log_p_data: log p_data, shape (m,), normalised.
        log_p0: log p_0, where the model starts, shape (m,).
        features: what the constraint can see of each value, shape (m, k).
        alpha: strength of the constraint.
        steps: how often both move.
        lr_phi: step length of the constraint, which starts at phi = 0.
        lr_theta: step length of the model.

    Returns:
        `(phi, log_p, log_q)`, with log_q that of the last phi and the last p: normalised.

    LKC, "Algorithm: PR with learnable constraint".
    """
    want_nonempty("(m,)", log_p_data=log_p_data, log_p0=log_p0, features=features)
    want_same_shape(log_p_data=log_p_data, log_p0=log_p0)
    want_tensor("(m, k)", ndim=2, features=features)
    want_finite(alpha=alpha)
    want_count(steps=steps)
    want_positive(lr_phi=lr_phi, lr_theta=lr_theta)
    phi, theta = torch.zeros_like(features[0]), log_p0
    wanted = log_p_data.exp() @ features  # (k,)
    for _ in range(steps):
        q = (theta + alpha * features @ phi).softmax(0)  # (m,)
        phi = phi + lr_phi * alpha * (wanted - q @ features)
        q = (theta + alpha * features @ phi).softmax(0)
        theta = theta + lr_theta * (q - theta.softmax(0))
    return Learned(phi, theta.log_softmax(0), (theta + alpha * features @ phi).log_softmax(0))

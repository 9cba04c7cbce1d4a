r"""Learned rule confidences: how far each rule should be trusted, from labels."""

import torch
from torch import Tensor

from pgmkit.errors import describe, want_count, want_nonnegative, want_positive, want_tensor
from pgmkit.knowledge.distil import want_labels
from pgmkit.knowledge.logic import want_truths


def want_rule_data(log_p: Tensor, r: Tensor, y: Tensor) -> None:
    """Raise unless log_p is (n, k), r holds truth values of shape (L, n, k) and y labels of shape (n,)."""
    want_tensor("(n, k)", ndim=2, log_p=log_p)
    want_truths(r=r)
    if r.shape[1:] != log_p.shape or r.ndim != 3:
        raise ValueError(f"r must have shape (L, n, k) with (n, k) that of log_p, {tuple(log_p.shape)}; got {describe(r)}.")
    want_labels(y, log_p)


def rule_confidence_grad(log_p: Tensor, r: Tensor, y: Tensor, lambdas: Tensor) -> Tensor:
    r"""Gradient of (1/n) sum_i log q(y_i|x_i) in lambda: the mean over i of r_l(x_i, y_i) - E_{q(y|x_i)}[r_l(x_i, y)].

    Here q(y|x) is proportional to p(y|x) exp{sum_l lambda_l r_l(x, y)}. It is "data minus model", as in maximum likelihood.

    Args:
        log_p: log p_theta(y|x), shape (n, k).
        r: truth of each rule for each example and label, shape (L, n, k).
        y: labels, shape (n,), dtype int64.
        lambdas: confidences, shape (L,).

    Returns:
        Shape (L,): the direction in which to raise the confidences.

    L13, "Learning rules/constraints". Hu, Yang, Salakhutdinov and Xing, 2016.
    """
    want_rule_data(log_p, r, y)
    want_tensor("(L,)", ndim=1, lambdas=lambdas)
    q = (log_p + (lambdas[:, None, None] * r).sum(0)).softmax(-1)  # (n, k)
    of_labels = r[:, torch.arange(len(y)), y]  # (L, n)
    return (of_labels - (q * r).sum(-1)).mean(-1)


def fit_confidences(log_p: Tensor, r: Tensor, y: Tensor, *, steps: int = 2000, lr: float = 2.0, decay: float = 0.0) -> Tensor:
    r"""The lambdas >= 0 that maximise (1/n) sum_i log q(y_i|x_i) - (decay/2) ||lambda||^2, by projected gradient ascent from 0.

    The objective is concave, so there is one best value unless two rules always agree; a small decay settles that too.

    Args:
        log_p: log p_theta(y|x), shape (n, k), on examples that p_theta was not trained on: an over-fitted p leaves nothing to learn.
        r: truth of each rule for each example and label, shape (L, n, k).
        y: labels, shape (n,), dtype int64.
        steps: steps of ascent.
        lr: their length.
        decay: pull towards 0.

    Returns:
        Shape (L,).
    """
    want_rule_data(log_p, r, y)
    want_count(steps=steps)
    want_positive(lr=lr)
    want_nonnegative(decay=decay)
    lambdas = torch.zeros(len(r), dtype=log_p.dtype)
    for _ in range(steps):
        grad = rule_confidence_grad(log_p, r, y, lambdas) - decay * lambdas
        lambdas = (lambdas + lr * grad).clamp_min(0)
    return lambdas

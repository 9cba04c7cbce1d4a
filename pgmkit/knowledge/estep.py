r"""The E-step of the whole course: q proportional to p exp{score}, over labels or over samples, always in logs."""

import math

import torch
from torch import Tensor

from pgmkit.errors import want_finite, want_nonempty, want_same_shape


def tilt(log_p: Tensor, score: Tensor) -> Tensor:
    r"""log q with q(x) proportional to p(x) exp{score(x)}, normalised over the last dimension.

    Args:
        log_p: log p, shape (..., n); normalised or not. Zeros when the n entries are samples of p.
        score: what q favours, shape (..., n); -inf excludes an entry. For posterior regularization it is alpha f(x).

    Returns:
        log q, shape (..., n).

    LKC and L13, "Posterior Regularization for DGMs", the E-step (which the slides write q*(y|x); it is q*(x)).
    """
    want_nonempty("(..., n)", log_p=log_p, score=score)
    want_same_shape(log_p=log_p, score=score)
    return (log_p + score).log_softmax(-1)


def log_partition(score: Tensor) -> Tensor:
    r"""log Z = log E_p[exp{score(x)}], estimated from n samples of p: the log of a mean, over the last dimension.

    Args:
        score: at samples x_1..x_n of p, shape (..., n).

    Returns:
        Shape (...). Biased downwards by O(1/n), because a logarithm is concave.
    """
    want_nonempty("(..., n)", score=score)
    return score.logsumexp(-1) - math.log(score.shape[-1])


def effective_sample_size(log_w: Tensor) -> Tensor:
    r"""ESS = (sum_k w_k)^2 / sum_k w_k^2 over the last dimension: how many equal weights would be as good; from 1 to n.

    Args:
        log_w: log weights, shape (..., n); a common factor does not matter.
    """
    want_nonempty("(..., n)", log_w=log_w)
    return (2 * log_w.logsumexp(-1) - (2 * log_w).logsumexp(-1)).exp()


def snis(f_values: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    r"""Self-normalised importance weights of q(x), proportional to p(x) exp{alpha f(x)}, on samples of p.

    w_k = exp{alpha f(x_k)} / sum_j exp{alpha f(x_j)}, so that E_q[g] is about sum_k w_k g(x_k). The density p cancels.

    Args:
        f_values: f(x_1)..f(x_K), shape (..., K); samples of one condition share a row, and each row is normalised alone.
        alpha: strength of the constraint.

    Returns:
        `(weights, ess)`: weights of shape (..., K) without a gradient, and ESS = 1 / sum_k w_k^2 of shape (...).

    LKC, "Algorithm: PR with learnable constraint": expectations under q_phi by importance sampling.
    """
    want_nonempty("(..., K)", f_values=f_values)
    want_finite(alpha=alpha)
    weights = (alpha * f_values.detach()).softmax(-1)
    return weights, 1 / weights.square().sum(-1)


def expectation(log_q: Tensor, g: Tensor) -> Tensor:
    r"""E_q[g] = sum_x q(x) g(x) over the last dimension; entries with q = 0 count nothing, even where g is infinite.

    Args:
        log_q: normalised log q, shape (..., n).
        g: values, shape (..., n).
    """
    want_nonempty("(..., n)", log_q=log_q, g=g)
    want_same_shape(log_q=log_q, g=g)
    q = log_q.exp()
    return (q * torch.where(q > 0, g, 0)).sum(-1)

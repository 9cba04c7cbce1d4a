r"""A teacher for sequences: rules about neighbouring labels make q* a chain, and dynamic programming projects onto it exactly.

q*(y_1..y_T) is proportional to prod_i exp{unary_i(y_i)} prod_i exp{pairwise_i(y_i, y_{i+1})}: the unary scores are the network's
log-probabilities, the pairwise scores -C lambda (1 - r(y_i, y_{i+1})), -inf for what a hard rule forbids.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from pgmkit.errors import describe, want_nonempty, want_tensor


class ChainPosterior(NamedTuple):
    """log Z, a scalar; the marginals q(y_i), shape (T, k); the most probable sequence, shape (T,)."""

    log_partition: Tensor
    marginals: Tensor
    best: Tensor


def want_chain(unary: Tensor, pairwise: Tensor) -> None:
    """Raise unless unary is (T, k) and pairwise (k, k)."""
    want_nonempty("(T, k)", unary=unary, pairwise=pairwise)
    want_tensor("(T, k)", ndim=2, unary=unary)
    if pairwise.shape != (unary.shape[1], unary.shape[1]):
        raise ValueError(f"pairwise must have shape (k, k) with k = {unary.shape[1]}, from label to next label; got {describe(pairwise)}.")


def chain_forward(unary: Tensor, pairwise: Tensor) -> Tensor:
    r"""log of the summed scores of all beginnings y_1..y_i that end in each label, shape (T, k): the forward messages.

    Args:
        unary: scores of each label at each place, shape (T, k).
        pairwise: scores from label to next label, shape (k, k).
    """
    want_chain(unary, pairwise)
    messages = [unary[0]]
    for score in unary[1:]:
        messages.append(score + (messages[-1][:, None] + pairwise).logsumexp(0))
    return torch.stack(messages)


def chain_best(unary: Tensor, pairwise: Tensor) -> Tensor:
    r"""The sequence of the highest score, shape (T,), dtype int64 (Viterbi): forward messages with max in place of the sum.

    Args:
        unary: scores of each label at each place, shape (T, k).
        pairwise: scores from label to next label, shape (k, k).
    """
    want_chain(unary, pairwise)
    message, came_from = unary[0], []
    for score in unary[1:]:
        best = (message[:, None] + pairwise).max(0)
        came_from.append(best.indices)
        message = score + best.values
    path = [message.argmax()]
    for indices in reversed(came_from):
        path.append(indices[path[-1]])
    return torch.stack(path[::-1])


def chain_posterior(unary: Tensor, pairwise: Tensor) -> ChainPosterior:
    r"""The projection of a sequence rule: log Z, the marginals q*(y_i) (soft targets of the student), and the best sequence.

    Marginals by forward and backward messages: q(y_i) is proportional to exp{forward_i + backward_i}. Cost O(T k^2), not k^T.

    Args:
        unary: scores of each label at each place, shape (T, k); -inf forbids a label there.
        pairwise: scores from label to next label, shape (k, k); -inf forbids a pair.

    Hu et al., 2016, the transition rule of named entities.
    """
    forward = chain_forward(unary, pairwise)
    log_z = forward[-1].logsumexp(0)
    if not bool(torch.isfinite(log_z)):
        raise ValueError(f"some sequence of labels must have a finite score; got log Z = {float(log_z)}. The hard rules exclude all.")
    endings = chain_forward(unary.flip(0), pairwise.T).flip(0)
    backward = torch.where(unary.isneginf(), 0, endings - unary)  # a label that is excluded has no forward score either
    return ChainPosterior(log_z, (forward + backward - log_z).exp(), chain_best(unary, pairwise))

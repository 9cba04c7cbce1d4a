"""Other right ways to write the warm-up; all must pass."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.distributions import kl_divergence as kl_of_distributions


def masked(p: Tensor, q: Tensor) -> Tensor:
    """Zeros of p replaced before the logarithm."""
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return torch.where(p > 0, p * (safe.log() - q.log()), torch.zeros_like(p)).sum(-1)


def cross_entropy_minus_entropy(p: Tensor, q: Tensor) -> Tensor:
    """H(p, q) - H(p)."""
    return -torch.xlogy(p, q).sum(-1) - torch.special.entr(p).sum(-1)


def ratio_with_nan_to_zero(p: Tensor, q: Tensor) -> Tensor:
    """The plain formula, its nan (only at zeros of p) put to zero."""
    return (p * (p / q).log()).nan_to_num(nan=0.0, posinf=torch.inf).sum(-1)


def loop(p: Tensor, q: Tensor) -> Tensor:
    """Place by place, as on paper."""
    total = torch.zeros_like(p[..., 0])
    for i in range(p.shape[-1]):
        here = p[..., i] > 0
        total[here] += p[..., i][here] * (p[..., i][here].log() - q[..., i][here].log())
    return total


def by_distributions(p: Tensor, q: Tensor) -> Tensor:
    """PyTorch's own formula for categorical distributions."""
    return kl_of_distributions(Categorical(probs=p), Categorical(probs=q))


EQUIVALENTS: dict[str, dict[str, Callable[..., Tensor]]] = {
    "kl_divergence": {
        "masked": masked,
        "cross-entropy minus entropy": cross_entropy_minus_entropy,
        "ratio, nan to zero": ratio_with_nan_to_zero,
        "loop": loop,
        "torch.distributions": by_distributions,
    }
}

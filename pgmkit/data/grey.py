"""Whole grey values made continuous, so that a density makes sense."""

import torch
from torch import Generator, Tensor

from pgmkit.errors import want_count, want_tensor
from pgmkit.rng import rand


def dequantise(k: Tensor, bins: int, *, generator: Generator | None = None) -> Tensor:
    r"""x = (k + u) / bins with u ~ U[0, 1): whole grey values spread evenly over their bin, so that a density makes sense.

    Args:
        k: whole values 0, ..., bins - 1, stored as floating-point numbers, any shape.
        bins: number of grey values; 256 for photographs, 17 for scikit-learn's digits.
        generator: source of u.

    Returns:
        x in [0, 1), of the shape and dtype of k.

    Theis, van den Oord and Bethge, 2016, section 3.1: E_u[log p(k + u)] is a lower bound of log P(k).
    """
    want_tensor("(...)", k=k)
    want_count(bins=bins)
    if bool((k < 0).any() | (k > bins - 1).any() | (k != k.floor()).any()):
        raise ValueError(f"k must hold whole values from 0 to bins - 1 = {bins - 1}; got others. Undo the scaling of the images first.")
    u = rand(*k.shape, generator=generator, like=k)
    return torch.minimum(k + u, torch.nextafter(k + 1, k)) / bins  # rounding may not reach the next bin

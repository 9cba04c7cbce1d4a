"""What a public function says when an argument is wrong: what was wanted, what came, what to do."""

from typing import Any

import torch
from torch import Tensor


def describe(value: Any) -> str:
    """Short description of a value that came: shape and dtype of a tensor, otherwise its repr, at most 60 characters."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {str(value.dtype).removeprefix('torch.')}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def want_tensor(shape: str, *, ndim: int | None = None, **tensors: Tensor) -> None:
    """Raise unless every named argument is a floating-point tensor with `ndim` dimensions.

    Args:
        shape: the wanted shape as the docstring writes it, for the message, for example "(n, d)".
        ndim: number of dimensions, or None for any.
        tensors: the arguments, by name.
    """
    for name, x in tensors.items():
        if not isinstance(x, Tensor) or not x.is_floating_point():
            raise ValueError(f"{name} must be a floating-point tensor of shape {shape}; got {describe(x)}.")
        if ndim is not None and x.ndim != ndim:
            raise ValueError(f"{name} must have shape {shape}; got {describe(x)}. Reshape it first.")


def want_nonempty(shape: str, **tensors: Tensor) -> None:
    """Raise unless every named argument is a floating-point tensor with at least one element: a mean over nothing is nan."""
    want_tensor(shape, **tensors)
    for name, x in tensors.items():
        if x.numel() == 0:
            raise ValueError(f"{name} must hold at least one value, shape {shape}; got {describe(x)}.")


def want_same_shape(**tensors: Tensor) -> None:
    """Raise unless all named tensors have the same shape: broadcasting would hide the mistake."""
    shapes = {name: tuple(x.shape) for name, x in tensors.items()}
    if len(set(shapes.values())) > 1:
        came = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{' and '.join(shapes)} must have the same shape; got {came}.")


def want_probabilities(**tensors: Tensor) -> None:
    """Raise unless every named tensor is non-negative and sums to one over its last dimension."""
    for name, p in tensors.items():
        want_tensor("(..., n)", **{name: p})
        if p.ndim == 0 or p.numel() == 0 or not bool((p >= 0).all()):
            raise ValueError(f"{name} must hold probabilities, shape (..., n), none negative; got {describe(p)}.")
        total = p.sum(-1)
        if not bool(torch.isclose(total, torch.ones_like(total), atol=1e-4).all()):
            raise ValueError(f"{name} must sum to 1 over its last dimension; got sums {total.tolist()}. Divide by the sum.")


def want_positive(**numbers: float) -> None:
    """Raise unless every named number is finite and above zero."""
    for name, value in numbers.items():
        if not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a positive number; got {describe(value)}.")


def want_count(**numbers: int) -> None:
    """Raise unless every named number is a whole number of at least one."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {describe(value)}.")

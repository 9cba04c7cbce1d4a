"""What a public function says when an argument is wrong: what was wanted, what came, what to do."""

import math
from numbers import Real
from typing import Any

import torch
from torch import Generator, Tensor


def describe(value: Any) -> str:
    """Short description of a value that came: shape and dtype of a tensor, otherwise its repr, at most 60 characters."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {str(value.dtype).removeprefix('torch.')}"
    text = " ".join(repr(value).split())
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
    """Raise unless all named arguments are floating-point tensors of one shape: broadcasting would hide the mistake."""
    want_tensor("(...), the same for all", **tensors)
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
        if not isinstance(value, Real) or not 0 < value < math.inf:
            raise ValueError(f"{name} must be a positive number; got {describe(value)}.")


def want_nonnegative(**numbers: float) -> None:
    """Raise unless every named number is finite and not below zero."""
    for name, value in numbers.items():
        if not isinstance(value, Real) or not 0 <= value < math.inf:
            raise ValueError(f"{name} must be zero or a positive number; got {describe(value)}.")


def want_finite(**numbers: float) -> None:
    """Raise unless every named number is neither infinite nor nan."""
    for name, value in numbers.items():
        if not isinstance(value, Real) or not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number; got {describe(value)}.")


def want_count(**numbers: int) -> None:
    """Raise unless every named number is a whole number of at least one."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1; got {describe(value)}.")


def want_seed(seed: int) -> None:
    """Raise unless the seed is a whole number that a generator can hold."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not -(2**63) <= seed < 2**64:
        raise ValueError(f"seed must be a whole number from -2**63 to 2**64 - 1; got {describe(seed)}.")


def want_generator(generator: Generator | None) -> None:
    """Raise unless the source of randomness is a CPU generator, or None for the global one."""
    if generator is not None and (not isinstance(generator, Generator) or generator.device.type != "cpu"):
        raise ValueError(f"generator must be a CPU torch.Generator or None; got {describe(generator)}. Make one with rng.fresh(seed).")


def want_instance(kind: type, /, **values: Any) -> None:
    """Raise unless every named argument is an instance of `kind`."""
    for name, value in values.items():
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be an object of type {kind.__name__}; got {describe(value)}.")


def want_callable(**values: Any) -> None:
    """Raise unless every named argument can be called."""
    for name, value in values.items():
        if not callable(value):
            raise ValueError(f"{name} must be a function or a module; got {describe(value)}.")


def want_text(**texts: str) -> None:
    """Raise unless every named argument is a text that says something."""
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{name} must be a text that is not empty; got {describe(text)}.")

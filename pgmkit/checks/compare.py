"""Comparing what came with what was wanted, observation by observation: why they differ, in words, or nothing."""

import math
from typing import Any

import torch
from torch import Tensor

from pgmkit.checks.exam import Failure

NEAR = ": close, so look for a small epsilon, a rounded constant, or a tensor made in single precision"
ABSOLUTE = 3e-2
"""The absolute tolerance, as a part of the relative one: what single-precision constants leave behind may pass."""


def show(value: Any) -> str:
    """A value as a reader wants to see it: short, rounded, with its shape."""
    match value:
        case Tensor() if value.ndim == 0:
            return f"{value.item():.6g}"
        case Tensor() if value.numel() <= 6:
            numbers = ", ".join(f"{v + 0:.4g}" for v in value.flatten().tolist())
            return f"[{numbers}]" + (f" of shape {tuple(value.shape)}" if value.ndim > 1 else "")
        case Tensor():
            return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
        case bool() | None | str():
            return str(value)
        case float() | int():
            return f"{value:.6g}"
        case Failure():
            at = f" ({value.where})" if value.where else ""
            return f"{value.kind}: {value.message}{at}"
        case tuple():
            return "(" + ", ".join(show(v) for v in value) + ")"
        case dict():
            return "{" + ", ".join(f"{k}: {show(v)}" for k, v in value.items()) + "}"
    return str(value)


def number(value: Any) -> Any:
    """A zero-dimensional tensor as the number it holds; anything else as it is."""
    return value.item() if isinstance(value, Tensor) and value.ndim == 0 else value


def compare_tensors(wanted: Tensor, came: Any, tolerance: float) -> str:
    """Why `came` differs from the wanted tensor; empty if it does not."""
    if isinstance(came, str):
        return f"a tensor of shape {tuple(wanted.shape)} was wanted; {came}"
    if not isinstance(came, Tensor):
        return f"a tensor of shape {tuple(wanted.shape)} was wanted; {show(came)} came, of type {type(came).__name__}"
    if came.shape != wanted.shape:
        return f"shape {tuple(wanted.shape)} was wanted; shape {tuple(came.shape)} came"
    if came.dtype != wanted.dtype:
        return f"dtype {wanted.dtype} was wanted; {came.dtype} came"
    if torch.allclose(came.double(), wanted.double(), rtol=tolerance, atol=tolerance * ABSOLUTE, equal_nan=True):
        return ""
    near = NEAR if torch.allclose(came.double(), wanted.double(), rtol=1e-3, atol=1e-6) else ""
    if wanted.numel() <= 6 and show(wanted) != show(came):
        return f"{show(wanted)} was wanted; {show(came)} came{near}"
    gap = (came.double() - wanted.double()).abs().flatten()
    i = int(gap.nan_to_num(nan=math.inf).argmax())
    place = [int(k) for k in torch.unravel_index(torch.tensor(i), wanted.shape)]
    return f"at {place}: {wanted.flatten()[i]:.10g} was wanted; {came.flatten()[i]:.10g} came{near}"


def compare(wanted: Any, came: Any, tolerance: float) -> str:
    """Why `came` differs from `wanted`; empty if it does not. The sign of zero and tuple against list do not matter."""
    match wanted:
        case Failure():
            same = isinstance(came, Failure) and came.kind == wanted.kind
            return "" if same else f"{wanted.kind} was wanted; {show(came)} came"
        case _ if isinstance(came, Failure):
            return show(came)
        case _ if came is None and wanted is not None:
            return "nothing came (None), so look whether every path ends in a return"
        case Tensor():
            return compare_tensors(wanted, came, tolerance)
        case bool() | str() | None:
            came = number(came)
            return "" if type(came) is type(wanted) and came == wanted else f"{wanted} was wanted; {show(came)} came"
        case tuple():
            return compare_parts(range(len(wanted)), wanted, came, tolerance, tuple)
        case dict():
            return compare_parts(wanted, wanted, came, tolerance, dict)
    value = number(came)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"a number was wanted; {show(came)} came"
    same = math.isclose(value, wanted, rel_tol=tolerance, abs_tol=tolerance * ABSOLUTE) or (math.isnan(value) and math.isnan(wanted))
    return "" if same else f"{show(wanted)} was wanted; {show(value)} came"


def compare_parts(keys: Any, wanted: Any, came: Any, tolerance: float, kind: type) -> str:
    """`compare` for every part of a tuple or dict."""
    if not isinstance(came, kind):
        return f"a {'dict' if kind is dict else 'list or tuple'} was wanted; {show(came)} came"
    if kind is tuple and len(came) != len(wanted):
        return f"{len(wanted)} parts were wanted; {len(came)} came"
    for key in keys:
        if kind is dict and key not in came:
            return f"the key {key!r} was wanted; only {sorted(came)} came"
        if reason := compare(wanted[key], came[key], tolerance):
            return f"{f'part {key + 1}' if kind is tuple else repr(key)}: {reason}"
    return ""

"""What the probes of problem set 4 share: distributions in logs, and whether an answer left its arguments alone."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal

INF = float("inf")


def log_distribution(*shape: int, generator: Generator) -> Tensor:
    """Random log-probabilities, normalised over the last dimension."""
    return normal(*shape, generator=generator).log_softmax(-1)


def doubles(*values: float) -> Tensor:
    """Numbers in float64."""
    return torch.tensor(values, dtype=torch.float64)


def left_alone(answer: Callable[..., Any], *tensors: Tensor) -> Any:
    """What the answer returns for copies of the tensors, or words where it changed one of them in place."""
    copies = [x.clone() for x in tensors]
    result = answer(*copies)
    same = all(torch.equal(copy, x) for copy, x in zip(copies, tensors, strict=True))
    return result if same else "an argument was changed in place"


def slopes(answer: Callable[..., Any], weights: Tensor, *tensors: Tensor) -> tuple[Any, ...]:
    """d (weights * answer(*tensors)).sum() / d each tensor: the weights keep a normaliser from cancelling out."""
    found = []
    for i in range(len(tensors)):
        free = [x.clone().requires_grad_() for x in tensors]
        value = answer(*free)
        fits = isinstance(value, Tensor) and value.shape == weights.shape
        found.append(slope(weights * value if fits else value, free[i]))
    return tuple(found)


def seen_by(x: Any) -> Any:
    """The value of a tensor in float64; anything else as it is. For answers whose dtype is nobody's business."""
    return x.double() if isinstance(x, Tensor) else x


def enters(value: Any, x: Tensor) -> Any:
    """Whether any gradient of `value` reaches x; words where there is none to look at."""
    found = slope(value, x)
    return found if isinstance(found, str) else bool(found.any())


def counts(value: Any, other: Any) -> Any:
    """Whether two values differ, the arguments of which differ in one place; the value itself where it is no tensor."""
    return not torch.equal(value, other) if isinstance(value, Tensor) and isinstance(other, Tensor) else value

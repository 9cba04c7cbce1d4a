"""Failures told apart: the judge knows an exception by its kind, so PyTorch's RuntimeError is given one that says more."""

import re
from collections.abc import Callable
from typing import Any

from torch import Tensor

from pgmkit.checks.compare import show
from pgmkit.checks.exam import plain
from pgmkit.checks.probing import gradient


class OffByOne(Exception):
    """n numbers met n - 1 gaps."""


class SizesDiffer(Exception):
    """n numbers met m numbers."""


class NoGradientAsked(Exception):
    """A derivative was wanted with respect to a tensor that does not require gradients."""


KindOf = Callable[[str], type[Exception] | None]


def sizes(n: int, m: int, points: int) -> KindOf:
    """Which mishap a message about sizes tells: `points` against `points` - 1, or n against m."""

    def kind_of(message: str) -> type[Exception] | None:
        named = {int(number) for number in re.findall(r"\b\d+\b", message)}
        if {points, points - 1} <= named:
            return OffByOne
        return SizesDiffer if n != m and {n, m} <= named else None

    return kind_of


def asked_without_gradient(message: str) -> type[Exception] | None:
    """Whether autograd was asked for a derivative with respect to a tensor outside the graph."""
    return NoGradientAsked if "differentiated Tensors does not require grad" in message else None


def told(call: Callable[[], Any], kind_of: KindOf) -> Any:
    """What `call` returns; a failure whose message is recognised is raised again as the kind that says more."""
    try:
        return call()
    except (RuntimeError, ValueError, TypeError) as error:
        kind = kind_of(str(error))
        if kind is None:
            raise
        raise kind(str(error)).with_traceback(error.__traceback__) from None


def slope(value: Any, x: Tensor) -> Any:
    """`gradient`, robust: words pass through, and a value off the graph is told with what it holds, so a wrong one shows."""
    match plain(value):
        case Tensor() if not value.requires_grad:
            return f"no gradient: {show(value)} came, cut off from the arguments"
        case str() as words:
            return words
        case int() | float():
            return "no gradient: a plain number came back, not a tensor"
    return gradient(value, x)


def centred(slope: Any) -> Any:
    """A gradient less its mean, where a constant does not count; words pass through."""
    return slope - slope.mean() if isinstance(slope, Tensor) else slope

"""What the probes of problem set 3 hand to an answer: maps of their own making, none of the library's."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.probing import linear, normal

Pair = tuple[Tensor, Tensor]
"""A value and its log_det."""


class WrongHalf(Exception):
    """The conditioner was given something that is not as wide as the half that stays."""


class NotCut(Exception):
    """The conditioner was given the whole of the last dimension."""


class Net(nn.Module):
    """A conditioner: (log_s, t) from the half that stays, curved, different in every row; it notes what it saw.

    Args:
        stays: width of the half that stays.
        changes: width of the half that changes.
        generator: source of the weights.
    """

    def __init__(self, stays: int, changes: int, generator: Generator):
        super().__init__()
        self.map = linear(stays, 2 * changes, generator=generator)
        self.seen: list[Tensor] = []

    def forward(self, a: Tensor) -> Pair:
        """(log_s, t), the log-scales between -0.5 and 1.1."""
        if a.shape[-1] != self.map.in_features:
            whole = a.shape[-1] == self.map.in_features + self.map.out_features // 2
            raise (NotCut if whole else WrongHalf)(
                f"net wants {self.map.in_features} entries in the last dimension; shape {tuple(a.shape)} came"
            )
        self.seen.append(a.detach().clone())
        r, t = self.map(a).chunk(2, -1)
        return 0.8 * r.tanh() + 0.3, t


class Bend(nn.Module):
    """A curved map of every entry, x = a sinh(z) + b, with another a and b in every column; no two of them commute.

    Args:
        dims: width of the last dimension.
        generator: source of a and b.
    """

    def __init__(self, dims: int, generator: Generator):
        super().__init__()
        self.log_a = nn.Parameter(0.3 + 0.2 * normal(dims, generator=generator).tanh())
        self.b = nn.Parameter(normal(dims, generator=generator).tanh())

    def forward(self, z: Tensor) -> Pair:
        """From z to x."""
        return self.log_a.exp() * z.sinh() + self.b, (self.log_a + z.cosh().log()).flatten(1).sum(1)

    def inverse(self, x: Tensor) -> Pair:
        """From x to z."""
        z = ((x - self.b) * (-self.log_a).exp()).asinh()
        return z, -(self.log_a + z.cosh().log()).flatten(1).sum(1)


def left_alone(answer: Callable[..., Any], x: Tensor, name: str) -> Any:
    """What the answer returns for a copy of x, or words where it changed the copy in place."""
    copy = x.clone()
    result = answer(copy)
    return result if torch.equal(copy, x) else f"{name} was changed in place"


def only(part: Callable[[Any], Any], result: Any) -> Any:
    """`part` of a result; words pass through."""
    return result if isinstance(result, str) else part(result)

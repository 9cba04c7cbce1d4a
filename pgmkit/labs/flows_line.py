"""A bijection of the line with four knobs, x = shift + scale (z + bend tanh(steep z)), and its density. Lecture 5."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from pgmkit.flows import normal_log_prob
from pgmkit.flows.planar import bisect

HALVINGS = 60


class Line(NamedTuple):
    r"""x = shift + scale (z + bend tanh(steep z)): a planar flow in one dimension, after an affine map.

    It is invertible when scale is not 0 and 1 + bend steep > 0; a negative scale makes it decreasing.
    """

    shift: float = 0.0
    scale: float = 1.0
    bend: float = 0.0
    steep: float = 2.0

    def forward(self, z: Tensor) -> Tensor:
        """x = f(z), shape (n,)."""
        return self.shift + self.scale * (z + self.bend * (self.steep * z).tanh())

    def slope(self, z: Tensor) -> Tensor:
        """dx/dz, shape (n,)."""
        return self.scale * (1 + self.bend * self.steep * (1 - (self.steep * z).tanh().square()))

    def inverse(self, x: Tensor) -> Tensor:
        """z with f(z) = x, shape (n,): halve an interval that holds z, 60 times."""
        target = (x - self.shift) / self.scale
        bent = Line(bend=self.bend, steep=self.steep)
        return bisect(bent.forward, target, target - abs(self.bend), target + abs(self.bend), HALVINGS)

    def density(self, x: Tensor) -> Tensor:
        """p(x) = N(z; 0, 1) / |dx/dz| at z = f^{-1}(x), shape (n,)."""
        z = self.inverse(x)
        return base(z) / self.slope(z).abs()

    def window(self, points: int) -> Tensor:
        """Evenly spaced x from f(-6) to f(6), in increasing order: all mass but 2e-9."""
        ends = self.forward(torch.tensor([-6.0, 6.0], dtype=torch.float64)).sort().values
        return torch.linspace(float(ends[0]), float(ends[1]), points, dtype=torch.float64)


def base(z: Tensor) -> Tensor:
    """N(z; 0, 1), shape (n,)."""
    return normal_log_prob(z[:, None]).exp()


def mass_between(line: Line, low: float, high: float) -> float:
    """P(low < x < high) for an increasing line: the mass of z between f^{-1}(low) and f^{-1}(high)."""
    ends = line.inverse(torch.tensor([low, high], dtype=torch.float64))
    z_low, z_high = (float(end) / math.sqrt(2) for end in ends)
    return (math.erf(z_high) - math.erf(z_low)) / 2

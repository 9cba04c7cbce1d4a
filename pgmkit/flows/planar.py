"""Planar flow: stretch space along one direction, where a hyperplane says so."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pgmkit.errors import want_callable, want_count, want_tensor
from pgmkit.flows.bijection import Bijection, want_batch

HALVINGS = 80


def bisect(f: Callable[[Tensor], Tensor], target: Tensor, low: Tensor, high: Tensor, halvings: int) -> Tensor:
    r"""a with f(a) = target, entry by entry, for a function that increases: halve an interval that holds a.

    Args:
        f: maps (n, ...) to (n, ...).
        target: shape (n, ...).
        low: where f is at most the target, shape (n, ...).
        high: where f is at least the target, shape (n, ...).
        halvings: how often; each makes the interval half as long.

    Returns:
        The middle of the last interval, shape (n, ...).
    """
    want_callable(f=f)
    want_tensor("(n, ...)", target=target, low=low, high=high)
    want_count(halvings=halvings)
    for _ in range(halvings):
        middle = (low + high) / 2
        above = f(middle) > target
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


class Planar(Bijection):
    r"""x = z + u tanh(w . z + b), log|det dx/dz| = log(1 + (w . u)(1 - tanh^2)).

    It is invertible when w . u > -1; `stretch` moves u so that this holds for all parameters. There is no formula for the
    inverse. It exists all the same: along w it is one equation in one unknown, which `inverse` halves its way to.

    Args:
        dim: d.

    Rezende and Mohamed, 2015, section 4.1 and appendix A.1.
    """

    def __init__(self, dim: int):
        super().__init__()
        want_count(dim=dim)
        self.w, self.u = nn.Parameter(torch.randn(dim)), nn.Parameter(torch.randn(dim) / dim**0.5)
        self.b = nn.Parameter(torch.randn(()))

    def stretch(self) -> Tensor:
        """u-hat: u, moved along w until w . u-hat = softplus(w . u) - 1 > -1, shape (d,)."""
        product = self.w @ self.u
        return self.u + (F.softplus(product) - 1 - product) * self.w / self.w.square().sum().clamp(min=1e-12)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The stretch."""
        want_batch(len(self.w), z=z)
        u = self.stretch()
        bend = (z @ self.w + self.b).tanh()
        log_det = (self.w @ u * (1 - bend.square())).log1p()  # (n, ...)
        return z + u * bend[..., None], log_det[:, None].flatten(1).sum(1)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The stretch undone: first z along w by bisection, then z itself."""
        want_batch(len(self.w), x=x)
        u = self.stretch()
        along = self.solve(x @ self.w, self.w @ u)
        z = x - u * (along + self.b).tanh()[..., None]
        return z, -self(z)[1]

    def solve(self, target: Tensor, c: Tensor) -> Tensor:
        """a with a + c tanh(a + b) = target: bisection off the graph, then one Newton step on it, which has the right gradient."""

        def f(a: Tensor) -> Tensor:
            return a + c * (a + self.b).tanh()

        with torch.no_grad():
            a = bisect(f, target, target - c.abs(), target + c.abs(), HALVINGS)
            slope = 1 + c * (1 - (a + self.b).tanh().square())
        return a - (f(a) - target) / slope

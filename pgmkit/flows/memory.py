"""Training that keeps no activations: an invertible layer can compute its input again from its output."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from pgmkit.errors import describe, want_instance
from pgmkit.flows.bijection import Bijection, compose_forward, compose_inverse


class OnlyTheOutput(torch.autograd.Function):
    """x to (z, log_det) through f_K^{-1}, ..., f_1^{-1}, keeping z alone; the backward pass walks from z to x and meets each input again."""

    @staticmethod
    def forward(ctx: Any, fs: nn.ModuleList, x: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        """The inverses, off the graph."""
        z, log_det = compose_inverse(x, fs)
        ctx.fs = fs
        ctx.save_for_backward(z)
        return z, log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope_z: Tensor, slope_log_det: Tensor) -> tuple[Tensor | None, ...]:
        """For each layer: its input from its output, then the gradients of this layer alone."""
        (z,) = ctx.saved_tensors
        found: list[Tensor | None] = []  # a layer that stands twice has a gradient for each place
        for f in ctx.fs:
            x = f(z)[0].requires_grad_()
            own = [p for p in f.parameters() if p.requires_grad]
            with torch.enable_grad():
                outputs = zip(f.inverse(x), (slope_z, slope_log_det), strict=True)
                values, arrived = zip(*((value, slope) for value, slope in outputs if value.requires_grad), strict=True)
                slope_z, *rest = torch.autograd.grad(values, (x, *own), arrived, allow_unused=True)
            found += map(dict(zip(own, rest, strict=True)).get, f.parameters())
            z = x.detach()
        return None, slope_z, *found


class Recomputed(Bijection):
    """The same map as `Compose(*fs)`, trained in memory that does not grow with the number of layers, for more time.

    The layers must repeat what they did: no dropout. Rounding grows with the number of layers, as in any inverse.

    Args:
        fs: in the order of generation.

    Gomez, Ren, Urtasun and Grosse, 2017.
    """

    def __init__(self, *fs: Bijection):
        super().__init__()
        want_instance(Bijection, **{f"fs[{i}]": f for i, f in enumerate(fs)})
        random = [m for f in fs for m in f.modules() if isinstance(m, nn.Dropout) and m.p > 0]
        if random:
            raise ValueError(f"fs must do the same twice, so they may hold no dropout; got {describe(random[0])}. Set dropout=0.")
        self.fs = nn.ModuleList(fs)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """f_1 to f_K in turn, as in `Compose`."""
        return compose_forward(z, self.fs)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """f_K to f_1, each undone; only z is kept for the backward pass."""
        return OnlyTheOutput.apply(self.fs, x, *(p for f in self.fs for p in f.parameters()))

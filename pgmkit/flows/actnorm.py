"""A scale and a shift for each channel: given (`Affine`), or set once from the first batch (`ActNorm`)."""

import torch
from torch import Tensor, nn

from pgmkit.errors import describe, want_count, want_instance, want_tensor
from pgmkit.flows.bijection import Bijection, volume, want_batch


def normalise(x: Tensor, log_s: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    r"""z = (x - b) e^{-log_s} for each channel, at every position.

    Args:
        x: shape (n, ..., c): a vector (n, c), or an image (n, h, w, c) with its channels last.
        log_s: shape (c,).
        b: shape (c,).

    Returns:
        z, shape (n, ..., c), and log|det dz/dx| = -positions * sum(log_s), shape (n,); an image has h * w positions.

    L13, "GLOW". Kingma and Dhariwal, 2018, table 1.
    """
    want_channels(x, log_s=log_s, b=b)
    want_batch(x=x)
    return (x - b) * (-log_s).exp(), volume(-log_s.sum(), x)


def denormalise(z: Tensor, log_s: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    r"""x = z e^{log_s} + b for each channel, at every position: `normalise` undone; arguments as there.

    Returns:
        x, shape (n, ..., c), and log|det dx/dz| = positions * sum(log_s), shape (n,).
    """
    want_channels(z, log_s=log_s, b=b)
    want_batch(z=z)
    return z * log_s.exp() + b, volume(log_s.sum(), z)


def want_channels(x: Tensor, **values: Tensor) -> None:
    """Raise unless every value has one number for each channel of x, shape (c,)."""
    want_tensor("(n, ..., c)", x=x)
    want_tensor("(c,)", ndim=1, **values)
    for name, value in values.items():
        if value.shape != x.shape[-1:]:
            raise ValueError(f"{name} must have one number for each channel of x, {describe(x)}; got {describe(value)}.")


class Affine(Bijection):
    r"""x = e^{log_s} z + b, entry by entry: the simplest bijection that changes volumes.

    Args:
        log_s: logarithms of the scales, shape (d,).
        b: shifts, shape (d,).
    """

    def __init__(self, log_s: Tensor, b: Tensor):
        super().__init__()
        want_tensor("(d,)", ndim=1, log_s=log_s, b=b)
        if log_s.shape != b.shape:
            raise ValueError(f"log_s and b must have the same shape (d,); got {describe(log_s)} and {describe(b)}.")
        self.log_s, self.b = nn.Parameter(log_s.detach().clone()), nn.Parameter(b.detach().clone())

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """`denormalise`."""
        want_batch(len(self.b), z=z)
        return denormalise(z, self.log_s, self.b)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`normalise`."""
        want_batch(len(self.b), x=x)
        return normalise(x, self.log_s, self.b)


class ActNorm(Bijection):
    r"""x = z e^{log_s} + b for each channel. The first training batch sets b and log_s, so that its z has mean 0 and variance 1.

    Whether that has happened is a buffer, `initialised`, in the state dict: a model that is loaded again never starts over.

    Args:
        channels: size of the last dimension.

    L13, "GLOW". Kingma and Dhariwal, 2018, section 3.1.
    """

    def __init__(self, channels: int):
        super().__init__()
        want_count(channels=channels)
        self.log_s, self.b = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """`denormalise`."""
        return denormalise(z, self.log_s, self.b)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`normalise`, after `initialise_`."""
        if self.training:
            initialise_(self, x)
        return normalise(x, self.log_s, self.b)


@torch.no_grad()
def initialise_(layer: ActNorm, x: Tensor) -> None:
    r"""Set b to the mean and log_s to the log standard deviation of each channel of x, if this is the first training batch.

    Nothing happens in evaluation mode, after the first time, or when x is empty. The standard deviation divides by the number
    of values, not by one less; a channel that is constant, up to a millionth of its size, keeps log_s = 0.

    Args:
        layer: has parameters `log_s` and `b`, shape (c,), a boolean buffer `initialised`, and the flag `training`.
        x: data, shape (n, ..., c).

    Kingma and Dhariwal, 2018, section 3.1.
    """
    want_instance(nn.Module, layer=layer)
    want_channels(x, log_s=layer.log_s, b=layer.b)
    want_batch(x=x)
    if not layer.training or bool(layer.initialised) or x.numel() == 0:
        return
    rows = x.flatten(0, -2)  # (n * positions, c)
    std = rows.std(0, correction=0)
    layer.b.copy_(rows.mean(0))
    layer.log_s.copy_(torch.where(std > 1e-6 * rows.abs().amax(0), std, 1.0).log())
    layer.initialised.fill_(True)

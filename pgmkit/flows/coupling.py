r"""Affine couplings: one half of x stays, and says by how much the other is stretched and shifted."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from pgmkit.errors import describe, want_callable, want_count, want_instance, want_positive, want_tensor
from pgmkit.flows.bijection import Bijection, want_batch

Conditioner = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Maps the half that stays to (log_s, t), each shaped like the half that changes. It need not be invertible."""


def couple(z: Tensor, net: Conditioner) -> tuple[Tensor, Tensor]:
    r"""x_a = z_a, x_b = z_b e^{log_s} + t with (log_s, t) = net(z_a): the Jacobian is triangular.

    Args:
        z: shape (n, ..., d); z_a is the first half of the last dimension, the larger one where d is odd.
        net: maps z_a to (log_s, t), each shaped like z_b.

    Returns:
        x, shape (n, ..., d), and log|det dx/dz|, the sum of log_s over each row, shape (n,).

    L13, "Normalizing Flow (NF)": choose a triangular Jacobian. Dinh, Sohl-Dickstein and Bengio, 2017.
    """
    want_callable(net=net)
    want_tensor("(n, ..., d)", z=z)
    z_a, z_b = z.chunk(2, -1)
    log_s, t = net(z_a)
    return torch.cat([z_a, z_b * log_s.exp() + t], -1), log_s.flatten(1).sum(1)


def uncouple(x: Tensor, net: Conditioner) -> tuple[Tensor, Tensor]:
    r"""z_a = x_a, z_b = (x_b - t) e^{-log_s} with (log_s, t) = net(x_a): `couple` undone, without inverting the network.

    Args:
        x: shape (n, ..., d); x_a is the first half of the last dimension, the larger one where d is odd.
        net: maps x_a to (log_s, t), each shaped like x_b.

    Returns:
        z, shape (n, ..., d), and log|det dz/dx|, minus the sum of log_s over each row, shape (n,).

    L13, "Normalizing Flow (NF)": z = f^{-1}(x). Dinh, Sohl-Dickstein and Bengio, 2017.
    """
    want_callable(net=net)
    want_tensor("(n, ..., d)", x=x)
    x_a, x_b = x.chunk(2, -1)
    log_s, t = net(x_a)
    return torch.cat([x_a, (x_b - t) * (-log_s).exp()], -1), -log_s.flatten(1).sum(1)


def fitted(net: Conditioner, x: Tensor) -> Conditioner:
    """The conditioner, with a clear error when what it says does not fit the half of x that changes."""
    want_callable(net=net)
    _, changes = halves(x)

    def conditioner(stays: Tensor) -> tuple[Tensor, Tensor]:
        log_s, t = net(stays)
        if log_s.shape != changes.shape or t.shape != changes.shape:  # broadcasting would make a wrong log_det
            wanted, came = tuple(changes.shape), f"{tuple(log_s.shape)} and {tuple(t.shape)}"
            raise ValueError(f"the network must give log_s and t of the shape of the half that changes, {wanted}; got {came}.")
        return log_s, t

    return conditioner


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The two halves of the last dimension; the first is the larger one where d is odd."""
    want_tensor("(n, ..., d)", x=x)
    if x.ndim < 2 or x.shape[-1] < 2:
        raise ValueError(f"x must have shape (n, ..., d) with d at least 2, or no half changes the other; got {describe(x)}.")
    a, b = x.chunk(2, -1)
    return a, b


class ScaleShift(nn.Module):
    r"""A network on vectors as a conditioner: log_s = bound tanh(r) and t, where r and t are the halves of its output.

    The bound keeps e^{log_s} within [e^{-bound}, e^{bound}]. The last layer starts at zero, so that a coupling starts as the identity.

    Args:
        net: layers; maps the half that stays, (n, c), to twice the half that changes, (n, 2 c').
        bound: largest |log_s|.
    """

    def __init__(self, net: nn.Sequential, *, bound: float = 2.0):
        super().__init__()
        want_instance(nn.Sequential, net=net)
        want_positive(bound=bound)
        self.net = net
        self.register_buffer("bound", torch.tensor(float(bound)), persistent=False)  # a tensor multiplies faster than a number
        zero_(net[-1])

    def forward(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """(log_s, t), each (n, c')."""
        r, t = self.net(a).chunk(2, -1)
        return self.bound * r.tanh(), t


class ReluNet(nn.Sequential):
    """Linear maps of the given widths with a ReLU between them, which overwrites what nothing else needs: `ReluNet(1, 64, 64, 2)`."""

    def __init__(self, *widths: int):
        want_count(**{f"widths[{i}]": width for i, width in enumerate(widths)})
        super().__init__(*(nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(widths)))

    def forward(self, x: Tensor) -> Tensor:
        """(n, widths[0]) to (n, widths[-1])."""
        *hidden, last = self
        for layer in hidden:
            x = layer(x).relu_()
        return last(x)


class ConvScaleShift(nn.Module):
    r"""A convolutional network as a conditioner on images with channels last: log_s = bound (2 sigmoid(r) - 1) and t, as in `ScaleShift`.

    2 sigmoid(r) - 1 is tanh(r / 2), in a quarter of the time. The convolutions see the memory of (n, h, w, c) as (n, c, h, w).

    Args:
        net: maps the channels that stay, (n, c, h, w), to twice those that change, (n, 2 c', h, w).
        last: the layer of `net` that makes its output; it starts at zero.
        bound: largest |log_s|.
    """

    def __init__(self, net: nn.Module, last: nn.Module, *, bound: float = 2.0):
        super().__init__()
        want_instance(nn.Module, net=net, last=last)
        want_positive(bound=bound)
        self.net = net.to(memory_format=torch.channels_last)
        self.register_buffer("bound", torch.tensor(float(bound)), persistent=False)
        zero_(last)

    def forward(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """(log_s, t), each (n, h, w, c')."""
        r, t = self.net(a.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).chunk(2, -1)
        return 2 * self.bound * r.contiguous().sigmoid() - self.bound, t


def zero_(layer: nn.Module) -> None:
    """Set all parameters of a layer to zero, so that it says log_s = 0 and t = 0."""
    want_instance(nn.Module, layer=layer)
    for p in layer.parameters():
        nn.init.zeros_(p)


class AffineCoupling(Bijection):
    """One affine coupling: the first half of the last dimension changes the second.

    Args:
        net: the conditioner, maps (n, ..., ceil(d / 2)) to (log_s, t), each (n, ..., floor(d / 2)).
    """

    def __init__(self, net: nn.Module):
        super().__init__()
        want_instance(nn.Module, net=net)
        self.net = net

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """`couple`."""
        want_batch(z=z)
        return couple(z, fitted(self.net, z))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """`uncouple`."""
        want_batch(x=x)
        return uncouple(x, fitted(self.net, x))


class Couplings(Bijection):
    """Affine couplings that take turns: the first half changes the second, then the second the first, and so on.

    The same map as couplings and swaps in a `Compose`, but the halves stay apart until the end, so that nothing is copied
    in between.

    Args:
        nets: conditioners; the first, third, ... see the first half.
    """

    def __init__(self, *nets: nn.Module):
        super().__init__()
        want_instance(nn.Module, **{f"nets[{i}]": net for i, net in enumerate(nets)})
        want_count(nets=len(nets))
        self.nets = nn.ModuleList(nets)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """From z to x, the first net first."""
        want_batch(z=z)
        a, b = halves(z)
        log_scales = []
        for net in self.nets:
            log_s, t = net(a)
            a, b = torch.addcmul(t, b, log_s.exp()), a  # b e^{log_s} + t in one go
            log_scales.append(log_s)
        a, b = (b, a) if len(self.nets) % 2 else (a, b)  # each turn swapped the names; put them back
        return self.joined(a, b, log_scales, z)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From x to z, the last net first."""
        want_batch(x=x)
        a, b = halves(x)
        a, b = (b, a) if len(self.nets) % 2 else (a, b)
        log_scales = []
        for net in reversed(self.nets):
            log_s, t = net(b)
            a, b = b, (a - t) / log_s.exp()
            log_scales.append(log_s)
        z, log_det = self.joined(a, b, log_scales, x)
        return z, -log_det

    def joined(self, a: Tensor, b: Tensor, log_scales: list[Tensor], came: Tensor) -> tuple[Tensor, Tensor]:
        """Both halves together and the sum of the log-scales; a clear error if some network's output did not fit its half."""
        both, log_s = torch.cat([a, b], -1), torch.cat(log_scales, -1)
        turns, d = len(self.nets), came.shape[-1]
        if both.shape != came.shape or log_s.shape[-1] != turns // 2 * d + turns % 2 * (d // 2):
            raise ValueError(
                f"every network must give log_s and t of the shape of the half that changes; got another width for {describe(came)}."
            )
        return both, log_s.flatten(1).sum(1)

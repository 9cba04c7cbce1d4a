"""Glow: levels of steps, each step an actnorm, a 1x1 convolution and a coupling; half of each level leaves early."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pgmkit.errors import describe, want_count, want_instance
from pgmkit.flows.actnorm import ActNorm
from pgmkit.flows.bijection import Bijection, Compose, compose_forward, compose_inverse, volume, want_batch
from pgmkit.flows.conv1x1 import Conv1x1, PLUConv1x1, inverse
from pgmkit.flows.coupling import AffineCoupling, ConvScaleShift, couple, fitted, uncouple
from pgmkit.flows.density import Flow, StandardNormal
from pgmkit.flows.images import ChannelsFirst, Squeeze
from pgmkit.flows.scales import Flat, Split


class ConvNet(nn.Module):
    """3x3 convolution, ReLU, 1x1 convolution, ReLU, 3x3 convolution: (n, c, h, w) to (n, out, h, w), channels last in memory.

    A 1x1 convolution is a linear map of each pixel's channels.

    Args:
        c: channels that come in.
        out: channels that go out.
        hidden: channels in between.
        dropout: share of the hidden values that are dropped in training.

    Kingma and Dhariwal, 2018, section 4.
    """

    def __init__(self, c: int, out: int, *, hidden: int = 64, dropout: float = 0.0):
        super().__init__()
        want_count(c=c, out=out, hidden=hidden)
        self.first, self.last = nn.Conv2d(c, hidden, 3, padding=1), nn.Conv2d(hidden, out, 3, padding=1)
        self.middle, self.dropout = nn.Linear(hidden, hidden), nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """The ReLUs overwrite what nothing else needs."""
        hidden = self.first(x).relu_().permute(0, 2, 3, 1)  # (n, h, w, hidden)
        pixels = self.middle(hidden.flatten(0, 2)).relu_()  # (n h w, hidden)
        return self.last(self.dropout(pixels).reshape(hidden.shape).permute(0, 3, 1, 2))


def conv_conditioner(c: int, out: int, *, hidden: int = 64, dropout: float = 0.0, bound: float = 2.0) -> ConvScaleShift:
    """A `ConvNet` as a conditioner: it sees c channels, scales and shifts `out` channels, |log_s| at most `bound`."""
    net = ConvNet(c, 2 * out, hidden=hidden, dropout=dropout)
    return ConvScaleShift(net, net.last, bound=bound)


def conv_prior(c: int, out: int, *, bound: float = 2.0) -> ConvScaleShift:
    """One 3x3 convolution: the mean and scale that the c channels that stay predict for the `out` channels that leave."""
    want_count(c=c, out=out)
    net = nn.Conv2d(c, 2 * out, 3, padding=1)
    return ConvScaleShift(net, net, bound=bound)


class GlowStep(Bijection):
    """One step of flow: from data to latents an actnorm, a 1x1 convolution and a coupling, in this order.

    Args:
        actnorm: the scale and shift of each channel.
        conv: the 1x1 convolution.
        coupling: the affine coupling.

    L13, "GLOW": one step of flow. Kingma and Dhariwal, 2018, figure 2a.
    """

    def __init__(self, actnorm: ActNorm, conv: Conv1x1, coupling: AffineCoupling):
        super().__init__()
        want_instance(ActNorm, actnorm=actnorm)
        want_instance(Conv1x1, conv=conv)
        want_instance(AffineCoupling, coupling=coupling)
        self.actnorm, self.conv, self.coupling = actnorm, conv, coupling

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """From latents to data."""
        want_batch(len(self.actnorm.b), z=z)
        return compose_forward(z, [self.coupling, self.conv, self.actnorm])

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From data to latents."""
        return compose_inverse(x, [self.coupling, self.conv, self.actnorm])


class GlowSteps(Bijection):
    r"""Steps of flow, one after the other: the same map as a `Compose` of them, with less work.

    An actnorm and the 1x1 convolution behind it are linear maps of the channels, so together they are one,
    z = W e^{-log_s} (x - b) = W' x + b'. The W' of all steps are made at once, before the first step needs its own.

    Args:
        steps: in the order of generation; their 1x1 convolutions are of one class.
    """

    def __init__(self, *steps: GlowStep):
        super().__init__()
        want_instance(GlowStep, **{f"steps[{i}]": step for i, step in enumerate(steps)})
        want_count(steps=len(steps))
        self.steps = nn.ModuleList(steps)

    def linear_parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """W (K, c, c), log_s and b (K, c) of all steps, and log|det| of all their linear parts at one position, a scalar."""
        parts = zip(*(step.conv.parts() for step in self.steps), strict=True)
        weight, log_abs_det = self.steps[0].conv.assemble(*(torch.stack(part) for part in parts))
        log_s = torch.stack([step.actnorm.log_s for step in self.steps])
        b = torch.stack([step.actnorm.b for step in self.steps])
        return weight, log_s, b, log_abs_det.sum() - log_s.sum()

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """From latents to data: each step's coupling, then x = e^{log_s} W^{-1} z + b."""
        weight, log_s, b, log_det = self.linear_parts()
        want_batch(b.shape[1], z=z)
        total = volume(-log_det, z)
        for step, back, shift in zip(self.steps, log_s.exp()[:, :, None] * inverse(weight), b, strict=True):
            z, log_det = couple(z, fitted(step.coupling.net, z))
            z, total = F.linear(z, back, shift), total + log_det
        return z, total

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From data to latents: each step's W' x + b', then its coupling. The first training batch goes step by step."""
        if self.training and not all(step.actnorm.initialised for step in self.steps):
            with torch.no_grad():
                compose_inverse(x, self.steps)
        weight, log_s, b, log_det = self.linear_parts()
        want_batch(b.shape[1], x=x)
        total, weight = volume(log_det, x), weight * (-log_s).exp()[:, None]
        for step, ahead, shift in reversed(list(zip(self.steps, weight, -(weight @ b[:, :, None])[:, :, 0], strict=True))):
            x = F.linear(x, ahead, shift)
            x, log_det = uncouple(x, fitted(step.coupling.net, x))
            total = total + log_det
        return x, total


def glow_level(shape: Sequence[int], *, levels: int, steps: int, hidden: int, dropout: float, bound: float) -> Compose:
    """Levels from this one on: squeeze, `steps` steps, then half of the channels leaves; shape is (h, w, c) before the squeeze."""
    h, w, c = shape[0] // 2, shape[1] // 2, 4 * shape[2]
    sizes = {"hidden": hidden, "dropout": dropout, "bound": bound}
    half, rest = c // 2, [Flat((h, w, c))]
    if levels > 1:
        rest = [Split(glow_level((h, w, half), levels=levels - 1, steps=steps, **sizes), (h, w, c)), AffineCoupling(conv_prior(half, half))]
    body = [GlowStep(ActNorm(c), PLUConv1x1(c), AffineCoupling(conv_conditioner(half, half, **sizes))) for _ in range(steps)]
    return Compose(*rest, GlowSteps(*body), Squeeze())


def glow(
    shape: Sequence[int],
    *,
    levels: int,
    steps: int,
    hidden: int = 64,
    dropout: float = 0.0,
    bound: float = 2.0,
    base: nn.Module | None = None,
) -> Flow:
    r"""Glow with L levels of K steps: a `Density` over images in PyTorch's shape (n, c, h, w).

    All latents are standard normal, those of the split levels too: the Gaussian that a level's kept half predicts for the half
    that leaves is itself an affine coupling, z = (h - mu) e^{-log sigma}. So one temperature rules them all.

    Args:
        shape: (c, h, w) of an image; h and w divisible by 2^levels.
        levels: L.
        steps: K, steps of flow in each level.
        hidden: channels inside the coupling networks.
        dropout: of the coupling networks, in training.
        bound: largest |log_s| of a coupling.
        base: over flat latents, c * h * w; standard normal if None, `ClassGaussians` for a class-conditional prior.

    L13, "GLOW". Kingma and Dhariwal, 2018.
    """
    want_count(**{f"shape[{i}]": size for i, size in enumerate(shape)}, levels=levels, steps=steps, hidden=hidden)
    if len(shape) != 3 or shape[1] % 2**levels or shape[2] % 2**levels:
        raise ValueError(f"shape must be (c, h, w) with h and w divisible by 2^levels = {2**levels}; got {describe(shape)}.")
    c, h, w = shape
    body = glow_level((h, w, c), levels=levels, steps=steps, hidden=hidden, dropout=dropout, bound=bound)
    return Flow(StandardNormal(c * h * w) if base is None else base, Compose(body, ChannelsFirst()))

"""What `flow_speed.py` times: the sizes, our flows, and the coupling networks alone as the limit."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pgmkit.flows.glow import glow
from pgmkit.flows.recipes import real_nvp
from pgmkit.nets import mlp


@dataclass(frozen=True)
class Setting:
    """Sizes of one model: a RealNVP has couplings, a Glow has levels of steps."""

    name: str
    shape: tuple[int, ...]
    batch: int
    steps: int
    levels: int = 0
    hidden: int = 64

    @property
    def dims(self) -> int:
        """Numbers in one row of data."""
        return math.prod(self.shape)

    @property
    def is_image(self) -> bool:
        """A Glow over images, (c, h, w); otherwise a RealNVP over vectors, (d,)."""
        return len(self.shape) == 3

    def data(self) -> Tensor:
        """A batch: normals in the plane, uniform noise as images."""
        return torch.rand(self.batch, *self.shape) if self.is_image else torch.randn(self.batch, *self.shape)

    def level_shapes(self) -> list[tuple[int, int, int]]:
        """(c, h, w) of each level after its squeeze; half of the channels leaves between two levels."""
        c, h, w = self.shape
        return [(c * 2 ** (k + 2), h >> (k + 1), w >> (k + 1)) for k in range(self.levels)]


SETTINGS = {
    "realnvp": Setting("RealNVP 2-D", (2,), batch=512, steps=8),
    "glow8": Setting("Glow 8x8x1", (1, 8, 8), batch=64, steps=8, levels=2),
    "glow16": Setting("Glow 16x16x3", (3, 16, 16), batch=64, steps=8, levels=3),
    "glow32": Setting("Glow 32x32x3", (3, 32, 32), batch=64, steps=8, levels=3),
}


class Subject(nn.Module, ABC):
    """A flow of some library behind one face. Timed are `log_prob` and `sample`; `encode` and `decode` are for the checks."""

    @abstractmethod
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Flat latents (n, D) and log|det dz/dx|, shape (n,)."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Data from flat latents."""

    @abstractmethod
    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x), shape (n,)."""

    @abstractmethod
    def sample(self, n: int) -> Tensor:
        """n draws."""


class Form(NamedTuple):
    """One way to build the model with one library."""

    library: str
    text: str
    build: Callable[[Setting], nn.Module]


def mlp_net(c: int, out: int, hidden: int = 64) -> nn.Sequential:
    """The network of every coupling in the plane: c-64-64-out with ReLU."""
    return mlp(c, hidden, hidden, out)


def conv_net(c: int, out: int, hidden: int = 64) -> nn.Sequential:
    """The network of every coupling on images: conv3x3, ReLU, conv1x1, ReLU, conv3x3."""
    first, middle, last = nn.Conv2d(c, hidden, 3, padding=1), nn.Conv2d(hidden, hidden, 1), nn.Conv2d(hidden, out, 3, padding=1)
    return nn.Sequential(first, nn.ReLU(inplace=True), middle, nn.ReLU(inplace=True), last)


class Ours(Subject):
    """A `Flow` of pgmkit."""

    def __init__(self, setting: Setting):
        super().__init__()
        sizes = {"levels": setting.levels, "steps": setting.steps, "hidden": setting.hidden}
        self.flow = glow(setting.shape, **sizes) if setting.is_image else real_nvp(2, couplings=setting.steps, hidden=setting.hidden)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow.f.inverse(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.flow.f(z)[0]

    def log_prob(self, x: Tensor) -> Tensor:
        return self.flow.log_prob(x)

    def sample(self, n: int) -> Tensor:
        return self.flow.sample(n)


class Limit(nn.Module):
    """The coupling networks alone, each on an input of its size: what no flow with these networks can do without.

    The inputs of all but the first ask for gradients, as they do inside a flow.
    """

    def __init__(self, setting: Setting, memory_format: torch.memory_format = torch.contiguous_format):
        super().__init__()
        if setting.is_image:
            shapes = [shape for shape in setting.level_shapes() for _ in range(setting.steps)]
            nets = [conv_net(c // 2, c, setting.hidden) for c, _, _ in shapes]
            inputs = [torch.randn(setting.batch, c // 2, h, w).to(memory_format=memory_format) for c, h, w in shapes]
        else:
            nets = [mlp_net(1, 2, setting.hidden) for _ in range(setting.steps)]
            inputs = [torch.randn(setting.batch, 1) for _ in nets]
        self.nets = nn.ModuleList(nets).to(memory_format=memory_format)
        self.inputs = [a.requires_grad_(i > 0) for i, a in enumerate(inputs)]

    def log_prob(self, x: Tensor) -> Tensor:
        """One number that depends on every output, as a loss does."""
        for a in self.inputs:
            a.grad = None
        return sum(net(a).sum() for net, a in zip(self.nets, self.inputs, strict=True))

    def sample(self, n: int) -> list[Tensor]:
        """The outputs of all networks."""
        return [net(a) for net, a in zip(self.nets, self.inputs, strict=True)]


OURS = Form("pgmkit", "`real_nvp`, `glow`", Ours)
LIMITS = {
    False: [Form("limit", "the coupling networks alone", Limit)],
    True: [
        Form("limit", "the coupling networks alone", Limit),
        Form("limit", "the coupling networks alone, channels last", lambda s: Limit(s, torch.channels_last)),
    ],
}

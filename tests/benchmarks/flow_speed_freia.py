"""RealNVP and Glow with FrEIA, in several forms."""

import math

import FrEIA.framework as Ff
import FrEIA.modules as Fm
import torch
from flow_speed_models import Form, Setting, Subject, conv_net, mlp_net
from torch import Tensor, nn


class Freia(Subject):
    """One network of FrEIA; the density is two lines of the user's."""

    def __init__(self, inn: nn.Module, dims: int):
        super().__init__()
        self.inn, self.dims = inn, dims

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.inn(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.inn(z, rev=True, jac=False)[0]

    def log_prob(self, x: Tensor) -> Tensor:
        z, log_det = self.encode(x)
        return -0.5 * z.square().sum(1) - 0.5 * self.dims * math.log(2 * math.pi) + log_det

    def sample(self, n: int) -> Tensor:
        return self.decode(torch.randn(n, self.dims))


class Levels(nn.Module):
    """Several `SequenceINN`, half of the channels leaving after each: the multi-scale form without a graph."""

    def __init__(self, levels: list[nn.Module]):
        super().__init__()
        self.levels = nn.ModuleList(levels)
        self.shapes = [(level.shapes[-1][0] // 2, *level.shapes[-1][1:]) for level in levels[:-1]] + [levels[-1].shapes[-1]]

    def forward(self, x: Tensor, rev: bool = False, jac: bool = True) -> tuple[Tensor, Tensor]:
        return self.back(x, jac) if rev else self.there(x)

    def there(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total, done = 0, []
        for level in self.levels:
            x, log_det = level(x)
            total = total + log_det
            if level is not self.levels[-1]:
                x, out = x.chunk(2, 1)
                done.append(out.flatten(1))
        return torch.cat([*done, x.flatten(1)], 1), total

    def back(self, z: Tensor, jac: bool) -> tuple[Tensor, Tensor]:
        parts = [part.unflatten(1, s) for part, s in zip(z.split([math.prod(s) for s in self.shapes], 1), self.shapes, strict=True)]
        x, total = parts[-1], 0
        for i, level in reversed(list(enumerate(self.levels))):
            x, log_det = level(x if level is self.levels[-1] else torch.cat([x, parts[i]], 1), rev=True, jac=jac)
            total = total + log_det
        return x, total


def freia_vector(setting: Setting, block: type, count: int, **options: object) -> Freia:
    """Blocks in a `SequenceINN`."""
    inn = Ff.SequenceINN(*setting.shape)
    for _ in range(count):
        inn.append(block, subnet_constructor=lambda c, out: mlp_net(c, out, setting.hidden), **options)
    return Freia(inn, setting.dims)


def freia_levels(setting: Setting, **options: object) -> Freia:
    """Levels of `AllInOneBlock`, each in a `SequenceINN`."""
    levels = []
    for c, h, w in setting.level_shapes():
        inn = Ff.SequenceINN(c // 4, 2 * h, 2 * w)
        inn.append(Fm.IRevNetDownsampling)
        for _ in range(setting.steps):
            inn.append(Fm.AllInOneBlock, subnet_constructor=lambda c, out: conv_net(c, out, setting.hidden), **options)
        levels.append(inn)
    return Freia(Levels(levels), setting.dims)


def freia_graph(setting: Setting, **options: object) -> Freia:
    """The same as one `GraphINN`, with FrEIA's own splits."""
    nodes, outs = [Ff.InputNode(*setting.shape)], []
    current = nodes[0]
    subnet = {"subnet_constructor": lambda c, out: conv_net(c, out, setting.hidden), **options}
    for level in range(setting.levels):
        for module, arguments in [(Fm.IRevNetDownsampling, {})] + [(Fm.AllInOneBlock, subnet)] * setting.steps:
            nodes.append(Ff.Node(current, module, arguments))
            current = nodes[-1]
        if level < setting.levels - 1:
            split = Ff.Node(current, Fm.Split, {})
            outs.append(Ff.Node(split.out1, Fm.Flatten, {}))
            nodes += [split, outs[-1]]
            current = split.out0
    outs.append(Ff.Node(current, Fm.Flatten, {}))
    joined = Ff.Node([out.out0 for out in outs], Fm.Concat, {})
    return Freia(Ff.GraphINN([*nodes, outs[-1], joined, Ff.OutputNode(joined)]), setting.dims)


VECTOR_FORMS = [
    Form("FrEIA", "`GLOWCouplingBlock` pairs", lambda s: freia_vector(s, Fm.GLOWCouplingBlock, s.steps // 2)),
    Form("FrEIA", "`AllInOneBlock`, hard permutation", lambda s: freia_vector(s, Fm.AllInOneBlock, s.steps)),
    Form("FrEIA", "`AllInOneBlock`, soft permutation", lambda s: freia_vector(s, Fm.AllInOneBlock, s.steps, permute_soft=True)),
]
IMAGE_FORMS = [
    Form("FrEIA", "`AllInOneBlock`, soft permutation, `SequenceINN` for each level", lambda s: freia_levels(s, permute_soft=True)),
    Form("FrEIA", "`AllInOneBlock`, hard permutation, `SequenceINN` for each level", freia_levels),
    Form("FrEIA", "`AllInOneBlock`, soft permutation, `GraphINN`", lambda s: freia_graph(s, permute_soft=True)),
    Form("FrEIA", "`AllInOneBlock`, hard permutation, `GraphINN`", freia_graph),
]

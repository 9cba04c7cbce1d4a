"""Every bijection of the library as a named case: how to make it, and the shape of one latent."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from pgmkit.flows import (
    ActNorm,
    Affine,
    AffineCoupling,
    Bijection,
    ChannelsFirst,
    Compose,
    Couplings,
    Flat,
    GlowStep,
    GlowSteps,
    Inverse,
    Permute,
    PlainConv1x1,
    Planar,
    PLUConv1x1,
    ScaleShift,
    Split,
    Squeeze,
    glow,
)
from pgmkit.flows.glow import conv_conditioner
from pgmkit.flows.memory import Recomputed
from pgmkit.flows.recipes import real_nvp
from pgmkit.nets import mlp
from pgmkit.rng import fresh, seeded


class Case(NamedTuple):
    """`make()` gives the layer as the library starts it; one latent has this shape."""

    make: Callable[[], Bijection]
    shape: tuple[int, ...]


def conditioner(stays, changes, *, activation=nn.Tanh, bound=2.0):
    """A small network as a conditioner; smooth, so that Jacobians and finite differences agree everywhere."""
    net = mlp(stays, 8, 2 * changes, activation=activation)
    return ScaleShift(net, bound=bound)


def couplings(dim, count):
    large, small = dim - dim // 2, dim // 2
    return Couplings(*(conditioner(*((large, small) if i % 2 == 0 else (small, large))) for i in range(count)))


def glow_step(channels, conv=PLUConv1x1):
    half = channels // 2
    return GlowStep(ActNorm(channels), conv(channels), AffineCoupling(conv_conditioner(half, half, hidden=5)))


def affine(dim=3):
    return Affine(torch.zeros(dim), torch.zeros(dim))


CASES = {
    "affine": Case(affine, (3,)),
    "affine on an image": Case(affine, (2, 2, 3)),
    "permute": Case(lambda: Permute([2, 0, 3, 1]), (4,)),
    "permute on an image": Case(lambda: Permute([1, 2, 0]), (2, 1, 3)),
    "planar": Case(lambda: Planar(3), (3,)),
    "planar in one dimension": Case(lambda: Planar(1), (1,)),
    "coupling, even": Case(lambda: AffineCoupling(conditioner(2, 2)), (4,)),
    "coupling, odd": Case(lambda: AffineCoupling(conditioner(3, 2)), (5,)),
    "coupling on an image": Case(lambda: AffineCoupling(conv_conditioner(2, 2, hidden=5)), (2, 2, 4)),
    "couplings, even count": Case(lambda: couplings(4, 4), (4,)),
    "couplings, odd count": Case(lambda: couplings(4, 3), (4,)),
    "couplings, odd width": Case(lambda: couplings(5, 3), (5,)),
    "couplings, odd width, even count": Case(lambda: couplings(3, 2), (3,)),
    "actnorm": Case(lambda: ActNorm(4), (4,)),
    "actnorm on an image": Case(lambda: ActNorm(3), (2, 3, 3)),
    "plain 1x1": Case(lambda: PlainConv1x1(4), (4,)),
    "plain 1x1 on an image": Case(lambda: PlainConv1x1(3), (2, 2, 3)),
    "PLU 1x1": Case(lambda: PLUConv1x1(4), (4,)),
    "PLU 1x1 on an image": Case(lambda: PLUConv1x1(3), (2, 2, 3)),
    "glow step": Case(lambda: glow_step(4), (2, 2, 4)),
    "glow step, plain 1x1": Case(lambda: glow_step(4, PlainConv1x1), (2, 1, 4)),
    "glow steps": Case(lambda: GlowSteps(glow_step(4), glow_step(4), glow_step(4)), (2, 2, 4)),
    "glow steps, plain 1x1": Case(lambda: GlowSteps(glow_step(4, PlainConv1x1), glow_step(4, PlainConv1x1)), (1, 2, 4)),
    "recomputed": Case(lambda: Recomputed(affine(4), couplings(4, 2), PLUConv1x1(4), ActNorm(4), Permute([3, 1, 0, 2])), (4,)),
    "recomputed, glow steps": Case(lambda: Recomputed(glow_step(4), GlowSteps(glow_step(4), glow_step(4))), (2, 2, 4)),
    "squeeze": Case(Squeeze, (2, 1, 8)),
    "channels first": Case(ChannelsFirst, (2, 3, 4)),
    "flat": Case(lambda: Flat((2, 2, 3)), (12,)),
    "split": Case(lambda: Split(Compose(Flat((2, 2, 2)), ActNorm(2)), (2, 2, 4)), (16,)),
    "compose": Case(lambda: Compose(affine(), Permute([2, 0, 1]), Planar(3)), (3,)),
    "compose of nothing": Case(Compose, (3,)),
    "inverse": Case(lambda: Inverse(Compose(affine(), PlainConv1x1(3))), (3,)),
    "glow, 1 level": Case(lambda: glow((1, 4, 2), levels=1, steps=2, hidden=5).f, (8,)),
    "glow, 2 levels": Case(lambda: glow((2, 4, 4), levels=2, steps=1, hidden=5).f, (32,)),
    "glow, 3 levels": Case(lambda: glow((1, 8, 8), levels=3, steps=1, hidden=5).f, (64,)),
    "real_nvp": Case(lambda: real_nvp(3, couplings=3, hidden=8).f, (3,)),
}
PARAMETERLESS = {"permute", "permute on an image", "squeeze", "channels first", "flat", "compose of nothing"}


def randomise_(f, seed, scale=0.3):
    """Move every parameter by scale * N(0, 1), so that nothing is zero, and call every actnorm initialised."""
    generator = fresh(seed)
    with torch.no_grad():
        for p in f.parameters():
            p.add_(scale * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    for module in f.modules():
        if isinstance(module, ActNorm):
            module.initialised.fill_(True)
    return f


def made(name, seed=0):
    """The layer of a case with random weights, none of them zero; smaller ones in a whole Glow, which is deep."""
    with seeded(seed):
        return randomise_(CASES[name].make(), seed + 1, 0.1 if name.startswith("glow,") else 0.3)


def latents(name, n, seed=7):
    return torch.randn(n, *CASES[name].shape, generator=fresh(seed))

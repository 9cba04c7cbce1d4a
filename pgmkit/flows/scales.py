"""Several scales: half of each level's channels leaves early, and all latents together are one flat vector."""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from pgmkit.errors import describe, want_count, want_instance, want_tensor
from pgmkit.flows.bijection import Bijection, want_batch
from pgmkit.rng import randn


class Split(Bijection):
    """Multi-scale: half of the channels leaves as latents, the other half goes through `rest`. Latents are flat, those of `rest` first.

    Args:
        rest: from flat latents to (n, h, w, c / 2).
        shape: (h, w, c).

    Dinh, Sohl-Dickstein and Bengio, 2017, section 3.6; Kingma and Dhariwal, 2018, figure 2b.
    """

    def __init__(self, rest: Bijection, shape: Sequence[int]):
        super().__init__()
        want_instance(Bijection, rest=rest)
        want_count(**{f"shape[{i}]": size for i, size in enumerate(shape)})
        self.rest, self.shape, self.size = rest, (*shape[:-1], shape[-1] // 2), math.prod(shape) // 2

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Flat latents to (n, h, w, c)."""
        want_batch(2 * self.size, z=z)
        kept, log_det = self.rest(z[:, : self.size])
        return torch.cat([kept, z[:, self.size :].unflatten(1, self.shape)], -1), log_det

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, h, w, c) to flat latents."""
        want_tensor("(n, h, w, c)", ndim=len(self.shape) + 1, x=x)
        want_batch(2 * self.shape[-1], x=x)
        kept, done = x.chunk(2, -1)
        z, log_det = self.rest.inverse(kept)
        return torch.cat([z, done.flatten(1)], 1), log_det


class Flat(Bijection):
    """From flat latents (n, h * w * c) to (n, h, w, c): the end of the last level; log_det = 0."""

    def __init__(self, shape: Sequence[int]):
        super().__init__()
        want_count(**{f"shape[{i}]": size for i, size in enumerate(shape)})
        self.shape = tuple(shape)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Unflattened."""
        want_batch(math.prod(self.shape), z=z)
        return z.unflatten(1, self.shape), z.new_zeros(len(z))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Flattened."""
        want_tensor("(n, h, w, c)", ndim=len(self.shape) + 1, x=x)
        if x.shape[1:] != self.shape:
            raise ValueError(f"x must have shape (n, {', '.join(map(str, self.shape))}); got {describe(x)}.")
        want_batch(x=x)
        return x.flatten(1), x.new_zeros(len(x))


def level_sizes(shape: Sequence[int], levels: int) -> list[int]:
    """How many of the flat latents belong to each level, the coarsest first, as they stand in z.

    Args:
        shape: (c, h, w) of an image.
        levels: L.
    """
    want_count(**{f"shape[{i}]": size for i, size in enumerate(shape)}, levels=levels)
    dims = math.prod(shape)
    return [dims // 2 ** (levels - 1), *(dims // 2**level for level in range(levels - 1, 0, -1))]


def resample_level(z: Tensor, sizes: Sequence[int], level: int, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
    """z with fresh standard normals in the place of one level's latents; the others stay.

    Args:
        z: flat latents, shape (n, D).
        sizes: from `level_sizes`.
        level: 0 is the coarsest.
        temperature: scale of the fresh latents.
        generator: source of the fresh latents.
    """
    want_tensor("(n, D)", ndim=2, z=z)
    if not 0 <= level < len(sizes) or sum(sizes) != z.shape[1]:
        raise ValueError(
            f"level must be 0 to {len(sizes) - 1} and the sizes {list(sizes)} must add up to D; got {level} and {describe(z)}."
        )
    parts = list(z.split(list(sizes), 1))
    parts[level] = temperature * randn(*parts[level].shape, generator=generator, like=z)
    return torch.cat(parts, 1)


def interpolate(z_0: Tensor, z_1: Tensor, steps: int) -> Tensor:
    r"""Latents on the way from z_0 to z_1, at the same angle each: slerp, which keeps the length that standard normals have.

    Args:
        z_0: shape (D,); z_1: shape (D,).
        steps: how many, both ends included; at least 2.

    Returns:
        shape (steps, D).
    """
    want_tensor("(D,)", ndim=1, z_0=z_0, z_1=z_1)
    want_count(steps=steps)
    if z_0.shape != z_1.shape or steps < 2:
        raise ValueError(f"z_0 and z_1 must have one shape, and steps must be at least 2; got {describe(z_0)}, {describe(z_1)}, {steps}.")
    t = torch.linspace(0, 1, steps, dtype=z_0.dtype, device=z_0.device)[:, None]
    angle = torch.acos((z_0 @ z_1 / (z_0.norm() * z_1.norm()).clamp(min=1e-12)).clamp(-1, 1))
    if angle.sin() < 1e-6:
        return (1 - t) * z_0 + t * z_1
    return (((1 - t) * angle).sin() * z_0 + (t * angle).sin() * z_1) / angle.sin()

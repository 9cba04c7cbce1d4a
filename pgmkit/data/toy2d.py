"""Toy distributions in the plane: mixtures with known modes, moons, two parallel lines. Each is a `Model`."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from pgmkit.errors import want_count, want_finite, want_nonempty, want_nonnegative, want_positive, want_tensor
from pgmkit.rng import choice, rand, randn


@dataclass(frozen=True)
class GaussianMixture:
    """Equal-weight mixture of round Gaussians: p(x) = (1/K) sum_k N(x; centers_k, std^2 I). A `Density`.

    Args:
        centers: shape (K, d).
        std: standard deviation of every component.
    """

    centers: Tensor
    std: float

    def __post_init__(self) -> None:
        want_nonempty("(K, d)", centers=self.centers)
        want_tensor("(K, d)", ndim=2, centers=self.centers)
        want_positive(std=self.std)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n, d)."""
        want_count(n=n)
        k = choice(n, torch.ones(len(self.centers)), generator=generator)
        return self.centers[k] + self.std * randn(n, self.centers.shape[1], generator=generator, like=self.centers)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x), shape (n,), for x of shape (n, d)."""
        want_tensor("(n, d)", ndim=2, x=x)
        if x.shape[1] != self.centers.shape[1]:
            raise ValueError(f"x must have shape (n, {self.centers.shape[1]}), as wide as the centers; got {tuple(x.shape)}.")
        squares = (x[:, None] - self.centers).square().sum(-1)  # (n, K)
        constant = math.log(len(self.centers)) + self.centers.shape[1] * math.log(self.std * math.sqrt(2 * math.pi))
        return (-squares / (2 * self.std**2)).logsumexp(-1) - constant


def ring(modes: int = 8, *, radius: float = 2.0, std: float = 0.05) -> GaussianMixture:
    """Gaussians evenly spaced on a circle; eight of them are the usual test for missing modes."""
    want_count(modes=modes)
    want_positive(radius=radius, std=std)
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return GaussianMixture(radius * torch.stack([angles.cos(), angles.sin()], 1), std)


def grid(side: int = 5, *, spacing: float = 1.0, std: float = 0.05) -> GaussianMixture:
    """side x side Gaussians on a square grid around the origin: 25 by default."""
    want_count(side=side)
    want_positive(spacing=spacing, std=std)
    ticks = (torch.arange(side) - (side - 1) / 2) * spacing
    return GaussianMixture(torch.cartesian_prod(ticks, ticks).reshape(-1, 2), std)


@dataclass(frozen=True)
class Moons:
    """Two interleaved half circles with Gaussian noise, centred at the origin."""

    noise: float = 0.08

    def __post_init__(self) -> None:
        want_nonnegative(noise=self.noise)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n, 2)."""
        want_count(n=n)
        like = torch.zeros(())
        angle = math.pi * rand(n, generator=generator, like=like)
        side = (rand(n, generator=generator, like=like) < 0.5).to(like) * 2 - 1  # +1 or -1
        x = torch.stack([side * (angle.cos() - 0.5), side * (angle.sin() - 0.25)], 1)
        return x + self.noise * randn(n, 2, generator=generator, like=like)


@dataclass(frozen=True)
class Lines:
    """A vertical line at x = theta, (theta, U) with U ~ U[0, 1], and N(0, noise^2) added to both coordinates."""

    theta: float
    noise: float = 0.0

    def __post_init__(self) -> None:
        want_finite(theta=self.theta)
        want_nonnegative(noise=self.noise)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n, 2)."""
        want_count(n=n)
        like = torch.zeros(())
        line = torch.stack([torch.full((n,), float(self.theta)), rand(n, generator=generator, like=like)], 1)
        return line + self.noise * randn(n, 2, generator=generator, like=like)

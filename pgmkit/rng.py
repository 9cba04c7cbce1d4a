"""Randomness that is the same on every device and dtype, and never touches the global state by surprise."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor


def randn(*shape: int, generator: Generator | None, like: Tensor) -> Tensor:
    """Standard normals z ~ N(0, I), identical on every device and dtype for one seed.

    Args:
        shape: shape of the result.
        generator: a CPU generator, or None for the global one.
        like: the tensor whose device and dtype the result takes.
    """
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)


def rand(*shape: int, generator: Generator | None, like: Tensor) -> Tensor:
    """Uniforms u ~ U[0, 1), identical on every device for one seed; arguments as for `randn`."""
    return torch.rand(shape, generator=generator, dtype=torch.float64).to(like)


def choice(n: int, probabilities: Tensor, *, generator: Generator | None) -> Tensor:
    """n indices drawn with replacement, index i with probability p_i; shape (n,), dtype int64."""
    return torch.multinomial(probabilities.cpu(), n, replacement=True, generator=generator).to(probabilities.device)


def fresh(seed: int) -> Generator:
    """A new CPU generator that starts at `seed`."""
    if not isinstance(seed, int):
        raise ValueError(f"seed must be a whole number; got {seed!r}.")
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generator inside the block, for construction: `with seeded(0): net = mlp(2, 64, 1)`.

    The state before the block comes back after it.
    """
    if not isinstance(seed, int):
        raise ValueError(f"seed must be a whole number; got {seed!r}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield

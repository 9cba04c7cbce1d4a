"""Randomness that is the same on every device and dtype, and never touches the global state by surprise."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator, Tensor

from pgmkit.errors import describe, want_count, want_generator, want_nonempty, want_seed, want_tensor


def want_draw(shape: tuple[int, ...], generator: Generator | None, like: Tensor) -> None:
    """Raise unless a draw of this shape can be made: sizes of at least 0, a CPU generator or None, a floating-point `like`."""
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 0 for size in shape):
        raise ValueError(f"shape must be whole numbers of at least 0; got {describe(shape)}.")
    want_generator(generator)
    want_tensor("(...)", like=like)


def randn(*shape: int, generator: Generator | None, like: Tensor) -> Tensor:
    """Standard normals z ~ N(0, I), identical on every device and dtype for one seed.

    Args:
        shape: shape of the result.
        generator: a CPU generator, or None for the global one.
        like: the tensor whose device and dtype the result takes.
    """
    want_draw(shape, generator, like)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)


def rand(*shape: int, generator: Generator | None, like: Tensor) -> Tensor:
    """Uniforms u ~ U[0, 1), identical on every device for one seed; arguments as for `randn`."""
    want_draw(shape, generator, like)
    return torch.rand(shape, generator=generator, dtype=torch.float64).to(like)


def choice(n: int, probabilities: Tensor, *, generator: Generator | None) -> Tensor:
    """n indices drawn with replacement, index i with probability p_i; shape (n,), dtype int64."""
    want_count(n=n)
    want_generator(generator)
    want_nonempty("(k,)", probabilities=probabilities)
    want_tensor("(k,)", ndim=1, probabilities=probabilities)
    low, high = (float(p) for p in probabilities.detach().aminmax())
    if not (low >= 0 and 0 < high < float("inf")):
        raise ValueError(f"probabilities must be finite, none negative, not all 0; got values from {low:g} to {high:g}.")
    return torch.multinomial(probabilities.cpu(), n, replacement=True, generator=generator).to(probabilities.device)


def fresh(seed: int) -> Generator:
    """A new CPU generator that starts at `seed`."""
    want_seed(seed)
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generator inside the block, for construction: `with seeded(0): net = mlp(2, 64, 1)`.

    The state before the block comes back after it.
    """
    want_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield

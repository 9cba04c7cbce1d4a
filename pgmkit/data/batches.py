"""Endless iterators of batches for `play`."""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from pgmkit.core import Model
from pgmkit.errors import want_count


def stream(source: Model, n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """Fresh batches of n draws from a source that never ends, each of shape (n, ...)."""
    want_count(n=n)
    while True:
        yield source.sample(n, generator=generator)


def shuffled(x: Tensor, n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """Batches of n rows of x without replacement, reshuffled at every pass; the rest of a pass is left out."""
    want_count(n=n)
    if n > len(x):
        raise ValueError(f"n must be at most the number of rows of x, {len(x)}; got {n}. Take a smaller batch.")
    while True:
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x) - n + 1, n):
            yield x[order[start : start + n]]

"""Endless iterators of batches for `play`."""

from collections.abc import Iterator
from itertools import count

import torch
from torch import Generator, Tensor

from pgmkit.core import Model
from pgmkit.errors import want_count, want_generator, want_instance


def stream(source: Model, n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """Fresh batches of n draws from a source that never ends, each of shape (n, ...)."""
    want_count(n=n)
    want_instance(Model, source=source)
    want_generator(generator)
    return (source.sample(n, generator=generator) for _ in count())


def shuffled(x: Tensor, n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """Batches of n rows of x without replacement, reshuffled at every pass; the rest of a pass is left out."""
    want_count(n=n)
    want_instance(Tensor, x=x)
    want_generator(generator)
    if x.ndim == 0 or n > len(x):
        raise ValueError(f"n must be at most the number of rows of x, shape {tuple(x.shape)}; got {n}. Take a smaller batch.")
    passes = (torch.randperm(len(x), generator=generator) for _ in count())
    return (x[order[start : start + n]] for order in passes for start in range(0, len(x) - n + 1, n))

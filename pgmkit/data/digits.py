"""Scikit-learn's 8x8 digits: 1,797 images that ship with the library, so no network is needed."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from pgmkit.data.batches import shuffled
from pgmkit.data.grey import dequantise
from pgmkit.errors import want_tensor
from pgmkit.rng import fresh

TRAIN = 1437


class Digits(NamedTuple):
    """Images in [0, 1], shape (n, 64), and their labels 0 to 9, shape (n,)."""

    x: Tensor
    y: Tensor


def digits() -> tuple[Digits, Digits]:
    """Train (1,437) and held-out (360) digits, pixel values k / 16 for k = 0..16; the split is the same every time.

    Source: scikit-learn's `load_digits`, from the UCI optical recognition of handwritten digits (CC BY 4.0).
    """
    from sklearn.datasets import load_digits  # takes longer to import than all of pgmkit, and most of it needs no digits

    bunch = load_digits()
    order = torch.randperm(len(bunch.target), generator=fresh(0))
    x = torch.tensor(bunch.data, dtype=torch.float32)[order] / 16
    y = torch.tensor(bunch.target, dtype=torch.int64)[order]
    return Digits(x[:TRAIN], y[:TRAIN]), Digits(x[TRAIN:], y[TRAIN:])


def dequantised(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Pixels k / 16 with uniform noise: (k + u) / 17 in [0, 1), u ~ U[0, 1), so that the data has a density."""
    want_tensor("(n, 64)", x=x)
    return dequantise((x * 16).round(), 17, generator=generator)


def digit_batches(n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """Endless batches of n training digits, dequantised afresh every time, each of shape (n, 64), values in [0, 1)."""
    for x in shuffled(digits()[0].x.to(torch.get_default_dtype()), n, generator=generator):
        yield dequantised(x, generator=generator)

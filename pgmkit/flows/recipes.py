"""Whole trainings of flows, small enough for one CPU thread: what the benchmark runs and the lectures quote.

What they reach is measured in `tests/benchmarks/flow_quality.md`.
"""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor
from torch.optim import Adam

from pgmkit.core import Model
from pgmkit.data.batches import stream
from pgmkit.data.digits import digit_batches
from pgmkit.errors import want_count, want_instance, want_positive
from pgmkit.flows.coupling import Couplings, ReluNet, ScaleShift
from pgmkit.flows.density import Flow, StandardNormal
from pgmkit.flows.games import flow_game
from pgmkit.flows.glow import glow
from pgmkit.rng import fresh, seeded
from pgmkit.train import play

DIGIT_BINS, DIGIT_DIMS = 17, 64


def real_nvp(dim: int, *, couplings: int = 8, hidden: int = 64, bound: float = 2.0) -> Flow:
    r"""A flow on vectors: standard normals through affine couplings that take turns on the two halves.

    Args:
        dim: d, at least 2.
        couplings: number of couplings K.
        hidden: width of the two hidden layers of each conditioner.
        bound: largest |log_s| of a coupling.

    Dinh, Sohl-Dickstein and Bengio, 2017.
    """
    want_count(dim=dim, couplings=couplings, hidden=hidden)
    if dim < 2:
        raise ValueError(f"dim must be at least 2, because one half changes the other; got {dim}.")
    large, small = dim - dim // 2, dim // 2
    nets = []
    for i in range(couplings):
        stays, changes = (large, small) if i % 2 == 0 else (small, large)
        nets.append(ScaleShift(ReluNet(stays, hidden, hidden, 2 * changes), bound=bound))
    return Flow(StandardNormal(dim), Couplings(*nets))


def train_real_nvp(data: Model, *, seed: int, rounds: int = 2000, batch: int = 512, lr: float = 1e-3, progress: bool = True) -> Flow:
    """A `real_nvp` trained on fresh draws of data in the plane by maximum likelihood, with the learning rate falling to zero.

    Args:
        data: p_data, draws of shape (n, 2).
        seed: of the initial weights and of the batches.
        rounds: steps.
        batch: draws in each step.
        lr: learning rate of Adam at the start.
        progress: show a bar.
    """
    want_instance(Model, data=data)
    want_count(rounds=rounds, batch=batch)
    want_positive(lr=lr)
    with seeded(seed):
        flow = real_nvp(2)
    optimizer = Adam(flow.parameters(), lr=lr, fused=True)
    cool = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, rounds)
    play(flow_game(flow, optimizer, after=cool.step), stream(data, batch, generator=fresh(seed)), rounds, progress=progress)
    return flow.eval()


def digit_images(n: int, *, generator: Generator | None = None) -> Iterator[Tensor]:
    """`digit_batches` as images: endless batches of n training digits, each of shape (n, 1, 8, 8), values in [0, 1)."""
    return (x.reshape(n, 1, 8, 8) for x in digit_batches(n, generator=generator))


def train_digits_glow(
    *,
    seed: int,
    rounds: int = 1100,
    steps: int = 16,
    hidden: int = 64,
    dropout: float = 0.3,
    lr: float = 4e-3,
    batch: int = 64,
    progress: bool = True,
) -> Flow:
    """A Glow of two levels trained on scikit-learn's digits by maximum likelihood; the learning rate rises, then falls to zero.

    Args:
        seed: of the initial weights, of the batches and of the dropout.
        rounds: steps of the optimizer.
        steps: K, steps of flow in each level.
        hidden: channels inside the coupling networks.
        dropout: of the coupling networks; without it a longer training overfits.
        lr: learning rate of Adam at its highest, after a twentieth of the rounds.
        batch: digits in each step.
        progress: show a bar.
    """
    want_count(rounds=rounds, batch=batch)
    want_positive(lr=lr)
    with seeded(seed):
        flow = glow((1, 8, 8), levels=2, steps=steps, hidden=hidden, dropout=dropout)
        optimizer = Adam(flow.parameters(), lr=lr, fused=True)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, rounds, pct_start=0.05, cycle_momentum=False)
        play(flow_game(flow, optimizer, after=rate.step), digit_images(batch, generator=fresh(seed)), rounds, progress=progress)
    return flow.eval()

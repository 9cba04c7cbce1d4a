"""Small flows after a short training in single precision, made once for all tests of a run."""

from functools import cache

import torch
from torch.optim import Adam

from pgmkit.data.batches import stream
from pgmkit.data.toy2d import GaussianMixture, ring
from pgmkit.flows import flow_game, glow
from pgmkit.flows.recipes import digit_images, real_nvp
from pgmkit.rng import fresh, seeded
from pgmkit.train import play

DATA = GaussianMixture(ring(4, radius=1.5).centers.double(), 0.3)


def fitted(flow, batches, rounds, lr):
    """The flow after `rounds` steps, in evaluation mode, and the losses."""
    history = play(flow_game(flow, Adam(flow.parameters(), lr=lr, fused=True)), batches, rounds)
    return flow.eval(), history["flow"]


@cache
def plane():
    """real_nvp on four Gaussians, and its losses."""
    with seeded(0):
        flow = real_nvp(2, couplings=6, hidden=32).float()
    return fitted(flow, (x.float() for x in stream(DATA, 256, generator=fresh(1))), 400, 3e-3)


@cache
def digits():
    """Glow with two levels on dequantised digits, and its losses."""
    with seeded(0):
        flow = glow((1, 8, 8), levels=2, steps=4, hidden=24).float()
    return fitted(flow, (x.float() for x in digit_images(64, generator=fresh(1))), 200, 3e-3)


def held_out(n):
    """Dequantised digits that no training saw, single precision, shape (n, 1, 8, 8)."""
    from pgmkit.data.digits import dequantised
    from pgmkit.data.digits import digits as data

    return dequantised(data()[1].x[:n], generator=fresh(2)).reshape(n, 1, 8, 8).to(torch.float32)

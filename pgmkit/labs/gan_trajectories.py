"""Makes the stored trainings of the mini GAN laboratory: `python -m pgmkit.labs.gan_trajectories`, about two minutes."""

from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pgmkit.labs.gan_lab import DATA, LOSSES, RATIOS, ROUNDS, STORE, Board, advance, deal, key


def weights(board: Board) -> np.ndarray:
    """The parameters of G, then of D, in half precision."""
    parameters = [*board.model.parameters(), *board.discriminator.parameters()]
    return nn.utils.parameters_to_vector(parameters).detach().numpy().astype(np.float16)


def trajectory(data: str, loss: str, ratio: str) -> Iterator[tuple[str, np.ndarray]]:
    """The weights after each number of rounds above 0."""
    board = deal()
    for before, after in pairwise(ROUNDS):
        advance(board, data, loss, ratio, "B", rounds=after - before, seed=10_000 + after)
        yield key(data, loss, ratio, after), weights(board)


def make(path: Path = STORE) -> None:
    """Train every choice of data, loss and ratio, and write the file."""
    made = {name: w for choice in product(DATA, LOSSES, RATIOS) for name, w in trajectory(*choice)}
    np.savez_compressed(path, start=weights(deal()), **made)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make()

"""The mini GAN laboratory: a state in, a figure out. Stored trainings give the start, live steps go on from there."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from pgmkit import plots
from pgmkit.core import Model
from pgmkit.data.batches import stream
from pgmkit.data.toy2d import Moons, grid, ring
from pgmkit.gan.games import gan_game
from pgmkit.gan.losses import generator_loss
from pgmkit.gan.model import Implicit
from pgmkit.nets import mlp, score_mlp
from pgmkit.rng import fresh, seeded
from pgmkit.train import Player, play

STORE = Path(__file__).parents[1] / "data" / "gan_lab.npz"
DATA: dict[str, Callable[[], Model]] = {
    "ring": partial(ring, std=0.1),
    "grid": partial(grid, 3, spacing=1.5, std=0.1),
    "moons": Moons,
}
LOSSES = {"saturating": True, "non-saturating": False}
RATIOS = {"5 D : 1 G": (5, 1), "1 D : 1 G": (1, 1), "1 D : 5 G": (1, 5)}
ROUNDS = [0, 100, 400, 1600]
MOVES = {"D": "D: 10 steps", "G": "G: 10 steps", "B": "both: 10 rounds"}
STEPS, BATCH, SHOWN, EXTENT = 10, 128, 120, 3.0


@dataclass
class Board:
    """Both networks and their optimizers."""

    model: Implicit
    discriminator: nn.Module
    opt_G: Optimizer
    opt_D: Optimizer


def deal() -> Board:
    """The board before the first move: the same weights for every choice of data, loss and ratio."""
    with seeded(1):
        model, discriminator = Implicit(mlp(2, 32, 32, 2), 2), score_mlp(2, 32, 32)
    rate = {"lr": 2e-3, "betas": (0.5, 0.999), "fused": True}
    return Board(model, discriminator, Adam(model.parameters(), **rate), Adam(discriminator.parameters(), **rate))


def players(board: Board, loss: str, seed: int) -> list[Player]:
    """D and G of the plain game, one step each per round."""
    g_loss = partial(generator_loss, saturating=LOSSES[loss])
    return gan_game(board.model, board.discriminator, board.opt_G, board.opt_D, g_loss=g_loss, generator=fresh(seed))


def advance(board: Board, data: str, loss: str, ratio: str, moves: str, *, rounds: int, seed: int) -> None:
    """Play in place: D alone ("D"), G alone ("G") or both ("B") at the ratio, with batches drawn from `seed`."""
    d, g = players(board, loss, seed)
    turns = dict(zip("DG", RATIOS[ratio], strict=True))
    who = {"D": [d], "G": [g], "B": [replace(d, turns=turns["D"]), replace(g, turns=turns["G"])]}
    for move in moves:
        play(who[move], stream(DATA[data](), BATCH, generator=fresh(seed + 1)), rounds, progress=False)


def key(data: str, loss: str, ratio: str, rounds: int) -> str:
    """The name under which a stored board is kept; before the first round all choices share one."""
    return f"{data}/{loss}/{ratio}/{rounds}" if rounds else "start"


@cache
def stored() -> dict[str, np.ndarray]:
    """All stored parameters, G's first; made by `python -m pgmkit.labs.gan_trajectories`."""
    with np.load(STORE) as arrays:
        return dict(arrays)


@lru_cache(maxsize=256)
def board(data: str, loss: str, ratio: str, rounds: int, moves: str) -> Board:
    """The board after a stored training of `rounds` rounds and the live moves; Adam's memory starts anew at the first of them."""
    if moves:
        after = deepcopy(board(data, loss, ratio, rounds, moves[:-1]))
        advance(after, data, loss, ratio, moves[-1], rounds=STEPS, seed=100 * len(moves))
        return after
    start = deal()
    weights = torch.tensor(stored()[key(data, loss, ratio, rounds)], dtype=torch.get_default_dtype())
    nn.utils.vector_to_parameters(weights, [*start.model.parameters(), *start.discriminator.parameters()])
    return start


@dataclass(frozen=True)
class Look:
    """What one board shows: samples, minus the gradient of G's loss at each of them, and D(x) there and on data."""

    x: Tensor
    pull: Tensor
    d_fake: Tensor
    d_real: Tensor


def look(state: Board, data: str, loss: str) -> Look:
    """Draw samples, and differentiate the loss of each one with respect to the sample itself."""
    x = state.model.sample(SHOWN, generator=fresh(7)).detach().requires_grad_()  # (n, 2)
    logits = state.discriminator(x)
    (gradient,) = torch.autograd.grad(len(x) * generator_loss(logits, saturating=LOSSES[loss]), x)
    real = state.discriminator(DATA[data]().sample(1000, generator=fresh(8))).detach()
    return Look(x.detach(), -gradient, logits.detach().sigmoid(), real.sigmoid())


def draw(ax: Axes, state: Board, data: str, loss: str, *, bar: bool = True) -> Look:
    """D(x) as a heat map, data, samples, and an arrow at each sample half as long as the gradient there (at most 1)."""
    seen = look(state, data, loss)
    plots.heatmap(ax, lambda x: state.discriminator(x).sigmoid(), extent=EXTENT, low=0, high=1, points=50, bar=bar)
    plots.scatter(ax, DATA[data]().sample(300, generator=fresh(9)), label="data")
    plots.scatter(ax, seen.x, color=plots.MODEL, marker="x", size=18, label="samples")
    plots.arrows(ax, seen.x, seen.pull, length=min(1.0, 0.5 * float(seen.pull.norm(dim=1).max())))
    plots.plane(ax, EXTENT)
    return seen


def summary(seen: Look) -> str:
    """Two lines of figures under the picture."""
    median, outside = float(seen.pull.norm(dim=1).median()), int((seen.x.abs() > EXTENT).any(1).sum())
    d_real, d_fake = float(seen.d_real.mean()), float(seen.d_fake.mean())
    return f"mean D: data {d_real:.2f}, samples {d_fake:.2f}\nmedian gradient {median:.2g};  outside: {outside} of {SHOWN}"


def picture(data: str, loss: str, ratio: str, rounds: int, moves: str = "") -> Figure:
    """The laboratory: a stored training of `rounds` rounds, then the live moves, a string of D, G and B."""
    fig, (ax,) = plots.figure(1, 1, width=6.4, height=5.2)
    seen = draw(ax, board(data, loss, ratio, rounds, moves), data, loss)
    ax.set_title(f"round {rounds}" + (f", then {moves}" if moves else "") + f"   ({loss}, {ratio})")
    ax.set_xlabel(f"$x_1$\n{summary(seen)}")
    ax.legend(loc="upper right", frameon=True, fontsize=9)
    return fig


def fallback(data: str = "ring", ratio: str = "1 D : 1 G") -> Figure:
    """Small multiples: both losses (rows) after each stored number of rounds (columns)."""
    fig, axes = plots.figure(len(LOSSES), len(ROUNDS), width=2.6, height=2.7)
    cells = [(loss, rounds) for loss in LOSSES for rounds in ROUNDS]
    for ax, (loss, rounds) in zip(axes, cells, strict=True):
        draw(ax, board(data, loss, ratio, rounds, ""), data, loss, bar=False)
        ax.set_title(f"{loss}, round {rounds}", fontsize=9)
    for ax in axes:
        ax.label_outer()
    return fig

"""Whole trainings on toy data in the plane, small enough for one CPU thread: what the benchmark runs and the lecture quotes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pgmkit.core import Model
from pgmkit.data.batches import stream
from pgmkit.gan.games import gan_game, wgan_game
from pgmkit.gan.losses import generator_loss
from pgmkit.gan.model import Implicit
from pgmkit.nets import mlp, score_mlp
from pgmkit.rng import fresh, seeded
from pgmkit.train import Player, play

BATCH, WIDTH, DECAY = 256, 96, 0.995
COOLING = (1.0, 1.0, 0.5, 0.2)


@dataclass
class Table:
    """Both networks, their optimizers and the averaged generator, before the first move."""

    model: Implicit
    opponent: nn.Module
    opt_G: Optimizer
    opt_D: Optimizer
    average: AveragedModel

    def keep(self) -> None:
        """Move the averaged weights towards the generator's; for `after`."""
        self.average.update_parameters(self.model)


def set_up(seed: int, *, rate: float = 2e-3) -> Table:
    """G: 2 -> 96 x 3 -> 2, opponent: 2 -> 96 x 3 -> 1, both ReLU, with Adam(0, 0.9) and an average of G's weights.

    Args:
        seed: of the initial weights.
        rate: learning rate of both.
    """
    with seeded(seed):
        model, opponent = Implicit(mlp(2, WIDTH, WIDTH, WIDTH, 2), 2), score_mlp(2, WIDTH, WIDTH, WIDTH)
    opt_G = Adam(model.parameters(), lr=rate, betas=(0.0, 0.9), fused=True)
    opt_D = Adam(opponent.parameters(), lr=rate, betas=(0.0, 0.9), fused=True)
    return Table(model, opponent, opt_G, opt_D, AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY)))


def train(players: Sequence[Player], data: Model, *, seed: int, rounds: int) -> None:
    """Play in four equal parts, with the learning rates times 1, 1, 0.5 and 0.2.

    Args:
        players: who move.
        data: p_data.
        seed: of the batches.
        rounds: in all; a multiple of four.
    """
    if rounds < len(COOLING) or rounds % len(COOLING):
        raise ValueError(f"rounds must be a multiple of {len(COOLING)}, at least one in each part; got {rounds}.")
    batches = stream(data, BATCH, generator=fresh(seed))
    groups = [group for player in players for group in player.optimizer.param_groups]
    first = [group["lr"] for group in groups]
    for factor in COOLING:
        for group, rate in zip(groups, first, strict=True):
            group["lr"] = factor * rate
        play(players, batches, rounds // len(COOLING), progress=False)


def train_gan(data: Model, *, saturating: bool = False, seed: int = 0, rounds: int = 3000, r1: float = 0.05) -> Implicit:
    """The GAN game with an R1 penalty on D; returns the averaged generator.

    Args:
        data: p_data in the plane.
        saturating: which loss of G.
        seed: of weights, latents and batches.
        rounds: one step of D and one of G each.
        r1: weight of the penalty.
    """
    table = set_up(seed)
    loss = partial(generator_loss, saturating=saturating)
    networks = (table.model, table.opponent, table.opt_G, table.opt_D)
    train(gan_game(*networks, g_loss=loss, r1=r1, after=table.keep, generator=fresh(seed + 1000)), data, seed=seed, rounds=rounds)
    return table.average.module


def train_wgan(data: Model, *, seed: int = 0, rounds: int = 3000, bound: float = 0.1, turns: int = 4) -> Implicit:
    """The WGAN game with weight clipping; returns the averaged generator.

    Args:
        data: p_data in the plane.
        seed: of weights, latents and batches.
        rounds: `turns` steps of the critic and one of G each.
        bound: of the critic's weights.
        turns: n_critic.
    """
    table = set_up(seed, rate=3e-4)
    networks = (table.model, table.opponent, table.opt_G, table.opt_D)
    train(wgan_game(*networks, bound=bound, turns=turns, after=table.keep, generator=fresh(seed + 1000)), data, seed=seed, rounds=rounds)
    return table.average.module


def train_wgan_gp(data: Model, *, seed: int = 0, rounds: int = 3000, penalty: float = 0.1, turns: int = 3) -> Implicit:
    """The WGAN game with a gradient penalty; returns the averaged generator.

    Args:
        data: p_data in the plane.
        seed: of weights, latents and batches.
        rounds: `turns` steps of the critic and one of G each.
        penalty: weight of the gradient penalty.
        turns: n_critic.
    """
    table = set_up(seed)
    networks = (table.model, table.opponent, table.opt_G, table.opt_D)
    players = wgan_game(*networks, bound=None, penalty=penalty, turns=turns, after=table.keep, generator=fresh(seed + 1000))
    train(players, data, seed=seed, rounds=rounds)
    return table.average.module

"""Exam of one round of the GAN game, on linear networks and mock losses, so that a wrong loss costs nothing here."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.optim import SGD, Optimizer

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import linear, normal, parameters, scorer
from pgmkit.gan import critic_phase, gan_step
from pgmkit.gan.games import Loss, PairLoss
from pgmkit.knowledge import theta_step_explicit, theta_step_implicit
from pgmkit.train import Player

step = Exam(
    gan_step,
    minutes=20,
    difficulty=3,
    closes=(Player.turn, critic_phase, theta_step_explicit, theta_step_implicit),
    hints=(
        "Two turns, one after the other. In each: logits, loss, clear the gradients, backward, step. Who may move in which turn?",
        "D's turn treats samples as given: detach them. G's turn needs the gradient to pass through D down to theta: detach nothing.",
        "D's turn: loss on (x, detached samples of z_d), then opt_D. G's turn: new samples of z_g through the D that just moved, then opt_G.",
    ),
)


class Round(NamedTuple):
    """What one call of the answer left behind."""

    theta: Tensor
    phi: Tensor
    losses: Any


class Table(NamedTuple):
    """The players before a round; every round is played on copies."""

    model: nn.Module
    discriminator: nn.Module
    x: Tensor
    z_d: Tensor
    z_g: Tensor

    def play(
        self, answer: Answer, *, d_loss: PairLoss, g_loss: Loss, rounds: int = 1, left_over: float = 0.0, momentum: float = 0.0
    ) -> Round:
        """Let the answer play; `left_over` fills every `.grad` first, `momentum` is that of both optimizers."""
        model, discriminator = copy.deepcopy(self.model), copy.deepcopy(self.discriminator)
        for p in [*model.parameters(), *discriminator.parameters()] if left_over else []:
            p.grad = torch.full_like(p, left_over)
        opt_G = SGD(model.parameters(), lr=0.03, momentum=momentum)
        opt_D = SGD(discriminator.parameters(), lr=0.02, momentum=momentum)
        for _ in range(rounds):
            batches = self.x.clone(), self.z_d.clone(), self.z_g.clone()
            losses = answer(model, discriminator, opt_G, opt_D, *batches, d_loss=d_loss, g_loss=g_loss)
        return Round(parameters(model), parameters(discriminator), losses)


def d_mock(real: Tensor, fake: Tensor) -> Tensor:
    """A loss for D that no exercise asks for: squares around 1 and -0.5."""
    return (real - 1).square().mean() + (fake + 0.5).square().mean()


def g_mock(fake: Tensor) -> Tensor:
    """A loss for G that no exercise asks for."""
    return (fake - 2).square().mean()


@step.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    table = Table(
        linear(2, 3, generator=generator),
        scorer(3, generator=generator),
        normal(5, 3, generator=generator) + 1,
        normal(5, 2, generator=generator),
        normal(4, 2, generator=generator),
    )

    @cache
    def played(**changes: Any) -> Round:
        return table.play(answer, **({"d_loss": d_mock, "g_loss": g_mock} | changes))

    def flat_g() -> tuple[Tensor, bool]:
        after = played(g_loss=lambda fake: 0 * g_mock(fake))
        return after.theta, bool((after.phi != parameters(table.discriminator)).any())

    def flat_d() -> tuple[Tensor, bool]:
        after = played(d_loss=lambda real, fake: 0 * d_mock(real, fake))
        return after.phi, bool((after.theta != parameters(table.model)).any())

    yield "phi after the round", lambda: played().phi, 1.5
    yield "theta after the round", lambda: played().theta, 1.5
    yield "the losses that come back", lambda: played().losses, 1
    yield "only phi moves when g_loss is flat", flat_g, 0.75
    yield "only theta moves when d_loss is flat", flat_d, 0.75
    yield "phi when gradients were left over from before", lambda: played(left_over=0.7).phi, 0.5
    yield "theta when gradients were left over from before", lambda: played(left_over=0.7).theta, 0.5
    yield "phi after a second round, with momentum", lambda: played(rounds=2, momentum=0.8).phi, 0.75
    yield "theta after a second round, with momentum", lambda: played(rounds=2, momentum=0.8).theta, 0.75


class Game(NamedTuple):
    """The arguments of one round, for the wrong answers below."""

    model: nn.Module
    discriminator: nn.Module
    opt_G: Optimizer
    opt_D: Optimizer
    x: Tensor
    z_d: Tensor
    z_g: Tensor
    d_loss: PairLoss
    g_loss: Loss

    def loss_of_D(self, fake: Tensor) -> Tensor:
        """D's loss on the data and on given samples."""
        return self.d_loss(self.discriminator(self.x), self.discriminator(fake))

    def loss_of_G(self, fake: Tensor) -> Tensor:
        """G's loss on given samples."""
        return self.g_loss(self.discriminator(fake))


def turn(loss: Tensor, optimizer: Optimizer) -> float:
    """A right turn; the loss before it."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def dirty(loss: Tensor, optimizer: Optimizer) -> float:
    """A turn that keeps the gradients from before it."""
    loss.backward()
    optimizer.step()
    return loss.item()


def mistake(title: str, advice: str) -> Callable[[Callable[[Game], tuple[float, float]]], None]:
    """`step.mistake` for a wrong round that takes a `Game` and returns the two losses."""

    def add(wrong: Callable[[Game], tuple[float, float]]) -> None:
        @step.mistake(title, advice)
        def answer(*players: Any, **losses: Any) -> dict[str, float]:
            return dict(zip(("d_loss", "g_loss"), wrong(Game(*players, **losses)), strict=True))

    return add

"""Known mistakes in one round of the GAN game; `step` is the exam that they belong to."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from pgmkit.checks.gan_round import step
from pgmkit.gan.games import Loss, PairLoss


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


@mistake(
    "G moves in D's turn",
    "D's loss sent its gradient into theta and opt_G stepped on it. Detach the samples in D's turn, and step opt_D only.",
)
def g_moves(game: Game) -> tuple[float, float]:
    game.opt_G.zero_grad()
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    game.opt_G.step()
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "D's turn leaves a gradient on theta",
    "D's backward reached theta, and G's step added it to its own. Detach the samples in D's turn, or clear G's gradients after it.",
)
def g_polluted(game: Game) -> tuple[float, float]:
    game.opt_G.zero_grad()
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("D moves in G's turn", "G's backward passes through D and leaves gradients on phi. In G's turn only opt_G may step.")
def d_moves(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    game.opt_D.zero_grad()
    loss_G = turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_D.step()
    return loss_D, loss_G


@mistake(
    "G's gradient reaches D's step",
    "Both losses went backward before opt_D stepped, so phi followed both. Finish D's turn, with its step, before G's turn begins.",
)
def d_polluted(game: Game) -> tuple[float, float]:
    loss_D, loss_G = game.loss_of_D(game.model(game.z_d).detach()), game.loss_of_G(game.model(game.z_g))
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    loss_D.backward()
    loss_G.backward()
    game.opt_D.step()
    game.opt_G.step()
    return loss_D.item(), loss_G.item()


@mistake("Gradients accumulate", "backward adds to what .grad already holds. Call zero_grad before each backward.")
def accumulates(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "zero_grad comes after the step only",
    "The first round adds to whatever .grad held before it, and G's turn leaves gradients on phi. Call zero_grad just before each backward.",
)
def cleared_late(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    game.opt_D.zero_grad()
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake(
    "Gradients are cleared at the end of the round only",
    "What .grad held before the round is added to D's gradients and to G's. Call zero_grad just before each backward.",
)
def cleared_last(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    loss_G = dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_D.zero_grad()
    game.opt_G.zero_grad()
    return loss_D, loss_G


@mistake("G does not move", "Theta stays where it was. Detach the samples in D's turn only, and let opt_G step in G's turn.")
def detached(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g).detach()), game.opt_G)


@mistake("G's turn reuses the samples of D's turn", "G moves on fresh samples: model(z_g), not those of z_d.")
def stale(game: Game) -> tuple[float, float]:
    fake = game.model(game.z_d)
    loss_D = turn(game.loss_of_D(fake.detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(fake), game.opt_G)


@mistake("The latents are swapped", "z_d is for D's turn, z_g for G's turn.")
def latents_swapped(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_g).detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_d)), game.opt_G)


@mistake("G moves first", "D moves first; G then answers the D that has just moved.")
def order_swapped(game: Game) -> tuple[float, float]:
    loss_G = turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    return turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D), loss_G


@mistake("G meets the old D", "G's loss was computed before D's step. Call discriminator(model(z_g)) after opt_D.step().")
def simultaneous(game: Game) -> tuple[float, float]:
    loss_G = game.loss_of_G(game.model(game.z_g))
    game.opt_G.zero_grad()
    loss_G.backward()
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    game.opt_G.step()
    return loss_D, loss_G.item()


@mistake("Data and samples are swapped in d_loss", "The order is d_loss(real_logits, fake_logits).")
def pair_swapped(game: Game) -> tuple[float, float]:
    real, fake = game.discriminator(game.x), game.discriminator(game.model(game.z_d).detach())
    loss_D = turn(game.d_loss(fake, real), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("The optimizers are swapped", "opt_D holds phi and steps in D's turn. opt_G holds theta and steps in G's turn.")
def optimizers_swapped(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_G)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_D)


@mistake(
    "zero_grad throws away what backward found",
    "It stands between backward and step, so nothing is left to step on. Call it before backward.",
)
def cleared_too_soon(game: Game) -> tuple[float, float]:
    loss_D, loss_G = game.loss_of_D(game.model(game.z_d).detach()), game.loss_of_G(game.model(game.z_g))
    return loss_D.item(), loss_G.item()


@mistake(
    "D's gradients accumulate",
    "G's backward leaves gradients on phi, and D's next step adds to them. Call opt_D.zero_grad before D's backward.",
)
def d_accumulates(game: Game) -> tuple[float, float]:
    loss_D = dirty(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("G's gradients accumulate", "backward adds to what .grad already holds. Call opt_G.zero_grad before G's backward.")
def g_accumulates(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, dirty(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("The losses were measured after the steps", "Each loss comes back as it was before its own step: the number that went backward.")
def measured_late(game: Game) -> tuple[float, float]:
    turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    return game.loss_of_D(game.model(game.z_d)).item(), game.loss_of_G(game.model(game.z_g)).item()


@mistake("G climbs", "g_loss is already a loss to minimise over theta: no minus in front of it.")
def g_climbs(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(-game.loss_of_G(game.model(game.z_g)), game.opt_G)

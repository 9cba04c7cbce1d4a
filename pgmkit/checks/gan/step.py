"""Known mistakes in one round of the GAN game: who moves, on which samples, by which loss; importing it completes the exam."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from pgmkit.checks.gan.step_gradients import Game, mistake, step, turn

__all__ = ["step"]


@mistake(
    "G moves in D's turn",
    "D's loss sent its gradient into theta and opt_G stepped on it. Detach the samples in D's turn, and step opt_D only.",
)
def g_moves(game: Game) -> tuple[float, float]:
    game.opt_G.zero_grad()
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_D)
    game.opt_G.step()
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("D moves in G's turn", "G's backward passes through D and leaves gradients on phi. In G's turn only opt_G may step.")
def d_moves(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    game.opt_D.zero_grad()
    loss_G = turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    game.opt_D.step()
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


@mistake(
    "The optimizers are swapped, and nothing is detached", "opt_D holds phi and steps in D's turn. opt_G holds theta and steps in G's turn."
)
def optimizers_swapped(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d)), game.opt_G)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_D)


@mistake("The losses were measured after the steps", "Each loss comes back as it was before its own step: the number that went backward.")
def measured_late(game: Game) -> tuple[float, float]:
    turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)
    return game.loss_of_D(game.model(game.z_d)).item(), game.loss_of_G(game.model(game.z_g)).item()


@mistake("G climbs", "g_loss is already a loss to minimise over theta: no minus in front of it.")
def g_climbs(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(-game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("The optimizers are swapped", "opt_D holds phi and steps in D's turn. opt_G holds theta and steps in G's turn.")
def optimizers_swapped_detached(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_G)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_D)


@mistake("Each turn steps the other player's optimizer", "zero_grad is called on the right optimizer, step on the wrong one.")
def steps_swapped(game: Game) -> tuple[float, float]:
    def crossed(loss: Tensor, cleared: Optimizer, stepped: Optimizer) -> float:
        cleared.zero_grad()
        loss.backward()
        stepped.step()
        return loss.item()

    loss_D = crossed(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D, game.opt_G)
    return loss_D, crossed(game.loss_of_G(game.model(game.z_g)), game.opt_G, game.opt_D)


@mistake("D does not move", "Phi stays where it was. D's turn needs a backward and then opt_D.step(), before G's turn begins.")
def d_rests(game: Game) -> tuple[float, float]:
    return game.loss_of_D(game.model(game.z_d)).item(), turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("Both turns use z_g", "D's turn takes its samples from z_d, G's turn from z_g.")
def z_g_twice(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_g).detach()), game.opt_D)
    return loss_D, turn(game.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake(
    "The losses are your own, not d_loss and g_loss",
    "They look like the losses of exercises 2 and 3. Call the two arguments instead: a round must work with any pair of losses.",
)
def own_losses(game: Game) -> tuple[float, float]:
    own = game._replace(d_loss=lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(), g_loss=lambda f: F.softplus(-f).mean())
    loss_D = turn(own.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(own.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("The losses get probabilities", "d_loss and g_loss take logits, which is what the discriminator returns. Apply no sigmoid.")
def squashed(game: Game) -> tuple[float, float]:
    of = game._replace(d_loss=lambda r, f: game.d_loss(r.sigmoid(), f.sigmoid()), g_loss=lambda f: game.g_loss(f.sigmoid()))
    loss_D = turn(of.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return loss_D, turn(of.loss_of_G(game.model(game.z_g)), game.opt_G)


@mistake("The two returned losses are swapped", 'The round is right. Under "d_loss" stands D\'s loss, under "g_loss" G\'s.')
def returned_swapped(game: Game) -> tuple[float, float]:
    loss_D = turn(game.loss_of_D(game.model(game.z_d).detach()), game.opt_D)
    return turn(game.loss_of_G(game.model(game.z_g)), game.opt_G), loss_D


@mistake(
    "The steps are plain gradient descent, not those of the given optimizers",
    "Without momentum your rounds are right. Let opt_D.step() and opt_G.step() move the parameters: an optimizer has its own rule and memory.",
)
def by_hand(game: Game) -> tuple[float, float]:
    def descend(loss: Tensor, module: nn.Module, rate: float) -> float:
        own = list(module.parameters())
        with torch.no_grad():
            for p, slope in zip(own, torch.autograd.grad(loss, own), strict=True):
                p -= rate * slope
        return loss.item()

    loss_D = descend(game.loss_of_D(game.model(game.z_d).detach()), game.discriminator, game.opt_D.param_groups[0]["lr"])
    return loss_D, descend(game.loss_of_G(game.model(game.z_g)), game.model, game.opt_G.param_groups[0]["lr"])

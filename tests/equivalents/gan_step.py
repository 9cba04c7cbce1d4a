"""Other right ways to play one round of the GAN game; all must earn full marks."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Losses = dict[str, Any]


def moved(loss: Tensor, optimizer: Optimizer) -> Tensor:
    """Clear, backward, step."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def no_grad_for_fake(
    model: nn.Module, discriminator: nn.Module, opt_G: Optimizer, opt_D: Optimizer, x: Tensor, z_d: Tensor, z_g: Tensor, *, d_loss, g_loss
) -> Losses:
    """torch.no_grad instead of detach; losses come back as tensors without dimensions, still on their graphs."""
    with torch.no_grad():
        fake = model(z_d)
    loss_D = moved(d_loss(discriminator(x), discriminator(fake)), opt_D)
    loss_G = moved(g_loss(discriminator(model(z_g))), opt_G)
    return {"g_loss": loss_G, "d_loss": loss_D}


def cleared_first(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """Both optimizers cleared at the top, gradients kept as zeros."""
    opt_D.zero_grad(set_to_none=False)
    opt_G.zero_grad(set_to_none=False)
    loss_D = d_loss(discriminator(x), discriminator(model(z_d).detach()))
    loss_D.backward()
    opt_D.step()
    loss_G = g_loss(discriminator(model(z_g)))
    loss_G.backward()
    opt_G.step()
    return {"d_loss": float(loss_D.detach()), "g_loss": float(loss_G.detach())}


def undetached_but_cleared(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """No detach at all: wasteful, but theta's gradient is cleared before G's backward."""
    loss_D = moved(d_loss(discriminator(x), discriminator(model(z_d))), opt_D)
    loss_G = moved(g_loss(discriminator(model(z_g))), opt_G)
    return {"d_loss": loss_D.detach(), "g_loss": loss_G.detach()}


def cleared_on_modules(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """zero_grad of the modules, and once more after the steps."""
    discriminator.zero_grad()
    loss_D = d_loss(discriminator(x), discriminator(model(z_d).detach()))
    loss_D.backward()
    opt_D.step()
    model.zero_grad()
    loss_G = g_loss(discriminator(model(z_g)))
    loss_G.backward()
    opt_G.step()
    opt_D.zero_grad()
    opt_G.zero_grad()
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def frozen_by_flags(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """requires_grad is switched off for the player who waits, and on again."""
    model.requires_grad_(False)
    loss_D = moved(d_loss(discriminator(x), discriminator(model(z_d))), opt_D)
    model.requires_grad_(True)
    discriminator.requires_grad_(False)
    loss_G = moved(g_loss(discriminator(model(z_g))), opt_G)
    discriminator.requires_grad_(True)
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def backward_into_inputs(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """backward(inputs=...) reaches only the player's own parameters."""
    opt_D.zero_grad()
    loss_D = d_loss(discriminator(x), discriminator(model(z_d)))
    loss_D.backward(inputs=list(discriminator.parameters()))
    opt_D.step()
    opt_G.zero_grad()
    loss_G = g_loss(discriminator(model(z_g)))
    loss_G.backward(inputs=list(model.parameters()))
    opt_G.step()
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def gradients_by_autograd(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """torch.autograd.grad, and .grad written by hand."""

    def step(loss: Tensor, module: nn.Module, optimizer: Optimizer) -> float:
        own = list(module.parameters())
        for p, slope in zip(own, torch.autograd.grad(loss, own), strict=True):
            p.grad = slope
        optimizer.step()
        return loss.item()

    return {
        "d_loss": step(d_loss(discriminator(x), discriminator(model(z_d))), discriminator, opt_D),
        "g_loss": step(g_loss(discriminator(model(z_g))), model, opt_G),
    }


def one_pass_through_d(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """Data and samples go through D together; G's samples are drawn before D moves, which changes nothing."""
    fresh, logits = model(z_g), discriminator(torch.cat([x, model(z_d).detach()]))
    loss_D = moved(d_loss(logits[: len(x)], logits[len(x) :]), opt_D)
    loss_G = moved(g_loss(discriminator(fresh)), opt_G)
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def closures(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """Optimizers with closures, as LBFGS wants them."""

    def d_turn() -> Tensor:
        opt_D.zero_grad()
        loss = d_loss(discriminator(x), discriminator(model(z_d).detach()))
        loss.backward()
        return loss

    def g_turn() -> Tensor:
        opt_G.zero_grad()
        loss = g_loss(discriminator(model(z_g)))
        loss.backward()
        return loss

    return {"d_loss": opt_D.step(d_turn).item(), "g_loss": opt_G.step(g_turn).item()}


def retains_the_graph(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """retain_graph where none is needed, and set_to_none off in D's turn only."""
    loss_D = d_loss(discriminator(x), discriminator(model(z_d).detach()))
    opt_D.zero_grad(set_to_none=False)
    loss_D.backward(retain_graph=True)
    opt_D.step()
    loss_G = g_loss(discriminator(model(z_g)))
    opt_G.zero_grad()
    loss_G.backward(retain_graph=True)
    opt_G.step()
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def two_rows_of_a_table(model, discriminator, opt_G, opt_D, x, z_d, z_g, *, d_loss, g_loss) -> Losses:
    """Both turns by one loop; all gradients are thrown away before each."""

    def loss_of_D() -> Tensor:
        return d_loss(discriminator(x), discriminator(model(z_d).detach()))

    def loss_of_G() -> Tensor:
        return g_loss(discriminator(model(z_g)))

    losses = {}
    for name, loss_of, optimizer in (("d_loss", loss_of_D, opt_D), ("g_loss", loss_of_G, opt_G)):
        for p in [*model.parameters(), *discriminator.parameters()]:
            p.grad = None
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses[name] = loss.item()
    return losses


EQUIVALENTS: dict[str, dict[str, Callable[..., Losses]]] = {
    "gan_step": {
        f.__name__.replace("_", " "): f
        for f in (
            no_grad_for_fake,
            cleared_first,
            undetached_but_cleared,
            cleared_on_modules,
            frozen_by_flags,
            backward_into_inputs,
            gradients_by_autograd,
            one_pass_through_d,
            closures,
            retains_the_graph,
            two_rows_of_a_table,
        )
    },
}

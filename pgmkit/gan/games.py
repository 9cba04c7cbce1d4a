"""The GAN games as players for `play`, and the same steps written out by hand."""

from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from pgmkit.core import Model
from pgmkit.errors import want_callable, want_count, want_instance, want_nonnegative, want_positive, want_tensor
from pgmkit.gan.losses import discriminator_loss, generator_loss, r1_penalty
from pgmkit.gan.model import Implicit
from pgmkit.gan.wasserstein import clip_weights_, critic_loss, gradient_penalty, wgan_generator_loss
from pgmkit.rng import rand
from pgmkit.train import Player

Loss = Callable[[Tensor], Tensor]
PairLoss = Callable[[Tensor, Tensor], Tensor]


def gan_step(
    model: nn.Module,
    discriminator: nn.Module,
    opt_G: Optimizer,
    opt_D: Optimizer,
    x: Tensor,
    z_d: Tensor,
    z_g: Tensor,
    *,
    d_loss: PairLoss,
    g_loss: Loss,
) -> dict[str, float]:
    r"""One round of the GAN game: first D moves on (x, G(z_d)), then G moves on fresh samples G(z_g), against the new D.

    Args:
        model: G_theta, maps latents (n, k) to samples (n, d).
        discriminator: D_phi, maps (n, d) to logits (n,).
        opt_G: holds theta; opt_D: holds phi. D's turn leaves theta as it is, and G's turn leaves phi as it is.
        x: data, shape (n, d).
        z_d: latents of D's turn, shape (n, k).
        z_g: latents of G's turn, shape (m, k).
        d_loss: `d_loss(real_logits, fake_logits)`, a scalar to minimise over phi.
        g_loss: `g_loss(fake_logits)`, a scalar to minimise over theta.

    Returns:
        `{"d_loss": ..., "g_loss": ...}`, each before its own step. Gradients that were there before do not count.

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014, algorithm 1 with k = 1.
    """
    want_callable(model=model, discriminator=discriminator, d_loss=d_loss, g_loss=g_loss)
    want_instance(Optimizer, opt_G=opt_G, opt_D=opt_D)
    want_tensor("(n, ...)", x=x, z_d=z_d, z_g=z_g)
    fake = model(z_d).detach()
    loss_D = d_loss(discriminator(x), discriminator(fake))
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()

    loss_G = g_loss(discriminator(model(z_g)))
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    return {"d_loss": loss_D.item(), "g_loss": loss_G.item()}


def critic_phase(
    critic: nn.Module,
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterator[Tensor],
    latents: Iterator[Tensor],
    *,
    loss: PairLoss,
    clip: Callable[[nn.Module], None],
    turns: int,
) -> list[float]:
    r"""The critic's part of one WGAN round: `turns` times, descend the loss on a fresh batch, then clip the weights.

    Args:
        critic: D_phi, maps (n, d) to scores (n,).
        model: G_theta, maps latents (n, k) to samples; it gets no gradient here and does not change.
        optimizer: holds phi.
        batches: yields data x, shape (n, d); every turn takes the next one.
        latents: yields z, shape (n, k); every turn takes the next one.
        loss: `loss(real_scores, fake_scores)`, a scalar to minimise over phi.
        clip: `clip(critic)` clamps the weights in place; called after each step.
        turns: n_critic, at least 1.

    Returns:
        The loss before each step, `turns` numbers. Gradients that the critic held before do not count.

    L13, "Wasserstein GAN (WGAN)". Arjovsky et al., 2017, algorithm 1, lines 2 to 8.
    """
    want_count(turns=turns)
    want_callable(critic=critic, model=model, loss=loss, clip=clip)
    want_instance(Optimizer, optimizer=optimizer)
    want_instance(Iterator, batches=batches, latents=latents)
    losses = []
    for _ in range(turns):
        fake = model(next(latents)).detach()
        value = loss(critic(next(batches)), critic(fake))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        clip(critic)
        losses.append(value.item())
    return losses


def on_both(net: nn.Module, x: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """D(x) and D(fake) in one pass, which is faster than two."""
    want_callable(net=net)
    want_tensor("(n, ...)", x=x, fake=fake)
    if x.shape[1:] != fake.shape[1:]:
        raise ValueError(f"x and fake must have rows of the same shape; got {tuple(x.shape)} and {tuple(fake.shape)}.")
    real_scores, fake_scores = net(torch.cat([x, fake])).split([len(x), len(fake)])
    return real_scores, fake_scores


def gan_game(
    model: Implicit,
    discriminator: nn.Module,
    opt_G: Optimizer,
    opt_D: Optimizer,
    *,
    g_loss: Loss = generator_loss,
    r1: float = 0.0,
    turns: int = 1,
    after: Callable[[], None] | None = None,
    generator: Generator | None = None,
) -> list[Player]:
    """Discriminator against generator, for `play`.

    Args:
        model: G_theta.
        discriminator: D_phi, maps x to logits (n,).
        opt_G: holds theta; opt_D: holds phi.
        g_loss: the generator's loss on logits of samples.
        r1: weight of the R1 penalty in D's loss; 0 leaves it out.
        turns: D's steps per round.
        after: called after each step of the generator, for example to average its weights.
        generator: source of the latents.
    """
    want_instance(Model, model=model)
    want_callable(discriminator=discriminator, g_loss=g_loss)
    want_nonnegative(r1=r1)

    def d_turn(x: Tensor) -> Tensor:
        x = x.detach().requires_grad_(r1 > 0)
        real, fake = on_both(discriminator, x, model.sample(len(x), generator=generator).detach())
        loss = discriminator_loss(real, fake)
        return loss + r1 * r1_penalty(x, real) if r1 > 0 else loss

    def g_turn(x: Tensor) -> Tensor:
        return g_loss(discriminator(model.sample(len(x), generator=generator)))

    return [Player("discriminator", d_turn, opt_D, turns=turns), Player("generator", g_turn, opt_G, after=after)]


def wgan_game(
    model: Implicit,
    critic: nn.Module,
    opt_G: Optimizer,
    opt_D: Optimizer,
    *,
    bound: float | None = 0.01,
    penalty: float = 0.0,
    turns: int = 5,
    after: Callable[[], None] | None = None,
    generator: Generator | None = None,
) -> list[Player]:
    """Critic against generator, for `play`; the critic is held by weight clipping, a gradient penalty, or nothing.

    Args:
        model: G_theta.
        critic: D_phi, maps x to scores (n,).
        opt_G: holds theta; opt_D: holds phi.
        bound: c of the weight clipping after each step of the critic; None leaves the weights free.
        penalty: weight of the gradient penalty; 0 leaves it out.
        turns: the critic's steps per round.
        after: called after each step of the generator, for example to average its weights.
        generator: source of the latents and of the penalty's mixing weights.
    """
    want_instance(Model, model=model)
    want_callable(critic=critic)
    want_nonnegative(penalty=penalty)
    if bound is not None:
        want_positive(bound=bound)

    def critic_turn(x: Tensor) -> Tensor:
        fake = model.sample(len(x), generator=generator).detach()
        loss = critic_loss(*on_both(critic, x, fake))
        if penalty > 0:
            loss = loss + penalty * gradient_penalty(critic, x, fake, rand(len(x), generator=generator, like=x))
        return loss

    def g_turn(x: Tensor) -> Tensor:
        return wgan_generator_loss(critic(model.sample(len(x), generator=generator)))

    clip = None if bound is None else lambda: clip_weights_(critic, bound)
    return [Player("critic", critic_turn, opt_D, turns=turns, after=clip), Player("generator", g_turn, opt_G, after=after)]

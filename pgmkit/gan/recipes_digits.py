"""Small GANs for 8x8 digits: four recipes that differ in the loss and in what holds the discriminator.

Each returns the model to sample from and the players of its game, which `pgmkit.data.digits.digit_batches` feeds:

    with seeded(0):
        model, players = r1_digits(generator=fresh(0))
    play(players, digit_batches(64, generator=fresh(1)), rounds=5000)
    x = model.sample(100, generator=fresh(2))

What they reach is measured in `tests/benchmarks/digits_quality.md`.
"""

from collections.abc import Callable

import torch
from torch import Generator, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pgmkit.errors import want_instance, want_positive
from pgmkit.gan.games import Player, gan_game, wgan_game
from pgmkit.gan.model import Implicit
from pgmkit.nets import mlp, score_mlp

Recipe = tuple[Implicit, list[Player]]

LATENT, HIDDEN = 32, 256


def digit_generator() -> Implicit:
    """G: 32 latents to 64 pixels in (0, 1)."""
    return Implicit(nn.Sequential(*mlp(LATENT, HIDDEN, HIDDEN, 64), nn.Sigmoid()), LATENT)


def digit_scorer() -> nn.Sequential:
    """D: 64 pixels to one score; a logit in a GAN, the critic's value in a WGAN."""
    return score_mlp(64, HIDDEN, HIDDEN, activation=nn.LeakyReLU)


def averaging(model: Implicit, decay: float) -> tuple[Implicit, Callable[[], None]]:
    r"""A copy whose weights follow an exponential moving average, and the call that moves it: a <- decay a + (1 - decay) theta.

    Args:
        model: G_theta, which plays.
        decay: weight of the past; 0.999 remembers about a thousand steps.

    Returns:
        The copy, to sample from, and what to call after each step of the generator. Yazici et al., 2019.
    """
    want_instance(Implicit, model=model)
    want_positive(decay=decay)
    if decay >= 1:
        raise ValueError(f"decay must be below 1, or the average never moves; got {decay}.")
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    return average.module, lambda: average.update_parameters(model)


def adam(net: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Adam:
    """Adam in its fused form, which is the fastest on a CPU."""
    want_instance(nn.Module, net=net)
    want_positive(lr=lr)
    return torch.optim.Adam(net.parameters(), lr=lr, betas=betas, fused=True)


def plain_digits(*, lr: float = 1e-3, generator: Generator | None = None) -> Recipe:
    """The GAN of 2014 with the non-saturating loss and nothing that holds D."""
    model, discriminator = digit_generator(), digit_scorer()
    opt_G, opt_D = adam(model, lr, (0.9, 0.999)), adam(discriminator, lr, (0.9, 0.999))
    return model, gan_game(model, discriminator, opt_G, opt_D, generator=generator)


def r1_digits(*, lr: float = 1e-3, r1: float = 0.3, decay: float = 0.999, generator: Generator | None = None) -> Recipe:
    """The same game with the R1 penalty, sampled from averaged weights. Mescheder, Geiger and Nowozin, 2018."""
    model, discriminator = digit_generator(), digit_scorer()
    average, move = averaging(model, decay)
    opt_G, opt_D = adam(model, lr, (0.0, 0.99)), adam(discriminator, lr, (0.0, 0.99))
    return average, gan_game(model, discriminator, opt_G, opt_D, r1=r1, after=move, generator=generator)


def clipped_digits(*, lr: float = 5e-4, bound: float = 0.03, decay: float = 0.999, generator: Generator | None = None) -> Recipe:
    """The WGAN with weight clipping and RMSprop, five critic steps a round, averaged weights. Arjovsky et al., 2017."""
    model, critic = digit_generator(), digit_scorer()
    average, move = averaging(model, decay)
    opt_G, opt_D = (torch.optim.RMSprop(net.parameters(), lr=lr) for net in (model, critic))
    return average, wgan_game(model, critic, opt_G, opt_D, bound=bound, after=move, generator=generator)


def penalty_digits(*, lr: float = 1e-3, penalty: float = 1.0, decay: float = 0.999, generator: Generator | None = None) -> Recipe:
    """The WGAN with gradient penalty, three critic steps a round, averaged weights. Gulrajani et al., 2017."""
    model, critic = digit_generator(), digit_scorer()
    average, move = averaging(model, decay)
    opt_G, opt_D = adam(model, lr, (0.0, 0.9)), adam(critic, lr, (0.0, 0.9))
    return average, wgan_game(model, critic, opt_G, opt_D, bound=None, penalty=penalty, turns=3, after=move, generator=generator)

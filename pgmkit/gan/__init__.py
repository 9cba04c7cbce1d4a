"""Generative adversarial networks: losses, theory on finite spaces, optimal transport, games."""

from pgmkit.gan.games import critic_phase, gan_game, gan_step, wgan_game
from pgmkit.gan.losses import discriminator_loss, generator_loss, r1_penalty
from pgmkit.gan.model import Implicit
from pgmkit.gan.theory import (
    KLView,
    game_value,
    gan_value_at_optimum,
    generator_kl_view,
    js_divergence,
    kl_divergence,
    optimal_discriminator,
)
from pgmkit.gan.transport import Plan, kr_dual_value, parallel_lines, w1_grid, w1_primal, w1_samples, w1_weighted
from pgmkit.gan.wasserstein import clip_weights_, critic_loss, gradient_penalty, mlp_lipschitz_bound, wgan_generator_loss

__all__ = [
    "Implicit",
    "KLView",
    "Plan",
    "clip_weights_",
    "critic_loss",
    "critic_phase",
    "discriminator_loss",
    "game_value",
    "gan_game",
    "gan_step",
    "gan_value_at_optimum",
    "generator_kl_view",
    "generator_loss",
    "gradient_penalty",
    "js_divergence",
    "kl_divergence",
    "kr_dual_value",
    "mlp_lipschitz_bound",
    "optimal_discriminator",
    "parallel_lines",
    "r1_penalty",
    "w1_grid",
    "w1_primal",
    "w1_samples",
    "w1_weighted",
    "wgan_game",
    "wgan_generator_loss",
]

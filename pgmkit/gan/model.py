"""The implicit model: a stochastic process that simulates data and has no density to evaluate."""

import torch
from torch import Generator, Tensor, nn

from pgmkit.errors import describe, want_count, want_instance, want_tensor
from pgmkit.rng import randn


class Implicit(nn.Module):
    """x = G_theta(z), z ~ N(0, I): a `Model` that samples but cannot evaluate p_g(x).

    Args:
        net: G_theta, maps (n, latent_dim) to (n, ...).
        latent_dim: dimension of z.

    L13, "Recap: Generative Adversarial Nets (GANs)".
    """

    def __init__(self, net: nn.Module, latent_dim: int):
        super().__init__()
        want_instance(nn.Module, net=net)
        want_count(latent_dim=latent_dim)
        self.net, self.latent_dim = net, latent_dim
        self.register_buffer("anchor", torch.zeros(()), persistent=False)

    def latent(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n latent codes z ~ N(0, I), shape (n, latent_dim)."""
        want_count(n=n)
        return randn(n, self.latent_dim, generator=generator, like=self.anchor)

    def forward(self, z: Tensor) -> Tensor:
        """G_theta(z), shape (n, ...)."""
        want_tensor("(n, latent_dim)", z=z)
        if z.shape[1:] != (self.latent_dim,):
            raise ValueError(f"z must have shape (n, {self.latent_dim}); got {describe(z)}.")
        return self.net(z)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws x = G_theta(z), shape (n, ...), on the graph of theta: detach them where theta is given."""
        return self(self.latent(n, generator=generator))

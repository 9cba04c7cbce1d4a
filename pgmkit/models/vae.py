"""The variational autoencoder: latents inferred by a network, a lower bound of log p(x) to train by."""

import math

import torch
from torch import Generator, Tensor, nn

from pgmkit.errors import describe, want_count, want_positive, want_same_shape, want_tensor
from pgmkit.nets import mlp
from pgmkit.rng import randn


def want_rows(width: int, **tensors: Tensor) -> None:
    """Raise unless every named tensor has shape (n, width)."""
    for name, x in tensors.items():
        want_tensor(f"(n, {width})", ndim=2, **{name: x})
        if x.shape[1] != width:
            raise ValueError(f"{name} must have shape (n, {width}); got {describe(x)}.")


def gaussian_log_prob(x: Tensor, mu: Tensor, log_s: Tensor) -> Tensor:
    r"""log N(x; mu, diag e^{2 log_s}), shape (n,).

    Args:
        x: shape (n, d).
        mu: means, shape (n, d).
        log_s: logs of the standard deviations, shape (n, d).
    """
    want_tensor("(n, d)", ndim=2, x=x)
    want_same_shape(x=x, mu=mu, log_s=log_s)
    return (-0.5 * ((x - mu) * (-log_s).exp()).square() - log_s - 0.5 * math.log(2 * math.pi)).sum(1)


def gaussian_kl(mu: Tensor, log_s: Tensor) -> Tensor:
    r"""KL( N(mu, diag e^{2 log_s}) || N(0, I) ) = sum_j (mu_j^2 + e^{2 log_s_j} - 1) / 2 - log_s_j, shape (n,).

    Args:
        mu: means, shape (n, k).
        log_s: logs of the standard deviations, shape (n, k).
    """
    want_tensor("(n, k)", ndim=2, mu=mu)
    want_same_shape(mu=mu, log_s=log_s)
    return (0.5 * (mu.square() + (2 * log_s).exp() - 1) - log_s).sum(1)


class VAE(nn.Module):
    r"""z ~ N(0, I), x ~ N(mean(z), e^{2 log_std} I): a `Model` whose density is an integral over z, and so has only a bound.

    Args:
        dim: d, entries of x.
        latent_dim: k, entries of z.
        hidden: width of the two hidden layers of encoder and decoder.
        std: of p(x | z) at the start; learned. Where it starts at the width of the data, q(z | x) may forget x and stay N(0, I).

    LKC, "Deep generative models": variational autoencoders. Kingma and Welling, 2013.
    """

    def __init__(self, dim: int, latent_dim: int = 2, *, hidden: int = 64, std: float = 0.5):
        super().__init__()
        want_count(dim=dim, latent_dim=latent_dim, hidden=hidden)
        want_positive(std=std)
        self.dim, self.latent_dim = dim, latent_dim
        self.encoder = mlp(dim, hidden, hidden, 2 * latent_dim)
        self.decoder = mlp(latent_dim, hidden, hidden, dim)
        self.log_std = nn.Parameter(torch.tensor(math.log(std)))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x), each of shape (n, k)."""
        want_rows(self.dim, x=x)
        mu, log_s = self.encoder(x).chunk(2, dim=1)
        return mu, log_s

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), shape (n,), for x of shape (n, d) and z of shape (n, k)."""
        want_rows(self.latent_dim, z=z)
        mean = self.decoder(z)
        return gaussian_log_prob(x, mean, self.log_std.expand_as(mean))

    def elbo(self, x: Tensor, *, generator: Generator | None = None) -> Tensor:
        r"""E_q[log p(x | z)] - KL( q(z | x) || N(0, I) ) <= log p(x), shape (n,), with one z = mu + e^{log_s} eps for each x.

        Args:
            x: shape (n, d).
            generator: source of eps ~ N(0, I). The draw of z is on the graph: gradients reach the encoder through mu and log_s.
        """
        mu, log_s = self.encode(x)
        z = mu + log_s.exp() * randn(*mu.shape, generator=generator, like=mu)
        return self.log_likelihood(x, z) - gaussian_kl(mu, log_s)

    @torch.no_grad()
    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws x = mean(z) + e^{log_std} eps, shape (n, d), off the graph."""
        want_count(n=n)
        z = randn(n, self.latent_dim, generator=generator, like=self.log_std)
        mean = self.decoder(z)
        return mean + self.log_std.exp() * randn(*mean.shape, generator=generator, like=mean)

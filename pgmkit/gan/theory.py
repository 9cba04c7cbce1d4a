"""What the GAN game means on a finite space, where every claim of the slides can be checked exactly."""

from typing import NamedTuple

import torch
from torch import Tensor

from pgmkit.errors import want_probabilities, want_same_shape, want_tensor


def optimal_discriminator(log_p: Tensor, log_q: Tensor) -> Tensor:
    r"""Optimal discriminator: D*(x) = p(x) / (p(x) + q(x)), from log densities.

    Args:
        log_p: log p_data(x), any shape.
        log_q: log p_g(x), the same shape.

    Returns:
        D*(x) in [0, 1], the same shape; right also where exp(log_p) over- or underflows.

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014, proposition 1.
    """
    want_tensor("(n,)", log_p=log_p, log_q=log_q)
    want_same_shape(log_p=log_p, log_q=log_q)
    return torch.sigmoid(log_p - log_q)


def kl_divergence(p: Tensor, q: Tensor) -> Tensor:
    r"""KL(p || q) = sum_x p(x) log(p(x) / q(x)) in nats, with 0 log 0 = 0; infinite where q misses mass of p.

    Args:
        p: probabilities, shape (..., n).
        q: probabilities, the same shape.

    Returns:
        Shape (...).
    """
    want_probabilities(p=p, q=q)
    want_same_shape(p=p, q=q)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def js_divergence(p: Tensor, q: Tensor) -> Tensor:
    r"""Jensen-Shannon divergence: JSD(p || q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, in nats.

    Args:
        p: probabilities, shape (..., n); zeros are allowed, and 0 log 0 = 0.
        q: probabilities, the same shape.

    Returns:
        Shape (...), between 0 and log 2.

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014, theorem 1.
    """
    want_probabilities(p=p, q=q)
    want_same_shape(p=p, q=q)
    mixture = (p + q) / 2
    return (torch.xlogy(p, p) + torch.xlogy(q, q) - 2 * torch.xlogy(mixture, mixture)).sum(-1) / 2


def game_value(p: Tensor, q: Tensor, discriminator: Tensor) -> Tensor:
    r"""Value of the game: V(D) = E_p[log D(x)] + E_q[log(1 - D(x))] on a finite space.

    Args:
        p: p_data, shape (..., n).
        q: p_g, the same shape.
        discriminator: D(x) in [0, 1], the same shape.

    Returns:
        Shape (...), at most 2 JSD(p || q) - log 4.

    L13, "Recap: Generative Adversarial Nets (GANs)".
    """
    want_probabilities(p=p, q=q)
    want_same_shape(p=p, q=q, discriminator=discriminator)
    if not bool(((discriminator >= 0) & (discriminator <= 1)).all()):
        raise ValueError("discriminator must hold probabilities D(x) in [0, 1]; got values outside. Apply a sigmoid to logits.")
    return (torch.xlogy(p, discriminator) + torch.special.xlog1py(q, -discriminator)).sum(-1)


def gan_value_at_optimum(p: Tensor, q: Tensor) -> Tensor:
    r"""Value of the game at the optimal discriminator: V(D*) = 2 JSD(p || q) - log 4.

    Args:
        p: p_data, shape (..., n); zeros are allowed.
        q: p_g, the same shape.

    Returns:
        Shape (...), between -log 4 (p = q) and 0 (disjoint supports).

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014, theorem 1.
    """
    want_probabilities(p=p, q=q)
    want_same_shape(p=p, q=q)
    total = p + q
    return (torch.xlogy(p, p) + torch.xlogy(q, q) - torch.xlogy(total, total)).sum(-1)


class KLView(NamedTuple):
    """The three terms of the generator's step; their sum KL(p_g || q_0)/2 + KL(p_data || q_1)/2 - JSD is `total`."""

    kl_generated: Tensor
    kl_data: Tensor
    jsd: Tensor

    @property
    def total(self) -> Tensor:
        """KL(p_g || q^r_0) / 2 + KL(p_data || q^r_1) / 2 - JSD(p_g || p_data)."""
        return (self.kl_generated + self.kl_data) / 2 - self.jsd


def generator_kl_view(p_g: Tensor, p_data: Tensor, discriminator: Tensor) -> KLView:
    r"""What the non-saturating generator step descends, at the current theta_0 and for any D.

    With p_0 = (p_g + p_data) / 2 **frozen** at theta_0, q^r_0(x) proportional to D(x) p_0(x) and q^r_1(x) to (1 - D(x)) p_0(x),
    grad(-E_g[log D] / 2) = grad(KL(p_g || q^r_0) / 2 + KL(p_data || q^r_1) / 2 - JSD(p_g || p_data)).

    Args:
        p_g: the generator's probabilities, shape (n,), on the graph of theta.
        p_data: data probabilities, shape (n,).
        discriminator: D(x) in (0, 1), shape (n,).

    L13, "Recap: Generative Adversarial Nets (GANs)". Hu et al., 2017, lemma 1; the slide leaves the JSD term out (E3).
    """
    want_same_shape(p_g=p_g, p_data=p_data, discriminator=discriminator)
    if not bool(((discriminator > 0) & (discriminator < 1)).all()):
        raise ValueError("discriminator must lie strictly between 0 and 1; got values outside. Apply a sigmoid to logits.")
    p_0 = ((p_g + p_data) / 2).detach()
    q_0, q_1 = discriminator * p_0, (1 - discriminator) * p_0
    return KLView(
        kl_divergence(p_g, q_0 / q_0.sum(-1, keepdim=True)),
        kl_divergence(p_data, q_1 / q_1.sum(-1, keepdim=True)),
        js_divergence(p_g, p_data),
    )

"""The two losses of the GAN game, from logits, so that they stay finite however sure the discriminator is."""

import torch
from torch import Tensor
from torch.nn import functional as F

from pgmkit.errors import want_nonempty, want_tensor


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r"""Discriminator's loss: -E_data[log D(x)] - E_g[log(1 - D(x))], with D = sigmoid(logit).

    Args:
        real: logits of D on data, shape (n,).
        fake: logits of D on samples, shape (m,); m may differ from n.

    Returns:
        Scalar to minimise over phi: a mean over data plus a mean over samples. Finite at logits of plus or minus 1000.

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014.
    """
    want_nonempty("(n,)", real=real, fake=fake)
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor, *, saturating: bool = False) -> Tensor:
    r"""Generator's loss: E_g[log(1 - D(x))] when saturating (as on the slide), otherwise -E_g[log D(x)].

    Args:
        fake: logits of D on samples, shape (n,); gradients reach theta through them.
        saturating: which of the two losses.

    Returns:
        Scalar to minimise over theta. Finite at logits of plus or minus 1000.

    L13, "Recap: Generative Adversarial Nets (GANs)". Goodfellow et al., 2014, section 3.
    """
    want_nonempty("(n,)", fake=fake)
    return -F.softplus(fake).mean() if saturating else F.softplus(-fake).mean()


def r1_penalty(x: Tensor, logits: Tensor) -> Tensor:
    r"""R1 penalty: E_data[|grad_x logit(x)|^2] / 2, which keeps D flat on the data.

    Args:
        x: data with `requires_grad`, shape (n, ...).
        logits: D's logits on x, shape (n,).

    Returns:
        Scalar, differentiable in phi; multiply it by a weight (1 to 10) and add it to the discriminator's loss.

    Mescheder, Geiger and Nowozin, 2018.
    """
    want_tensor("(n, ...)", x=x)
    want_nonempty("(n,)", logits=logits)
    if not x.requires_grad:
        raise ValueError("x must require gradients before D sees it; got a tensor that does not. Call x.requires_grad_().")
    if logits.shape != x.shape[:1] or not logits.requires_grad:
        raise ValueError(f"logits must have shape (n,) with n = {len(x)}, on the graph of x; got shape {tuple(logits.shape)}.")
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(1).mean() / 2

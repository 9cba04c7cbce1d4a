"""The Wasserstein GAN: losses of critic and generator, and what keeps the critic Lipschitz."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pgmkit.errors import want_callable, want_instance, want_nonempty, want_positive, want_same_shape, want_tensor


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    r"""Critic's loss: minus the Wasserstein estimate, E_g[D(x)] - E_data[D(x)].

    Args:
        real: D(x) on data, shape (n,), raw scores without a sigmoid.
        fake: D(G(z)) on samples, shape (m,).

    Returns:
        Scalar to minimise over phi.

    L13, "Wasserstein GAN (WGAN)", objective. Arjovsky et al., 2017.
    """
    want_nonempty("(n,)", real=real, fake=fake)
    return fake.mean() - real.mean()


def wgan_generator_loss(fake: Tensor) -> Tensor:
    r"""Generator's loss in a Wasserstein GAN: -E_g[D(x)].

    Args:
        fake: D(G(z)), shape (n,), raw scores without a sigmoid.

    Returns:
        Scalar to minimise over theta.

    L13, "Wasserstein GAN (WGAN)", objective. Arjovsky et al., 2017.
    """
    want_nonempty("(n,)", fake=fake)
    return -fake.mean()


def clip_weights_(module: nn.Module, bound: float) -> None:
    r"""Clamp every parameter in place: w <- min(max(w, -bound), bound), weights and biases alike.

    Args:
        module: the critic. Its parameters stay the same objects, so an optimizer keeps them; buffers and gradients stay as they are.
        bound: c > 0.

    L13, "Wasserstein GAN (WGAN)"; the slide says gradient clipping, the paper clips weights (E1). Arjovsky et al., 2017.
    """
    want_instance(nn.Module, module=module)
    want_positive(bound=bound)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.clamp_(-bound, bound)


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    r"""Gradient penalty: E[(|grad_x D(x_hat)|_2 - 1)^2] at x_hat = eps * real + (1 - eps) * fake.

    Args:
        critic: maps (n, ...) to scores (n,).
        real: data, shape (n, ...).
        fake: samples, the same shape.
        eps: mixing weights in [0, 1], one for each pair, shape (n,).

    Returns:
        Scalar, differentiable in the critic's parameters; the norm is taken over all dimensions of one x.

    Gulrajani et al., 2017.
    """
    want_callable(critic=critic)
    want_nonempty("(n, ...)", real=real, fake=fake)
    want_same_shape(real=real, fake=fake)
    want_tensor("(n,)", ndim=1, eps=eps)
    if eps.shape != real.shape[:1]:
        raise ValueError(f"eps must have shape (n,) with n = {len(real)}, one weight for each pair; got {tuple(eps.shape)}.")
    weight = eps.reshape(-1, *[1] * (real.ndim - 1))
    x_hat = (weight * real + (1 - weight) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def mlp_lipschitz_bound(mlp: nn.Sequential) -> float:
    r"""Upper bound on the Lipschitz constant of an MLP: product of the layers' largest slopes, |W|_2 for a linear layer.

    Args:
        mlp: a sequence of Linear, ReLU, LeakyReLU, Tanh, Sigmoid, Softplus, Identity and Flatten layers.

    Returns:
        K with |D(x) - D(y)| <= K |x - y|_2: spectral norms (largest singular values) times the slopes of the activations
        (1 for ReLU and Tanh, 1/4 for Sigmoid, max(1, |negative_slope|) for LeakyReLU).

    L13, "Wasserstein GAN (WGAN)", the K-Lipschitz condition.
    """
    want_instance(nn.Sequential, mlp=mlp)
    bound = 1.0
    for layer in mlp:
        match layer:
            case nn.Linear():
                bound *= float(torch.linalg.matrix_norm(layer.weight.detach(), 2))
            case nn.LeakyReLU():
                bound *= max(1.0, abs(layer.negative_slope))
            case nn.Sigmoid():
                bound *= 0.25
            case nn.ReLU() | nn.Tanh() | nn.Softplus() | nn.Identity() | nn.Flatten():
                pass
            case _:
                allowed = "Linear, ReLU, LeakyReLU, Tanh, Sigmoid, Softplus, Identity and Flatten"
                raise ValueError(f"mlp may hold {allowed} layers; got {type(layer).__name__}, whose slope is not known here.")
    return bound

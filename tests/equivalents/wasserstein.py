"""Other right answers to the exercises on a Wasserstein GAN's parts: all earn full marks."""

import math
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def clip_data(module, bound):
    for w in module.parameters():
        w.data.clamp_(-bound, bound)


def clip_new_data(module, c):
    for w in module.parameters():
        w.data = torch.clamp(w.data, min=-c, max=c)


@torch.no_grad()
def clip_copy(module, bound):
    for _, w in module.named_parameters():
        w.copy_(w.clip(-bound, bound))


def clip_by_masks(module, bound):
    with torch.no_grad():
        for w in module.parameters():
            w[w > bound] = bound
            w[w < -bound] = -bound


def clip_foreach(module, bound):
    weights = [w.detach() for w in module.parameters()]
    torch._foreach_clamp_min_(weights, -bound)
    torch._foreach_clamp_max_(weights, bound)


def clip_recursive(module, bound):
    with torch.no_grad():
        for child in module.children():
            clip_recursive(child, bound)
        for w in module.parameters(recurse=False):
            w.clamp_(min=-bound, max=bound)
    return module


def bound_svdvals(mlp):
    bound = torch.tensor(1.0, dtype=torch.float64)
    for layer in mlp:
        if isinstance(layer, nn.Linear):
            bound = bound * torch.linalg.svdvals(layer.weight)[0]
        elif isinstance(layer, nn.LeakyReLU):
            bound = bound * max(1, abs(layer.negative_slope))
        elif isinstance(layer, nn.Sigmoid):
            bound = bound / 4
    return bound


def bound_eigenvalues(mlp):
    def slope(layer):
        match layer:
            case nn.Linear(weight=w):
                return torch.linalg.eigvalsh(w.T @ w)[-1].sqrt().item()
            case nn.LeakyReLU(negative_slope=s):
                return max(s, -s, 1.0)
            case nn.Sigmoid():
                return 0.25
        return 1.0

    return math.prod(slope(layer) for layer in mlp)


def bound_numpy(mlp):
    slopes = [np.linalg.norm(layer.weight.detach().numpy(), ord=2) for layer in mlp if hasattr(layer, "weight")]
    slopes += [max(1.0, abs(layer.negative_slope)) for layer in mlp if hasattr(layer, "negative_slope")]
    return np.prod(slopes) * 0.25 ** sum(type(layer) is nn.Sigmoid for layer in mlp)


def bound_logarithms(mlp):
    total = 0.0
    for layer in mlp.children():
        name = type(layer).__name__
        if name == "Linear":
            total += torch.linalg.norm(layer.weight, ord=2).log().item()
        if name == "LeakyReLU":
            total += math.log(max(1.0, abs(layer.negative_slope)))
        if name == "Sigmoid":
            total -= math.log(4)
    return math.exp(total)


def penalty_vmap(critic, real, fake, eps):
    def one(e, a, b):
        slope = torch.func.grad(lambda x: critic(x[None])[0])(e * a + (1 - e) * b)
        return (slope.flatten().norm() - 1) ** 2

    return torch.func.vmap(one)(eps, real, fake).mean()


def penalty_loop(critic, real, fake, eps):
    total = 0.0
    for e, a, b in zip(eps, real, fake, strict=True):
        x = (b + e * (a - b)).unsqueeze(0).requires_grad_()
        (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        total = total + ((slope**2).sum().sqrt() - 1) ** 2
    return total / len(eps)


def penalty_grad_outputs(critic, real, fake, eps):
    eps = eps.view(-1, *(1 for _ in real.shape[1:])).expand_as(real)
    mix = torch.lerp(fake, real, eps).requires_grad_()
    scores = critic(mix)
    slope = torch.autograd.grad(scores, mix, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True)[0]
    norms = slope.reshape(len(real), -1).norm(2, dim=1)
    return F.mse_loss(norms, torch.ones_like(norms))


def penalty_backward(critic, real, fake, eps):
    weight = eps[(...,) + (None,) * (real.dim() - 1)]
    x_hat = (weight * real + (1 - weight) * fake).requires_grad_(True)
    with warnings.catch_warnings():  # backward warns of a cycle between x_hat and its gradient
        warnings.simplefilter("ignore")
        critic(x_hat).sum().backward(create_graph=True, inputs=[x_hat])
    norms = torch.linalg.vector_norm(x_hat.grad, dim=tuple(range(1, real.ndim)))
    return ((1 - norms) ** 2).mean()


EQUIVALENTS = {
    "critic_loss": {
        "minus the gap": lambda real, fake: -(real.mean() - fake.mean()),
        "sums over lengths": lambda real, fake: fake.sum() / len(fake) - real.sum() / real.numel(),
        "one weighted sum": lambda real, fake: (
            torch.cat([real, fake]) @ torch.cat([torch.full_like(real, -1 / len(real)), torch.full_like(fake, 1 / len(fake))])
        ),
    },
    "wgan_generator_loss": {
        "mean of the negatives": lambda fake: (-fake).mean(),
        "sum over length": lambda fake: -fake.sum() / len(fake),
        "torch.mean, subtracted from zero": lambda fake: 0 - torch.mean(fake, dim=0),
    },
    "clip_weights_": {
        "w.data.clamp_": clip_data,
        "a new w.data": clip_new_data,
        "copy_ under a decorator": clip_copy,
        "masks": clip_by_masks,
        "foreach": clip_foreach,
        "recursion": clip_recursive,
    },
    "mlp_lipschitz_bound": {
        "svdvals, a tensor returned": bound_svdvals,
        "eigenvalues of W^T W": bound_eigenvalues,
        "numpy": bound_numpy,
        "logarithms": bound_logarithms,
    },
    "gradient_penalty": {
        "vmap of torch.func.grad": penalty_vmap,
        "a loop over pairs": penalty_loop,
        "grad_outputs and lerp": penalty_grad_outputs,
        "backward with create_graph": penalty_backward,
    },
}

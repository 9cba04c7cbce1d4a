"""A base with a Gaussian for each class: sampling a wanted class, and a classifier for free."""

import math

import torch
from torch import Generator, Tensor, nn

from pgmkit.errors import describe, want_count, want_instance, want_nonnegative, want_tensor
from pgmkit.flows.bijection import want_batch
from pgmkit.flows.density import Flow, flow_log_prob, normal_log_prob
from pgmkit.rng import randn


class ClassGaussians(nn.Module):
    r"""p(z | y) = N(z; mu_y, diag e^{2 log_s_y}) on the first `top` latents, N(0, 1) on the others; p(z) is their even mixture.

    Args:
        classes: number of classes.
        dims: number of latents D.
        top: how many of the latents know the class, the coarsest ones of a Glow; all if None.

    Kingma and Dhariwal, 2018, appendix: the class-conditional prior of the top level.
    """

    def __init__(self, classes: int, dims: int, *, top: int | None = None):
        super().__init__()
        top = dims if top is None else top
        want_count(classes=classes, dims=dims, top=top)
        if top > dims:
            raise ValueError(f"top must be at most dims = {dims}; got {top}.")
        self.classes, self.dims, self.top = classes, dims, top
        self.mu, self.log_s = nn.Parameter(0.01 * torch.randn(classes, top)), nn.Parameter(torch.zeros(classes, top))

    def want_labels(self, y: Tensor) -> None:
        """Raise unless y holds labels 0, ..., classes - 1, shape (n,)."""
        if not isinstance(y, Tensor) or y.ndim != 1 or y.dtype != torch.int64 or bool((y < 0).any() | (y >= self.classes).any()):
            raise ValueError(f"y must hold whole labels from 0 to {self.classes - 1}, shape (n,), dtype int64; got {describe(y)}.")

    def sample_given(self, y: Tensor, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        """mu_y + T e^{log_s_y} eps, one row for each label, shape (n, D)."""
        self.want_labels(y)
        want_nonnegative(temperature=temperature)
        eps = temperature * randn(len(y), self.dims, generator=generator, like=self.mu)
        return torch.cat([self.mu[y] + self.log_s[y].exp() * eps[:, : self.top], eps[:, self.top :]], 1)

    def log_prob_given(self, z: Tensor, y: Tensor) -> Tensor:
        """log p(z | y), shape (n,)."""
        self.want_labels(y)
        log_joint = self.log_joint(z)
        if len(log_joint) != len(y):
            raise ValueError(f"y must hold one label for each of the {len(z)} rows of z; got {describe(y)}.")
        return log_joint.gather(1, y[:, None])[:, 0] + math.log(self.classes)

    def log_joint(self, z: Tensor) -> Tensor:
        """log p(z, y) with p(y) = 1 / classes, for each class, shape (n, classes)."""
        want_batch(self.dims, z=z)
        known, rest = z[:, None, : self.top], z[:, self.top :]
        eps = (known - self.mu) * (-self.log_s).exp()  # (n, classes, top)
        log_p = normal_log_prob(eps.flatten(0, 1)).reshape(len(z), self.classes) - self.log_s.sum(1)
        return log_p + (normal_log_prob(rest)[:, None] if self.top < self.dims else 0) - math.log(self.classes)

    def sample(self, n: int, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        """n draws from the mixture, shape (n, D)."""
        want_count(n=n)
        y = torch.randint(self.classes, (n,), generator=generator).to(self.mu.device)
        return self.sample_given(y, temperature=temperature, generator=generator)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) = log sum_y p(z, y), shape (n,)."""
        return self.log_joint(z).logsumexp(1)


def want_class_flow(flow: Flow) -> None:
    """Raise unless the base of the flow knows classes."""
    want_instance(Flow, flow=flow)
    want_instance(ClassGaussians, **{"flow.base": flow.base})


def log_prob_given(flow: Flow, x: Tensor, y: Tensor) -> Tensor:
    r"""log p(x | y) = log p(z | y) + log|det dz/dx|, shape (n,), for a flow whose base is `ClassGaussians`.

    Args:
        flow: its f is the same for all classes.
        x: data, shape (n, ...).
        y: labels, shape (n,).
    """
    want_class_flow(flow)
    return flow_log_prob(x, flow.f, lambda z: flow.base.log_prob_given(z, y))


@torch.no_grad()
def sample_given(flow: Flow, y: Tensor, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
    """One draw x ~ p(x | y) for each label y, shape (n, ...), off the graph."""
    want_class_flow(flow)
    x, _ = flow.f(flow.base.sample_given(y, temperature=temperature, generator=generator))
    return x


def log_posterior(flow: Flow, x: Tensor) -> Tensor:
    """log p(y | x) by Bayes' rule, even prior, shape (n, classes): log|det dz/dx| is the same for all classes and cancels."""
    want_class_flow(flow)
    want_tensor("(n, ...)", x=x)
    z, _ = flow.f.inverse(x)
    return flow.base.log_joint(z).log_softmax(1)

"""From a bijection to a density: change of variables, the standard normal base, and the flow."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from pgmkit.errors import describe, want_callable, want_count, want_instance, want_nonnegative, want_tensor
from pgmkit.flows.bijection import Bijection
from pgmkit.rng import randn

Map = Callable[[Tensor], Tensor]


def change_of_variables(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    r"""log p(x) = log p_z(f^{-1}(x)) + log|df^{-1}/dx (x)| in one dimension.

    Args:
        x: points, shape (n,).
        f_inv: f^{-1}, maps (n,) to (n,).
        df_inv: the derivative of f^{-1} with respect to x, maps (n,) to (n,); it may be negative.
        log_pz: log p_z, maps (n,) to (n,).

    Returns:
        log p(x) in nats, shape (n,).

    L13, "Normalizing Flow (NF)": p(x) = p(z) |det dz/dx|.
    """
    want_callable(f_inv=f_inv, df_inv=df_inv, log_pz=log_pz)
    want_tensor("(n,)", ndim=1, x=x)
    return log_pz(f_inv(x)) + df_inv(x).abs().log()


def normal_log_prob(z: Tensor) -> Tensor:
    r"""log N(z; 0, I) = -|z|^2 / 2 - D/2 log(2 pi), over all D entries of a row.

    Args:
        z: shape (n, ...), D entries in each row.

    Returns:
        log-density in nats, shape (n,).

    L13, "Normalizing Flow (NF)": the base p(z_0).
    """
    want_tensor("(n, ...)", z=z)
    if z.ndim < 2:
        raise ValueError(f"z must have shape (n, ...), the batch first; got {describe(z)}.")
    dims = math.prod(z.shape[1:])
    return -0.5 * z.square().flatten(1).sum(1) - 0.5 * dims * math.log(2 * math.pi)


def flow_log_prob(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    r"""log p(x) = log p(z_0) + log|det dz_0/dx| with z_0 = f^{-1}(x).

    Args:
        x: data, shape (n, ...).
        f: the whole flow; `f.inverse(x)` returns `(z_0, log|det dz_0/dx|)`.
        base_log_prob: log p(z_0), maps (n, ...) to (n,).

    Returns:
        log p(x) in nats, shape (n,).

    L13, "Normalizing Flow (NF)": log p(x) = log p(z_0) + sum_i log|det dz_{i-1}/dz_i|.
    """
    z, log_det = f.inverse(x)
    return base_log_prob(z) + log_det


def flow_sample(n: int, f: Bijection, base: nn.Module, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""n draws x = f(T z_0), z_0 ~ p(z_0).

    Args:
        n: number of draws.
        f: the whole flow; `f(z)` returns `(x, log|det dx/dz_0|)`.
        base: draws T z_0 with `base.sample(n, temperature=..., generator=...)`.
        temperature: T, handed to the base.
        generator: source of randomness, handed to the base.

    Returns:
        x, shape (n, ...).

    L13, "Normalizing Flow (NF)": z ~ p(z), x = f(z). Temperature: Kingma and Dhariwal, 2018, section 5.
    """
    want_count(n=n)
    x, _ = f(base.sample(n, temperature=temperature, generator=generator))
    return x


class StandardNormal(nn.Module):
    """The base p(z_0) = N(0, I) over rows of the given shape: `StandardNormal(2)`, `StandardNormal(4, 4, 3)`."""

    def __init__(self, *shape: int):
        super().__init__()
        want_count(**{f"shape[{i}]": size for i, size in enumerate(shape)})
        self.shape = shape
        self.register_buffer("anchor", torch.zeros(()), persistent=False)

    def sample(self, n: int, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        """n draws T z with z ~ N(0, I), shape (n, *shape); T is the temperature."""
        want_count(n=n)
        want_nonnegative(temperature=temperature)
        return temperature * randn(n, *self.shape, generator=generator, like=self.anchor)

    def log_prob(self, z: Tensor) -> Tensor:
        """log N(z; 0, I), shape (n,)."""
        if z.shape[1:] != self.shape:
            raise ValueError(f"z must have shape (n, {', '.join(map(str, self.shape))}); got {describe(z)}.")
        return normal_log_prob(z)


class Flow(nn.Module):
    r"""log p(x) = log p(z_0) + log|det dz_0/dx|, x = f(z_0): a `Density`.

    Args:
        base: p(z_0), with `sample(n, temperature=..., generator=...)` and `log_prob(z)`.
        f: the bijection.

    L13, "Normalizing Flow (NF)".
    """

    def __init__(self, base: nn.Module, f: Bijection):
        super().__init__()
        want_instance(nn.Module, base=base)
        want_instance(Bijection, f=f)
        self.base, self.f = base, f

    @torch.no_grad()
    def sample(self, n: int, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        """n draws x = f(T z_0), shape (n, ...), off the graph; below 1 the temperature T trades diversity for typical draws."""
        return flow_sample(n, self.f, self.base, temperature=temperature, generator=generator)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, shape (n,)."""
        return flow_log_prob(x, self.f, self.base.log_prob)

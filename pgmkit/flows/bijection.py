"""Bijections: maps that can be undone, and by how much they stretch."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pgmkit.errors import describe, want_instance, want_tensor


def want_batch(width: int | None = None, **tensors: Tensor) -> None:
    """Raise unless every named tensor is a finite batch (n, ..., width); None leaves the last dimension free."""
    for name, x in tensors.items():
        want_tensor("(n, ..., d)", **{name: x})
        if x.ndim < 2 or (width is not None and x.shape[-1] != width):
            raise ValueError(
                f"{name} must have shape (n, ..., {'d' if width is None else width}); got {describe(x)}. The batch comes first."
            )
        want_finite_values(name, x.detach())


def want_finite_values(name: str, x: Tensor) -> None:
    """Raise if x holds an infinite value or nan; inside `torch.func.vmap`, where no value can be looked at, let it pass."""
    try:
        if math.isfinite(x.sum()):  # the cheapest look at all values; a sum may overflow, so look again
            return
    except RuntimeError:
        return
    if not bool(x.isfinite().all()):
        raise ValueError(f"{name} must be finite; got {int((~x.isfinite()).sum())} values that are infinite or nan. Look where they arose.")


class Bijection(nn.Module, ABC):
    r"""A map f with an inverse. Both directions return the value and their own log|det Jacobian|, so that the two cancel.

    `forward` goes from the latent z to the data x = f(z), as on the slides; `inverse` from x back to z.

    L13, "Normalizing Flow (NF)".
    """

    @abstractmethod
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """(x, log|det dx/dz|): x = f(z), shape (n, ...), and one number for each row, shape (n,)."""

    @abstractmethod
    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(z, log|det dz/dx|): z = f^{-1}(x), shape (n, ...), and one number for each row, shape (n,)."""


def compose_forward(z: Tensor, fs: Sequence[Bijection]) -> tuple[Tensor, Tensor]:
    r"""x = f_K(... f_1(z_0)) and log|det dx/dz_0| = sum_i log|det dz_i/dz_{i-1}|.

    Args:
        z: z_0, shape (n, ...).
        fs: f_1 to f_K, in this order; each call `f(z)` returns `(x, log_det)`.

    Returns:
        x, shape (n, ...), and the sum of the log-determinants, shape (n,).

    L13, "Normalizing Flow (NF)": x = z_K = f_K o ... o f_1(z_0).
    """
    want_batch(z=z)
    total = z.new_zeros(len(z))
    for f in fs:
        z, log_det = f(z)
        total = total + log_det
    return z, total


def compose_inverse(x: Tensor, fs: Sequence[Bijection]) -> tuple[Tensor, Tensor]:
    r"""z_0 = f_1^{-1}(... f_K^{-1}(x)) and log|det dz_0/dx| = sum_i log|det dz_{i-1}/dz_i|.

    Args:
        x: z_K, shape (n, ...).
        fs: f_1 to f_K, in the order of generation; `f.inverse(x)` returns `(z, log_det)`.

    Returns:
        z_0, shape (n, ...), and the sum of the log-determinants of the inverses, shape (n,).

    L13, "Normalizing Flow (NF)": z_{i-1} = f_i^{-1}(z_i), so the last map is undone first.
    """
    want_batch(x=x)
    total = x.new_zeros(len(x))
    for f in reversed(fs):
        x, log_det = f.inverse(x)
        total = total + log_det
    return x, total


class Compose(Bijection):
    """f = f_K o ... o f_1: `Compose(f_1, ..., f_K)` applies f_1 first."""

    def __init__(self, *fs: Bijection):
        super().__init__()
        want_instance(Bijection, **{f"fs[{i}]": f for i, f in enumerate(fs)})
        self.fs = nn.ModuleList(fs)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """f_1 to f_K in turn; the log-determinants add up."""
        return compose_forward(z, self.fs)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """f_K to f_1, each undone."""
        return compose_inverse(x, self.fs)


class Inverse(Bijection):
    """f turned round: `Inverse(f)(x)` is `f.inverse(x)`."""

    def __init__(self, f: Bijection):
        super().__init__()
        want_instance(Bijection, f=f)
        self.f = f

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """f^{-1}(z)."""
        return self.f.inverse(z)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """f(x)."""
        return self.f(x)


class Permute(Bijection):
    """x = z with its last dimension reordered, x[..., i] = z[..., order[i]]; volumes stay, so log_det = 0.

    Args:
        order: each of 0, ..., d - 1 once.
    """

    def __init__(self, order: Sequence[int]):
        super().__init__()
        if sorted(order) != list(range(len(order))) or not order:
            raise ValueError(f"order must hold each of 0, ..., d - 1 once; got {describe(order)}.")
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("back", self.order.argsort())

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Reordered."""
        want_batch(len(self.order), z=z)
        return z[..., self.order], z.new_zeros(len(z))

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Put back."""
        want_batch(len(self.order), x=x)
        return x[..., self.back], x.new_zeros(len(x))


def volume(log_s: Tensor, x: Tensor) -> Tensor:
    r"""log_det of a map that stretches the last dimension of x by e^{log_s} at every position: positions * log_s, shape (n,).

    Args:
        log_s: the log-determinant at one position, a scalar: the sum of log-scales, or log|det W|.
        x: shape (n, ..., c); an image (n, h, w, c) has h * w positions.
    """
    want_tensor("()", ndim=0, log_s=log_s)
    want_tensor("(n, ..., c)", x=x)
    return (math.prod(x.shape[1:-1]) * log_s).expand(len(x))

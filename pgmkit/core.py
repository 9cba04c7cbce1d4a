"""The nouns of the course. Each protocol says what we need, nothing more."""

from typing import Protocol, runtime_checkable

from torch import Generator, Tensor


@runtime_checkable
class Model(Protocol):
    """p_theta(x): anything we can draw from."""

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n independent draws x ~ p_theta(x), shape (n, ...)."""
        ...


class Density(Model, Protocol):
    """A model whose density we can evaluate."""

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_theta(x) in nats, shape (n,)."""
        ...


class Constraint(Protocol):
    """f_phi(x): a score for each x; higher is better."""

    def __call__(self, x: Tensor) -> Tensor:
        """f_phi(x), shape (n,)."""
        ...

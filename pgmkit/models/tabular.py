"""The unrestricted model of a small world: one logit for each value, so that every mean can be taken exactly."""

import torch
from torch import Generator, Tensor, nn

from pgmkit.errors import describe, want_count, want_generator, want_nonempty, want_tensor


class Tabular(nn.Module):
    r"""p_theta(x) = softmax(theta)_x for x = 0..m-1: a `Density` over whole numbers.

    Args:
        logits: theta at the start, shape (m,); log p_0 for example.
    """

    def __init__(self, logits: Tensor):
        super().__init__()
        want_nonempty("(m,)", logits=logits)
        want_tensor("(m,)", ndim=1, logits=logits)
        self.theta = nn.Parameter(logits.detach().clone())

    def log_probs(self) -> Tensor:
        """log p_theta of every value, shape (m,)."""
        return self.theta.log_softmax(0)

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n,), dtype int64."""
        want_count(n=n)
        want_generator(generator)
        return torch.multinomial(self.theta.detach().softmax(0), n, replacement=True, generator=generator)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_theta(x), shape (n,), for values x of shape (n,) and dtype int64."""
        if not isinstance(x, Tensor) or x.dtype != torch.int64 or x.ndim != 1:
            raise ValueError(f"x must be whole numbers of shape (n,), dtype int64; got {describe(x)}.")
        return self.log_probs()[x]

"""An autoregressive model: a product of conditionals over bins, so that its density is exact and its draws come entry by entry."""

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from pgmkit.errors import describe, want_count, want_positive, want_tensor
from pgmkit.nets import mlp
from pgmkit.rng import rand


def prefixes(onehot: Tensor) -> Tensor:
    r"""What each conditional may see: x_<i, with zeros in place of x_i and of all that follows.

    Args:
        onehot: one-hot entries of x, shape (n, d, k).

    Returns:
        Shape (n, d, d, k): of the d copies of x, the i-th keeps the entries j < i. The first keeps none.
    """
    want_tensor("(n, d, k)", ndim=3, onehot=onehot)
    d = onehot.shape[1]
    earlier = torch.ones(d, d, dtype=onehot.dtype, device=onehot.device).tril(-1)  # (i, j): 1 where j < i
    return onehot[:, None] * earlier[:, :, None]  # (n, d, d, k)


class GridAR(nn.Module):
    r"""p(x) = prod_i p(x_i | x_<i), each conditional constant on every bin of [-extent, extent]: a `Density`.

    One network answers all d questions: it sees x_<i, the rest masked with zeros, and returns the logits of x_i's bins.

    Args:
        dim: d, entries of x.
        bins: bins of each entry.
        extent: half the side of the cube that holds all the mass.
        hidden: width of the hidden layer.

    LKC, "Deep generative models": auto-regressive models. Masking: Germain, Gregor, Murray and Larochelle, 2015.
    """

    def __init__(self, dim: int, *, bins: int = 32, extent: float = 3.0, hidden: int = 64):
        super().__init__()
        want_count(dim=dim, bins=bins, hidden=hidden)
        want_positive(extent=extent)
        self.dim, self.bins, self.extent = dim, bins, float(extent)
        self.width = 2 * self.extent / bins
        self.net = mlp(dim * bins, hidden, bins)

    def logits(self, onehot: Tensor) -> Tensor:
        """Logits of p(x_i | x_<i) over the bins, shape (n, d, bins), for one-hot bins of that shape."""
        if onehot.shape[1:] != (self.dim, self.bins):
            raise ValueError(f"onehot must have shape (n, {self.dim}, {self.bins}); got {describe(onehot)}.")
        return self.net(prefixes(onehot).flatten(2))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = sum_i log p(x_i | x_<i) in nats, shape (n,); -inf outside of the cube."""
        want_tensor("(n, d)", ndim=2, x=x)
        if x.shape[1] != self.dim or not bool(x.isfinite().all()):
            raise ValueError(f"x must be finite and have shape (n, {self.dim}); got {describe(x)}.")
        k = ((x + self.extent) / self.width).floor().long().clamp(0, self.bins - 1)  # (n, d)
        log_bins = self.logits(F.one_hot(k, self.bins).to(x)).log_softmax(-1)
        log_p = log_bins.gather(2, k[:, :, None]).sum((1, 2)) - self.dim * math.log(self.width)
        return log_p.where((x.abs() <= self.extent).all(1), -math.inf)

    @torch.no_grad()
    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n, d), off the graph: for each entry in turn a bin given those before, then a place in it."""
        want_count(n=n)
        like = next(self.parameters())
        u, place = rand(2, n, self.dim, generator=generator, like=like)
        onehot = like.new_zeros(n, self.dim, self.bins)
        for i in range(self.dim):
            cdf = self.logits(onehot)[:, i].softmax(-1).cumsum(-1)
            k = (cdf <= u[:, i, None]).sum(-1).clamp(max=self.bins - 1)  # (n,)
            onehot[:, i] = F.one_hot(k, self.bins).to(onehot)
        return (onehot.argmax(-1) + place) * self.width - self.extent

"""Invertible 1x1 convolutions: one matrix that mixes the channels at every position."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from pgmkit.errors import describe, want_count, want_tensor
from pgmkit.flows.bijection import Bijection, volume, want_batch


def want_matrix(x: Tensor, weight: Tensor) -> None:
    """Raise unless `weight` is a square matrix over the channels of x, shape (c, c)."""
    want_tensor("(n, ..., c)", x=x)
    want_tensor("(c, c)", ndim=2, weight=weight)
    if weight.shape != 2 * x.shape[-1:]:
        raise ValueError(f"weight must be a matrix over the channels of x, shape (c, c); got {describe(weight)} for x, {describe(x)}.")


def conv1x1(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    r"""z = W x at every position: a 1x1 convolution is a linear map of the channels.

    Args:
        x: shape (n, ..., c): a vector (n, c), or an image (n, h, w, c) with its channels last.
        weight: W, shape (c, c), row i makes channel i of z.

    Returns:
        z, shape (n, ..., c), and log|det dz/dx| = positions * log|det W|, shape (n,); an image has h * w positions.

    L13, "GLOW". Kingma and Dhariwal, 2018, section 3.2.
    """
    want_matrix(x, weight)
    want_batch(x=x)
    return x @ weight.T, volume(torch.linalg.slogdet(weight).logabsdet, x)


def conv1x1_inverse(z: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    r"""x = W^{-1} z at every position: `conv1x1` undone; arguments as there.

    Returns:
        x, shape (n, ..., c), and log|det dx/dz| = -positions * log|det W|, shape (n,).
    """
    want_matrix(z, weight)
    want_batch(z=z)
    return z @ inverse(weight).T, volume(-torch.linalg.slogdet(weight).logabsdet, z)


def inverse(weight: Tensor) -> Tensor:
    """W^{-1}, or many at once, shape (..., c, c): found in double precision, so that a model in single precision does not drift."""
    want_tensor("(..., c, c)", weight=weight)
    if weight.ndim < 2 or weight.shape[-1] != weight.shape[-2]:
        raise ValueError(f"weight must be square, shape (..., c, c); got {describe(weight)}.")
    return torch.linalg.inv(weight.double()).to(weight)


class Conv1x1(Bijection):
    """An invertible 1x1 convolution: `inverse` multiplies every position of the data by W, `forward` by W^{-1}.

    W runs from data to latents, as in the paper: that is the direction of training. It starts as a rotation.
    """

    @abstractmethod
    def parts(self) -> tuple[Tensor, ...]:
        """The tensors that W is made from."""

    @staticmethod
    @abstractmethod
    def assemble(*parts: Tensor) -> tuple[Tensor, Tensor]:
        """(W, log|det W|) from its parts, shapes (..., c, c) and (...): many matrices at once if the parts are stacked."""

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """x = W^{-1} z."""
        weight, log_abs_det = self.assemble(*self.parts())
        want_matrix(z, weight)
        want_batch(z=z)
        return z @ inverse(weight).T, volume(-log_abs_det, z)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z = W x."""
        weight, log_abs_det = self.assemble(*self.parts())
        want_matrix(x, weight)
        want_batch(x=x)
        return x @ weight.T, volume(log_abs_det, x)


def rotation(channels: int) -> Tensor:
    """A random orthogonal matrix, shape (c, c), in double precision: |det W| = 1 and W^{-1} = W^T."""
    want_count(channels=channels)
    return torch.linalg.qr(torch.randn(channels, channels, dtype=torch.float64)).Q


class PlainConv1x1(Conv1x1):
    """W is the parameter itself; its log-determinant comes from an LU decomposition, which never forms the determinant.

    Args:
        channels: c.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.matrix = nn.Parameter(rotation(channels).to(torch.get_default_dtype()))

    def parts(self) -> tuple[Tensor, ...]:
        """W."""
        return (self.matrix,)

    @staticmethod
    def assemble(*parts: Tensor) -> tuple[Tensor, Tensor]:
        """W, and log|det W| by LU."""
        (matrix,) = parts
        return matrix, torch.linalg.slogdet(matrix).logabsdet


class PLUConv1x1(Conv1x1):
    r"""W = P L (U + diag(sign e^{log_s})): the permutation P and the signs stay, so log|det W| = sum(log_s) for free.

    Args:
        channels: c.

    Kingma and Dhariwal, 2018, section 3.2, equation 10.
    """

    def __init__(self, channels: int):
        super().__init__()
        p, lower, upper = torch.linalg.lu(rotation(channels))
        diagonal, dtype = upper.diagonal(), torch.get_default_dtype()
        self.lower, self.upper = nn.Parameter(lower.tril(-1).to(dtype)), nn.Parameter(upper.triu(1).to(dtype))
        self.log_s = nn.Parameter(diagonal.abs().log().to(dtype))
        self.register_buffer("permutation", p.to(dtype))
        self.register_buffer("sign", diagonal.sign().to(dtype))

    def parts(self) -> tuple[Tensor, ...]:
        """P, the part of L below its diagonal, the part of U above its own, the signs and log_s."""
        return self.permutation, self.lower, self.upper, self.sign, self.log_s

    @staticmethod
    def assemble(*parts: Tensor) -> tuple[Tensor, Tensor]:
        """P L (U + diag(s)), where the ones on the diagonal of L add the upper triangle once more; and sum(log_s)."""
        permutation, lower, upper, sign, log_s = parts
        upper = upper.triu(1) + torch.diag_embed(sign * log_s.exp())
        return permutation @ (lower.tril(-1) @ upper + upper), log_s.sum(-1)

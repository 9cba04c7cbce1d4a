"""What every bijection promises, put to the test: it can be undone, and its log_det is that of the Jacobian."""

import math

import torch
from torch import Tensor
from torch.autograd.functional import jacobian

from pgmkit.errors import want_callable, want_positive
from pgmkit.flows.bijection import Bijection, want_batch
from pgmkit.flows.density import Map


def jacobian_log_det(f: Map, z: Tensor) -> Tensor:
    r"""log|det df/dz| at each row of z, from the full Jacobian by autograd: slow and right, an oracle.

    Args:
        f: maps (n, ...) to (n, ...), each row by itself, as many entries out as in.
        z: shape (n, ...).

    Returns:
        shape (n,).
    """
    want_callable(f=f)
    want_batch(z=z)
    size = math.prod(z.shape[1:])
    rows = [jacobian(f, row[None]).reshape(size, size) for row in z]
    return torch.linalg.slogdet(torch.stack(rows)).logabsdet if rows else z.new_zeros(0)


def keeps_contract(f: Bijection, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    r"""Whether f keeps the pair contract at every row of z.

    Four things must hold to the tolerance, absolute and relative: f^{-1}(f(z)) = z; the log_det of `forward` is log|det dx/dz|;
    the log_det of `inverse` is log|det dz/dx|; both have shape (n,).

    Args:
        f: `f(z)` and `f.inverse(x)` each return `(value, log_det)`.
        z: latents, shape (n, ...), float64.
        tolerance: largest difference that passes.

    Returns:
        True for a layer that can be trusted, False for one with a bug.
    """
    want_callable(f=f)
    want_batch(z=z)
    want_positive(tolerance=tolerance)
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    wanted = jacobian_log_det(lambda z: f(z)[0], z)
    return all(
        came.shape == want.shape and torch.allclose(came, want, rtol=tolerance, atol=tolerance)
        for came, want in ((back, z), (log_det, wanted), (log_det_back, -wanted))
    )

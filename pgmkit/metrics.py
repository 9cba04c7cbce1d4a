"""How good samples are: modes, distances between samples, distances between features."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from pgmkit.data.toy2d import GaussianMixture
from pgmkit.errors import want_count, want_instance, want_nonempty, want_positive, want_same_shape, want_tensor
from pgmkit.rng import randn


class ModeReport(NamedTuple):
    """Modes with at least one high-quality sample per thousand drawn, and the share of high-quality samples."""

    covered: int
    high_quality: float


def mode_report(x: Tensor, mixture: GaussianMixture, *, within: float = 3.0) -> ModeReport:
    """Modes covered and high-quality share of samples on a mixture with known centres.

    A sample is of high quality when its nearest centre is closer than `within` standard deviations. A mode is
    covered when at least one in a thousand of all samples (and at least one) is a high-quality sample of it.

    Args:
        x: samples, shape (n, d).
        mixture: the data distribution.
        within: radius in standard deviations.
    """
    want_tensor("(n, d)", ndim=2, x=x)
    want_positive(within=within)
    want_instance(GaussianMixture, mixture=mixture)
    if len(x) == 0 or x.shape[1] != mixture.centers.shape[1]:
        raise ValueError(f"x must have shape (n, {mixture.centers.shape[1]}) with n > 0; got {tuple(x.shape)}.")
    distance, nearest = torch.cdist(x.to(mixture.centers), mixture.centers).min(1)
    good = distance < within * mixture.std
    counts = torch.bincount(nearest[good], minlength=len(mixture.centers))
    return ModeReport(int((counts >= max(1, len(x) / 1000)).sum()), float(good.double().mean()))


def sliced_w1(x: Tensor, y: Tensor, *, directions: int = 128, generator: Generator | None = None) -> Tensor:
    """Sliced Wasserstein-1: the mean over random unit directions u of W1 between the projections of x and y on u.

    Args:
        x: samples, shape (n, d).
        y: samples, the same shape: with equal sizes, W1 in one dimension is the mean gap of the sorted values.
        directions: how many directions.
        generator: source of the directions.
    """
    want_tensor("(n, d)", ndim=2, x=x, y=y)
    want_nonempty("(n, d)", x=x, y=y)
    want_same_shape(x=x, y=y)
    want_count(directions=directions)
    u = randn(x.shape[1], directions, generator=generator, like=x)
    u = u / u.norm(dim=0)
    return ((x @ u).sort(0).values - (y @ u).sort(0).values).abs().mean()


def frechet_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""Frechet distance of two Gaussians fitted to features: |m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^{1/2}).

    Args:
        x: features, shape (n, d), n > 1.
        y: features, shape (m, d), m > 1.

    Heusel et al., 2017; here on small features, so the numbers compare only with each other.
    """
    want_tensor("(n, d)", ndim=2, x=x, y=y)
    want_nonempty("(n, d)", x=x, y=y)
    if x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(f"x and y need the same width and at least two rows; got {tuple(x.shape)} and {tuple(y.shape)}.")
    if not bool(x.isfinite().all() and y.isfinite().all()):
        raise ValueError(f"x and y must be finite; got {int((~x.isfinite()).sum())} and {int((~y.isfinite()).sum())} values that are not.")
    x, y = x.double(), y.double()
    c_x, c_y = torch.atleast_2d(x.T.cov()), torch.atleast_2d(y.T.cov())  # (d, d), also where d is 1
    root = torch.linalg.eigvals(c_x @ c_y).real.clamp(min=0).sqrt().sum()
    return (x.mean(0) - y.mean(0)).square().sum() + c_x.trace() + c_y.trace() - 2 * root

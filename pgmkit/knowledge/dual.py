r"""Posterior regularization as it was first written: constraints on expectations, solved by their multipliers."""

import torch
from torch import Tensor

from pgmkit.errors import describe, want_count, want_nonempty, want_nonnegative, want_tensor
from pgmkit.knowledge.estep import expectation, tilt


def constrained_posterior(log_p: Tensor, phi: Tensor, bounds: Tensor, *, slack: float = 0.0, steps: int = 20000) -> tuple[Tensor, Tensor]:
    r"""The q nearest to p, in KL(q || p), among those with E_q[phi] <= bounds, each up to a slack xi of norm ||xi||_2 <= slack.

    The answer is q(z) = p(z) exp{-multipliers . phi(z)} / Z, and the multipliers maximise the dual
    -bounds . m - log Z(m) - slack ||m||_2 over m >= 0. A constraint that holds by itself has multiplier 0.

    Args:
        log_p: log p(z|x) of every value of z, shape (n,).
        phi: the features, one row for each constraint, shape (m, n).
        bounds: b, shape (m,).
        slack: epsilon, largest norm of the violation.
        steps: largest number of steps of proximal gradient ascent on the dual.

    Returns:
        `(log_q, multipliers)` of shapes (n,) and (m,).

    Ganchev, Graca, Gillenwater and Taskar, 2010. LKC, "Existing approaches to adding structured knowledge".
    """
    want_nonempty("(...)", log_p=log_p, phi=phi, bounds=bounds)
    want_tensor("(m, n)", ndim=2, phi=phi)
    want_nonnegative(slack=slack)
    want_count(steps=steps)
    if phi.shape != (*bounds.shape, *log_p.shape):
        raise ValueError(f"phi must have one row for each bound and one column for each value of z; got {describe(phi)}.")
    if bool((phi.min(1).values > bounds + slack).any()):
        least = [round(v, 6) for v in phi.min(1).values.tolist()]
        raise ValueError(f"bounds plus slack must reach the smallest value of each feature, {least}; got {bounds.tolist()}. Raise them.")
    rate = 4 / (phi.max(1).values - phi.min(1).values).square().sum().clamp_min(1e-12)  # the dual's curvature is at most 1/rate
    multipliers = torch.zeros_like(bounds)
    for _ in range(steps):
        log_q = tilt(log_p, -(multipliers @ phi))
        ascent = (multipliers + rate * (expectation(log_q.expand_as(phi), phi) - bounds)).clamp_min(0)
        shrink = (1 - rate * slack / ascent.norm().clamp_min(1e-300)).clamp_min(0)
        before, multipliers = multipliers, shrink * ascent
        if float((multipliers - before).abs().max()) <= 1e-15:
            break
    return tilt(log_p, -(multipliers @ phi)), multipliers

r"""Soft logic: truth values in [0, 1] with the operators of Lukasiewicz, and an average as a second conjunction."""

import torch
from torch import Tensor

from pgmkit.errors import want_nonempty, want_same_shape


def want_truths(**truths: Tensor) -> None:
    """Raise unless every named tensor holds truth values, from 0 to 1."""
    for name, a in truths.items():
        want_nonempty("(...)", **{name: a})
        low, high = (float(v) for v in a.detach().aminmax())
        if not (low >= -1e-6 and high <= 1 + 1e-6):
            raise ValueError(
                f"{name} must hold truth values from 0 to 1; got values from {low:g} to {high:g}. Use probabilities, not logits."
            )


def soft_not(a: Tensor) -> Tensor:
    r"""not A: 1 - A.

    Args:
        a: truth values in [0, 1], shape (...).

    L13, "Logical rule constraints". Hu et al., 2016.
    """
    want_truths(a=a)
    return 1 - a


def soft_and(a: Tensor, b: Tensor) -> Tensor:
    r"""A & B, the conjunction of Lukasiewicz: max(A + B - 1, 0). It selects: A = 1 gives B, and A = 0 gives 0.

    Args:
        a: truth values in [0, 1], shape (...).
        b: truth values in [0, 1], shape (...).

    L13, "Logical rule constraints". Hu et al., 2016.
    """
    want_truths(a=a, b=b)
    want_same_shape(a=a, b=b)
    return (a + b - 1).clamp_min(0)


def soft_or(a: Tensor, b: Tensor) -> Tensor:
    r"""A or B: min(A + B, 1).

    Args:
        a: truth values in [0, 1], shape (...).
        b: truth values in [0, 1], shape (...).

    L13, "Logical rule constraints". Hu et al., 2016.
    """
    want_truths(a=a, b=b)
    want_same_shape(a=a, b=b)
    return (a + b).clamp_max(1)


def soft_implies(a: Tensor, b: Tensor) -> Tensor:
    r"""A implies B, that is (not A) or B: min(1 - A + B, 1). True wherever B is at least as true as A.

    Args:
        a: truth of the premise, shape (...).
        b: truth of the conclusion, shape (...).

    L13, "Logical rule constraints". Hu et al., 2016.
    """
    want_truths(a=a, b=b)
    want_same_shape(a=a, b=b)
    return (1 - a + b).clamp_max(1)


def soft_mean_and(*truths: Tensor) -> Tensor:
    r"""The averaging conjunction A_1 and ... and A_N: (A_1 + ... + A_N) / N. Each part that holds counts.

    It is no logic at the corners: true and false give 1/2.

    Args:
        truths: at least one tensor of truth values in [0, 1], all of one shape (...).

    L13, "Logical rule constraints". Hu et al., 2016.
    """
    if not truths:
        raise ValueError("a conjunction needs at least one truth value; got none.")
    want_truths(**{f"truths[{i}]": a for i, a in enumerate(truths)})
    want_same_shape(**{f"truths[{i}]": a for i, a in enumerate(truths)})
    return torch.stack(truths).mean(0)

"""Known mistakes of the 1x1 convolution's inverse."""

from collections.abc import Callable

import torch
from torch import Tensor

from pgmkit.checks.flows.conv_probe import inverse_exam, log_abs_det, written


def unmix(z: Tensor, w: Tensor) -> Tensor:
    """W^{-1} z at every position."""
    return z @ torch.linalg.inv(w).T


def known(
    title: str, advice: str, moves: Callable[[Tensor, Tensor], Tensor] = unmix, sign: float = -1.0, **parts: Callable[..., Tensor | float]
) -> None:
    """Enter a mistake."""
    inverse_exam.mistake(title, advice)(written(moves, sign, **parts))


known(
    "The transpose in place of the inverse",
    "W^T undoes a rotation. W starts as one, and stops being one with the first step of training.",
    lambda z, w: z @ w,
)
known(
    "The transpose in place of the inverse, and no log_det",
    "Both hold for a rotation only. W starts as one, and stops being one with the first step of training.",
    lambda z, w: z @ w,
    volume=lambda w: 0 * log_abs_det(w),
)
known(
    "The inverse is transposed",
    "x_i = sum_j (W^{-1})_ij z_j. In z @ M the rows of M belong to z: M is the transposed inverse.",
    lambda z, w: z @ torch.linalg.inv(w),
)
known("One over each entry", "1 / W inverts numbers. The inverse matrix comes from torch.linalg.", lambda z, w: z @ (1 / w).T)
known("This is conv1x1", "z = W x goes on instead of back: multiply by the inverse matrix.", lambda z, w: z @ w.T, 1.0)
known(
    "This is conv1x1, with the log_det of the inverse",
    "z = W x goes on instead of back: multiply by the inverse matrix.",
    lambda z, w: z @ w.T,
)
known("log_det has the sign of conv1x1", "log_det belongs to z -> x, which multiplies by W^{-1}: minus log|det W|.", sign=1.0)
known(
    "log_det lacks the number of positions",
    "The same matrix acts at each of the h * w pixels: log|det W| counts that many times.",
    times=lambda z: 1,
)
known(
    "Only one side of the image is counted",
    "An image has h * w positions, not h and not w alone.",
    times=lambda z: z.shape[1] if z.ndim > 2 else 1,
)
known(
    "The batch is counted as well",
    "log_det belongs to one row: h * w positions, without the factor n.",
    times=lambda z: z.numel() / z.shape[-1],
)
known(
    "The logarithm of a determinant without its absolute value",
    "Where det W is negative, log is nan, and so is torch.logdet. torch.linalg.slogdet gives log|det W|.",
    volume=torch.logdet,
)
known(
    "The determinant is formed, and it leaves floating point",
    "Of 64 channels it may round to 0 or to infinity. torch.linalg.slogdet never forms it.",
    volume=lambda w: torch.linalg.det(w).abs().log(),
)
known(
    "The determinant is formed, without its absolute value",
    "It may be negative, and of 64 channels it may round to 0 or to infinity. torch.linalg.slogdet gives log|det W| without it.",
    volume=lambda w: torch.linalg.det(w).log(),
)
known("The determinant, not its logarithm", "log_det is minus log|det W|.", sign=1.0, volume=lambda w: 1 / torch.linalg.det(w).abs())
known(
    "One over log|det W|",
    "det(W^{-1}) = 1 / det(W), so the logarithm changes its sign: -log|det W|.",
    sign=1.0,
    volume=lambda w: 1 / log_abs_det(w),
)
known(
    "The sign of the determinant came back",
    "slogdet returns two things: the sign, and log|det W|. The second is wanted.",
    volume=lambda w: torch.linalg.slogdet(w).sign,
)
known("log_det is missing: zeros", "Only a rotation keeps volumes. W is any matrix.", volume=lambda w: 0 * log_abs_det(w))
known("log_det is one number", "Every row has its log_det: shape (n,), here with equal numbers.", spread=lambda number, z: number)
known(
    "log_det is one number, and lacks the number of positions",
    "Shape (n,), and h * w times -log|det W|: the matrix acts at every pixel.",
    times=lambda z: 1,
    spread=lambda number, z: number,
)
known(
    "The graph is cut",
    "The values are right, but W cannot learn. Leave out detach and no_grad.",
    lambda z, w: unmix(z, w.detach()),
    volume=lambda w: log_abs_det(w.detach()),
)


@inverse_exam.mistake("Only x came back", "Both directions of a flow return two things: the value and its log_det.")
def x_only(z: Tensor, weight: Tensor) -> Tensor:
    return unmix(z, weight)


inverse_exam.mistake("The pair is turned round", "Return the value first, then its log_det.")(lambda x, w: written(unmix, -1.0)(x, w)[::-1])
inverse_exam.mistake(
    "Only images work", "A vector has no dimension 2: its log_det counts one position. math.prod(x.shape[1:-1]) serves both."
)(written(unmix, -1.0, times=lambda x: x.shape[1] * x.shape[2] if x.ndim > 2 else x[0, 0, 0]))

"""Known mistakes of the 1x1 convolution."""

from collections.abc import Callable

import torch
from torch import Tensor

from pgmkit.checks.flows.conv_probe import conv_exam, log_abs_det, written


def mix(x: Tensor, w: Tensor) -> Tensor:
    """W x at every position."""
    return x @ w.T


def known(
    title: str, advice: str, moves: Callable[[Tensor, Tensor], Tensor] = mix, sign: float = 1.0, **parts: Callable[..., Tensor | float]
) -> None:
    """Enter a mistake."""
    conv_exam.mistake(title, advice)(written(moves, sign, **parts))


known(
    "log_det lacks the number of positions",
    "The same W acts at each of the h * w pixels: log|det W| counts that many times. For a vector it counts once.",
    times=lambda x: 1,
)
known(
    "Only one side of the image is counted",
    "An image has h * w positions, not h and not w alone.",
    times=lambda x: x.shape[1] if x.ndim > 2 else 1,
)
known(
    "The batch is counted as well",
    "log_det belongs to one row: h * w positions, without the factor n.",
    times=lambda x: x.numel() / x.shape[-1],
)
known("The channels are counted as well", "det W already covers all channels: multiply by h * w only.", times=lambda x: x[0].numel())
known(
    "The logarithm of a determinant without its absolute value",
    "Where det W is negative, log is nan, and so is torch.logdet. A volume has no sign: torch.linalg.slogdet gives log|det W|.",
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
known("The determinant, not its logarithm", "log_det is log|det W|.", volume=lambda w: torch.linalg.det(w).abs())
known(
    "The sign of the determinant came back",
    "slogdet returns two things: the sign, and log|det W|. The second is wanted.",
    volume=lambda w: torch.linalg.slogdet(w).sign,
)
known(
    "The sign times log|det W|",
    "slogdet's sign is that of det W, and a volume has none: take logabsdet alone.",
    volume=lambda w: torch.linalg.slogdet(w).sign * log_abs_det(w),
)
known(
    "Only the diagonal counts",
    "That is the determinant of a triangular matrix. W is any matrix.",
    volume=lambda w: w.diagonal().abs().log().sum(),
)
known("log_det is missing: zeros", "Only a rotation keeps volumes. W is any matrix.", volume=lambda w: 0 * log_abs_det(w))
known("log_det has the sign of the inverse", "log_det belongs to x -> z, which multiplies by W: log|det W|, with plus.", sign=-1.0)
known("log_det is one number", "Every row has its log_det: shape (n,), here with equal numbers.", spread=lambda number, x: number)
known("log_det has shape (n, 1)", "log_det has one number for each row, shape (n,).", spread=lambda number, x: number.expand(len(x), 1))
known(
    "log_det is one number, and lacks the number of positions",
    "Shape (n,), and h * w times log|det W|: W acts at every pixel.",
    times=lambda x: 1,
    spread=lambda number, x: number,
)
known(
    "W is transposed",
    "Row i of W makes channel i of z, so z_i = sum_j W_ij x_j. In x @ M the rows of M belong to x: M = W^T.",
    lambda x, w: x @ w,
)
known("This is the inverse", "conv1x1 multiplies by W. W^{-1} belongs to the way back.", lambda x, w: x @ torch.linalg.inv(w).T, -1.0)
known(
    "It multiplies entry by entry", "Use the matrix product @, which mixes the channels. * only scales them.", lambda x, w: x * w.diagonal()
)
known(
    "The graph is cut",
    "The values are right, but W cannot learn. Leave out detach and no_grad.",
    lambda x, w: mix(x, w.detach()),
    volume=lambda w: log_abs_det(w.detach()),
)
known(
    "log_det is detached",
    "z lets W learn, but log_det does not: without it nothing keeps W from shrinking everything.",
    volume=lambda w: log_abs_det(w.detach()),
)


@conv_exam.mistake("Only z came back", "Both directions of a flow return two things: the value and its log_det.")
def z_only(x: Tensor, weight: Tensor) -> Tensor:
    return mix(x, weight)


conv_exam.mistake("The pair is turned round", "Return the value first, then its log_det.")(lambda x, w: written(mix, 1.0)(x, w)[::-1])
conv_exam.mistake(
    "Only images work", "A vector has no dimension 2: its log_det counts one position. math.prod(x.shape[1:-1]) serves both."
)(written(mix, 1.0, times=lambda x: x.shape[1] * x.shape[2] if x.ndim > 2 else x[0, 0, 0]))

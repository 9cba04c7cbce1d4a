"""Exams of squeezing blocks of pixels into channels, and back; the known mistakes of the way there."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope, told
from pgmkit.checks.probing import normal
from pgmkit.flows import Squeeze, squeeze, unsqueeze

squeeze_exam = Exam(
    squeeze,
    minutes=12,
    difficulty=2,
    closes=(Squeeze.forward, Squeeze.inverse),
    hints=(
        "Draw an image of 2 x 4 pixels, numbered row by row. Which four numbers have to end up at one position?",
        "A reshape alone takes neighbours in memory. Split height and width into (block, within the block) first, then bring the two "
        "dimensions 'within' to the end.",
        "Reshape to (n, h/2, 2, w/2, 2, c), swap two dimensions so that both 2s stand just before c, and reshape to four dimensions.",
    ),
)
unsqueeze_exam = Exam(
    unsqueeze,
    minutes=6,
    difficulty=1,
    closes=(Squeeze.forward, Squeeze.inverse),
    hints=(
        "Walk back the way squeeze came.",
        "The 4c channels are (2, 2, c): row within the block, column within the block, channel.",
        "Reshape to (n, h, w, 2, 2, c), bring each 2 beside the dimension that it belongs to, and reshape to four dimensions.",
    ),
)


class ChannelsElsewhere(Exception):
    """pixel_shuffle or pixel_unshuffle did not find the channels where it looks for them."""


def misplaced(message: str) -> type[Exception] | None:
    """Whether a message comes from pixel_shuffle or pixel_unshuffle."""
    return ChannelsElsewhere if "pixel_" in message else None


def heard(answer: Answer) -> Answer:
    """The answer, its failures told apart."""
    return lambda x: told(lambda: answer(x), misplaced)


def numbered(*shape: int) -> Tensor:
    """0, 1, 2, ... in memory order."""
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float64).reshape(shape)


def weighed(answer: Answer, x: Tensor, weights: Tensor) -> Tensor:
    """The gradient of a weighted sum of all entries that come back."""
    free = x.clone().requires_grad_()
    result = answer(free)
    return slope(result.reshape(-1) * weights if isinstance(result, Tensor) else result, free)


@squeeze_exam.probe
def probe_squeeze(answer: Answer, generator: Generator) -> Observations:
    answer = heard(answer)
    tall, wide = normal(3, 6, 2, 5, generator=generator), normal(2, 4, 6, 3, generator=generator)
    weights = normal(wide.numel(), generator=generator)
    yield "an image of 2 x 4 pixels numbered 0 to 7", lambda: answer(numbered(1, 2, 4, 1)), 0.75
    yield "images (2, 4, 6, 3)", lambda: answer(wide.clone()), 1
    yield "images (3, 6, 2, 5)", lambda: answer(tall.clone()), 0.75
    yield "gradient that reaches every pixel", lambda: weighed(answer, wide, weights), 0.5


@unsqueeze_exam.probe
def probe_unsqueeze(answer: Answer, generator: Generator) -> Observations:
    answer = heard(answer)
    tall, wide = normal(3, 3, 1, 20, generator=generator), normal(2, 2, 3, 12, generator=generator)
    weights = normal(wide.numel(), generator=generator)
    yield "two positions with the channels 0 to 3 and 4 to 7", lambda: answer(numbered(1, 1, 2, 4)), 0.5
    yield "latents (2, 2, 3, 12)", lambda: answer(wide.clone()), 0.75
    yield "latents (3, 3, 1, 20)", lambda: answer(tall.clone()), 0.5
    yield "gradient that reaches every latent", lambda: weighed(answer, wide, weights), 0.25


def blocks(*order: int) -> Answer:
    """A squeeze that puts (n, h/2, i, w/2, j, c), which are dimensions 0 to 5, into another order."""

    def answer(x: Tensor) -> Tensor:
        n, h, w, c = x.shape
        return x.reshape(n, h // 2, 2, w // 2, 2, c).permute(0, *order).flatten(3)

    return answer


squeezed = blocks(1, 3, 2, 4, 5)
"""The right order, without the library, which is closed to answers."""


def squeezes(title: str, advice: str, answer: Callable[[Tensor], object]) -> None:
    """Enter a mistake of squeeze."""
    squeeze_exam.mistake(title, advice)(answer)


def reshaped(x: Tensor) -> Tensor:
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, w // 2, 4 * c)


squeezes(
    "A plain reshape",
    "It can be undone, but it is not local: it takes four neighbours in memory, all from one row. A block is 2 x 2 pixels.",
    reshaped,
)
squeezes(
    "A reshape of transposed images",
    "A reshape takes neighbours in memory, now from one column. A block is 2 x 2 pixels: split height and width first.",
    lambda x: reshaped(x.transpose(1, 2).reshape(x.shape)),
)
squeezes(
    "The image is cut into quarters",
    "(2, h/2) splits the height into an upper and a lower half. A block holds neighbours: (h/2, 2), the 2 behind.",
    lambda x: x.reshape(len(x), 2, x.shape[1] // 2, 2, x.shape[2] // 2, x.shape[3]).permute(0, 2, 4, 1, 3, 5).flatten(3),
)
squeezes(
    "The dimensions of the blocks stay apart",
    "After the swap, one more reshape makes (2, 2, c) one dimension of 4c.",
    lambda x: blocks_apart(x),
)
squeezes(
    "The swap is missing",
    "After (n, h/2, 2, w/2, 2, c) the two 2s must come to stand side by side, before c. Then reshape.",
    lambda x: blocks_apart(x, swap=False),
)
squeezes(
    "Height and width are exchanged", "Position (y, x) of the result is block (y, x) of the image: h/2 comes first.", blocks(3, 1, 2, 4, 5)
)
squeezes(
    "The block is read column by column",
    "Channel (2 i + j) c + k: the row i within the block counts before the column j.",
    blocks(1, 3, 4, 2, 5),
)
squeezes(
    "The channel comes before the pixel of the block",
    "Channel (2 i + j) c + k: the pixel's own channel k runs fastest, so c stands last. torch's pixel_unshuffle has it the other way.",
    blocks(1, 3, 5, 2, 4),
)
squeezes(
    "The channel comes first, and the block is read column by column",
    "Channel (2 i + j) c + k: row within the block, column within the block, channel, in this order.",
    blocks(1, 3, 5, 4, 2),
)
squeezes(
    "The pixels of the block come in another order",
    "The order is 00, 01, 10, 11: row by row. Some papers write the diagonal first; the docstring does not.",
    lambda x: torch.cat([x[:, ::2, ::2], x[:, 1::2, 1::2], x[:, ::2, 1::2], x[:, 1::2, ::2]], -1),
)
squeezes("The channels come between row and column", "Channel (2 i + j) c + k: row, column, channel, in this order.", blocks(1, 3, 2, 5, 4))
squeezes(
    "pixel_unshuffle takes the wrong dimensions",
    "It wants the channels in dimension 1. Ours are last: permute before and after, and mind its order of the channels.",
    lambda x: F.pixel_unshuffle(x, 2),
)
squeezes(
    "The result has its channels first",
    "The layout stays (n, h, w, c): channels last, (n, h/2, w/2, 4c).",
    lambda x: squeezed(x).permute(0, 3, 1, 2),
)
squeezes(
    "A pair came back",
    "squeeze is a function of the picture alone. Its log_det, 0, is added by the layer.",
    lambda x: (squeezed(x), x.new_zeros(len(x))),
)
squeezes(
    "Blocks are averaged, not squeezed",
    "Averaging cannot be undone. All four pixels stay, as channels.",
    lambda x: F.avg_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1),
)
squeezes(
    "The result is detached",
    "The values are right, but no gradient reaches the image. Leave out detach and numpy.",
    lambda x: squeezed(x).detach(),
)


def blocks_apart(x: Tensor, swap: bool = True) -> Tensor:
    n, h, w, c = x.shape
    split = x.reshape(n, h // 2, 2, w // 2, 2, c)
    return split.transpose(2, 3) if swap else split

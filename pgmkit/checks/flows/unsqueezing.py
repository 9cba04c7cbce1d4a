"""Known mistakes of unsqueeze."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer
from pgmkit.checks.flows.squeezing import squeezed, unsqueeze_exam


def unblocks(*order: int) -> Answer:
    """An unsqueeze that reads the channels in another order of (row, column, channel), which are dimensions 3 to 5."""

    def answer(z: Tensor) -> Tensor:
        n, h, w, c = z.shape
        sizes = [4, 2, 2, c // 4][1:]
        shape = [sizes[i - 3] for i in order]
        read = z.reshape(n, h, w, *shape).permute(0, 1, 2, *(3 + order.index(i) for i in (3, 4, 5)))
        return read.transpose(2, 3).reshape(n, 2 * h, 2 * w, c // 4)

    return answer


unsqueezed = unblocks(3, 4, 5)
"""The right order, without the library, which is closed to answers."""


def unsqueezes(title: str, advice: str, answer: Callable[[Tensor], object]) -> None:
    """Enter a mistake of unsqueeze."""
    unsqueeze_exam.mistake(title, advice)(answer)


def quarters(z: Tensor) -> Tensor:
    n, h, w, c = z.shape
    return z.reshape(n, h, w, 2, 2, c // 4).permute(0, 3, 1, 4, 2, 5).reshape(n, 2 * h, 2 * w, c // 4)


def reshaped_back(z: Tensor) -> Tensor:
    n, h, w, c = z.shape
    return z.reshape(n, 2 * h, 2 * w, c // 4)


unsqueezes("A plain reshape", "It puts the four pixels of a block into one row. They belong into a square of 2 x 2.", reshaped_back)
unsqueezes("The block is written column by column", "Channel (2 i + j) c + k goes to row i and column j of its block.", unblocks(4, 3, 5))
unsqueezes(
    "The channel is taken to come before the pixel",
    "Channel (2 i + j) c + k: the pixel's own channel k runs fastest. torch's pixel_shuffle has it the other way.",
    unblocks(5, 3, 4),
)
unsqueezes(
    "The channel comes first, and the block is written column by column",
    "Channel (2 i + j) c + k: row within the block, column within the block, channel, in this order.",
    unblocks(5, 4, 3),
)
unsqueezes(
    "The channel is taken to come between row and column",
    "Channel (2 i + j) c + k: row, column, channel, in this order.",
    unblocks(3, 5, 4),
)
unsqueezes(
    "Height and width are exchanged", "Position (y, x) becomes the block (y, x) of the image.", lambda z: unsqueezed(z.transpose(1, 2))
)
unsqueezes(
    "The blocks are spread as quarters",
    "The four channels of a position are neighbours, not pixels of four quarters: (h, 2), the 2 behind.",
    quarters,
)
unsqueezes(
    "The reshape of squeeze is used again",
    "Here h and w count positions, and the two 2s come out of the channels: (n, h, w, 2, 2, c).",
    lambda z: z.reshape(len(z), z.shape[1], 2, z.shape[2], 2, -1).transpose(2, 3).reshape(len(z), 2 * z.shape[1], 2 * z.shape[2], -1),
)
unsqueezes("This is squeeze", "squeeze makes the image smaller. This one makes it larger: (n, 2h, 2w, c).", squeezed)
unsqueezes(
    "pixel_shuffle takes the wrong dimensions",
    "It wants the channels in dimension 1. Ours are last: permute before and after, and mind its order of the channels.",
    lambda z: F.pixel_shuffle(z, 2),
)
unsqueezes(
    "The result has its channels first", "The layout stays (n, h, w, c): channels last.", lambda z: unsqueezed(z).permute(0, 3, 1, 2)
)
unsqueezes(
    "A pair came back",
    "unsqueeze is a function of the picture alone. Its log_det, 0, is added by the layer.",
    lambda z: (unsqueezed(z), z.new_zeros(len(z))),
)
unsqueezes(
    "The result is detached",
    "The values are right, but no gradient reaches the latents. Leave out detach and numpy.",
    lambda z: unsqueezed(z).detach(),
)

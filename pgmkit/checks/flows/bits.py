"""Exam of bits per dimension."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.flows import bits_per_dim

bits_exam = Exam(
    bits_per_dim,
    minutes=10,
    difficulty=2,
    hints=(
        "How many bits does a grey value cost if all of them are equally likely, and how do bits relate to nats?",
        "One nat is 1 / log 2 bits, and the cost is minus the log-density, shared out over dims values. Scaling the values to [0, 1) "
        "made each bin 1 / bins wide.",
        "Start with the cost of a uniform density, the base-2 logarithm of the number of bins, and take away what the model knows: "
        "log_px in bits, for one of the dims values.",
    ),
)


@bits_exam.probe
def probe_bits(answer: Answer, generator: Generator) -> Observations:
    photos, table = -40 + 90 * normal(5, generator=generator), 20 * normal(2, 3, generator=generator)
    fitted, unfitted = 150 + 10 * normal(3, generator=generator), -900 + 10 * normal(1, generator=generator)
    digits, zero = torch.cat([fitted, unfitted]), torch.zeros(2, dtype=torch.float64)

    def slope_of() -> Tensor:
        free = photos.clone().requires_grad_()
        return slope(answer(free, 12, 256), free)

    yield "a uniform density: log2(bins) bits", lambda: answer(zero.clone(), 10, 8), 0.5
    yield "12 dimensions, 256 bins", lambda: answer(photos.clone(), 12, 256), 1
    yield "64 dimensions, 17 bins", lambda: answer(digits.clone(), 64, 17), 0.5
    yield "a table of log-densities (2, 3), and one number alone", lambda: (answer(table.clone(), 6, 5), answer(table[0, 0], 6, 5)), 0.5
    yield "gradient that reaches log_px", slope_of, 0.5


LOG2 = math.log(2)


def known(title: str, advice: str, answer: Callable[[Tensor, int, int], object]) -> None:
    """Enter a mistake: a function of log_px, dims and bins."""
    bits_exam.mistake(title, advice)(lambda log_px, dims, bins: answer(log_px, dims, bins))


known(
    "Nats, not bits",
    "Both parts are natural logarithms. A bit is a base-2 logarithm: divide nats by log 2.",
    lambda log_px, dims, bins: math.log(bins) - log_px / dims,
)
known(
    "log_px is still in nats",
    "log2(bins) is in bits, log_px in nats. Divide it by log 2 before the two are added.",
    lambda log_px, dims, bins: math.log2(bins) - log_px / dims,
)
known(
    "log(bins) is still in nats",
    "log_px / log 2 is in bits, so the other part must be log2(bins).",
    lambda log_px, dims, bins: math.log(bins) - log_px / (dims * LOG2),
)
known(
    "It is multiplied by log 2",
    "One nat is 1 / log 2 = 1.44 bits: divide.",
    lambda log_px, dims, bins: math.log2(bins) - log_px * LOG2 / dims,
)
known(
    "log2(bins) is missing",
    "The values were divided by bins, which made the density larger: each value costs log2(bins) bits more.",
    lambda log_px, dims, bins: -log_px / (dims * LOG2),
)
known(
    "The log-density is added",
    "A likely image costs few bits: minus log p(x).",
    lambda log_px, dims, bins: math.log2(bins) + log_px / (dims * LOG2),
)
known(
    "The sign is turned round",
    "Bits are a cost: log2(bins) minus what the model knows. Lower is better.",
    lambda log_px, dims, bins: log_px / (dims * LOG2) - math.log2(bins),
)
known(
    "log2(bins) is subtracted",
    "The change from [0, bins) to [0, 1) made densities larger by bins in each dimension. As a cost it comes back with plus.",
    lambda log_px, dims, bins: -log_px / (dims * LOG2) - math.log2(bins),
)
known(
    "It is divided by the size of the batch",
    "log p(x) of one image is shared out over its own dims values. Images stay apart.",
    lambda log_px, dims, bins: math.log2(bins) - log_px / (len(log_px) * LOG2) if log_px.ndim else math.log2(bins) - log_px / LOG2,
)
known(
    "It is averaged over the batch",
    "The result has the shape of log_px. A mean over images is taken later.",
    lambda log_px, dims, bins: (math.log2(bins) - log_px / (dims * LOG2)).mean(),
)
known(
    "It is summed over the batch",
    "The result has the shape of log_px: every image has its own bits.",
    lambda log_px, dims, bins: (math.log2(bins) - log_px / (dims * LOG2)).sum(),
)
known(
    "Bits of the whole image",
    "Divide log_px by dims: bits are counted for one value.",
    lambda log_px, dims, bins: math.log2(bins) - log_px / LOG2,
)
known(
    "Bits of the whole image, correctly added up",
    "dims values cost this much together. Bits per dimension is one of them: divide all of it by dims.",
    lambda log_px, dims, bins: dims * math.log2(bins) - log_px / LOG2,
)
known(
    "log2(bins) is divided by dims",
    "Each of the dims values has bins grey values: log2(bins) is the cost of one value already.",
    lambda log_px, dims, bins: (math.log2(bins) - log_px / LOG2) / dims,
)
known(
    "The number of bins is fixed at 256",
    "256 belongs to photographs. The caller says how many: use the argument.",
    lambda log_px, dims, bins: 8 - log_px / (dims * LOG2),
)
known(
    "bins - 1 in place of bins",
    "Values 0 to bins - 1 are bins many, and dequantise divides by bins.",
    lambda log_px, dims, bins: math.log2(bins - 1) - log_px / (dims * LOG2),
)
known(
    "bins without its logarithm",
    "bins grey values cost log2(bins) bits.",
    lambda log_px, dims, bins: bins - log_px / (dims * LOG2),
)
known(
    "The logarithm of a logarithm",
    "log_px is a logarithm already, of another base: divide it by log 2.",
    lambda log_px, dims, bins: math.log2(bins) - log_px.log2() / dims,
)
known(
    "The logarithm of a density that rounds to 0",
    "exp(log_px) leaves floating point for larger images: 0 or inf. A logarithm changes its base by a division, without exp.",
    lambda log_px, dims, bins: math.log2(bins) - log_px.exp().log2() / dims,
)
known(
    "The result is detached",
    "The values are right, but bits per dimension can be a loss: leave out detach, no_grad, item and numpy.",
    lambda log_px, dims, bins: (math.log2(bins) - log_px / (dims * LOG2)).detach(),
)
known(
    "2 to the power of the bits",
    "Return the bits themselves.",
    lambda log_px, dims, bins: 2 ** (math.log2(bins) - log_px / (dims * LOG2)),
)

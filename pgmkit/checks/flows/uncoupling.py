"""Known mistakes of the affine coupling's inverse."""

import torch
from torch import Tensor

from pgmkit.checks.flows.coupling_probe import (
    as_images,
    dimension_one,
    in_place,
    off_the_graph,
    over_one,
    shrink,
    smaller_first,
    stretch,
    swapped,
    total,
    uncouple_exam,
    written,
)
from pgmkit.flows.coupling import Conditioner


def lost(log_s: Tensor) -> Tensor:
    """The log_det of the inverse."""
    return -total(log_s)


uncouple_exam.mistake(
    "log_det has the sign of couple", "log_det belongs to the direction that returns it: x -> z shrinks where z -> x stretches. Take minus."
)(written(shrink, total))
uncouple_exam.mistake("This is couple", "x_b e^{log_s} + t goes on instead of back. Solve x_b = z_b e^{log_s} + t for z_b.")(
    written(stretch, total)
)
uncouple_exam.mistake(
    "This is couple, with the log_det of the inverse", "x_b e^{log_s} + t goes on instead of back. Solve x_b = z_b e^{log_s} + t for z_b."
)(written(stretch, lost))
uncouple_exam.mistake("The scale is undone before the shift", "What came last goes first: take t away, then divide by e^{log_s}.")(
    written(lambda b, log_s, t: b * (-log_s).exp() - t, lost)
)
uncouple_exam.mistake("Only the shift is undone", "x_b - t is still stretched: divide it by e^{log_s}.")(
    written(lambda b, log_s, t: b - t, lost)
)
uncouple_exam.mistake("Only the scale is undone", "x_b still holds the shift: take t away first.")(
    written(lambda b, log_s, t: b * (-log_s).exp(), lost)
)
uncouple_exam.mistake("The shift is added once more", "couple added t. Its inverse takes t away.")(
    written(lambda b, log_s, t: (b + t) * (-log_s).exp(), lost)
)
uncouple_exam.mistake("It stretches instead of shrinking", "couple multiplied by e^{log_s}. Its inverse divides by it.")(
    written(lambda b, log_s, t: (b - t) * log_s.exp(), lost)
)
uncouple_exam.mistake("The scale is not exponentiated", "net returns log_s. Divide by e^{log_s}, not by log_s.")(
    written(lambda b, log_s, t: (b - t) / log_s, lost)
)
uncouple_exam.mistake("log_det is summed over the batch", "Every row has a log_det of its own, shape (n,).")(
    written(shrink, lambda log_s: -log_s.sum())
)
uncouple_exam.mistake("log_det is a mean", "The determinant is the product of all scales, so its logarithm is a sum.")(
    written(shrink, lambda log_s: -log_s.flatten(1).mean(1))
)
uncouple_exam.mistake(
    "log_det is summed over the last dimension only", "An image has a scale at every pixel: sum over everything but the batch."
)(written(shrink, lambda log_s: -log_s.sum(-1)))
uncouple_exam.mistake("The scales are summed, not their logarithms", "The logarithm of e^{-log_s} is -log_s: no exp in log_det.")(
    written(shrink, lambda log_s: total((-log_s).exp()))
)
uncouple_exam.mistake("The determinant, not its logarithm", "log_det is minus the sum of log_s itself. Leave out the exp.")(
    written(shrink, lambda log_s: lost(log_s).exp())
)
uncouple_exam.mistake(
    "log_det is 1 over that of couple", "Determinants are inverted, so their logarithms change sign: -log_det, not 1 / log_det."
)(written(shrink, lambda log_s: 1 / total(log_s)))
uncouple_exam.mistake("log_det is missing: zeros", "Only a coupling without scales keeps volumes. This one shrinks by e^{-log_s}.")(
    written(shrink, lambda log_s: 0 * total(log_s))
)
uncouple_exam.mistake(
    "The network sees the half that changed",
    "couple asked net about z_a. The same half is at hand, x_a = z_a. Show it to net, and not x_b.",
)(written(shrink, lost, sees=lambda a, b: b))
uncouple_exam.mistake("The network sees all of x", "couple asked net about z_a alone. The same half is at hand: x_a = z_a.")(
    written(shrink, lost, sees=lambda a, b: torch.cat([a, b], -1))
)
uncouple_exam.mistake("log_s and t are swapped", "net returns (log_s, t), in this order.")(written(shrink, lost, asks=swapped))
uncouple_exam.mistake(
    "Where d is odd, the network is shown a half of the wrong size",
    "x_a is the larger one where d is odd: of 5 entries it has 3. chunk does that.",
)(written(shrink, lost, halves=smaller_first))
uncouple_exam.mistake("The wrong dimension is cut", "The halves are halves of the last dimension, -1. In an image it holds the channels.")(
    written(shrink, lost, halves=lambda z: z.chunk(2, 1))
)
uncouple_exam.mistake("The other half is changed", "couple changed the second half. The first is the one to show to the network.")(
    written(shrink, lost, halves=lambda z: z.chunk(2, -1)[::-1], joins=lambda a, b: torch.cat([b, a], -1))
)
uncouple_exam.mistake("The halves come back in the wrong order", "z = (z_a, z_b): what stayed comes first.")(
    written(shrink, lost, joins=lambda a, b: torch.cat([b, a], -1))
)
uncouple_exam.mistake("The half that stayed is lost", "z has the shape of x: put x_a before the half that changed.")(
    written(shrink, lost, joins=lambda a, b: b)
)
uncouple_exam.mistake(
    "The network's gradient is cut", "Training runs in this direction: log p(x) has to reach the network. Leave out detach and no_grad."
)(written(shrink, lost, asks=off_the_graph))
uncouple_exam.mistake(
    "x is changed in place", "Writing into a slice of x changes the caller's data, and breaks backward. Make a new tensor."
)(in_place(shrink, lost))


@uncouple_exam.mistake("Both halves change", "couple left z_a as it was, so x_a is z_a already. Only the second half is undone.")
def both(x: Tensor, net: Conditioner) -> tuple[Tensor, Tensor]:
    log_s, t = net(x.chunk(2, -1)[0])
    return (x - torch.cat([t, t], -1)) * (-torch.cat([log_s, log_s], -1)).exp(), lost(log_s)


@uncouple_exam.mistake("Only z came back", "Both directions of a flow return two things: the value and its log_det.")
def z_only(x: Tensor, net: Conditioner) -> Tensor:
    return written(shrink, lost)(x, net)[0]


uncouple_exam.mistake(
    "log_det is summed over dimension 1 only", "An image has four dimensions: sum over everything but the batch, flatten(1).sum(1)."
)(written(shrink, lambda log_s: -over_one(log_s)))
uncouple_exam.mistake("Only images work", "A vector has no dimensions 2 and 3: sum over everything but the batch, whatever there is.")(
    written(shrink, lambda log_s: -as_images(log_s))
)
uncouple_exam.mistake("The wrong dimension is sliced", "The halves are halves of the last dimension: slice with [..., :d], not [:, :d].")(
    written(shrink, lost, halves=dimension_one)
)
uncouple_exam.mistake(
    "log_det is detached",
    "Its value is right, but the network does not feel it: without it, stretching costs nothing. Leave it on the graph.",
)(written(shrink, lambda log_s: lost(log_s).detach()))
uncouple_exam.mistake("The pair is turned round", "Return the value first, then its log_det.")(
    lambda z, net: written(shrink, lost)(z, net)[::-1]
)
uncouple_exam.mistake("The bracket is missing: x_b - t e^{-log_s}", "Both are divided by the scale: (x_b - t) e^{-log_s}.")(
    written(lambda b, log_s, t: b - t * (-log_s).exp(), lost)
)

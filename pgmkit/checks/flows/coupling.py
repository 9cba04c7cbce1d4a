"""Known mistakes of the affine coupling."""

import torch
from torch import Tensor

from pgmkit.checks.flows.coupling_probe import (
    as_images,
    couple_exam,
    dimension_one,
    in_place,
    off_the_graph,
    over_one,
    shrink,
    smaller_first,
    stretch,
    swapped,
    total,
    written,
)
from pgmkit.checks.flows.mocks import Pair
from pgmkit.flows.coupling import Conditioner

couple_exam.mistake(
    "log_det has the sign of the inverse", "log_det belongs to the direction z -> x: the more the scales stretch, the larger it is."
)(written(stretch, lambda log_s: -total(log_s)))
couple_exam.mistake(
    "log_det is summed over the batch", "Every row has a log_det of its own: sum over all dimensions but the first, shape (n,)."
)(written(stretch, lambda log_s: log_s.sum()))
couple_exam.mistake("log_det is a mean", "The determinant is the product of all scales, so its logarithm is their sum.")(
    written(stretch, lambda log_s: log_s.flatten(1).mean(1))
)
couple_exam.mistake(
    "log_det is summed over the last dimension only",
    "An image has a scale at every pixel, and all of them count: sum over everything but the batch.",
)(written(stretch, lambda log_s: log_s.sum(-1)))
couple_exam.mistake("log_det is summed over the wrong dimension", "Dimension 0 is the batch, which stays. Sum over all others.")(
    written(stretch, lambda log_s: log_s.sum(0))
)
couple_exam.mistake("log_det has shape (n, 1)", "keepdim leaves a dimension behind. log_det has one number for each row, shape (n,).")(
    written(stretch, lambda log_s: total(log_s)[:, None])
)
couple_exam.mistake("The scales are summed, not their logarithms", "log of a product of e^{log_s} is the sum of log_s: no exp there.")(
    written(stretch, lambda log_s: total(log_s.exp()))
)
couple_exam.mistake("The determinant, not its logarithm", "log_det is the sum of log_s itself. Leave out the exp.")(
    written(stretch, lambda log_s: total(log_s).exp())
)
couple_exam.mistake("log_det is missing: zeros", "Only a coupling without scales keeps volumes. This one stretches by e^{log_s}.")(
    written(stretch, lambda log_s: 0 * total(log_s))
)
couple_exam.mistake(
    "The scale is missing, there and in log_det", "x_b = z_b + t keeps volumes. This coupling also stretches z_b by e^{log_s}."
)(written(lambda b, log_s, t: b + t, lambda log_s: log_s.new_zeros(len(log_s))))
couple_exam.mistake(
    "The network sees the half that changes",
    "Then the inverse cannot ask it again, because it only knows x_b. net takes z_a, the half that stays.",
)(written(stretch, total, sees=lambda a, b: b))
couple_exam.mistake(
    "The network sees all of z", "net takes z_a alone. If z_b went in, the Jacobian would not be triangular, nor the inverse easy."
)(written(stretch, total, sees=lambda a, b: torch.cat([a, b], -1)))
couple_exam.mistake("The scale is not exponentiated", "net returns log_s. The scale is e^{log_s}, which can never be zero or negative.")(
    written(lambda b, log_s, t: b * log_s + t, total)
)
couple_exam.mistake(
    "1 + log_s in place of e^{log_s}", "That is only close for small log_s, and may be zero. The determinant counts e^{log_s} exactly."
)(written(lambda b, log_s, t: b * (1 + log_s) + t, total))
couple_exam.mistake("A sigmoid in place of exp", "Some flows do that, with another log_det. Here the scale is e^{log_s}.")(
    written(lambda b, log_s, t: b * log_s.sigmoid() + t, total)
)
couple_exam.mistake("The shift comes before the scale", "x_b = z_b e^{log_s} + t: stretch first, then shift.")(
    written(lambda b, log_s, t: (b + t) * log_s.exp(), total)
)
couple_exam.mistake("The shift has the wrong sign", "x_b = z_b e^{log_s} + t: plus on the way to x, minus on the way back.")(
    written(lambda b, log_s, t: b * log_s.exp() - t, total)
)
couple_exam.mistake("The shift is missing", "x_b = z_b e^{log_s} + t: t does not change log_det, but it changes x.")(
    written(lambda b, log_s, t: b * log_s.exp(), total)
)
couple_exam.mistake("log_s and t are swapped", "net returns (log_s, t), in this order.")(written(stretch, total, asks=swapped))
couple_exam.mistake("This is the inverse", "(x_b - t) e^{-log_s} belongs to uncouple. couple runs from z to x.")(
    written(shrink, lambda log_s: -total(log_s))
)
couple_exam.mistake(
    "This is the inverse, with the log_det of couple", "(x_b - t) e^{-log_s} belongs to uncouple. couple runs from z to x."
)(written(shrink, total))
couple_exam.mistake(
    "Where d is odd, the network is shown a half of the wrong size",
    "z_a is the larger one where d is odd: of 5 entries it has 3. chunk does that.",
)(written(stretch, total, halves=smaller_first))
couple_exam.mistake("The wrong dimension is cut", "The halves are halves of the last dimension, -1. In an image it holds the channels.")(
    written(stretch, total, halves=lambda z: z.chunk(2, 1))
)
couple_exam.mistake("Every other entry, not the first half", "z_a is the first half of the last dimension, not its even entries.")(
    written(stretch, total, halves=lambda z: (z[..., ::2], z[..., 1::2]))
)
couple_exam.mistake("The other half stays", "z_a, the first half, passes through and is shown to the network. The second half changes.")(
    written(stretch, total, halves=lambda z: z.chunk(2, -1)[::-1], joins=lambda a, b: torch.cat([b, a], -1))
)
couple_exam.mistake("The halves come back in the wrong order", "x = (x_a, x_b): what stayed comes first.")(
    written(stretch, total, joins=lambda a, b: torch.cat([b, a], -1))
)
couple_exam.mistake("The halves are not put together along the last dimension", "They were cut along -1, so torch.cat needs dim -1 too.")(
    written(stretch, total, joins=lambda a, b: torch.cat([a, b], 0))
)
couple_exam.mistake("The half that stays is lost", "x has the shape of z: put z_a before the half that changed.")(
    written(stretch, total, joins=lambda a, b: b)
)
couple_exam.mistake(
    "The network's gradient is cut", "The values are right, but the network cannot learn. Leave out detach and no_grad around it."
)(written(stretch, total, asks=off_the_graph))
couple_exam.mistake(
    "z is changed in place", "Writing into a slice of z changes the caller's latents, and breaks backward. Make a new tensor."
)(in_place(stretch, total))


@couple_exam.mistake("Both halves change", "z_a must stay as it is: it is what the inverse shows to the network. Only z_b changes.")
def both(z: Tensor, net: Conditioner) -> Pair:
    log_s, t = net(z.chunk(2, -1)[0])
    return z * torch.cat([log_s, log_s], -1).exp() + torch.cat([t, t], -1), total(log_s)


@couple_exam.mistake(
    "Both halves change, and both count in log_det",
    "z_a must stay as it is: it is what the inverse shows to the network. Only z_b changes.",
)
def both_counted(z: Tensor, net: Conditioner) -> Pair:
    x, log_det = both(z, net)
    return x, 2 * log_det


@couple_exam.mistake(
    "Both halves change, one after the other",
    "Two couplings in one. Here z_a stays as it is, and another coupling, with its own network, may change it later.",
)
def both_in_turn(z: Tensor, net: Conditioner) -> Pair:
    a, b = z.chunk(2, -1)
    log_s, t = net(a)
    b = stretch(b, log_s, t)
    log_s_a, t_a = net(b)
    return torch.cat([stretch(a, log_s_a, t_a), b], -1), total(log_s) + total(log_s_a)


@couple_exam.mistake("Only x came back", "Both directions of a flow return two things: the value and its log_det.")
def x_only(z: Tensor, net: Conditioner) -> Tensor:
    return written(stretch, total)(z, net)[0]


couple_exam.mistake(
    "log_det is summed over dimension 1 only", "An image has four dimensions: sum over everything but the batch, flatten(1).sum(1)."
)(written(stretch, lambda log_s: over_one(log_s)))
couple_exam.mistake("Only images work", "A vector has no dimensions 2 and 3: sum over everything but the batch, whatever there is.")(
    written(stretch, lambda log_s: as_images(log_s))
)
couple_exam.mistake("The wrong dimension is sliced", "The halves are halves of the last dimension: slice with [..., :d], not [:, :d].")(
    written(stretch, total, halves=dimension_one)
)
couple_exam.mistake(
    "log_det is detached",
    "Its value is right, but the network does not feel it: without it, stretching costs nothing. Leave it on the graph.",
)(written(stretch, lambda log_s: total(log_s).detach()))
couple_exam.mistake("The pair is turned round", "Return the value first, then its log_det.")(
    lambda z, net: written(stretch, total)(z, net)[::-1]
)
couple_exam.mistake(
    "The scale is log_s itself, in x and in log_det",
    "net returns the logarithm of the scale: the scale is e^{log_s}, and log_det adds up log_s.",
)(written(lambda b, log_s, t: b * log_s + t, lambda log_s: total(log_s.abs().log())))
couple_exam.mistake(
    "The scale is a sigmoid, in x and in log_det", "Some flows do that. Here the scale is e^{log_s}, and log_det adds up log_s."
)(written(lambda b, log_s, t: b * log_s.sigmoid() + t, lambda log_s: total(log_s.sigmoid().log())))


@couple_exam.mistake("The shift counts in log_det", "A shift moves volumes and changes none: only log_s counts.")
def shift_counts(z: Tensor, net: Conditioner) -> Pair:
    log_s, t = net(z.chunk(2, -1)[0])
    return written(stretch, total)(z, net)[0], total(log_s + t)

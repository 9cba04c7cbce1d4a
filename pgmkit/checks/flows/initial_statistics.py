"""Known mistakes in what the first batch sets of an actnorm layer."""

import torch
from torch import Tensor

from pgmkit.checks.exam import Answer
from pgmkit.checks.flows.initial import deviation, spread, started
from pgmkit.checks.flows.initial_probe import Layer, initial


def known(title: str, advice: str, answer: Answer) -> None:
    """Enter a mistake."""
    initial.mistake(title, advice)(answer)


known(
    "A constant channel gets log 0",
    "Its deviation is 0, and the logarithm of it -inf. Put 1 in its place, so that log_s is 0.",
    started(log_s=lambda rows: deviation(rows).log()),
)
known(
    "A constant channel gets a tiny scale",
    "A small epsilon makes log_s about -14, and the layer would blow such a channel up. The docstring wants log_s = 0 there.",
    started(log_s=lambda rows: deviation(rows).clamp(min=1e-6).log()),
)
known(
    "An epsilon is added to the deviation",
    "It shifts every scale a little, and a constant channel gets a huge one. Put 1 where the deviation is 0, and add nothing elsewhere.",
    started(log_s=lambda rows: (deviation(rows) + 1e-6).log()),
)
known(
    "A constant channel keeps what it had",
    "The layer starts anew: log_s becomes 0 for a channel whose deviation is 0.",
    lambda layer, x: keeps(layer, x),
)
known(
    "The deviation divides by n - 1",
    "z is to have variance 1 in this very batch, so divide by the number of values: std(..., correction=0).",
    started(log_s=lambda rows: (spread(rows) * (len(rows) / (len(rows) - 1)) ** 0.5).log().where(deviation(rows) > 0, 0.0)),
)
known(
    "The deviation divides by n - 1, and a constant channel gets log 0",
    "Divide by the number of values: std(..., correction=0). Where the deviation is 0, put 1, so that log_s is 0.",
    started(log_s=lambda rows: (deviation(rows) * (len(rows) / (len(rows) - 1)) ** 0.5).log()),
)
known(
    "An epsilon is added to the variance",
    "It shifts every scale. Put 1 where the deviation is 0, and add nothing elsewhere.",
    started(log_s=lambda rows: 0.5 * (deviation(rows).square() + 1e-5).log()),
)
known(
    "Only images work",
    "A vector has two dimensions. Statistics run over all dimensions but the last, however many: flatten those into rows first.",
    started(b=lambda rows: rows.mean(0), rows=lambda x: x.permute(3, 0, 1, 2).flatten(1).T if x.ndim > 2 else x[:, :, 0, 0]),
)
known(
    "The channels of an image are looked for in dimension 1",
    "Images have their channels last, (n, h, w, c), and vectors are (n, c): flatten all dimensions but the last into rows.",
    started(rows=lambda x: x.transpose(1, -1).flatten(0, -2) if x.ndim > 2 else x[:, :, 0, 0]),
)
known(
    "The variance in place of the standard deviation",
    "e^{log_s} is a standard deviation: take the root, or half of the logarithm.",
    started(log_s=lambda rows: 2 * spread(rows).log()),
)
known("The deviation without its logarithm", "The parameter is log_s: store the logarithm.", started(log_s=deviation))
known(
    "log_s has the wrong sign",
    "x = z e^{log_s} + b: e^{log_s} is the deviation of the data, not one over it.",
    started(log_s=lambda rows: -spread(rows).log()),
)
known("b has the wrong sign", "x = z e^{log_s} + b: where z is 0 on average, b is the mean of x.", started(b=lambda rows: -rows.mean(0)))
known(
    "b is divided by the deviation",
    "x = z e^{log_s} + b: the shift comes after the scale, so b is the mean itself.",
    started(b=lambda rows: rows.mean(0) / spread(rows)),
)
known(
    "b is minus the mean, divided by the deviation",
    "That is for z = x e^{-log_s} + b. Here x = z e^{log_s} + b, so b is the mean itself.",
    started(b=lambda rows: -rows.mean(0) / spread(rows)),
)
known(
    "b and log_s are those of z = x e^{log_s} + b",
    "The paper scales on the way to z. Here x = z e^{log_s} + b: b is the mean, and e^{log_s} is the deviation.",
    started(b=lambda rows: -rows.mean(0) / spread(rows), log_s=lambda rows: -spread(rows).log()),
)
known(
    "b and log_s have the wrong sign",
    "x = z e^{log_s} + b: b is the mean of x, and e^{log_s} is its deviation.",
    started(b=lambda rows: -rows.mean(0), log_s=lambda rows: -spread(rows).log()),
)
known(
    "The statistics are added to what was there",
    "The layer starts anew: copy_ puts a value in the place of the old one.",
    started(put=lambda p, value: p.add_(value)),
)
known("The mean is not set", "b is the mean of each channel.", started(b=lambda rows: torch.full_like(rows[0], -0.5)))
known(
    "The scale is not set",
    "log_s is the logarithm of each channel's standard deviation.",
    started(log_s=lambda rows: torch.full_like(rows[0], 0.25)),
)
known(
    "The root mean square in place of the deviation",
    "A deviation is measured from the mean: subtract it first.",
    started(log_s=lambda rows: rows.square().mean(0).sqrt().where(deviation(rows) > 0, 1.0).log()),
)
known(
    "Only vectors work",
    "An image is (n, h, w, c), channels last. Statistics run over all dimensions but the last: flatten those into rows first.",
    started(rows=lambda x: x),
)
known(
    "Statistics over the last dimension",
    "The channels are the last dimension: one mean for each of them, over all the others.",
    started(rows=lambda x: x.flatten(0, -2).T),
)
known(
    "One number for all channels",
    "Every channel has a mean and a deviation of its own: reduce over all dimensions but the last.",
    started(
        b=lambda rows: rows.mean().expand(rows.shape[1]),
        log_s=lambda rows: (rows - rows.mean()).square().mean().sqrt().log().expand(rows.shape[1]),
    ),
)


@torch.no_grad()
def keeps(layer: Layer, x: Tensor) -> None:
    before = layer.log_s.clone()
    started()(layer, x)
    if x.numel() and layer.training:
        layer.log_s.copy_(torch.where(deviation(x.flatten(0, -2)) > 0, layer.log_s, before))

"""Exam of the data-dependent start of an actnorm layer: when it happens, and what it sets."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import told
from pgmkit.checks.probing import normal
from pgmkit.flows import ActNorm, initialise_

initial = Exam(
    initialise_,
    minutes=15,
    difficulty=2,
    closes=(ActNorm.inverse,),
    hints=(
        "First say when nothing may happen. There are three such cases.",
        "One number for each channel: the mean and the standard deviation over everything else, batch and positions. "
        "A constant channel has deviation 0, whose logarithm is -inf.",
        "Return early in evaluation mode, once initialised, or without data. Flatten all but the last dimension into rows, take mean "
        "and standard deviation (correction=0) over the rows, put 1 where it is 0, copy both into the parameters in place, and raise "
        "the flag.",
    ),
)


class DecoratorGone(Exception):
    """A parameter was changed in place while PyTorch records."""


class NotInPlace(Exception):
    """A tensor was assigned in the place of a parameter."""


class FlagReplaced(Exception):
    """Something that is no tensor was assigned in the place of the buffer."""


class SizesDiffer(Exception):
    """Statistics of another shape than the parameters."""


MESSAGES = {
    "requires grad is being used in an in-place": DecoratorGone,
    "as parameter": NotInPlace,
    "as buffer": FlagReplaced,
    "to buffer": FlagReplaced,
    "must match the size": SizesDiffer,
}


def kind_of(message: str) -> type[Exception] | None:
    """Which of these a message tells."""
    return next((kind for words, kind in MESSAGES.items() if words in message), None)


class Layer(nn.Module):
    """An actnorm layer with parameters that tell whether they were set."""

    def __init__(self, channels: int):
        super().__init__()
        self.log_s = nn.Parameter(torch.full((channels,), 0.25, dtype=torch.float64))
        self.b = nn.Parameter(torch.full((channels,), -0.5, dtype=torch.float64))
        self.register_buffer("initialised", torch.tensor(False))


def data(*shape: int, generator: Generator) -> Tensor:
    """Channels with a mean and a spread of their own, the first one narrow."""
    c = shape[-1]
    spread = torch.cat(
        [0.02 + 0.01 * torch.rand(1, generator=generator, dtype=torch.float64), 1.5 + normal(c - 1, generator=generator).abs()]
    )
    return normal(*shape, generator=generator) * spread + 1 + normal(c, generator=generator).abs()


Visit = tuple[Tensor, bool]
"""A batch, and whether the layer is in training mode."""


def start(answer: Answer, layer: Layer, x: Tensor) -> None:
    """One call on a copy of x, its failures told apart."""
    told(lambda: answer(layer, x.clone()), kind_of)


def after(answer: Answer, channels: int, visits: Sequence[Visit], look: Callable[[Layer], Any]) -> tuple[Any, ...]:
    """What `look` sees of one layer after each visit."""
    layer, seen = Layer(channels), []
    for x, training in visits:
        start(answer, layer.train(training), x)
        seen.append(look(layer))
    return tuple(seen)


def both(layer: Layer) -> tuple[Tensor, Tensor]:
    """(b, log_s), copies."""
    return layer.b.detach().clone(), layer.log_s.detach().clone()


def of_constant(layer: Layer) -> str:
    """log_s of the constant channel, the second, in words."""
    value = float(layer.log_s.detach()[1])
    return (
        "0"
        if abs(value) < 1e-12
        else "0.25, as before"
        if value == 0.25
        else "not finite"
        if not math.isfinite(value)
        else "far below 0" * (value < -4) or "not 0"
    )


def flag(layer: Layer) -> str:
    """The flag in words."""
    state = layer.state_dict().get("initialised")
    return "not in the state dict" if state is None else f"{'set' if bool(state) else 'not set'}"


@initial.probe
def probe_initial(answer: Answer, generator: Generator) -> Observations:
    flat, later = data(6, 3, generator=generator), data(5, 3, generator=generator)
    images, empty = data(3, 2, 4, 5, generator=generator), flat[:0]
    still = flat.clone()
    still[:, 1] = 0.0

    def objects() -> str:
        layer = Layer(3)
        before, values = [layer.log_s, layer.b], both(layer)
        start(answer, layer, flat)
        if all(torch.equal(a, b) for a, b in zip(values, both(layer), strict=True)):
            return "the parameters did not change"
        if layer.log_s is not before[0] or layer.b is not before[1]:
            return "the parameters were replaced by new objects"
        learns = layer.log_s.requires_grad and layer.b.requires_grad and layer.log_s.is_leaf and layer.b.is_leaf
        return "the same objects, and they learn" if learns else "the same objects, but they no longer learn"

    yield "b after the first batch, vectors (6, 3)", lambda: after(answer, 3, [(flat, True)], lambda f: both(f)[0]), 0.5
    yield "log_s after the first batch, vectors (6, 3)", lambda: after(answer, 3, [(flat, True)], lambda f: both(f)[1]), 0.5
    yield "b and log_s after the first batch, images (3, 2, 4, 5)", lambda: after(answer, 5, [(images, True)], both), 0.5
    yield "b and log_s after a second batch", lambda: after(answer, 3, [(flat, True), (later, True)], both)[1], 0.5
    yield "evaluation mode, then training: b and log_s after each", lambda: after(answer, 3, [(later, False), (flat, True)], both), 0.5
    yield "the flag after evaluation mode, then after training", lambda: after(answer, 3, [(later, False), (flat, True)], flag), 0.5
    yield "log_s of a channel that is constant", lambda: after(answer, 3, [(still, True)], of_constant), 0.25
    yield "an empty batch, then a full one: b and log_s after each", lambda: after(answer, 3, [(empty, True), (flat, True)], both), 0.25
    yield "the parameters change, are the same objects and still learn", objects, 0.5

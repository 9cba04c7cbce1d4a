"""Known mistakes of the data-dependent start of an actnorm layer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pgmkit.checks.exam import Answer
from pgmkit.checks.flows.initial_probe import Layer, initial


def waits(layer: Layer, x: Tensor) -> bool:
    """Whether nothing may happen."""
    return not layer.training or bool(layer.initialised) or x.numel() == 0


def deviation(rows: Tensor) -> Tensor:
    """The standard deviation of each channel; nan, without a warning, where there are no rows."""
    return (rows - rows.mean(0)).square().mean(0).sqrt()


def spread(rows: Tensor) -> Tensor:
    """The standard deviation of each channel, 1 where it is 0."""
    std = deviation(rows)
    return torch.where(std > 0, std, 1.0)


def copy(p: nn.Parameter, value: Tensor) -> None:
    """Change a parameter in place."""
    p.copy_(value)


def started(
    *,
    waits: Callable[[Layer, Tensor], bool] = waits,
    rows: Callable[[Tensor], Tensor] = lambda x: x.flatten(0, -2),
    b: Callable[[Tensor], Tensor] = lambda rows: rows.mean(0),
    log_s: Callable[[Tensor], Tensor] = lambda rows: spread(rows).log(),
    put: Callable[[nn.Parameter, Tensor], None] = copy,
    done: Callable[[Layer], None] = lambda layer: layer.initialised.fill_(True),
) -> Answer:
    """A wrong answer: another moment to wait, other rows, other statistics, or another way to store them."""

    @torch.no_grad()
    def answer(layer: Layer, x: Tensor) -> None:
        if waits(layer, x):
            return
        flat = rows(x)
        put(layer.b, b(flat))
        put(layer.log_s, log_s(flat))
        done(layer)

    return answer


def known(title: str, advice: str, answer: Answer) -> None:
    """Enter a mistake."""
    initial.mistake(title, advice)(answer)


known(
    "It starts over with every batch",
    "The start happens once. Look at layer.initialised first, and do nothing where it is set.",
    started(waits=lambda layer, x: not layer.training or x.numel() == 0),
)
known(
    "It starts in evaluation mode",
    "Evaluation must not change a model. Do nothing unless layer.training.",
    started(waits=lambda layer, x: bool(layer.initialised) or x.numel() == 0),
)
known(
    "It never waits",
    "Do nothing in evaluation mode (not layer.training), nothing once layer.initialised is set, and nothing when x is empty.",
    started(waits=lambda layer, x: False),
)
known(
    "It starts over with every batch, also in evaluation mode",
    "Do nothing unless layer.training, and nothing once layer.initialised is set.",
    started(waits=lambda layer, x: x.numel() == 0),
)
known(
    "It waits in training mode, not in evaluation mode",
    "layer.training is True in training. Nothing may happen where it is False.",
    started(waits=lambda layer, x: layer.training or bool(layer.initialised) or x.numel() == 0),
)
known(
    "Nothing happens at all",
    "The function returns before it sets anything. layer.initialised is False at first: look at each `not` in the conditions.",
    started(waits=lambda layer, x: True),
)
known(
    "The flag is never set",
    "Without layer.initialised the next batch starts over, and so does a model that was saved and loaded. Set it in place.",
    started(done=lambda layer: None),
)
known(
    "The flag is set even when nothing was",
    "In evaluation mode or without data the layer has not started: leave the flag alone and return first.",
    lambda layer, x: flags(layer, x),
)


def with_bool(layer: Layer) -> None:
    layer.initialised = True


def as_attribute(layer: Layer) -> None:
    del layer.initialised
    layer.__dict__["initialised"] = True


known(
    "A plain True in place of the flag",
    "layer.initialised is a buffer, a tensor that is saved with the model. Change it in place: fill_(True).",
    started(done=with_bool),
)
known(
    "The flag is no longer in the state dict",
    "It has to be saved with the model, or a loaded model starts over. Change the buffer in place: fill_(True).",
    started(done=as_attribute),
)
known(
    "An empty batch is not foreseen",
    "The mean of nothing is nan, and it would stay. Return when x.numel() is 0, and leave the flag as it is.",
    started(waits=lambda layer, x: not layer.training or bool(layer.initialised)),
)


def flags(layer: Layer, x: Tensor) -> None:
    started()(layer, x)
    layer.initialised.fill_(True)


@initial.mistake(
    "The parameters are replaced", "An optimizer holds the old objects and would move those. Change the values inside them: copy_."
)
def replaced(layer: Layer, x: Tensor) -> None:
    if not waits(layer, x):
        rows = x.flatten(0, -2)
        layer.b, layer.log_s = nn.Parameter(rows.mean(0)), nn.Parameter(spread(rows).log())
        layer.initialised.fill_(True)


@initial.mistake("The parameters no longer learn", "The first batch only sets where training starts. Leave requires_grad on.")
def frozen(layer: Layer, x: Tensor) -> None:
    started()(layer.requires_grad_(False), x)


@initial.mistake(
    "Nothing changes: the results are thrown away", "Assigning to a name changes no module. copy_ writes into the parameters of the layer."
)
def thrown_away(layer: Layer, x: Tensor) -> None:
    if not waits(layer, x):
        layer.initialised.fill_(True)


@initial.mistake(
    "The decorator is gone", "Parameters may be changed in place only under torch.no_grad(). Keep the decorator above the def."
)
def undecorated(layer: Layer, x: Tensor) -> None:
    if not waits(layer, x):
        layer.b.copy_(x.flatten(0, -2).mean(0))


@initial.mistake(
    "Tensors are assigned in the place of parameters",
    "An optimizer holds the parameters. Change the values inside them: layer.b.copy_(...).",
)
def assigned(layer: Layer, x: Tensor) -> None:
    if not waits(layer, x):
        layer.b = x.flatten(0, -2).mean(0)

"""Exam of weight clipping: what changes, and what must stay as it is."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Generator, Tensor, nn
from torch.optim import SGD

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradients, linear, normal, parameters
from pgmkit.gan import clip_weights_

clip_exam = Exam(
    clip_weights_,
    minutes=15,
    difficulty=2,
    hints=(
        "A network knows its own parameters; buffers, such as running means, are not among them. Which method lists them?",
        "PyTorch refuses to change a parameter in place while it records gradients. torch.no_grad() switches the recording off.",
        "Loop over the module's parameters inside no_grad, and use the in-place method (its name ends in an underscore) that bounds "
        "a tensor on both sides. Assigning to the loop's variable changes nothing.",
    ),
)
RATE = 0.1


def network(generator: Generator) -> nn.Sequential:
    """Linear maps one level deep and a normalisation layer with a buffer; every value and every gradient is large."""
    norm = nn.LayerNorm(4, dtype=torch.float64)
    norm.register_buffer("running_mean", 2 * normal(4, generator=generator))
    net = nn.Sequential(nn.Sequential(linear(3, 4, generator=generator), norm), linear(4, 2, generator=generator))
    with torch.no_grad():
        for p in norm.parameters():
            p.copy_(2 * normal(4, generator=generator))
        for p in net.parameters():  # a large value on either side
            p.view(-1)[0], p.view(-1)[-1] = 1 + p.view(-1)[0].abs(), -1 - p.view(-1)[-1].abs()
    for p in net.parameters():
        p.grad = 3 * normal(*p.shape, generator=generator)
    return net


@clip_exam.probe
def probe_clip(answer: Answer, generator: Generator) -> Observations:
    seed, bound = int(torch.randint(2**31, (), generator=generator)), 0.3 + 0.1 * float(torch.rand((), generator=generator))

    @cache
    def clipped() -> tuple[nn.Sequential, list[nn.Parameter], Tensor]:
        net = network(torch.Generator().manual_seed(seed))
        before, values = list(net.parameters()), parameters(net)
        answer(net, bound)
        return net, before, values

    def kept(what: str, look: Callable[[nn.Sequential], Tensor]) -> str:
        net, _, values = clipped()
        fresh = network(torch.Generator().manual_seed(seed))
        moved = "did not change" if torch.equal(values, parameters(net)) else "changed"
        return f"the weights {moved}, the {what} {'did not' if torch.equal(look(net), look(fresh)) else 'changed too'}"

    def same() -> str:
        net, before, values = clipped()
        if torch.equal(values, parameters(net)):
            return "the weights did not change"
        if any(a is not b for a, b in zip(before, net.parameters(), strict=True)):
            return "parameters were replaced by new objects"
        return "the same objects, and all learn" if all(p.requires_grad for p in before) else "requires_grad was switched off"

    def stepped() -> Tensor:
        net = network(torch.Generator().manual_seed(seed))
        optimizer = SGD(net.parameters(), lr=RATE)
        answer(net, bound)
        for i, p in enumerate(net.parameters()):
            p.grad = torch.full_like(p, 1.0 + i)
        optimizer.step()
        return parameters(net)

    yield "weights of the linear layers", lambda: [p for p in clipped()[0].parameters() if p.ndim == 2], 1.5
    yield "biases of the linear layers", lambda: [net.bias for net in clipped()[0].modules() if type(net) is nn.Linear], 1.25
    yield "scale and shift of the normalisation layer", lambda: list(clipped()[0][0][1].parameters()), 0.75
    yield "weights change, gradients do not", lambda: kept("gradients", gradients), 1
    yield "weights change, the buffer does not", lambda: kept("buffer", lambda net: torch.cat(list(net.buffers()))), 1
    yield "the parameters change, are the same objects and still learn", same, 0.75
    yield "an optimizer made before still moves them", stepped, 0.75


@clip_exam.mistake(
    "Gradients are clipped, not weights",
    "The slide says gradient clipping (erratum E1). It bounds the step; only bounded weights bound the function.",
)
def clips_gradients(module: nn.Module, bound: float) -> None:
    nn.utils.clip_grad_value_(module.parameters(), bound)


@clip_exam.mistake(
    "Nothing changes: the clamped tensors are thrown away",
    "clamp makes a new tensor, and assigning it to a name changes no module. clamp_ works in place.",
)
def out_of_place(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p = p.clamp(-bound, bound)


@clip_exam.mistake("Only weights, not biases", "Every parameter is clipped. The docstring says: weights and biases alike.")
def no_biases(module: nn.Module, bound: float) -> None:
    for name, p in module.named_parameters():
        if "weight" in name:
            p.data.clamp_(-bound, bound)


@clip_exam.mistake(
    "Only the linear layers are clipped", "Every parameter is clipped, whatever layer holds it. module.parameters() finds them all."
)
def linear_only(module: nn.Module, bound: float) -> None:
    for layer in module.modules():
        if type(layer) is nn.Linear:
            layer.weight.data.clamp_(-bound, bound)
            layer.bias.data.clamp_(-bound, bound)


@clip_exam.mistake("Only the outer layers are clipped", "A layer may hold layers. module.parameters() goes all the way down.")
def outer_only(module: nn.Module, bound: float) -> None:
    for layer in module.children():
        for p in layer.parameters(recurse=False):
            p.data.clamp_(-bound, bound)


@clip_exam.mistake("Buffers are clipped too", "state_dict() also holds buffers, such as running means. Those are statistics, not weights.")
def buffers_too(module: nn.Module, bound: float) -> None:
    for value in module.state_dict().values():
        value.clamp_(-bound, bound)


@clip_exam.mistake(
    "The parameters are replaced", "The optimizer holds the old objects and would move those. Change the values inside them: clamp_."
)
def replaced(module: nn.Module, bound: float) -> None:
    for layer in module.modules():
        for name, p in list(layer.named_parameters(recurse=False)):
            setattr(layer, name, nn.Parameter(p.detach().clamp(-bound, bound)))


@clip_exam.mistake("Only one side is bounded", "Large negative weights stay. The interval is [-c, c].")
def from_above(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p.data.clamp_(max=bound)


@clip_exam.mistake(
    "The norm is bounded, not each weight", "Clipping treats every entry on its own: w <- min(max(w, -c), c). It does not rescale."
)
def rescaled(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p.data.mul_(min(1.0, bound / float(p.detach().norm())))


@clip_exam.mistake("The gradients are lost", "Weights only: whatever gradient was there stays there.")
def clears_gradients(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p.data.clamp_(-bound, bound)
        p.grad = None


@clip_exam.mistake(
    "The parameters no longer learn", "requires_grad was switched off for good. Use torch.no_grad() around the change instead."
)
def frozen(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p.requires_grad_(False).clamp_(-bound, bound)


@clip_exam.mistake("The bound is always 0.01", "0.01 is the paper's choice. The caller names the bound: use the argument.")
def fixed_bound(module: nn.Module, bound: float) -> None:
    for p in module.parameters():
        p.data.clamp_(-0.01, 0.01)

"""What probes share: gradients and parameters as plain observations. A probe calls no graded function of the library."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.rng import randn

DOUBLE = torch.zeros((), dtype=torch.float64)


def normal(*shape: int, generator: Generator) -> Tensor:
    """Standard normals in float64."""
    return randn(*shape, generator=generator, like=DOUBLE)


def probabilities(*shape: int, generator: Generator) -> Tensor:
    """Random distributions over the last dimension, float64, none near zero."""
    return (normal(*shape, generator=generator)).softmax(-1)


def gradient(value: Any, x: Tensor) -> Any:
    """d value.sum() / d x; zeros where nothing reaches x; a sentence where value is not a tensor on the graph."""
    if not isinstance(value, Tensor):
        return f"no gradient: a {type(value).__name__} came back, not a tensor"
    if not value.requires_grad:
        return "no gradient: the result is detached from its inputs"
    (slope,) = torch.autograd.grad(value.sum(), x, allow_unused=True, retain_graph=True)
    return torch.zeros_like(x) if slope is None else slope


def parameters(module: nn.Module) -> Tensor:
    """All parameters in one vector, a copy."""
    return torch.cat([p.detach().flatten().clone() for p in module.parameters()])


def gradients(module: nn.Module) -> Tensor:
    """All `.grad` in one vector, zeros where there is none."""
    return torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad.detach().clone()).flatten() for p in module.parameters()])


def linear(fan_in: int, fan_out: int, *, generator: Generator) -> nn.Linear:
    """A linear map in float64 with parameters drawn from `generator`: a network whose steps can be followed by hand."""
    with torch.random.fork_rng(devices=[]):  # its own initial values are replaced; the global state stays as it is
        layer = nn.Linear(fan_in, fan_out, dtype=torch.float64)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(normal(*p.shape, generator=generator))
    return layer


def scorer(fan_in: int, *, generator: Generator) -> nn.Sequential:
    """A linear score for each x, (n, fan_in) to (n,), in float64."""
    return nn.Sequential(linear(fan_in, 1, generator=generator), nn.Flatten(0))


def replay(batches: Iterable[Tensor]) -> Iterable[Tensor]:
    """An iterator over copies of the given batches."""
    return iter([x.clone() for x in batches])


def part(result: Any, key: str | int) -> Any:
    """result[key] of a dict (key is a name) or a tuple (key is a position); where there is no such part, words for what is there."""
    match result, key:
        case (dict(), str()) if key in result:
            return result[key]
        case (tuple() | list(), int()) if key < len(result):
            return result[key]
        case (None, _):
            return "nothing (is there a return?)"
        case (tuple() | list(), int()):
            return f"only {len(result)} parts"
        case (dict(), str()):
            return f"a dict without {key!r}, with {', '.join(map(str, result)) or 'nothing'},"
    return f"a {type(result).__name__} instead of a {'dict' if isinstance(key, str) else 'list or tuple'}"

"""Small players for the exams of a model's step: a density, a generator, a constraint, and what a step left behind."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.optim import SGD, Optimizer

from pgmkit.checks.exam import Answer
from pgmkit.checks.probing import gradients, linear, normal, parameters

RATE, STALE = 0.05, 0.6


class Bell(nn.Module):
    """A Gaussian with a mean and a scale for each dimension: a `Density` with parameters of its own.

    Args:
        mean: shape (d,).
        log_s: logarithms of the scales, shape (d,).
        noise: what `sample` takes in place of new noise, shape (n, d), so that a sample can be repeated.
    """

    def __init__(self, mean: Tensor, log_s: Tensor, noise: Tensor):
        super().__init__()
        self.mean, self.log_s, self.noise = nn.Parameter(mean), nn.Parameter(log_s), noise

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, on the graph of the parameters."""
        return self.mean + self.log_s.exp() * self.noise[:n]

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x), shape (n,), up to a constant."""
        return -(((x - self.mean) * (-self.log_s).exp()).square() / 2 + self.log_s).sum(-1)


def bell(generator: Generator) -> Bell:
    """A Gaussian in the plane."""
    mean, log_s = normal(2, generator=generator), 0.3 * normal(2, generator=generator)
    return Bell(mean, log_s, normal(8, 2, generator=generator))


def judge_of(generator: Generator, level: float = 0.0, size: float = 2.0) -> nn.Sequential:
    """A curved constraint on the plane, (n, 2) to (n,), with values of about the given size around `level`."""
    last = linear(4, 1, generator=generator)
    with torch.no_grad():
        last.weight.mul_(size / last.weight.norm())
        last.bias.mul_(size / 2).add_(level)
    return nn.Sequential(linear(2, 4, generator=generator), nn.Tanh(), last, nn.Flatten(0))


Call = Callable[[Answer, nn.Module, nn.Module, Optimizer], Any]
"""How an answer is called with a model, a constraint and an optimizer."""


@dataclass
class Table:
    """The players before a step; every step is taken on copies.

    Args:
        model: p_theta.
        f: the constraint.
    """

    model: nn.Module
    f: nn.Module

    def after(
        self, answer: Answer, call: Call, *, steps: int = 1, stale: bool = False, momentum: float = 0.0, held: bool = False
    ) -> "Left":
        """Let the answer take its steps, the model's gradients cleared between them; `stale` fills these first, `held` those of the constraint."""
        model, f = copy.deepcopy(self.model), copy.deepcopy(self.f)
        for p in [*(model.parameters() if stale else ()), *(f.parameters() if held else ())]:
            p.grad = torch.full_like(p, STALE)
        optimizer = SGD(model.parameters(), lr=RATE, momentum=momentum)
        losses = []
        for step in range(steps):
            if step:
                model.zero_grad()
            losses.append(call(answer, model, f, optimizer))
        return Left(self, model, f, losses)


@dataclass
class Left:
    """What the steps left behind."""

    before: Table
    model: nn.Module
    f: nn.Module
    losses: list[Any]

    @property
    def theta(self) -> Tensor:
        """The model's parameters."""
        return parameters(self.model)

    @property
    def moved(self) -> bool:
        """Whether theta moved."""
        return not torch.equal(self.theta, parameters(self.before.model))

    def constraint(self, clean: bool = False) -> str:
        """What happened to the constraint while theta moved, in words; `clean` where it held no gradient before."""
        left = gradients(self.f)
        if not self.moved:
            return f"theta did not move, {'though a gradient reached it' if gradients(self.model).any() else 'and holds no gradient'}"
        if not torch.equal(parameters(self.f), parameters(self.before.f)):
            return "phi moved"
        if left.any() and (clean or not bool((left == STALE).all())):
            return "a gradient of this step is left in phi"
        if not all(p.requires_grad for p in self.f.parameters()):
            return "phi can no longer learn: requires_grad is off"
        return "theta moved, phi is as it was"

    def same_step(self, other: "Left") -> str:
        """Whether theta made the same step as in another run, in words."""
        if not self.moved:
            return "theta did not move"
        return "the same step" if torch.allclose(self.theta, other.theta, rtol=1e-9, atol=1e-12) else "another step"


def own(optimizer: Optimizer) -> list[Tensor]:
    """The parameters that an optimizer holds."""
    return [p for group in optimizer.param_groups for p in group["params"]]


def descend(loss: Tensor, parameters: list[Tensor], rate: float) -> None:
    """A plain gradient step on the parameters, without an optimizer and without a trace in `.grad`."""
    slopes = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        for p, slope in zip(parameters, slopes, strict=True):
            p -= rate * slope


def play(order: str, optimizer: Optimizer, loss_of: Callable[[], Tensor], f: nn.Module) -> float:
    """A step in a wrong order: does the things named in `order`; returns the last loss measured."""
    losses: list[Tensor] = []
    does: dict[str, Callable[[], object]] = {
        "loss": lambda: losses.append(loss_of()),
        "clear": optimizer.zero_grad,
        "backward": lambda: losses[-1].backward(inputs=own(optimizer)),
        "everywhere": lambda: losses[-1].backward(),
        "step": optimizer.step,
        "hand": lambda: descend(losses[-1], own(optimizer), optimizer.param_groups[0]["lr"]),
        "forget": lambda: f.requires_grad_(False),
        "follow": lambda: descend(loss_of(), list(f.parameters()), RATE),  # as if the constraint were a part of the model
    }
    for name in order.split():
        does[name]()
    return losses[-1].item()

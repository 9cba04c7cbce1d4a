"""Exam of the gradient penalty."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, linear, normal
from pgmkit.gan import gradient_penalty

penalty_exam = Exam(
    gradient_penalty,
    minutes=20,
    difficulty=3,
    hints=(
        "The penalty is itself a loss: its gradient has to reach the critic's parameters, through a gradient.",
        "torch.autograd.grad(scores.sum(), x_hat, create_graph=True) gives every row's own gradient at once, since row i of x_hat "
        "meets only score i.",
        "Mix row by row (bring eps to shape (n, 1, ..., 1)), let the mixture require gradients, ask autograd for the gradient with a "
        "graph, flatten each row, take one norm for each row, and average the squared distances from 1.",
    ),
)


def critic_of(width: int, generator: Generator) -> nn.Sequential:
    """A curved critic for inputs of any shape with `width` numbers in a row."""
    ends = linear(width, 3, generator=generator), linear(3, 1, generator=generator)
    return nn.Sequential(nn.Flatten(1), ends[0], nn.Tanh(), ends[1], nn.Flatten(0))


@penalty_exam.probe
def probe_penalty(answer: Answer, generator: Generator) -> Observations:
    flat, image = critic_of(3, generator), critic_of(12, generator)
    rows, pictures = normal(2, 5, 3, generator=generator), normal(2, 4, 2, 3, 2, generator=generator)
    eps = 0.1 + 0.3 * torch.rand(5, generator=generator, dtype=torch.float64)

    def value(critic: nn.Module, pair: Tensor, eps: Tensor) -> Tensor:
        return answer(critic, pair[0].clone(), pair[1].clone(), eps.clone())

    yield "x of shape (5, 3)", lambda: value(flat, rows, eps), 0.75
    yield "images of shape (4, 2, 3, 2)", lambda: value(image, pictures, eps[:4]), 0.75
    yield "eps = 1: the penalty at the data", lambda: value(flat, rows, torch.ones_like(eps)), 0.5
    yield "gradient that reaches the critic", lambda: gradient(value(flat, rows, eps), flat[1].weight), 1


def penalised(
    norms: Callable[[Tensor], Tensor] = lambda g: g.flatten(1).norm(dim=1), graph: bool = True, **parts: Callable[..., Tensor]
) -> Answer:
    """A wrong answer: another mixture of eps, real and fake, another norm, another `loss` of the norms, or no graph."""
    mix = parts.get("mix", lambda eps, real, fake: eps * real + (1 - eps) * fake)
    loss = parts.get("loss", lambda norms: (norms - 1).square().mean())

    def answer(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
        x_hat = mix(eps.reshape(-1, *[1] * (real.ndim - 1)), real, fake).detach().requires_grad_()
        (slope,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=graph)
        return loss(norms(slope))

    return answer


penalty_exam.mistake(
    "create_graph is missing",
    "The value is right, but it is a constant for autograd: the critic would learn nothing from it. Keep the graph.",
)(penalised(graph=False))
penalty_exam.mistake("One eps for the whole batch", "Every pair has its own eps: bring it to shape (n, 1, ..., 1) and let it broadcast.")(
    penalised(mix=lambda eps, real, fake: eps[0] * real + (1 - eps[0]) * fake)
)
penalty_exam.mistake("eps and 1 - eps are swapped", "eps weighs the data: at eps = 1 the mixture is the data itself.")(
    penalised(mix=lambda eps, real, fake: eps * fake + (1 - eps) * real)
)
penalty_exam.mistake("One norm for the whole batch", "Each x has a gradient and a norm of its own: flatten each row, then norm(dim=1).")(
    penalised(norms=lambda g: g.norm())
)
penalty_exam.mistake(
    "The mean of the norms, then the square", "Norms of 0 and 2 average to 1 and would go unpunished. Square first, then average."
)(penalised(loss=lambda norms: (norms.mean() - 1).square()))
penalty_exam.mistake("The squared norm", "The norm itself is pulled to 1: take the root of the sum of squares before subtracting 1.")(
    penalised(norms=lambda g: g.flatten(1).square().sum(1))
)
penalty_exam.mistake(
    "A norm for each channel or row of an image", "One x has one norm, over all of its dimensions: flatten from dimension 1 on."
)(penalised(norms=lambda g: g.norm(dim=1)))
penalty_exam.mistake("The norm is not compared with 1", "The penalty pulls the norm to 1, not to 0: (norm - 1)^2.")(
    penalised(loss=lambda norms: norms.square().mean())
)
penalty_exam.mistake("A sum where a mean belongs", "E is a mean over the pairs: with a sum, the penalty grows with the batch.")(
    penalised(loss=lambda norms: (norms - 1).square().sum())
)
penalty_exam.mistake(
    "The scores are averaged before the gradient", "A mean over n scores divides every gradient by n. Differentiate the sum."
)(penalised(norms=lambda g: (g / len(g)).flatten(1).norm(dim=1)))
penalty_exam.mistake("The gradient at the data", "The penalty acts between data and samples: evaluate the critic at x_hat.")(
    penalised(mix=lambda eps, real, fake: real)
)

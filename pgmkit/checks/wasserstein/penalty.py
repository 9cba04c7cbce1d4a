"""Exam of the gradient penalty."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import asked_without_gradient, slope, told
from pgmkit.checks.probing import linear, normal
from pgmkit.gan import gradient_penalty, r1_penalty
from pgmkit.rng import seeded

penalty_exam = Exam(
    gradient_penalty,
    minutes=20,
    difficulty=3,
    closes=(r1_penalty,),
    hints=(
        "The penalty is itself a loss: its gradient has to reach the critic's parameters, through a gradient.",
        "torch.autograd.grad(scores.sum(), x_hat, create_graph=True) gives every row's own gradient at once, since row i of x_hat "
        "meets only score i.",
        "Mix row by row (bring eps to shape (n, 1, ..., 1)), let the mixture require gradients, ask autograd for the gradient with a "
        "graph, flatten each row, take one norm for each row, and average the squared distances from 1.",
    ),
)


def critic_of(x: Tensor, generator: Generator) -> nn.Sequential:
    """A curved critic, scaled so that at one row of x its slope is above 1 and at all others below."""
    ends = linear(x[0].numel(), 3, generator=generator), linear(3, 1, generator=generator)
    critic = nn.Sequential(nn.Flatten(1), ends[0], nn.Tanh(), ends[1], nn.Flatten(0))
    (slopes,) = torch.autograd.grad(critic(x.requires_grad_()).sum(), x)
    with torch.no_grad():
        ends[1].weight /= slopes.flatten(1).norm(dim=1).topk(2).values.log().mean().exp()
    return critic


class Given(NamedTuple):
    """A critic and the arguments of one call."""

    critic: nn.Sequential
    real: Tensor
    fake: Tensor
    eps: Tensor

    def call(self, answer: Answer) -> tuple[Any, list[str]]:
        """What the answer returns for copies, with the global generator seeded, and the names of what it has changed."""
        critic, *given = self
        critic.zero_grad()
        copies = [x.clone() for x in given]
        with seeded(0):
            value = told(lambda: answer(critic, *copies), asked_without_gradient)
        named = zip(("real", "fake", "eps"), given, copies, strict=True)
        changed = [f"{name} was changed in place" for name, x, copy in named if not torch.equal(x, copy)]
        return value, changed + ["critic's .grad was filled"] * any(p.grad is not None for p in critic.parameters())

    def value(self, answer: Answer) -> Any:
        """The penalty."""
        return self.call(answer)[0]

    def clean(self, answer: Answer, what: str) -> Any:
        """The penalty, or words where `what` was changed on the way."""
        value, changed = self.call(answer)
        return next((words for words in changed if what in words), value)


def given(shape: tuple[int, ...], generator: Generator, at_data: bool = False) -> Given:
    """A batch of the given shape, with a critic whose slopes lie around 1 at the mixture."""
    real, fake = normal(2, *shape, generator=generator)
    eps = 0.1 + 0.3 * torch.rand(len(real), generator=generator, dtype=torch.float64)
    eps = torch.ones_like(eps) if at_data else eps
    weight = eps.reshape(-1, *[1] * (real.ndim - 1))
    return Given(critic_of(weight * real + (1 - weight) * fake, generator), real, fake, eps)


@penalty_exam.probe
def probe_penalty(answer: Answer, generator: Generator) -> Observations:
    flat, images = given((5, 3), generator), given((4, 2, 3, 2), generator)
    at_data = given((5, 3), generator, at_data=True)
    yield "x of shape (5, 3)", lambda: flat.value(answer), 0.5
    yield "images of shape (4, 2, 3, 2)", lambda: images.value(answer), 0.5
    yield "eps = 1: the penalty at the data", lambda: at_data.value(answer), 0.5
    yield "gradient that reaches the critic", lambda: slope(flat.value(answer), flat.critic[1].weight), 1
    yield "the penalty, and real, fake and eps left as they were", lambda: flat.clean(answer, "in place"), 0.25
    yield "the penalty, and nothing left in the critic's .grad", lambda: flat.clean(answer, ".grad"), 0.25


def penalised(
    norms: Callable[[Tensor], Tensor] = lambda g: g.flatten(1).norm(dim=1), graph: bool = True, **parts: Callable[..., Tensor]
) -> Answer:
    """A wrong answer: another mixture of eps, real and fake, another norm, another `loss` of the norms, or no graph."""
    mix = parts.get("mix", lambda eps, real, fake: eps * real + (1 - eps) * fake)
    loss = parts.get("loss", lambda norms: (norms - 1).square().mean())

    def answer(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
        x_hat = mix(eps.reshape(-1, *[1] * (real.ndim - 1)), real, fake).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=graph)
        return loss(norms(gradient))

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
penalty_exam.mistake(
    "Only slopes above 1 are punished", "That is the one-sided penalty. The best critic has slope 1, so a slope below 1 counts as well."
)(penalised(loss=lambda norms: (norms - 1).clamp(min=0).square().mean()))
penalty_exam.mistake("The absolute value instead of the square", "The distance from 1 is squared: (norm - 1)^2.")(
    penalised(loss=lambda norms: (norms - 1).abs().mean())
)
penalty_exam.mistake(
    "The weight 10 is in the penalty", "The paper's factor 10 belongs to the critic's whole loss. Return the penalty alone."
)(penalised(loss=lambda norms: 10 * (norms - 1).square().mean()))
penalty_exam.mistake("eps is drawn anew", "The caller draws eps, one for each pair, and hands it over: use the argument.")(
    penalised(mix=lambda eps, real, fake: fake + torch.rand_like(eps) * (real - fake))
)
penalty_exam.mistake(
    "eps is drawn anew, in single precision", "The caller draws eps, one for each pair, and hands it over: use the argument."
)(penalised(mix=lambda eps, real, fake: fake + torch.rand(eps.shape, dtype=torch.float32) * (real - fake)))


@penalty_exam.mistake(
    "x_hat does not require gradients",
    "autograd differentiates with respect to tensors that it follows. Call x_hat.requires_grad_() before the critic sees x_hat.",
)
def not_followed(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    weight = eps.reshape(-1, *[1] * (real.ndim - 1))
    x_hat = weight * real + (1 - weight) * fake
    return (torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)[0].flatten(1).norm(dim=1) - 1).square().mean()


@penalty_exam.mistake(
    "The arguments are changed in place",
    "real.mul_ destroys the caller's batch. Build x_hat as a new tensor: eps * real + (1 - eps) * fake.",
)
def destroys_data(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    value = penalised()(critic, real, fake, eps)
    real.mul_(eps.reshape(-1, *[1] * (real.ndim - 1)))
    return value


@penalty_exam.mistake(
    "Gradients are left in the critic",
    "backward fills the .grad of every parameter, which the next step would follow. torch.autograd.grad returns the one gradient asked for.",
)
def fills_critic(critic: nn.Module, real: Tensor, fake: Tensor, eps: Tensor) -> Tensor:
    value = penalised()(critic, real, fake, eps)
    value.backward(retain_graph=True)
    return value

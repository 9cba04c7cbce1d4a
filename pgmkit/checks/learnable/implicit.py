"""Exam of the M-step of an implicit model: the constraint is climbed through the samples, and keeps nothing of it."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.learnable.mocks import Left, Table, judge_of, play
from pgmkit.checks.probing import linear, normal
from pgmkit.gan import critic_phase, gan_step
from pgmkit.knowledge import implicit, reverse_kl_loss, theta_step_implicit
from pgmkit.train import Player
from pgmkit.train import play as play_game

implicit_exam = Exam(
    theta_step_implicit,
    minutes=15,
    difficulty=2,
    hints=(
        "The gradient comes to theta through the constraint and through the samples. What does it leave on its way?",
        "backward fills the .grad of every parameter that the loss passed, phi's too, unless phi is frozen for the moment or backward is told "
        "which inputs count.",
        "The loss: minus alpha times the mean of f at model(z). Clear theta's gradients. Send backward to the parameters in "
        "optimizer.param_groups only (its argument is called inputs), step, and return the loss as a number.",
    ),
    closes=(reverse_kl_loss, implicit, Player.turn, play_game, gan_step, critic_phase),
)


@implicit_exam.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    table = Table(linear(3, 2, generator=generator), judge_of(generator, size=0.8))
    latents = normal(5, 3, generator=generator)

    @cache
    def after(alpha: float = 0.7, n: int = 5, **settings: Any) -> Left:
        def call(answer: Answer, model: nn.Module, f: nn.Module, optimizer: Optimizer) -> Any:
            return answer(model, f, latents[:n].clone(), alpha, optimizer)

        return table.after(answer, call, **settings)

    yield "theta after one step on 5 latents, alpha 0.7", lambda: after().theta, 1.25
    yield "the loss that comes back", lambda: after().losses[0], 0.75
    yield "theta after one step on 3 latents, alpha 2.5", lambda: after(2.5, 3).theta, 0.75
    yield "gradients were left over from before: theta makes the same step", lambda: after(stale=True).same_step(after()), 0.75
    yield "theta after a second step, with momentum", lambda: after(steps=2, momentum=0.8).theta, 0.75
    yield "theta moves; phi does not, and no gradient is left in it", lambda: after().constraint(clean=True), 1.25
    yield "the same, where phi held a gradient before", lambda: after(held=True).constraint(), 0.5


def built(
    order: str = "loss clear backward step",
    loss: Callable[[Tensor, float], Tensor] = lambda f, alpha: -alpha * f.mean(),
    samples: Callable[[Tensor], Tensor] = lambda x: x,
    result: Callable[[float], Any] = lambda loss: loss,
) -> Answer:
    """A wrong answer: another order, another loss of f at the samples, other samples, or another result."""

    def answer(model: nn.Module, f: nn.Module, z: Tensor, alpha: float, optimizer: Optimizer) -> Any:
        return result(play(order, optimizer, lambda: loss(f(samples(model(z))), alpha), f))

    return answer


known = implicit_exam.mistake
known("f is driven down", "f is higher where x is better, and an optimizer descends: the loss is minus alpha E[f].")(
    built(loss=lambda f, alpha: alpha * f.mean())
)
known(
    "A gradient is left in phi",
    "The loss passes through f, so backward fills phi's .grad too, and phi's next step would follow it. Use backward(inputs=...) with theta only, "
    "torch.autograd.grad, or freeze phi and release it again.",
)(built("loss clear everywhere step"))
known("phi moves too", "The constraint is given here. Only the optimizer's parameters, theta, may move.")(
    built("loss clear backward step follow")
)
known(
    "phi can no longer learn",
    "requires_grad was switched off in the constraint. That keeps gradients out, but switch it on again before you return.",
)(built("forget loss clear backward step"))
known(
    "theta does not move, and holds no gradient",
    "Only through the samples does f's gradient reach theta: are they detached? Or does zero_grad stand between backward and step?",
)(built("loss clear everywhere step", samples=lambda x: x.detach()))
known("alpha is forgotten", "The loss is -alpha E[f]: alpha says how hard the constraint pulls.")(built(loss=lambda f, alpha: -f.mean()))
known("f is divided by alpha", "alpha multiplies f. A temperature would divide; alpha is its inverse.")(
    built(loss=lambda f, alpha: -f.mean() / alpha)
)
known("A sum over the latents", "E is a mean: with a sum, the step grows with the number of latents.")(
    built(loss=lambda f, alpha: -alpha * f.sum())
)
known(
    "The samples are weighted",
    "The weights softmax(alpha f) are for a density, which raises log p at its samples. Here f itself is differentiated, each sample counts the same.",
)(built(loss=lambda f, alpha: -alpha * ((alpha * f).softmax(0).detach() * f).sum()))
known(
    "This is log Z, not E[f]", "-log E[exp{alpha f}] weighs good samples more. The reverse KL has minus alpha times the plain mean of f."
)(built(loss=lambda f, alpha: -(alpha * f).logsumexp(0)))
known("This is a GAN's loss", "f is no logit here, and there is no sigmoid: the loss is -alpha E[f].")(
    built(loss=lambda f, alpha: F.softplus(-alpha * f).mean())
)
known("Only the best sample counts", "E is a mean over all latents, not their maximum.")(built(loss=lambda f, alpha: -alpha * f.max()))
known(
    "Old gradients count",
    "backward adds to what theta holds already. Call zero_grad before backward: neither never, nor only after the step.",
)(built("loss backward step"))
known("The optimizer never steps", "backward only computes gradients. optimizer.step() moves theta.")(built("loss clear backward"))
known("The loss is measured after the step", "Return the loss that the step descends, as it was before.")(
    built("loss clear backward step loss")
)
known("The optimizer takes two steps", "One step for each renewal of q: away from theta_t this loss is no longer the KL's.")(
    built("loss clear backward step loss clear backward step")
)
known(
    "The step is plain gradient descent, not that of the given optimizer",
    "Let optimizer.step() move theta: it has its own rule and memory.",
)(built("loss hand"))
known("Nothing comes back", "The step is right. Return the loss before it, as a number.")(built(result=lambda loss: None))
known("The mean of alpha f comes back, not the loss", "The step is right. The loss is minus alpha E[f].")(built(result=lambda loss: -loss))
known(
    "This is the logarithm of a mean, not E[f]",
    "-log E[exp{alpha f}] weighs good samples more. The reverse KL has minus alpha times the plain mean of f.",
)(built(loss=lambda f, alpha: math.log(len(f)) - (alpha * f).logsumexp(0)))
known(
    "The samples are weighted, and the weights differentiated",
    "The weights softmax(alpha f) are for a density, which raises log p at its samples. Here f itself is differentiated, each sample counts the same.",
)(built(loss=lambda f, alpha: -alpha * ((alpha * f).softmax(0) * f).sum()))
known("This is a GAN's loss, without alpha", "f is no logit here, and there is no sigmoid: the loss is -alpha E[f].")(
    built(loss=lambda f, alpha: F.softplus(-f).mean())
)

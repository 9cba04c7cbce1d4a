"""Exam of the M-step of a density: weighted maximum likelihood on the model's own samples, phi and the weights taken as given."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.learnable.mocks import Left, Table, bell, judge_of, play
from pgmkit.checks.probing import normal
from pgmkit.gan import critic_phase, gan_step
from pgmkit.knowledge import em_round, explicit, forward_kl_loss, pr_e_step, theta_step_explicit, tilt, weighted_samples
from pgmkit.train import Player
from pgmkit.train import play as play_game

explicit_exam = Exam(
    theta_step_explicit,
    minutes=20,
    difficulty=2,
    hints=(
        "What is given here, and what may move? Two quantities depend on the samples; only one of them is to be differentiated.",
        "The weights are the E-step: softmax over the samples, computed where nothing is recorded. Then it is an ordinary step of maximum "
        "likelihood, in which sample k counts w_k.",
        "Weights under no_grad. The loss: minus the sum of weight times log_prob, over samples that were detached. Then clear, backward, step, "
        "and return the loss as a number.",
    ),
    closes=(
        forward_kl_loss,
        weighted_samples,
        em_round,
        explicit,
        tilt,
        pr_e_step,
        Player.turn,
        play_game,
        gan_step,
        critic_phase,
    ),
)


@explicit_exam.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    table, loud = (Table(bell(generator), judge_of(generator, level)) for level in (0.0, 3000.0))
    x = normal(6, 2, generator=generator)

    @cache
    def after(alpha: float = 0.7, source: str = "given", **settings: Any) -> Left:
        def call(answer: Answer, model: nn.Module, f: nn.Module, optimizer: Optimizer) -> Any:
            samples = {"given": x.clone, "graph": lambda: model.sample(6), "cut": lambda: model.sample(6).detach()}
            return answer(model, samples[source](), f, alpha, optimizer)

        return table.after(answer, call, **settings)

    def far() -> Tensor:
        return loud.after(answer, lambda answer, model, f, optimizer: answer(model, x.clone(), f, 0.7, optimizer)).theta

    yield "theta after one step on 6 samples, alpha 0.7", lambda: after().theta, 1.25
    yield "the loss that comes back", lambda: after().losses[0], 0.75
    yield "theta after one step, alpha 2.5", lambda: after(2.5).theta, 0.5
    yield "theta where f has values around 3000", far, 0.5
    yield "gradients were left over from before: theta makes the same step", lambda: after(stale=True).same_step(after()), 0.75
    yield "theta after a second step, with momentum", lambda: after(steps=2, momentum=0.8).theta, 0.75
    yield (
        "the samples come on a graph of theta: theta makes the same step",
        lambda: after(source="graph").same_step(after(source="cut")),
        0.5,
    )
    yield "theta moves; phi does not, and no gradient is left in it", lambda: after().constraint(clean=True), 0.75
    yield "the same, where phi held a gradient before", lambda: after(held=True).constraint(), 0.25


Weigh = Callable[[nn.Module, nn.Module, Tensor, float], Tensor]


def given(model: nn.Module, f: nn.Module, x: Tensor, alpha: float) -> Tensor:
    """The right weights."""
    return (alpha * f(x)).softmax(0).detach()


def built(
    order: str = "loss clear backward step",
    weigh: Weigh = given,
    loss: Callable[[Tensor, Tensor], Tensor] = lambda w, log_p: -(w * log_p).sum(),
    samples: Callable[[nn.Module, Tensor], Tensor] = lambda model, x: x.detach(),
    result: Callable[[float], Any] = lambda loss: loss,
) -> Answer:
    """A wrong answer: another order, other weights, another loss of weights and log p, other samples, or another result."""

    def answer(model: nn.Module, x: Tensor, f: nn.Module, alpha: float, optimizer: Optimizer) -> Any:
        x = samples(model, x)
        return result(play(order, optimizer, lambda: loss(weigh(model, f, x, alpha), model.log_prob(x)), f))

    return answer


def attached(model: nn.Module, f: nn.Module, x: Tensor, alpha: float) -> Tensor:
    """Weights on the graph of phi."""
    return (alpha * f(x)).softmax(0)


known = explicit_exam.mistake
known(
    "Every sample counts the same",
    "That is maximum likelihood on the model's own samples: it goes nowhere. Sample k counts softmax(alpha f)_k.",
)(built(weigh=lambda model, f, x, alpha: torch.full_like(f(x), 1 / len(x)).detach()))
known(
    "The weights carry a gradient into phi",
    "backward runs through the weights and leaves a gradient in phi, which phi's next step would follow. Compute the weights under no_grad.",
)(built("loss clear everywhere step", attached))
known("phi moves too", "The constraint is given here. Only the optimizer's parameters, theta, may move.")(
    built("loss clear backward step follow", attached)
)
known("phi can no longer learn", "requires_grad was switched off in the constraint and not on again. Use no_grad around the weights.")(
    built("forget loss clear backward step")
)
known(
    "The weighted terms are averaged, not summed",
    "The weights sum to 1 already: the sum is the mean under q. A mean divides by K once more.",
)(built(loss=lambda w, log_p: -(w * log_p).mean()))
known(
    "The weights are multiplied by K", "They sum to 1, so that the sum is a mean under q. Here the step grows with the number of samples."
)(built(loss=lambda w, log_p: -(len(w) * w * log_p).sum()))
known("The weights are not normalised", "exp{alpha f} has to be divided by its sum over the samples: softmax.")(
    built(weigh=lambda model, f, x, alpha: (alpha * f(x)).exp().detach())
)
known("exp leaves floating point", "exp of a thousand is inf, and inf / inf is nan. softmax subtracts the maximum first.")(
    built(weigh=lambda model, f, x, alpha: ((alpha * f(x)).exp() / (alpha * f(x)).exp().sum()).detach())
)
known("The likelihood falls", "log p of good samples has to rise: an optimizer descends, so the loss is minus the weighted sum.")(
    built(loss=lambda w, log_p: (w * log_p).sum())
)
known("alpha is forgotten", "q is proportional to p exp{alpha f}: the weights are softmax(alpha f).")(
    built(weigh=lambda model, f, x, alpha: f(x).softmax(0).detach())
)
known("f is divided by alpha", "alpha multiplies f. A temperature would divide; alpha is its inverse.")(
    built(weigh=lambda model, f, x, alpha: (f(x) / alpha).softmax(0).detach())
)
known("The weights favour low f", "f is higher where x is better: weights softmax(+alpha f).")(
    built(weigh=lambda model, f, x, alpha: (-alpha * f(x)).softmax(0).detach())
)
known("alpha multiplies the loss", "alpha is in the weights already. The loss is minus the weighted sum of log p, and has no factor.")(
    lambda model, x, f, alpha, optimizer: built(loss=lambda w, log_p: -alpha * (w * log_p).sum())(model, x, f, alpha, optimizer)
)
known(
    "p is in the weights",
    "The samples come from p already, so p cancels: the weights are softmax(alpha f). Adding log p counts p twice.",
)(built(weigh=lambda model, f, x, alpha: (model.log_prob(x) + alpha * f(x)).softmax(0).detach()))
known(
    "Scores in place of weights",
    "alpha f weighs log p without exp and without a sum of 1. Those are other weights: softmax(alpha f) is that of q.",
)(built(weigh=lambda model, f, x, alpha: alpha * f(x).detach(), loss=lambda w, log_p: -(w * log_p).mean()))
known("Probabilities in place of logarithms", "Maximum likelihood weighs log p_theta, not p_theta.")(
    built(loss=lambda w, log_p: -(w * log_p.exp()).sum())
)
known("The samples are drawn anew", "The step takes the samples x that it is given, and draws none.")(
    built(samples=lambda model, x: model.sample(len(x)).detach())
)
known(
    "The samples carry a gradient",
    "x may be on the graph of theta. It is taken as given: detach it, or theta moves to make x likely and x moves too.",
)(built(samples=lambda model, x: x))
known(
    "Old gradients count",
    "backward adds to what theta holds already. Call zero_grad before backward: neither never, nor only after the step.",
)(built("loss backward step"))
known("Gradients are cleared before they are used", "zero_grad between backward and step leaves nothing to step on.")(
    built("loss backward clear step")
)
known("The optimizer never steps", "backward only computes gradients. optimizer.step() moves theta.")(built("loss clear backward"))
known("The loss is measured after the step", "Return the loss that the step descends, as it was before.")(
    built("loss clear backward step loss")
)
known("The optimizer takes two steps", "One M-step is one step: q is renewed after it.")(
    built("loss clear backward step loss clear backward step")
)
known(
    "The step is plain gradient descent, not that of the given optimizer",
    "Let optimizer.step() move theta: it has its own rule and memory.",
)(built("loss hand"))
known("Nothing comes back", "The step is right. Return the loss before it, as a number.")(built(result=lambda loss: None))
known("The objective comes back, not the loss", "The step is right. The loss is minus the weighted sum of log p.")(
    built(result=lambda loss: -loss)
)


@known(
    "f is climbed, not the likelihood",
    "The samples do not depend on theta here, so -alpha E[f] has no gradient in theta. That loss is for implicit models.",
)
def climbs_f(model: nn.Module, x: Tensor, f: nn.Module, alpha: float, optimizer: Optimizer) -> float:
    loss = -alpha * f(x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


known("Only the best sample counts", "Each sample counts softmax(alpha f)_k. argmax gives one of them all the weight.")(
    built(weigh=lambda model, f, x, alpha: F.one_hot(f(x).argmax(), len(x)).to(x))
)

"""Exam of maximum-entropy inverse reinforcement learning: the ascent in w, step by step, and where it leads."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import normal
from pgmkit.knowledge import GridWorld, fit_maxent_reward, fit_sampled_reward, pr_e_step, tilt

reward = Exam(
    fit_maxent_reward,
    minutes=20,
    difficulty=2,
    hints=(
        "Data minus model, once more. Which mean stays the same during the whole ascent, and which one has to be computed anew in every step?",
        "q_w needs its normaliser: a sum over every x that is possible, not over those that were demonstrated. A softmax of the scores has it.",
        "Start at zeros of shape (k,). The mean of the demonstrated rows is fixed. In every step: the scores features @ w, their softmax over all "
        "rows, the mean of the features under it; w moves by lr times the difference.",
    ),
    closes=(fit_sampled_reward, tilt, pr_e_step),
)
SPREAD = (0, 1, 1, 2, 2, 2, 3, 3, 0, 1)
"""Demonstrations of four states, each of them seen: then the best w is finite, and the ascent soon there."""


@reward.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    world, states = GridWorld(3, 2), torch.eye(4, dtype=torch.float64)
    visits = world.visits(world.walk(world.all_actions())).double()  # (25, 9)
    order, paths = torch.randperm(6, generator=generator), torch.randperm(25, generator=generator)
    paths = paths[visits[paths, 0].argsort(stable=True)][[-1, 8, 16, 0]]  # the one that is repeated most often stays in the corner most
    demos, walked = (torch.cat([chosen[:4], chosen[:2], chosen[:1]]) for chosen in (order, paths))  # some are repeated
    features = normal(6, 3, generator=generator)
    slope = features[demos].mean(0) - features.mean(0)
    features = features * slope.sign() * torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)  # the first step has both signs

    @cache
    def fitted(name: str, steps: int, lr: float) -> Tensor:
        inputs = {
            "six": (demos, features),
            "moved": (demos, features + 3),
            "large": (demos, 300 * features),
            "states": (torch.tensor(SPREAD), states),
        }
        return answer(inputs[name][0].clone(), inputs[name][1].clone(), steps, lr)

    yield "w after 1 step of length 0.3", lambda: fitted("six", 1, 0.3), 0.75
    yield "w after 7 steps of length 0.3", lambda: fitted("six", 7, 0.3), 1.25
    yield "features that are all higher by 3: w after 7 steps", lambda: fitted("moved", 7, 0.3), 1
    yield "features in the hundreds: w after 3 steps of length 1", lambda: fitted("large", 3, 1.0), 0.75
    yield (
        "300 steps: the probabilities of four states under q_w are those of the demonstrations",
        lambda: met(fitted("states", 300, 1.0)),
        1.25,
    )
    yield "paths of a 3x3 world, 20 steps of the default length", lambda: answer(walked.clone(), visits.clone(), 20), 1


def met(w: Tensor) -> Tensor:
    """Probabilities of the four states under q_w, rounded, so that any way uphill that is long enough leads there."""
    return w.softmax(0).mul(1e5).round().div(1e5) if isinstance(w, Tensor) else w


def under_q(features: Tensor, w: Tensor, demos: Tensor) -> Tensor:
    """The right mean of the features under q_w."""
    return (features @ w).softmax(0) @ features


def of_demos(features: Tensor, demos: Tensor) -> Tensor:
    """The right mean of the features over the demonstrations."""
    return features[demos].mean(0)


def built(
    model: Callable[[Tensor, Tensor, Tensor], Tensor] = under_q,
    wanted: Callable[[Tensor, Tensor], Tensor] = of_demos,
    move: Callable[[Tensor, Tensor, float], Tensor] = lambda w, slope, lr: w + lr * slope,
    extra: int = 0,
    end: Callable[[Tensor, Tensor], Tensor] = lambda w, features: w,
    start: Callable[[Tensor], Tensor] = torch.zeros_like,
) -> Answer:
    """A wrong answer: another mean under the model or over the demonstrations, another move, start or end, or `extra` steps."""

    def answer(demos: Tensor, features: Tensor, steps: int, lr: float = 0.5) -> Tensor:
        w = start(features[0])
        for _ in range(steps + extra):
            w = move(w, wanted(features, demos) - model(features, w, demos), lr)
        return end(w, features)

    return answer


known = reward.mistake
known(
    "There is no normaliser",
    "Without the mean under q_w the reward of what was demonstrated grows forever. log Z is a part of log q_w: its gradient is E_q[features].",
)(built(model=lambda features, w, demos: torch.zeros_like(w)))
known("q_w is not normalised", "exp{w . features} has to be divided by its sum over all x: softmax.")(
    built(model=lambda features, w, demos: (features @ w).exp() @ features)
)
known("exp leaves floating point", "exp of a thousand is inf, and inf / inf is nan. softmax subtracts the maximum first.")(
    built(model=lambda features, w, demos: ((features @ w).exp() / (features @ w).exp().sum()) @ features)
)
known(
    "The model's mean is never renewed",
    "q_w moves with w: compute the mean under it anew in every step, with weights softmax(features @ w).",
)(built(model=lambda features, w, demos: features.mean(0)))
known("q_w is normalised over the demonstrations only", "q_w gives a probability to every x that is possible: all rows of features.")(
    built(model=lambda features, w, demos: (features[demos] @ w).softmax(0) @ features[demos])
)
known(
    "q_w is normalised over the different demonstrations only", "q_w gives a probability to every x that is possible: all rows of features."
)(built(model=lambda features, w, demos: (features[demos.unique()] @ w).softmax(0) @ features[demos.unique()]))
known("w descends", "The likelihood is to be maximised: w moves towards the demonstrations' features and away from the model's.")(
    built(move=lambda w, slope, lr: w - lr * slope)
)
known("A sum over the demonstrations", "The objective is a mean of log q_w over the demonstrations: their mean features, not the sum.")(
    built(wanted=lambda features, demos: features[demos].sum(0))
)
known(
    "The gradient is that of a sum over the demonstrations",
    "The objective is the mean of log q_w: divide the gradient by n, or the steps are n times too long.",
)(lambda demos, features, steps, lr=0.5: built()(demos, features, steps, lr * len(demos)))
known(
    "Each x counts once, however often it was demonstrated",
    "Demonstrations repeat, and that is what they tell: take the mean over all n of them.",
)(built(wanted=lambda features, demos: features[demos.unique()].mean(0)))
known("The model's mean is divided by m", "The probabilities sum to 1 already: sum q(x) features(x) over all x, take no mean.")(
    built(model=lambda features, w, demos: under_q(features, w, demos) / len(features))
)
known("lr is ignored", "The length of a step is an argument. 0.5 is only its default.")(built(move=lambda w, slope, lr: w + 0.5 * slope))
known("One step too few", "The loop runs `steps` times.")(built(extra=-1))
known("One step too many", "The loop runs `steps` times.")(built(extra=1))
known("The rewards come back, not w", "Return the weights, shape (k,). The reward of every x is features @ w.")(
    built(end=lambda w, features: features @ w)
)
known("w is centred", "Only the reward is known up to a constant. w itself is what the ascent from 0 gives: subtract nothing.")(
    built(end=lambda w, features: w - w.mean())
)
known("w is scaled to length 1", "The length of w says how sure the demonstrations make us. Return w as the ascent leaves it.")(
    built(end=lambda w, features: w / w.norm())
)
known("w starts at ones", "The ascent starts at w = 0, where q_w is uniform.")(built(start=torch.ones_like))
known("Negative weights are cut off", "A feature that the demonstrations avoid has a negative weight.")(
    built(move=lambda w, slope, lr: (w + lr * slope).clamp_min(0))
)


@known(
    "The steps are Adam's",
    "It climbs the same hill and arrives, but another way. The docstring wants plain steps: w + lr times the gradient.",
)
def adam(demos: Tensor, features: Tensor, steps: int, lr: float = 0.5) -> Tensor:
    w = torch.zeros_like(features[0]).requires_grad_()
    optimizer = torch.optim.Adam([w], lr=lr)
    for _ in range(steps):
        w.grad = (under_q(features, w, demos) - of_demos(features, demos)).detach()
        optimizer.step()
    return w.detach()


known("Logarithms stand where probabilities belong", "The mean under q_w weighs by q_w itself: softmax, not log_softmax.")(
    built(model=lambda features, w, demos: (features @ w).log_softmax(0) @ features)
)
known(
    "Each feature has a distribution of its own", "The score of x is one number, features(x) @ w: sum over the features before the softmax."
)(built(model=lambda features, w, demos: ((features * w).softmax(0) * features).sum(0)))


@known("Gradients add up over the steps", "backward adds to .grad. Clear it before each backward, or take torch.autograd.grad.")
def accumulates(demos: Tensor, features: Tensor, steps: int, lr: float = 0.5) -> Tensor:
    w, total = torch.zeros_like(features[0]), 0
    for _ in range(steps):
        total = total + of_demos(features, demos) - under_q(features, w, demos)
        w = w + lr * total
    return w


known(
    "w depends on the offset of the reward",
    "exp{w . features} is averaged over all x, but not divided by its own mean, Z. So a constant that is added to the reward changes w, and must not. "
    "Divide by the sum of the exponentials: softmax.",
)(built(model=lambda features, w, demos: (features @ w).exp() @ features / len(features)))
known(
    "The features are standardised", "w belongs to the features as they are. Centring them changes nothing; dividing by their spread does."
)(lambda demos, features, steps, lr=0.5: built()(demos, (features - features.mean(0)) / features.std(0), steps, lr))
known("The likelihood is climbed, not its logarithm", "The objective is the mean of log q_w over the demonstrations: log_softmax.")(
    built(
        wanted=lambda features, demos: torch.zeros_like(features[0]),
        model=lambda features, w, demos: ((features @ w).softmax(0)[demos, None] * (under_q(features, w, demos) - features[demos])).mean(0),
    )
)
known("The best x stands in place of a mean under q_w", "E_q is a mean over all x, weighted by q_w. The best x alone is not a gradient.")(
    built(model=lambda features, w, demos: features[(features @ w).argmax()])
)

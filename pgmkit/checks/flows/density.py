"""Exams of a flow as a density: its log-probability and its samples."""

from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Bend
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.flows import Bijection, Flow, flow_log_prob, flow_sample, sample_given
from pgmkit.flows.density import Map
from pgmkit.rng import fresh

log_prob_exam = Exam(
    flow_log_prob,
    minutes=5,
    difficulty=1,
    closes=(Flow.log_prob,),
    hints=(
        "Send the data back to the base, and ask the base how likely it is there.",
        "f.inverse returns two things, and both are needed. Which sign does its own log_det have in log p(x)?",
        "Two lines: take z_0 and log_det from the inverse; add the base's log-density of z_0 and the log_det.",
    ),
)
sample_exam = Exam(
    flow_sample,
    minutes=5,
    difficulty=1,
    closes=(Flow.sample, sample_given),
    hints=(
        "Generation is the forward direction: draw from the base first.",
        "The base takes n, the temperature and the generator. The flow takes what the base has drawn.",
        "Let base.sample draw n latents, with both keyword arguments handed on; send them through f; keep x and drop log_det.",
    ),
)


def crooked(z: Tensor) -> Tensor:
    """A base that is not symmetric about 0, shape (n,)."""
    return -(z - 0.4).abs().pow(1.5).flatten(1).sum(1) + 0.3 * z.flatten(1).sum(1)


@log_prob_exam.probe
def probe_log_prob(answer: Answer, generator: Generator) -> Observations:
    f, wide = Bend(3, generator), Bend(5, generator)
    wide.log_a.data -= 1  # near b its inverse stretches, that of f shrinks everywhere
    x, images = normal(4, 3, generator=generator), wide.b.detach() + 0.1 * normal(2, 3, 4, 5, generator=generator)

    def slope_of() -> Tensor:
        free = x.clone().requires_grad_()
        return slope(answer(free, f, crooked), free)

    yield "vectors (4, 3)", lambda: answer(x.clone(), f, crooked), 0.5
    yield "images (2, 3, 4, 5)", lambda: answer(images.clone(), wide, crooked), 0.25
    yield "gradient that reaches the flow's parameters", lambda: slope(answer(x.clone(), f, crooked), f.log_a), 0.5
    yield "gradient that reaches x", slope_of, 0.25


class Base(nn.Module):
    """A base around 0.7 that notes what it was asked for; without a generator it draws from a stream of its own."""

    def __init__(self, dims: int):
        super().__init__()
        self.dims, self.drawn, self.asked = dims, 0, ("", False)
        self.own = fresh(99)

    def sample(self, n: int, *, temperature: float = 1.0, generator: Generator | None = None) -> Tensor:
        """0.7 + T e, shape (n, dims)."""
        self.drawn += n
        self.asked = (f"{self.drawn} draws at temperature {temperature:g}", generator is not None)
        return 0.7 + temperature * normal(n, self.dims, generator=self.own if generator is None else generator)


@sample_exam.probe
def probe_sample(answer: Answer, generator: Generator) -> Observations:
    f, seed = Bend(3, generator), int(torch.randint(2**31, (), generator=generator))

    def drawn(n: int, **given: float) -> Any:
        return answer(n, f, Base(3), generator=fresh(seed), **given)

    def asked(**given: Any) -> str:
        base = Base(3)
        x = answer(5, f, base, **given)
        words, with_generator = base.asked
        came = f"x of shape {tuple(x.shape)}" if isinstance(x, Tensor) else f"a {type(x).__name__}"
        return f"{words or 'nothing'}, {'with' if with_generator else 'without'} a generator; {came}"

    yield "4 draws", lambda: drawn(4), 0.5
    yield "4 draws at temperature 0.6", lambda: drawn(4, temperature=0.6), 0.5
    yield "no generator: the base draws by itself", lambda: asked(temperature=1.2), 0.25
    yield "what the base is asked for", lambda: asked(temperature=0.6, generator=fresh(seed)), 0.25


def right(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    """log p(x) as it should be, without the library, which is closed to answers."""
    z, log_det = f.inverse(x)
    return base_log_prob(z) + log_det


@log_prob_exam.mistake("log_det is subtracted", "f.inverse returns log|det dz_0/dx|, and log p(x) = log p(z_0) + log|det dz_0/dx|.")
def subtracted(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return base_log_prob(z) - log_det


@log_prob_exam.mistake("log_det is missing", "Without it a flow could make every point likely: it would send all data to the base's peak.")
def no_log_det(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return base_log_prob(f.inverse(x)[0])


@log_prob_exam.mistake("The base is asked at x", "base_log_prob is the density of z_0 = f^{-1}(x).")
def base_at_x(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return base_log_prob(x) + f.inverse(x)[1]


@log_prob_exam.mistake("The base is missing", "log_det says how volumes change. The density that changes is base_log_prob(z_0).")
def no_base(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return f.inverse(x)[1]


@log_prob_exam.mistake("The flow runs forward", "Data go back to the base: z_0 = f^{-1}(x), so call f.inverse(x).")
def forward(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f(x)
    return base_log_prob(z) + log_det


@log_prob_exam.mistake(
    "The flow runs forward, and log_det is subtracted", "Data go back to the base: z_0 = f^{-1}(x), so call f.inverse(x)."
)
def forward_subtracted(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f(x)
    return base_log_prob(z) - log_det


@log_prob_exam.mistake("It is summed over the batch", "Every row has a log-density of its own, shape (n,).")
def summed(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return right(x, f, base_log_prob).sum()


@log_prob_exam.mistake("It is averaged over the batch", "Every row has a log-density of its own, shape (n,). A loss takes the mean later.")
def averaged(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return right(x, f, base_log_prob).mean()


@log_prob_exam.mistake("The negative log-density", "Return log p(x) itself. The minus sign belongs to a loss.")
def negative(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return -right(x, f, base_log_prob)


@log_prob_exam.mistake("The density came back, not its logarithm", "Return log p(x), without exp.")
def density(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return right(x, f, base_log_prob).exp()


@log_prob_exam.mistake("The logarithm of log_det", "log_det is a logarithm already. Add it as it is.")
def twice_logged(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return base_log_prob(z) + log_det.abs().log()


@log_prob_exam.mistake("|log_det| is added", "f.inverse returns log|det|, and its sign counts: a map that shrinks has a negative one.")
def sign_lost(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return base_log_prob(z) + log_det.abs()


@log_prob_exam.mistake("log_det is summed over the batch", "Every row has a log_det of its own. Add it as it comes, shape (n,).")
def batch_log_det(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return base_log_prob(z) + log_det.sum()


@log_prob_exam.mistake("The result is detached", "The value is right, but the flow cannot learn. Leave out detach, no_grad and item.")
def detached(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    return right(x, f, base_log_prob).detach()


@log_prob_exam.mistake("z_0 is detached", "The flow learns through both terms: the base's density of z_0 has to feel where z_0 lies.")
def z_detached(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return base_log_prob(z.detach()) + log_det


@log_prob_exam.mistake("The base is taken to be standard normal", "It may be any density: call base_log_prob(z_0).")
def own_base(x: Tensor, f: Bijection, base_log_prob: Map) -> Tensor:
    z, log_det = f.inverse(x)
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1) + log_det

"""One constraint, four families of models: flow, autoregressive, VAE and GAN keep to the right half of the ring. Lecture 10.

`tests/benchmarks/families.py` runs all of it with three seeds; `pgmkit.labs.pr_gallery` shows what came out.
"""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.optim import Adam, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pgmkit.core import Constraint, Model
from pgmkit.data.batches import stream
from pgmkit.data.toy2d import GaussianMixture, ring
from pgmkit.flows.recipes import real_nvp
from pgmkit.gan.games import gan_game
from pgmkit.gan.recipes import set_up
from pgmkit.knowledge import explicit, implicit, learn_with_constraint, violation_fixed_point, weighted_samples
from pgmkit.knowledge.games import MStep
from pgmkit.metrics import mode_report
from pgmkit.models import VAE, GridAR
from pgmkit.nets import score_mlp
from pgmkit.rng import fresh, rand, seeded
from pgmkit.train import Player, play

ALPHA, GENTLE, WEIGHT = 2.0, 0.5, 1.0
BATCH, DECAY, BASE, LOOKS, MEASURED, SHOWN = 256, 0.99, 1000, 20, 20_000, 500
ROUNDS = {"flow": 2000, "autoregressive": 1000, "VAE": 2000, "GAN": 1000}  # how long each takes to settle
DATA_VIOLATION = 0.5  # of the ring: it is symmetric, and the two modes on the line x_0 = 0 lie half on each side
TARGET, TRUSTED = violation_fixed_point(DATA_VIOLATION, ALPHA, WEIGHT)


def hard(x: Tensor) -> Tensor:
    """1[x_0 < 0], shape (n,): is the rule broken? Piecewise constant, so nothing flows through it into x."""
    return (x[:, 0] < 0).to(x)


def smooth(x: Tensor) -> Tensor:
    """sigmoid(-8 x_0), shape (n,): the same rule with a slope, for a model that learns through x."""
    return torch.sigmoid(-8 * x[:, 0])


class Side(nn.Module):
    """f_phi(x) = -phi broken(x), one parameter: how bad is it to be left of the line?"""

    def __init__(self, broken: Constraint, phi: float):
        super().__init__()
        self.broken, self.phi = broken, nn.Parameter(torch.tensor(float(phi)))

    def forward(self, x: Tensor) -> Tensor:
        """f_phi(x), shape (n,)."""
        return -self.phi * self.broken(x)


class Trusted(NamedTuple):
    """The ring with a violation rate of its own, a `Model`: every draw is reflected to the left with this probability, else to the right."""

    violation: float

    def sample(self, n: int, *, generator: Generator | None = None) -> Tensor:
        """n draws, shape (n, 2)."""
        x = ring().sample(n, generator=generator)
        left = rand(n, generator=generator, like=x) < self.violation
        return torch.stack([torch.where(left, -1, 1) * x[:, 0].abs(), x[:, 1]], 1)


class Family(NamedTuple):
    """A model and what `learn_with_constraint` wants to know about it; `parts` hold all that training changes."""

    model: nn.Module
    own_loss: Callable[[Tensor], Tensor]
    m_step: MStep
    optimizer: Optimizer
    broken: Constraint
    generator: Generator
    others: list[Player]
    parts: Sequence[nn.Module | Optimizer]


def by_likelihood(model: nn.Module, log_likelihood: Callable[[Tensor], Tensor], rate: float, generator: Generator) -> Family:
    """A family that learns from log p(x), or from a lower bound of it."""
    optimizer = Adam(model.parameters(), lr=rate, fused=True)
    own_loss, m_step = (lambda x: -log_likelihood(x).mean()), explicit(log_likelihood)
    return Family(model, own_loss, m_step, optimizer, hard, generator, [], (model, optimizer))


def flow(seed: int) -> Family:
    """Six affine couplings: log p is exact."""
    with seeded(seed):
        model = real_nvp(2, couplings=6)
    return by_likelihood(model, model.log_prob, 2e-3, fresh(seed))


def autoregressive(seed: int) -> Family:
    """p(x_0) p(x_1 | x_0) over 32 bins each: log p is exact."""
    with seeded(seed):
        model = GridAR(2)
    return by_likelihood(model, model.log_prob, 3e-3, fresh(seed))


def vae(seed: int) -> Family:
    """Two latents: the ELBO stands in for log p."""
    generator = fresh(seed)
    with seeded(seed):
        model = VAE(2)
    return by_likelihood(model, partial(model.elbo, generator=generator), 5e-3, generator)


def gan(seed: int) -> Family:
    """No density: the gradient goes through the smooth rule into the samples, beside the discriminator's."""
    table, generator = set_up(seed), fresh(seed)
    networks = (table.model, table.opponent, table.opt_G, table.opt_D)
    discriminator, player = gan_game(*networks, r1=0.05, generator=generator)
    return Family(table.model, player.loss, implicit, table.opt_G, smooth, generator, [discriminator], networks)


FAMILIES: dict[str, Callable[[int], Family]] = {"flow": flow, "autoregressive": autoregressive, "VAE": vae, "GAN": gan}


class Stage(NamedTuple):
    """A constraint, the optimizer of its parameters (None: it stays as it is) and its strength."""

    f: nn.Module
    optimizer: Optimizer | None
    alpha: float


def fixed(broken: Constraint, seed: int, *, alpha: float = ALPHA) -> Stage:
    """f = -1[x_0 < 0], written down."""
    return Stage(Side(broken, 1.0), None, alpha)


def learned(broken: Constraint, seed: int) -> Stage:
    """f_phi = -phi 1[x_0 < 0] with phi = 0 at the start: learned from trusted examples."""
    f = Side(broken, 0.0)
    return Stage(f, Adam(f.parameters(), lr=0.02), ALPHA)


def neural(broken: Constraint, seed: int) -> Stage:
    """f_phi a network with values in [-1, 1], which knows nothing of a line; learned from trusted examples."""
    with seeded(seed):
        f = nn.Sequential(score_mlp(2, 32, 32), nn.Tanh())
    return Stage(f, Adam(f.parameters(), lr=2e-3), ALPHA)


STAGES: dict[str, Callable[[Constraint, int], Stage]] = {
    "fixed": fixed,
    "gentle": partial(fixed, alpha=GENTLE),
    "learned": learned,
    "neural": neural,
}


class Figures(NamedTuple):
    """What is measured on samples: violation rates of p and q, alpha phi, modes kept left, on the line and right, share near a mode."""

    violation: float
    q_violation: float
    strength: float
    left: int
    line: int
    right: int
    high_quality: float


class Outcome(NamedTuple):
    """Figures at the end, violation rate after each twentieth of the rounds, samples of shape (500, 2), CPU seconds of it all."""

    figures: Figures
    curve: list[float]
    samples: Tensor
    seconds: float


def average(module: nn.Module) -> AveragedModel:
    """Weights averaged over about the last hundred steps: what we measure, because single steps jump."""
    return AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(DECAY))


@torch.no_grad()
def violation(model: Model, n: int, *, seed: int = 7) -> float:
    """Share of n draws with x_0 < 0."""
    return float(hard(model.sample(n, generator=fresh(seed))).double().mean())


@torch.no_grad()
def measure(model: Model, f: Constraint, alpha: float) -> Figures:
    """All figures of a model and a constraint; the strength is alpha times the step of f from the left to the right of the ring."""
    data = ring()
    x, log_q = weighted_samples(model, f, alpha, MEASURED, fresh(8))
    sides = [data.centers[data.centers[:, 0].sign() * (data.centers[:, 0].abs() > 0.1) == sign] for sign in (-1, 0, 1)]
    modes = [mode_report(x, GaussianMixture(centers, data.std)).covered for centers in sides]
    y = data.sample(MEASURED, generator=fresh(9))
    step = float(f(y[y[:, 0] > 0.5]).mean() - f(y[y[:, 0] < -0.5]).mean())
    rates = float(hard(x).double().mean()), float((log_q.exp() * hard(x)).sum())
    return Figures(*rates, alpha * step, *modes, mode_report(x, data).high_quality)


def shown(model: Model) -> Tensor:
    """Samples for a picture, shape (500, 2)."""
    return model.sample(SHOWN, generator=fresh(6)).detach()


def pretrain(name: str, seed: int, *, rounds: int = BASE) -> tuple[Family, Outcome]:
    """A family trained on the ring with its own loss alone."""
    begin = time.process_time()
    family = FAMILIES[name](seed)
    kept = average(family.model)
    own = Player("model", family.own_loss, family.optimizer, after=lambda: kept.update_parameters(family.model))
    play([*family.others, own], stream(ring(), BATCH, generator=fresh(seed)), rounds, progress=False)
    figures = measure(kept.module, Side(hard, 0.0), ALPHA)
    return family, Outcome(figures, [figures.violation], shown(kept.module), time.process_time() - begin)


def constrain(family: Family, stage: str, seed: int, *, rounds: int) -> Outcome:
    """Posterior regularization of a trained family, which goes on learning from the ring. Changes the family's weights."""
    begin = time.process_time()
    f, f_optimizer, alpha = STAGES[stage](family.broken, seed)
    kept, kept_f = average(family.model), average(f)
    family.generator.manual_seed(seed + 1)

    def after() -> None:
        kept.update_parameters(family.model)
        kept_f.update_parameters(f)

    settings = {"own_loss": family.own_loss, "m_step": family.m_step, "optimizer": family.optimizer, "others": family.others}
    examples = stream(Trusted(TRUSTED), 4 * BATCH, generator=fresh(seed + 2))
    settings |= {"alpha": alpha, "weight": WEIGHT, "f_optimizer": f_optimizer, "examples": examples, "after": after}
    batches, curve = stream(ring(), BATCH, generator=fresh(seed + 3)), [violation(family.model, 4000)]
    for _ in range(LOOKS):
        learn_with_constraint(family.model, f, batches, rounds // LOOKS, generator=family.generator, progress=False, **settings)
        curve.append(violation(kept.module, 4000))
    return Outcome(measure(kept.module, kept_f.module, alpha), curve, shown(kept.module), time.process_time() - begin)


def experiment(name: str, seed: int, stages: Sequence[str] = ("fixed", "learned", "neural")) -> dict[str, Outcome]:
    """A family before ("base") and after every stage, each of which starts from the same trained weights."""
    family, base = pretrain(name, seed)
    start = deepcopy([part.state_dict() for part in family.parts])
    outcomes = {"base": base}
    for stage in stages:
        for part, state in zip(family.parts, start, strict=True):
            part.load_state_dict(deepcopy(state))
        outcomes[stage] = constrain(family, stage, seed, rounds=ROUNDS[name])
    return outcomes

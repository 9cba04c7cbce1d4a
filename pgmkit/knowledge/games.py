r"""Posterior regularization for any model and any constraint: an EM round by hand, and the game for `play`."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Generator, Tensor
from torch.optim import Optimizer

from pgmkit.core import Constraint, Model
from pgmkit.errors import want_callable, want_count, want_finite, want_instance, want_nonnegative
from pgmkit.knowledge.estep import tilt
from pgmkit.knowledge.learnable import constraint_loss
from pgmkit.knowledge.regularise import forward_kl_loss, reverse_kl_loss
from pgmkit.train import Player, play

Likelihood = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor], Tensor]
MStep = Callable[[Model, Constraint, float, int, Generator | None], Tensor]
"""`m_step(model, f, alpha, n, generator)`: the regularization's loss at theta_t from n fresh samples, a scalar on the graph of theta."""


def weighted_samples(model: Model, f: Constraint, alpha: float, n: int, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
    r"""E-step for samples: n draws x of p_theta and log weights that make them draws of q, both taken as given.

    Args:
        model: p_theta; only its samples are used.
        f: the constraint, maps x to (n,).
        alpha: strength of the constraint.
        n: number of samples.
        generator: source of the draws.

    Returns:
        `(x, log_q)`: shape (n, ...), and shape (n,) with sum of exp{log_q} = 1.
    """
    want_instance(Model, model=model)
    want_callable(f=f)
    want_finite(alpha=alpha)
    want_count(n=n)
    with torch.no_grad():
        x = model.sample(n, generator=generator)
        score = alpha * f(x)
        return x, tilt(torch.zeros_like(score), score)


def explicit(log_likelihood: Likelihood) -> MStep:
    r"""M-step of a model with a density: weighted maximum likelihood on its own samples. Of a VAE: weighted ELBO.

    Args:
        log_likelihood: maps x to log p_theta(x), or to a lower bound of it, shape (n,): `flow.log_prob`, `vae.elbo`.
    """
    want_callable(log_likelihood=log_likelihood)

    def m_step(model: Model, f: Constraint, alpha: float, n: int, generator: Generator | None) -> Tensor:
        x, log_q = weighted_samples(model, f, alpha, n, generator)
        return forward_kl_loss(log_q, log_likelihood(x))

    return m_step


def implicit(model: Model, f: Constraint, alpha: float, n: int, generator: Generator | None) -> Tensor:
    r"""M-step of a model without a density: reverse KL, right at theta_t. `model.sample` must keep the graph of theta.

    Args:
        model: x = G_theta(z).
        f: the constraint, differentiable in x.
        alpha: strength of the constraint.
        n: number of samples.
        generator: source of the latents.
    """
    want_instance(Model, model=model)
    want_callable(f=f)
    return reverse_kl_loss(f(model.sample(n, generator=generator)), alpha)


def em_round(
    model: Model,
    log_likelihood: Likelihood,
    f: Constraint,
    optimizer: Optimizer,
    batches: Iterator[Tensor],
    *,
    own_loss: Loss | None,
    alpha: float,
    weight: float = 1.0,
    n: int = 512,
    steps: int = 20,
    reference: Model | None = None,
    generator: Generator | None = None,
) -> list[float]:
    r"""One round of EM: weigh n samples once, then take steps on L(theta) - weight E_q[log p_theta] while q stays frozen.

    Args:
        model: p_theta.
        log_likelihood: `model.log_prob`, or `vae.elbo`.
        f: the constraint.
        optimizer: holds theta.
        batches: data for the model's own loss; every step takes a fresh batch.
        own_loss: L(theta) on a batch. None drops it: then rounds without a `reference` collapse onto the best f.
        alpha: strength of the constraint.
        weight: weight of the regularization against L(theta).
        n: samples of the E-step.
        steps: gradient steps of the M-step.
        reference: whom the E-step samples and tilts; None is the model as it stands at the start of the round.
        generator: source of the samples.

    Returns:
        The loss before each step.
    """
    want_nonnegative(weight=weight)
    want_count(steps=steps)
    want_instance(Optimizer, optimizer=optimizer)
    x, log_q = weighted_samples(reference or model, f, alpha, n, generator)

    def loss(batch: Tensor) -> Tensor:
        own = 0 if own_loss is None else own_loss(batch)
        return own + weight * forward_kl_loss(log_q, log_likelihood(x))

    turn = Player("model", loss, optimizer).turn
    return [float(turn(next(batches))) for _ in range(steps)]


def pr_game(
    model: Model,
    f: Constraint,
    *,
    own_loss: Loss,
    m_step: MStep,
    optimizer: Optimizer,
    alpha: float,
    weight: float = 1.0,
    n: int = 256,
    f_optimizer: Optimizer | None = None,
    examples: Iterator[Tensor] | None = None,
    after: Callable[[], None] | None = None,
    generator: Generator | None = None,
) -> list[Player]:
    r"""Posterior regularization as players: phi learns what sets data apart from q, theta descends L(theta) + weight L(theta, q).

    Args:
        model: p_theta, anything that samples.
        f: the constraint; with parameters phi if it is to be learned.
        own_loss: L(theta) on a batch of data: the model's usual loss, which keeps it from collapsing.
        m_step: `explicit(model.log_prob)`, `explicit(vae.elbo)` or `implicit`.
        optimizer: holds theta.
        alpha: strength of the constraint.
        weight: weight of the regularization against L(theta).
        n: samples of each E-step.
        f_optimizer: holds phi; None leaves the constraint as it is.
        examples: data for phi, if not the batches of the game: the examples that we trust.
        after: called after each step of theta.
        generator: source of the samples.

    Returns:
        `[constraint, model]`, or `[model]` for a fixed constraint; put a discriminator before them for a GAN.

    LKC, "Algorithm: PR with learnable constraint".
    """
    want_instance(Model, model=model)
    want_callable(f=f, own_loss=own_loss, m_step=m_step)
    want_finite(alpha=alpha)
    want_nonnegative(weight=weight)
    want_count(n=n)

    def phi_turn(x: Tensor) -> Tensor:
        good = x if examples is None else next(examples)
        return constraint_loss(f(good), f(model.sample(n, generator=generator).detach()), alpha)

    def theta_turn(x: Tensor) -> Tensor:
        return own_loss(x) + weight * m_step(model, f, alpha, n, generator)

    theta = Player("model", theta_turn, optimizer, after=after)
    return [theta] if f_optimizer is None else [Player("constraint", phi_turn, f_optimizer), theta]


def learn_with_constraint(
    model: Model,
    f: Constraint,
    batches: Iterator[Tensor],
    rounds: int,
    *,
    others: Sequence[Player] = (),
    progress: bool = True,
    **settings: object,
) -> dict[str, list[float]]:
    """Any model, any constraint, one call: `play` the players `others`, such as a GAN's discriminator, and those of `pr_game`.

    Args:
        model: p_theta.
        f: the constraint.
        batches: data, one fresh batch for every turn.
        rounds: how often all players move.
        others: players of the model's own game, who move first.
        progress: show a bar.
        settings: the keyword arguments of `pr_game`.

    Returns:
        The losses of each player, as `play` does.
    """
    return play([*others, *pr_game(model, f, **settings)], batches, rounds, progress=progress)

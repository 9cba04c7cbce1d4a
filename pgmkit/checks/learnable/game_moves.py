"""Known mistakes in the whole algorithm: the two moves, their order, and their q."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pgmkit.checks.exam import Answer
from pgmkit.checks.learnable.game_probe import game

__all__ = ["World", "assign", "built", "finish", "game", "known", "phi_step", "renew", "theta_step"]


@dataclass
class World:
    """The arguments of one run, and its state."""

    data: Tensor
    start: Tensor
    features: Tensor
    alpha: float
    lr_phi: float
    lr_theta: float
    phi: Tensor
    theta: Tensor
    q: Tensor

    def tilted(self, log_p: Tensor | None = None, alpha: float | None = None) -> Tensor:
        """q with the present phi; of the present p, unless told."""
        return self.log_q(log_p, alpha).exp()

    def log_q(self, log_p: Tensor | None = None, alpha: float | None = None) -> Tensor:
        """log q, the same way."""
        score = (self.alpha if alpha is None else alpha) * self.features @ self.phi
        return ((self.theta if log_p is None else log_p) + score).log_softmax(0)

    def up(self, model: Tensor) -> Tensor:
        """Data minus model: the direction of phi."""
        return self.data.exp() @ self.features - model @ self.features


Move = Callable[[World], object]


def renew(w: World) -> None:
    """q with the present phi and theta."""
    w.q = w.tilted()


def phi_step(w: World) -> None:
    """The right step of phi, with the q at hand."""
    w.phi = w.phi + w.lr_phi * w.alpha * w.up(w.q)


def theta_step(w: World) -> None:
    """The right step of theta, with the q at hand."""
    w.theta = w.theta + w.lr_theta * (w.q - w.theta.softmax(0))


def finish(w: World) -> tuple[Tensor, Tensor, Tensor]:
    """The right result."""
    return w.phi, w.theta.log_softmax(0), w.log_q()


def assign(name: str, value: Callable[[World], Tensor]) -> Move:
    """A move that sets a part of the state."""
    return lambda w: setattr(w, name, value(w))


def built(*moves: Move, end: Callable[[World], object] = finish, extra: int = 0, start: Move = lambda w: None) -> Answer:
    """A wrong answer: in each step it makes the given moves."""

    def answer(
        log_p_data: Tensor, log_p0: Tensor, features: Tensor, alpha: float, steps: int, *, lr_phi: float = 0.5, lr_theta: float = 0.5
    ) -> object:
        w = World(log_p_data, log_p0, features, alpha, lr_phi, lr_theta, torch.zeros_like(features[0]), log_p0, log_p0.exp())
        start(w)
        for _ in range(steps + extra):
            for move in moves or RIGHT:
                move(w)
        return end(w)

    return answer


RIGHT = (renew, phi_step, renew, theta_step)
known = game.mistake
known("phi and theta move at once, with the old q", "theta follows the q of the new phi: compute q again between the two moves.")(
    built(renew, phi_step, theta_step)
)
known("theta moves before phi", "First phi learns what sets the data apart from q; then theta follows the new q.")(
    built(renew, theta_step, renew, phi_step)
)
known(
    "The naive rule: phi climbs E_q[f] (erratum E9)",
    "Data do not enter, and what the model makes is praised. phi climbs E_data[f] minus E_q[f].",
)(built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * w.q @ w.features), renew, theta_step))
known("phi descends", "f is to be high on data: phi moves towards the data's features and away from those of q.")(
    built(renew, assign("phi", lambda w: w.phi - w.lr_phi * w.alpha * w.up(w.q)), renew, theta_step)
)
known("phi has no negative phase", "phi moves by the data's features minus those under q. Without the second it grows forever.")(
    built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * w.data.exp() @ w.features), renew, theta_step)
)
known("The negative phase is taken under p", "phi compares the data with q, not with p: it is q whose likelihood grows.")(
    built(assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * w.up(w.theta.softmax(0))), renew, theta_step)
)
known("The negative phase is a plain mean", "E_q weighs each value by q. A plain mean over the values is that of a uniform distribution.")(
    built(assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * (w.data.exp() @ w.features - w.features.mean(0))), renew, theta_step)
)
known("alpha is forgotten in phi's step", "log q contains alpha f, so its gradient in phi has the factor alpha.")(
    built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.up(w.q)), renew, theta_step)
)
known("alpha is forgotten in q", "q is proportional to p exp{alpha f}.")(
    built(
        assign("q", lambda w: w.tilted(alpha=1.0)),
        phi_step,
        assign("q", lambda w: w.tilted(alpha=1.0)),
        theta_step,
        end=lambda w: (w.phi, w.theta.log_softmax(0), w.log_q(alpha=1.0)),
    )
)
known("alpha is forgotten", "q is proportional to p exp{alpha f}, and the gradient of log q in phi has the factor alpha.")(
    built(
        assign("q", lambda w: w.tilted(alpha=1.0)),
        assign("phi", lambda w: w.phi + w.lr_phi * w.up(w.q)),
        assign("q", lambda w: w.tilted(alpha=1.0)),
        theta_step,
        end=lambda w: (w.phi, w.theta.log_softmax(0), w.log_q(alpha=1.0)),
    )
)
known("theta follows the data, not q", "That is maximum likelihood, and f has no part in it. The M-step brings p nearer to q.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * (w.data.exp() - w.theta.softmax(0))))
)
known("theta moves away from q", "The gradient of E_q[log p] in theta is q - p: theta climbs it.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta - w.lr_theta * (w.q - w.theta.softmax(0))))
)
known("theta does not subtract p", "The gradient of log softmax(theta) under q is q - p. Without p, theta moves on even where p is q.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * w.q))
)
known("theta copies q", "That is a whole M-step. Here theta takes one gradient step of length lr_theta towards q.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.q.log()))
)
known(
    "The step is taken on p, not on its logits",
    "p = softmax(theta): the gradient step adds lr_theta (q - p) to theta. Adding it to p mixes p and q, which is another step.",
)(built(renew, phi_step, renew, assign("theta", lambda w: (w.theta.softmax(0) + w.lr_theta * (w.q - w.theta.softmax(0))).log())))
known(
    "theta climbs f, not towards q",
    "p (f - E_p[f]) is the gradient of E_p[f], as for an implicit model. An explicit model raises log p under q: theta moves by q - p.",
)(
    built(
        renew,
        phi_step,
        assign(
            "theta",
            lambda w: w.theta + w.lr_theta * w.alpha * w.theta.softmax(0) * (w.features @ w.phi - w.theta.softmax(0) @ w.features @ w.phi),
        ),
    )
)
known("theta never moves", "Both players move in every step: theta by lr_theta (q - p).")(built(renew, phi_step))
known(
    "q tilts p_0, not the present p", "q is proportional to the p of this moment times exp{alpha f}. p changes with every step of theta."
)(
    built(
        assign("q", lambda w: w.tilted(w.start)),
        phi_step,
        assign("q", lambda w: w.tilted(w.start)),
        theta_step,
        end=lambda w: (w.phi, w.theta.log_softmax(0), w.log_q(w.start)),
    )
)
known("q forgets p", "q is proportional to p exp{alpha f}. Without p it is the q of MaxEnt IRL, with a uniform reference (erratum E10).")(
    built(
        assign("q", lambda w: w.tilted(0 * w.theta)),
        phi_step,
        assign("q", lambda w: w.tilted(0 * w.theta)),
        theta_step,
        end=lambda w: (w.phi, w.theta.log_softmax(0), w.log_q(0 * w.theta)),
    )
)
known("The data's log-probabilities weigh the features", "E_data weighs by p_data itself: log_p_data.exp().")(
    built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * (w.data @ w.features - w.q @ w.features)), renew, theta_step)
)
known("The two lengths are swapped", "lr_phi is for the constraint, lr_theta for the model.")(
    built(
        renew,
        assign("phi", lambda w: w.phi + w.lr_theta * w.alpha * w.up(w.q)),
        renew,
        assign("theta", lambda w: w.theta + w.lr_phi * (w.q - w.theta.softmax(0))),
    )
)
known("alpha is forgotten in the q of phi's step", "Both q are proportional to p exp{alpha f}, the one for phi and the one for theta.")(
    built(assign("q", lambda w: w.tilted(alpha=1.0)), phi_step, renew, theta_step)
)
known("alpha is forgotten in the q of theta's step", "Both q are proportional to p exp{alpha f}, the one for phi and the one for theta.")(
    built(renew, phi_step, assign("q", lambda w: w.tilted(alpha=1.0)), theta_step)
)
known("theta's step has the factor alpha", "theta moves by lr_theta (q - p). alpha is in q already.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * w.alpha * (w.q - w.theta.softmax(0))))
)
known(
    "theta is used as if it were normalised",
    "theta starts at log p_0, but after a step its exponentials no longer sum to 1: p is softmax(theta).",
)(built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * (w.q - w.theta.exp()))))
known(
    "phi and theta move at once, with the old q, which comes back",
    "theta follows the q of the new phi: compute q again between the two moves. And once more at the end, for the last phi and the last p.",
)(built(renew, phi_step, theta_step, end=lambda w: (w.phi, w.theta.log_softmax(0), w.q.log())))

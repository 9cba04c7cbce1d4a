"""Known mistakes in the whole algorithm: where it starts, how long it runs, and what comes back; importing this completes the exam."""

import torch
from torch import Tensor

from pgmkit.checks.learnable.game_moves import World, assign, built, finish, game, known, phi_step, renew, theta_step

__all__ = ["game"]

known("log p is not normalised", "theta are logits. Return theta less its logsumexp: log_softmax.")(
    built(end=lambda w: (w.phi, w.theta, w.log_q()))
)
known("log q is not normalised", "log p + alpha f lacks - log Z. Return its log_softmax.")(
    built(end=lambda w: (w.phi, w.theta.log_softmax(0), w.theta.log_softmax(0) + w.alpha * w.features @ w.phi))
)
known("log p and log q are not normalised", "theta and theta + alpha f are logits. Return their log_softmax.")(
    built(end=lambda w: (w.phi, w.theta, w.theta + w.alpha * w.features @ w.phi))
)
known(
    "log q is that of the last step, before theta moved",
    "The q that comes back belongs to the last phi and the last p: compute it once more.",
)(built(end=lambda w: (w.phi, w.theta.log_softmax(0), w.q.log())))
known("Probabilities come back, not logarithms", "log p and log q are wanted: log_softmax in place of softmax.")(
    built(end=lambda w: (w.phi, w.theta.softmax(0), w.tilted()))
)
known("The three results are in another order", "(phi, log_p, log_q), in this order.")(
    built(end=lambda w: (w.theta.log_softmax(0), w.log_q(), w.phi))
)
known("log p and log q are swapped", "(phi, log_p, log_q), in this order.")(built(end=lambda w: (w.phi, w.log_q(), w.theta.log_softmax(0))))
known("f comes back in place of phi", "phi has shape (k,), one weight for each feature. f is features @ phi.")(
    built(end=lambda w: (w.features @ w.phi, *finish(w)[1:]))
)
known("phi starts at ones", "The constraint starts at phi = 0, where f says nothing and q is p.")(
    built(start=assign("phi", lambda w: torch.ones_like(w.phi)))
)
known("One step too few", "Both move `steps` times.")(built(extra=-1))
known("One step too many", "Both move `steps` times.")(built(extra=1))
known("theta starts at 0, not at log p_0", "The model starts at p_0: its logits are log_p0.")(
    built(start=assign("theta", lambda w: 0 * w.theta))
)


@known(
    "log_p0 is changed in place", "theta is log_p0 itself here, and += writes into it. Write theta = theta + ..., or start from a clone."
)
def in_place(
    log_p_data: Tensor, log_p0: Tensor, features: Tensor, alpha: float, steps: int, *, lr_phi: float = 0.5, lr_theta: float = 0.5
) -> object:
    out = built()(log_p_data, log_p0, features, alpha, steps, lr_phi=lr_phi, lr_theta=lr_theta)
    log_p0 += 1
    return out


@known(
    "exp leaves floating point",
    "exp of a thousand is inf, and inf / inf is nan. softmax and log_softmax of theta + alpha f take no such detour.",
)
def overflows(
    log_p_data: Tensor, log_p0: Tensor, features: Tensor, alpha: float, steps: int, *, lr_phi: float = 0.5, lr_theta: float = 0.5
) -> object:
    def q(w: World) -> Tensor:
        tilted = w.theta.exp() * (w.alpha * w.features @ w.phi).exp()
        return tilted / tilted.sum()

    moves = assign("q", q), phi_step, assign("q", q), theta_step
    run = built(*moves, end=lambda w: (w.phi, w.theta.log_softmax(0), q(w).log()))
    return run(log_p_data, log_p0, features, alpha, steps, lr_phi=lr_phi, lr_theta=lr_theta)


known("log q lacks alpha", "log q = log p + alpha f - log Z, with the last phi and the last p.")(
    built(end=lambda w: (w.phi, w.theta.log_softmax(0), w.log_q(alpha=1.0)))
)
known(
    "The logarithm of a softmax", "softmax rounds a tiny probability to 0, and its logarithm is -inf. log_softmax never takes that detour."
)(built(end=lambda w: (w.phi, w.theta.log_softmax(0), w.tilted().log())))
known("The lengths are ignored", "lr_phi and lr_theta are arguments. 0.5 is only their default.")(
    built(start=lambda w: w.__dict__.update(lr_phi=0.5, lr_theta=0.5))
)
known("theta starts at p_0, not at its logarithm", "theta are logits, and p = softmax(theta): start at log_p0 as it is.")(
    built(start=assign("theta", lambda w: w.theta.exp()))
)
known("phi compares q with p", "The data do not enter: at phi = 0 q is p, and phi never moves. phi compares the data with q.")(
    built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * (w.q - w.theta.softmax(0)) @ w.features), renew, theta_step)
)
known("The means in phi's step are divided by m", "The probabilities sum to 1 already: sum over the values, take no mean.")(
    built(renew, assign("phi", lambda w: w.phi + w.lr_phi * w.alpha * w.up(w.q) / len(w.q)), renew, theta_step)
)
known("theta's step has a factor p", "The gradient of E_q[log softmax(theta)] in theta is q - p. The p of the softmax is in it already.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * w.theta.softmax(0) * (w.q - w.theta.softmax(0))))
)
known("theta moves by log q - log p", "theta moves by the difference of the probabilities, q - p, not of their logarithms.")(
    built(renew, phi_step, renew, assign("theta", lambda w: w.theta + w.lr_theta * (w.log_q() - w.theta.log_softmax(0))))
)


@known("First phi makes all its steps, then theta", "They move by turns: each step moves both, and q is renewed for each move.")
def one_after_the_other(
    log_p_data: Tensor, log_p0: Tensor, features: Tensor, alpha: float, steps: int, *, lr_phi: float = 0.5, lr_theta: float = 0.5
) -> object:
    first = built(renew, phi_step, end=lambda w: w)
    w = first(log_p_data, log_p0, features, alpha, steps, lr_phi=lr_phi, lr_theta=lr_theta)
    for _ in range(steps):
        renew(w)
        theta_step(w)
    return finish(w)

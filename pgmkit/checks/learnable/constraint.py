"""Exam of the constraint's loss. Only gradients count, so every loss with the gradient of maximum likelihood is right."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal
from pgmkit.knowledge import constraint_loss, forward_kl_loss, log_partition, naive_constraint_loss, pr_e_step, reverse_kl_loss, tilt

constraint = Exam(
    constraint_loss,
    minutes=20,
    difficulty=3,
    hints=(
        "Two phases. The data push f up where they are. What pushes it down, and where: at the model's samples, or at those of q?",
        "There are two right ways. Either the loss contains log Z_phi, estimated from the samples, and autograd makes the weights. "
        "Or you make the weights softmax(alpha f) yourself, and they are constants.",
        "First way: logsumexp of alpha f over the last dimension, averaged over the rows, and alpha times the mean over the data taken from it. "
        "Second way: in place of logsumexp stands alpha times the weighted sum of f, with detached weights.",
    ),
    closes=(log_partition, naive_constraint_loss, forward_kl_loss, reverse_kl_loss, tilt, pr_e_step),
)
Pair = tuple[Tensor, Tensor]


def slope(answer: Answer, f_data: Tensor, f_model: Tensor, alpha: float, i: int) -> Tensor | str:
    """Gradient of the loss in f on data (i = 0) or on samples (i = 1); words where there is no scalar on the graph."""
    scores = f_data.clone().requires_grad_(), f_model.clone().requires_grad_()
    loss = answer(*scores, alpha)
    if isinstance(loss, Tensor) and loss.ndim > 0:
        return f"no scalar, but a loss of shape {tuple(loss.shape)}"
    return gradient(loss, scores[i])


@constraint.probe
def probe(answer: Answer, generator: Generator) -> Observations:
    f_data, f_model = normal(5, generator=generator), normal(4, generator=generator)
    table, rows = normal(2, 3, generator=generator), normal(3, 4, generator=generator)
    seen, made, phi = (normal(*shape, generator=generator) for shape in ((6, 2), (4, 2), (2,)))
    far = normal(4, generator=generator) + 1000
    one, two = torch.tensor([2.0], dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)

    def by_hand() -> tuple[Tensor | str, ...]:
        return tuple(slope(answer, one, two, 1.0986122886681098, i) for i in (0, 1))

    def in_phi() -> Tensor | str:
        leaf = phi.clone().requires_grad_()
        loss = answer((seen @ leaf).tanh(), (made @ leaf).tanh(), 2.5)
        return "no scalar" if isinstance(loss, Tensor) and loss.ndim > 0 else gradient(loss, leaf)

    yield "by hand: f = 2 on data, f = (0, 1) on samples, alpha = log 3: gradients in f", by_hand, 1
    yield "gradient in f on 5 data, alpha 0.7", lambda: slope(answer, f_data, f_model, 0.7, 0), 1
    yield "gradient in f on 4 samples, alpha 0.7", lambda: slope(answer, f_data, f_model, 0.7, 1), 2
    yield "gradient in f on samples in 3 rows of 4, alpha 1.6", lambda: slope(answer, f_data, rows, 1.6, 1), 1.5
    yield "gradient in f on data of shape (2, 3)", lambda: slope(answer, table, rows, 1.6, 0), 0.5
    yield "gradient in f on a single sample", lambda: slope(answer, f_data, f_model[:1], 0.7, 1), 0.5
    yield "gradient in f on samples around 1000", lambda: slope(answer, f_data, far, 1.6, 1), 1
    yield "gradient that reaches phi, f = tanh(phi . x), alpha 2.5", in_phi, 1.5


def w(f: Tensor, alpha: float) -> Tensor:
    """The right weights, taken as given."""
    return (alpha * f.detach()).softmax(-1)


def phase(f: Tensor, alpha: float) -> Tensor:
    """The right negative phase without its factor: E_q[f], for each row."""
    return (w(f, alpha) * f).sum(-1)


def up(f: Tensor) -> Tensor:
    """The data's mean of f."""
    return f.mean()


def known(title: str, advice: str, loss: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """A known mistake, by its loss of (f on data, f on samples, alpha)."""
    constraint.mistake(title, advice)(lambda f_data, f_model, alpha: loss(f_data, f_model, alpha))


known(
    "The naive rule: f is raised where q is (erratum E9)",
    "Data do not enter, and the samples are praised in place of being pushed down: the loss falls without bound. Lower f under q, raise it on data.",
    lambda d, m, a: -phase(m, a).mean(),
)
known(
    "The naive rule with a factor alpha (erratum E9)",
    "Data do not enter, and the samples are praised in place of being pushed down: the loss falls without bound. Lower f under q, raise it on data.",
    lambda d, m, a: -a * phase(m, a).mean(),
)
known(
    "f is raised on data and on q's samples",
    "The second term has the wrong sign: data minus model. What q makes too often must lose.",
    lambda d, m, a: -a * (up(d) + phase(m, a).mean()),
)
known(
    "The negative phase has no weights",
    "That is a WGAN critic: its negatives come from p. Here they come from q, so sample k counts with weight softmax(alpha f)_k.",
    lambda d, m, a: a * (m.mean() - up(d)),
)
known(
    "The negative phase has no weights, and alpha is forgotten",
    "That is a WGAN critic: its negatives come from p. Here they come from q, so sample k counts with weight softmax(alpha f)_k, times alpha.",
    lambda d, m, a: m.mean() - up(d),
)
known(
    "The weights are differentiated",
    "In E_q[f] the weights depend on phi, and autograd follows them too: that adds the variance of f. Detach them, or use logsumexp.",
    lambda d, m, a: a * (((a * m).softmax(-1) * m).sum(-1).mean() - up(d)),
)
known(
    "The weights are differentiated, and the factor alpha is missing",
    "Two things: detach the weights, or use logsumexp. And the gradient of log q has the factor alpha.",
    lambda d, m, a: ((a * m).softmax(-1) * m).sum(-1).mean() - up(d),
)
known(
    "alpha is forgotten",
    "q is proportional to p exp{alpha f}: alpha stands in the weights, and in front of the whole gradient.",
    lambda d, m, a: m.logsumexp(-1).mean() - up(d),
)
known(
    "The factor alpha is missing",
    "The weights are right, but log q contains alpha f: the gradient is alpha times the difference of the two means.",
    lambda d, m, a: phase(m, a).mean() - up(d),
)
known(
    "alpha is missing in the weights",
    "The weights are those of q, softmax(alpha f). Only the factor in front has its alpha.",
    lambda d, m, a: a * (phase(m, 1.0).mean() - up(d)),
)
known(
    "alpha is missing on the data",
    "log q(x) = log p(x) + alpha f(x) - log Z: alpha multiplies f on the data as well.",
    lambda d, m, a: (a * m).logsumexp(-1).mean() - up(d),
)
known(
    "alpha is missing in front of the samples",
    "The gradient of log Z is alpha E_q[grad f]: the weighted mean has the same factor alpha as the data's.",
    lambda d, m, a: phase(m, a).mean() - a * up(d),
)
known(
    "The loss has the wrong sign",
    "Descent on this loss would lower f on the data. A loss is minus the likelihood: log Z - alpha E_data[f].",
    lambda d, m, a: a * (up(d) - phase(m, a).mean()),
)
known(
    "There is no negative phase",
    "Without log Z (or with its f detached) raising f everywhere makes the loss fall without bound. log Z depends on phi as well.",
    lambda d, m, a: -a * up(d),
)
known(
    "The data are missing",
    "log Z alone only pushes f down. The data's mean, -alpha E_data[f], says where f should be high.",
    lambda d, m, a: a * phase(m, a).mean(),
)
known(
    "A sum over the data",
    "E_data is a mean: with a sum, the data count more the larger the batch.",
    lambda d, m, a: a * (phase(m, a).mean() - d.sum()),
)
known(
    "A sum over the rows",
    "Each row estimates its own log Z. Average over the rows; with a sum, the samples count more the more rows there are.",
    lambda d, m, a: a * (phase(m, a).sum() - up(d)),
)
known(
    "The weights are normalised over the whole batch",
    "Samples of one condition share a row. Each row has its own Z: softmax or logsumexp over the last dimension, then the mean over rows.",
    lambda d, m, a: (a * m).flatten().logsumexp(0) - a * up(d),
)
known(
    "Normalised over the rows",
    "The first dimension holds the conditions. The samples of one condition are in the last one.",
    lambda d, m, a: (a * m).logsumexp(0).mean() - a * up(d),
)
known(
    "The weighted samples are averaged, not summed",
    "The weights sum to 1 already, so the sum of w f is the mean under q. A mean divides by K once more.",
    lambda d, m, a: a * ((w(m, a) * m).mean() - up(d)),
)
known(
    "The data are weighted too",
    "Data are draws of p_data, each counts the same: a plain mean. Only samples of p need weights, to become samples of q.",
    lambda d, m, a: a * (phase(m, a).mean() - phase(d.flatten(), a)),
)
known(
    "The weights favour low f",
    "q prefers high f: its weights are softmax(+alpha f).",
    lambda d, m, a: a * (((-a * m.detach()).softmax(-1) * m).sum(-1).mean() - up(d)),
)
known(
    "exp leaves floating point",
    "exp(1000) is inf, and the gradient becomes nan. logsumexp and softmax subtract the maximum first.",
    lambda d, m, a: (a * m).exp().mean(-1).log().mean() - a * up(d),
)
known(
    "This is a discriminator's loss",
    "Cross-entropy treats f as a logit and every sample alike. Here f is a part of log q: log Z - alpha E_data[f].",
    lambda d, m, a: F.softplus(-a * d).mean() + F.softplus(a * m).mean(),
)
known(
    "The data stand among the samples",
    "Z is a mean under p. With the data inside logsumexp you have a contrastive loss: another method, another gradient.",
    lambda d, m, a: torch.cat([a * d.flatten(), a * m.flatten()]).logsumexp(0) - a * up(d),
)
known(
    "Z in place of log Z",
    "log q = log p + alpha f - log Z. The derivative of Z itself is not normalised: take its logarithm.",
    lambda d, m, a: (a * m).exp().mean(-1).mean() - a * up(d),
)
known(
    "The loss is cut off from phi",
    "phi learns through f on data and on samples: detach only the weights, and open no no_grad around the loss.",
    lambda d, m, a: ((a * m).logsumexp(-1).mean() - a * up(d)).detach(),
)
known(
    "A plain number comes back",
    ".item() and float() leave the graph. Return the tensor, which backward needs.",
    lambda d, m, a: ((a * m).logsumexp(-1).mean() - a * up(d)).item(),
)
known(
    "A loss for each row",
    "A scalar is to be minimised: average log Z over the rows.",
    lambda d, m, a: (a * m).logsumexp(-1) - a * up(d),
)


known(
    "The data get a log-sum-exp of their own",
    "E_data is a plain mean: each datum counts the same. Only the samples have weights, because they stand for q.",
    lambda d, m, a: (a * m).logsumexp(-1).mean() - (a * d).logsumexp(-1).mean(),
)

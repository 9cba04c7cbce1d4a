"""Exam of the posterior regularization functional."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import INF, doubles, log_distribution, slopes
from pgmkit.checks.probing import normal
from pgmkit.gan import kl_divergence
from pgmkit.knowledge import expectation, forward_kl_loss, pr_objective

objective = Exam(
    pr_objective,
    minutes=12,
    difficulty=2,
    closes=(expectation, forward_kl_loss, kl_divergence),
    hints=(
        "Both parts are averages under the same distribution. Which one, and what is averaged?",
        "One sum does it: the weights are q(x), and the bracket is log q(x) - log p(x) - alpha f(x). Where q(x) = 0 the bracket may be "
        "-inf or nan, and 0 times either is nan. Where q(x) > 0 and p(x) = 0 the bracket is inf, and rightly so.",
        "Compute q = log_q.exp(). With torch.where, put 0 in place of the bracket where q is 0. Then multiply by q, and sum over the last dimension.",
    ),
)


@objective.probe
def probe_objective(answer: Answer, generator: Generator) -> Observations:
    q, p = (log_distribution(3, 5, generator=generator) for _ in range(2))
    f, alpha, weights = normal(3, 5, generator=generator), 1.7, normal(3, generator=generator)
    hand = doubles(0.5, 0.5).log(), doubles(0.25, 0.75).log(), doubles(1, 0)
    hole = torch.full((3, 1), -INF, dtype=torch.float64)
    spare = log_distribution(3, 6, generator=generator)
    f_wide = normal(3, 6, generator=generator)
    faint = torch.stack([doubles(-800, 0), doubles(0, -1200)]) + log_distribution(2, 1, generator=generator)
    best, sharp = (p + alpha * f).log_softmax(-1), log_distribution(2, 2, generator=generator)

    def of_logits(a: Tensor, b: Tensor, f: Tensor) -> Tensor:
        return answer(a.log_softmax(-1), b.log_softmax(-1), f, alpha)

    yield "q = (1/2, 1/2), p = (1/4, 3/4), f = (1, 0), alpha = 2", lambda: answer(*hand, 2.0), 0.75
    yield "three rows (3, 5), alpha = 1.7: shape (3,)", lambda: answer(q, p, f, alpha), 1
    yield "at the best q: -log Z", lambda: answer(best, p, f, alpha), 0.5
    yield "q(x) = 0 where p(x) > 0", lambda: answer(torch.cat([hole, q], 1), spare, f_wide, alpha), 0.5
    yield "q(x) = p(x) = 0", lambda: answer(torch.cat([hole, q], 1), torch.cat([hole, p], 1), f_wide, alpha), 0.5
    yield "q(x) > 0 where p(x) = 0: infinite", lambda: answer(spare, torch.cat([hole, p], 1), f_wide, alpha), 0.5
    yield "p(x) = e^-800, which rounds to 0", lambda: answer(sharp, faint, f[:2, :2], alpha), 0.5
    yield "gradients that reach q, p and f", lambda: slopes(of_logits, weights, q, p, f), 0.75


Functional = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def known(title: str, advice: str, answer: Functional) -> None:
    """Enter a mistake."""
    objective.mistake(title, advice)(answer)


def mean(log_q: Tensor, g: Tensor) -> Tensor:
    """E_q[g] as it should be: a value with q = 0 counts 0."""
    q = log_q.exp()
    return (q * torch.where(q > 0, g, 0)).sum(-1)


def kl(a: Tensor, b: Tensor) -> Tensor:
    """KL(a || b) as it should be."""
    return mean(a, a - b)


def reversed_kl(log_q: Tensor, log_p: Tensor, f: Tensor, alpha: float) -> Tensor:
    return kl(log_p, log_q) - alpha * mean(log_q, f)


known(
    "KL is the wrong way round",
    "KL(q || p) averages log q - log p under q. This is KL(p || q).",
    reversed_kl,
)
known(
    "The sign of the constraint is turned",
    "The functional is minimised, and f is higher where it is better: minus alpha E_q[f].",
    lambda q, p, f, a: kl(q, p) + a * mean(q, f),
)
known("alpha is missing", "The constraint counts alpha times.", lambda q, p, f, a: kl(q, p) - mean(q, f))
known(
    "0 times infinity became nan",
    "Where q(x) = 0, log q is -inf, and 0 * -inf is nan in floating point. Such a value counts 0: mask it with torch.where.",
    lambda q, p, f, a: (q.exp() * (q - p - a * f)).sum(-1),
)
for title, advice, bracket in (
    (
        "The sign of the constraint is turned",
        "The functional is minimised, and f is higher where it is better: minus.",
        lambda k, f, a: k + a * f,
    ),
    ("alpha is missing", "The constraint counts alpha times.", lambda k, f, a: k - f),
    (
        "A mean stands where the sum belongs",
        "q(x) is the weight of x already: sum over the last dimension.",
        lambda k, f, a: (k - a * f) / f.shape[-1],
    ),
):
    known(
        f"{title}, and 0 times infinity became nan",
        f"{advice} And where q(x) = 0, the bracket is not finite, and 0 times that is nan: put 0 there with torch.where.",
        lambda q, p, f, a, bracket=bracket: (q.exp() * bracket(q - p, f, a)).sum(-1),
    )
known(
    "f is averaged under the model, and 0 times infinity became nan",
    "The constraint is E_q[f], with the weights q(x). And where q(x) = 0, log q is -inf, and 0 * -inf is nan: put 0 there with torch.where.",
    lambda q, p, f, a: (q.exp() * (q - p)).sum(-1) - a * mean(p, f),
)
known(
    "nan_to_num hides what is infinite",
    "It turns nan into 0, but also inf into a large number. Where q > 0 and p = 0 the functional is infinite: put 0 where q is 0, and only there.",
    lambda q, p, f, a: (q.exp() * (q - p - a * f)).nan_to_num().sum(-1),
)
known(
    "nan_to_num inside the bracket",
    "It turns inf into a large number, which then is multiplied by q: neither 0 nor infinite. Put 0 where q is 0, and only there.",
    lambda q, p, f, a: (q.exp() * (q - p - a * f).nan_to_num()).sum(-1),
)
known(
    "Values with p(x) = 0 are left out",
    "Where the model gives no mass and q gives some, KL(q || p) is infinite, and inf is the answer wanted. Leave out only where q is 0.",
    lambda q, p, f, a: mean(q, torch.where(p > -INF, q - p - a * f, 0)),
)
known(
    "A small constant hides what is infinite",
    "log(p + 1e-12) is finite where p = 0. There the functional is infinite. Add no constant.",
    lambda q, p, f, a: mean(q, (q.exp() + 1e-12).log() - (p.exp() + 1e-12).log() - a * f),
)
known(
    "The logarithm of a probability that rounds to 0",
    "exp(-800) is 0 in floating point, and its logarithm -inf. log p is given: use it as it is.",
    lambda q, p, f, a: torch.xlogy(q.exp(), q.exp()).sum(-1) - torch.xlogy(q.exp(), p.exp()).sum(-1) - a * mean(q, f),
)
known(
    "f is averaged under the model",
    "The constraint is E_q[f]. PR put q in the place of p_theta, so that the model itself need not be asked.",
    lambda q, p, f, a: kl(q, p) - a * mean(p, f),
)
known(
    "f is averaged evenly",
    "E_q[f] weighs f(x) with q(x). This is the plain mean of f.",
    lambda q, p, f, a: kl(q, p) - a * f.mean(-1),
)
known(
    "log q is missing in KL",
    "-E_q[log p] is the cross-entropy. KL(q || p) has E_q[log q] as well, and that is what q is optimised with.",
    lambda q, p, f, a: mean(q, -p - a * f),
)
known(
    "log p is missing in KL",
    "E_q[log q] is minus the entropy of q. KL(q || p) also takes E_q[log p] away: q has to stay near p.",
    lambda q, p, f, a: mean(q, q - a * f),
)
known("KL is missing", "The functional is KL(q || p) - alpha E_q[f].", lambda q, p, f, a: -a * mean(q, f))
known("The constraint is missing", "The functional is KL(q || p) - alpha E_q[f]; this is KL alone.", lambda q, p, f, a: kl(q, p))
known(
    "This is -log Z, whatever q is",
    "-log Z is the smallest value that the functional takes, at the best q. The functional is wanted at the q that came.",
    lambda q, p, f, a: -(p + a * f).logsumexp(-1),
)
known("alpha multiplies KL", "alpha is the strength of the constraint: it multiplies E_q[f].", lambda q, p, f, a: a * kl(q, p) - mean(q, f))
known("alpha multiplies both parts", "alpha multiplies E_q[f] alone.", lambda q, p, f, a: a * (kl(q, p) - mean(q, f)))
known(
    "The sign of all is turned",
    "The functional is minimised over q: KL(q || p) with plus, alpha E_q[f] with minus.",
    lambda q, p, f, a: a * mean(q, f) - kl(q, p),
)
known(
    "The sum over x is missing",
    "One number for each row: add the terms over the last dimension.",
    lambda q, p, f, a: q.exp() * torch.where(q > -INF, q - p - a * f, 0),
)
known(
    "A mean stands where the sum belongs",
    "q(x) is the weight of x already. A mean over x divides by the number of values once more.",
    lambda q, p, f, a: mean(q, q - p - a * f) / q.shape[-1],
)
known(
    "The batch was summed too",
    "Every row has its own value: only the last dimension is summed.",
    lambda q, p, f, a: mean(q, q - p - a * f).sum(),
)
known(
    "The batch was averaged too",
    "Every row has its own value, shape (...). A mean over rows is taken later.",
    lambda q, p, f, a: mean(q, q - p - a * f).mean(),
)
known(
    "The weights are log q, not q",
    "An average under q weighs with q(x) = exp(log q(x)).",
    lambda q, p, f, a: (q * (q - p - a * f)).sum(-1),
)
known("The weights are p, not q", "Both averages are taken under q.", lambda q, p, f, a: mean(p, q - p - a * f))
known(
    "KL is the wrong way round, and 0 times infinity became nan",
    "KL(q || p) averages log q - log p under q; this is KL(p || q). F.kl_div(input, target) is KL(target || input): there log_p comes first.",
    lambda q, p, f, a: F.kl_div(q, p, reduction="none", log_target=True).sum(-1) - a * mean(q, f),
)
known(
    "F.kl_div takes a mean over everything",
    "Its default is one mean over all rows and values. Say reduction='none', and sum over the last dimension.",
    lambda q, p, f, a: F.kl_div(p, q, reduction="none", log_target=True).mean() - a * mean(q, f),
)
known(
    "F.kl_div makes one number of all rows",
    "reduction='batchmean' divides the sum of all by the first dimension. Say reduction='none', and sum over the last dimension.",
    lambda q, p, f, a: F.kl_div(p, q.exp(), reduction="batchmean") - a * mean(q, f),
)
known(
    "F.kl_div forgot that its target is a logarithm",
    "F.kl_div(log_p, log_q) takes log_q for probabilities. Say log_target=True, or hand it log_q.exp().",
    lambda q, p, f, a: F.kl_div(p, q, reduction="none").sum(-1) - a * mean(q, f),
)
known(
    "The weights are detached",
    "The values are right, but q is what is optimised: its gradient goes through the weights as well.",
    lambda q, p, f, a: (q.exp().detach() * torch.where(q > -INF, q - p - a * f, 0)).sum(-1),
)
known(
    "The result is detached",
    "The values are right, but the functional is minimised: no detach, no_grad, item or numpy.",
    lambda q, p, f, a: mean(q, q - p - a * f).detach(),
)

"""Exam of the optimal discriminator."""

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal
from pgmkit.gan import optimal_discriminator

optimal = Exam(
    optimal_discriminator,
    minutes=8,
    difficulty=1,
    hints=(
        "Divide p / (p + q) by p, above and below. What is left of the two densities?",
        "1 / (1 + q/p), and q/p = exp(log q - log p). Which function of torch has the form 1 / (1 + exp(-s))?",
        "D* is the sigmoid of one number: a difference of the two arguments. Which one is subtracted?",
    ),
)


@optimal.probe
def probe_optimal(answer: Answer, generator: Generator) -> Observations:
    log_p, log_q = normal(2, 3, 4, generator=generator).clamp(-2, 2) * torch.tensor([1.0, 1.5]).double().reshape(2, 1, 1) - 0.7
    far_p = torch.tensor([1000.0, -1000.0, 1001.0, -1002.0, 1000.0, -1000.0], dtype=torch.float64)
    far_q = torch.tensor([1000.5, -999.0, 1000.0, -1000.5, -1000.0, 1000.0], dtype=torch.float64)

    def slope(of: int) -> Tensor:
        logs = log_p.clone().requires_grad_(), log_q.clone().requires_grad_()
        return gradient(answer(*logs), logs[of])

    yield "1/2 where the densities agree", lambda: answer(log_p[0].clone(), log_p[0].clone()), 1
    yield "value, shape (3, 4)", lambda: answer(log_p.clone(), log_q.clone()), 2
    yield "value at log densities of plus and minus 1000", lambda: answer(far_p.clone(), far_q.clone()), 1
    yield "gradient that reaches log_p", lambda: slope(0), 0.5
    yield "gradient that reaches log_q", lambda: slope(1), 0.5


@optimal.mistake("q / (p + q) instead of p / (p + q)", "D(x) is the probability that x is data, and the data's density is p.")
def probability_of_fake(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.sigmoid(log_q - log_p)


@optimal.mistake(
    "exp over- or underflows", "exp(1000) is infinite, exp(-1000) is 0, and their ratios are nan. Only the difference of the logs is safe."
)
def exponentials(log_p: Tensor, log_q: Tensor) -> Tensor:
    return log_p.exp() / (log_p.exp() + log_q.exp())


@optimal.mistake("The logit came back", "log p - log q is the logit of D*. D* itself lies in [0, 1].")
def logit(log_p: Tensor, log_q: Tensor) -> Tensor:
    return log_p - log_q


@optimal.mistake("The density ratio came back", "p / q is the odds of D*, in [0, inf). D* itself is p / (p + q).")
def ratio(log_p: Tensor, log_q: Tensor) -> Tensor:
    return (log_p - log_q).exp()


@optimal.mistake("log D* came back", "The arguments are logs; the result is a probability in [0, 1].")
def log_d(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.nn.functional.logsigmoid(log_p - log_q)


@optimal.mistake("Log densities used as densities", "log p / (log p + log q) means nothing. Go through p / q = exp(log p - log q).")
def logs_as_densities(log_p: Tensor, log_q: Tensor) -> Tensor:
    return log_p / (log_p + log_q)


@optimal.mistake("p over the mixture", "p / ((p + q) / 2) is twice D*. Data and samples are equally frequent, and both stand below: p + q.")
def over_mixture(log_p: Tensor, log_q: Tensor) -> Tensor:
    return 2 * torch.sigmoid(log_p - log_q)


@optimal.mistake(
    "An epsilon in the denominator",
    "It hides 0/0 as a wrong 0 where both densities underflow, and does nothing where both are infinite. Use the difference of the logs.",
)
def epsilon(log_p: Tensor, log_q: Tensor) -> Tensor:
    return log_p.exp() / (log_p.exp() + log_q.exp() + 1e-8)


@optimal.mistake(
    "The logs are clamped before exp",
    "Where both logs hit the clamp they become equal, and D* a wrong 1/2. Only log p - log q matters, and it needs no clamp.",
)
def clamped(log_p: Tensor, log_q: Tensor) -> Tensor:
    p, q = log_p.clamp(-100, 100).exp(), log_q.clamp(-100, 100).exp()
    return p / (p + q)


@optimal.mistake(
    "exp is clamped from above only",
    "Large logs meet at the clamp and give a wrong 1/2; small ones still give 0/0. Only log p - log q matters, and it needs no clamp.",
)
def capped(log_p: Tensor, log_q: Tensor) -> Tensor:
    p, q = log_p.clamp(max=100).exp(), log_q.clamp(max=100).exp()
    return p / (p + q)


@optimal.mistake(
    "Tiny densities are replaced by a small number",
    "Where both densities underflow they become equal, and D* a wrong 1/2; where both overflow, nan stays. Use the difference of the logs.",
)
def lifted(log_p: Tensor, log_q: Tensor) -> Tensor:
    p, q = log_p.exp().clamp(min=1e-10), log_q.exp().clamp(min=1e-10)
    return p / (p + q)


@optimal.mistake(
    "The quotient of two exps", "exp(log q) / exp(log p) is inf/inf or 0/0 at large logs. Subtract the logs first: exp(log q - log p)."
)
def quotient_of_exps(log_p: Tensor, log_q: Tensor) -> Tensor:
    return 1 / (1 + log_q.exp() / log_p.exp())


@optimal.mistake(
    "r / (1 + r) with an infinite ratio", "Where r = p / q overflows, r / (1 + r) is inf/inf. Divide by r above and below: 1 / (1 + q / p)."
)
def ratio_overflows(log_p: Tensor, log_q: Tensor) -> Tensor:
    r = (log_p - log_q).exp()
    return r / (1 + r)


@optimal.mistake("The result is detached", "The values are right, but no gradient reaches log_p and log_q. Leave out detach and no_grad.")
def detached(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.sigmoid(log_p - log_q).detach()

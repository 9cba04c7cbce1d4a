"""Exams of what GANs optimise on finite spaces."""

import math

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.probing import gradient, normal, probabilities
from pgmkit.gan import game_value, gan_value_at_optimum, js_divergence, kl_divergence, optimal_discriminator

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
    log_p, log_q = normal(3, 4, generator=generator) - 1, 2 * normal(3, 4, generator=generator) - 0.5
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


js = Exam(
    js_divergence,
    minutes=12,
    difficulty=2,
    closes=(kl_divergence,),
    hints=(
        "Compare each of the two distributions with the distribution halfway between them.",
        "torch.xlogy(a, b) is a log b, and it is 0 where a = 0. Then p log(p / m) = xlogy(p, p) - xlogy(p, m).",
        "Build m, write both KL terms with xlogy, sum each over the last dimension, and average the two.",
    ),
)


def sparse(generator: Generator) -> tuple[Tensor, Tensor]:
    """Two distributions over five values: one value missing in p only, one in q only, one in both."""
    p, q = probabilities(3, generator=generator), probabilities(3, generator=generator)
    zero = torch.zeros(1, dtype=torch.float64)
    return torch.cat([p, zero, zero]), torch.cat([zero, q[:2], zero, q[2:]])


@js.probe
def probe_js(answer: Answer, generator: Generator) -> Observations:
    p, q = probabilities(2, 3, 5, generator=generator), probabilities(2, 3, 5, generator=generator)
    logits, (rare_p, rare_q) = normal(5, generator=generator), sparse(generator)

    def slope() -> Tensor:
        free = logits.clone().requires_grad_()
        return gradient(answer(free.softmax(-1), q[0, 0].clone()), free)

    yield "value", lambda: answer(p[0, 0].clone(), q[0, 0].clone()), 1
    yield "zeros in p, in q, and in both", lambda: answer(rare_p.clone(), rare_q.clone()), 1
    yield "disjoint supports: log 2", lambda: answer(p[0, 0].repeat(2) * disjoint(5), p[0, 0].repeat(2) * disjoint(5).flip(0)), 0.5
    yield "a batch of shape (2, 3, 5)", lambda: answer(p.clone(), q.clone()), 1
    yield "gradient with respect to the logits of p", slope, 0.5


def disjoint(n: int) -> Tensor:
    """n ones and n zeros."""
    return torch.cat([torch.ones(n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)])


def kl(p: Tensor, q: Tensor) -> Tensor:
    """KL divergence for the wrong answers below."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


@js.mistake("0 log 0 became nan", "0 * log(0) is nan in floating point; the convention is 0. torch.xlogy knows it.")
def zero_log_zero(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (p * (p / m).log() + q * (q / m).log()).sum(-1) / 2


@js.mistake("The mixture lacks its 1/2", "m = (p + q) / 2 must sum to 1. With p + q the result is log 2 too small.")
def whole_mixture(p: Tensor, q: Tensor) -> Tensor:
    return (kl(p, p + q) + kl(q, p + q)) / 2


@js.mistake("Bits, not nats", "The logarithm is natural: the largest value is log 2 = 0.693, not 1.")
def bits(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / (2 * math.log(2))


@js.mistake("Only p is compared with the mixture", "JSD is symmetric: KL(p || m) and KL(q || m) each count one half.")
def one_sided(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, (p + q) / 2)


@js.mistake("The two KL terms are added, not averaged", "Each KL term carries a factor 1/2; without it the largest value is 2 log 2.")
def doubled(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, (p + q) / 2) + kl(q, (p + q) / 2)


@js.mistake("The KL terms point the wrong way", "The mixture stands second: KL(p || m), not KL(m || p).")
def backwards(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(m, p) + kl(m, q)) / 2


@js.mistake("The batch was summed away", "Sum over the last dimension only: shape (..., n) gives shape (...).")
def batch_summed(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)).sum() / 2


@js.mistake("KL between p and q, without the mixture", "(KL(p || q) + KL(q || p)) / 2 is infinite at a zero. Both terms compare with m.")
def jeffreys(p: Tensor, q: Tensor) -> Tensor:
    return (kl(p, q) + kl(q, p)) / 2


@js.mistake("The square root was taken", "The root of JSD is called the Jensen-Shannon distance. The divergence is wanted.")
def rooted(p: Tensor, q: Tensor) -> Tensor:
    return ((kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2).sqrt()


value = Exam(
    gan_value_at_optimum,
    minutes=8,
    difficulty=1,
    closes=(game_value, kl_divergence),
    hints=(
        "Put D* = p / (p + q) into E_p[log D] + E_q[log(1 - D)]. Then look at p / (p + q) = (p / m) / 2.",
        "Each of the two expectations gives a KL term to the mixture and a -log 2.",
        "It is a straight line in JSD. Slope and intercept follow from p = q (value -log 4) and disjoint supports (value 0).",
    ),
)


@value.probe
def probe_value(answer: Answer, generator: Generator) -> Observations:
    p, q = probabilities(2, 3, 5, generator=generator), probabilities(2, 3, 5, generator=generator)
    rare_p, rare_q = sparse(generator)
    yield "p = q: -log 4", lambda: answer(p[0, 0].clone(), p[0, 0].clone()), 0.5
    yield "value", lambda: answer(p[0, 0].clone(), q[0, 0].clone()), 0.5
    yield "zeros in p, in q, and in both", lambda: answer(rare_p.clone(), rare_q.clone()), 0.5
    yield "a batch of shape (2, 3, 5)", lambda: answer(p.clone(), q.clone()), 0.5


def best(p: Tensor, q: Tensor) -> Tensor:
    """The right value, for the wrong answers below."""
    return kl(p, p + q) + kl(q, p + q)


@value.mistake("-log 4 is missing", "At p = q, D* is 1/2 everywhere and V = 2 log(1/2) = -log 4, not 0.")
def no_constant(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + math.log(4)


@value.mistake("log 4 has the wrong sign", "V is an expectation of logs of probabilities, so it is never positive: subtract log 4.")
def constant_added(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + 2 * math.log(4)


@value.mistake(
    "JSD is taken once, not twice", "V(D*) = 2 JSD - log 4. With a single JSD, disjoint supports would give -log 2 instead of 0."
)
def single(p: Tensor, q: Tensor) -> Tensor:
    return (best(p, q) - math.log(4)) / 2


@value.mistake("The constant is log 4, not log 2", "Two expectations, and each contributes a -log 2.")
def constant_log_2(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q) + math.log(2)


@value.mistake("0 log 0 became nan", "Where p or q is 0, 0 * log(0) is nan in floating point; the convention is 0. torch.xlogy knows it.")
def nan_at_zeros(p: Tensor, q: Tensor) -> Tensor:
    d = p / (p + q)
    return (p * d.log() + q * (1 - d).log()).sum(-1)


@value.mistake("Minus the value", "The discriminator's loss at its optimum is log 4 - 2 JSD. The game's value is minus that.")
def negative(p: Tensor, q: Tensor) -> Tensor:
    return -best(p, q)


@value.mistake("The batch was summed away", "Sum over the last dimension only: shape (..., n) gives shape (...).")
def value_summed(p: Tensor, q: Tensor) -> Tensor:
    return best(p, q).sum()

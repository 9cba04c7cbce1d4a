"""Other right ways to write the losses and the theory of problem set 1, as different as students write them; all must earn full marks."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def logaddexp(log_p: Tensor, log_q: Tensor) -> Tensor:
    """p over p + q, in logs until the last moment."""
    return torch.exp(log_p - torch.logaddexp(log_p, log_q))


def softmax_of_two(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Two classes, data and sample."""
    return torch.stack([log_p, log_q], dim=-1).softmax(-1)[..., 0]


def one_over_odds(log_p: Tensor, log_q: Tensor) -> Tensor:
    """1 / (1 + q / p); an infinite ratio gives the right 0."""
    return 1 / (1 + torch.exp(log_q - log_p))


def subtract_the_larger(log_p: Tensor, log_q: Tensor) -> Tensor:
    """The plain quotient after the larger log is taken out of both."""
    top = torch.maximum(log_p, log_q).detach()
    p, q = torch.exp(log_p - top), torch.exp(log_q - top)
    return p / (p + q)


def tanh_form(log_p: Tensor, log_q: Tensor) -> Tensor:
    """sigmoid(s) = (1 + tanh(s / 2)) / 2."""
    return (1 + torch.tanh((log_p - log_q) / 2)) / 2


def bce_with_logits(real: Tensor, fake: Tensor) -> Tensor:
    """The classifier's loss as a function."""
    bce = F.binary_cross_entropy_with_logits
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def bce_module(real: Tensor, fake: Tensor) -> Tensor:
    """The classifier's loss as a module, sums divided by hand."""
    bce = nn.BCEWithLogitsLoss(reduction="sum")
    return bce(real, real.new_ones(real.shape)) / len(real) + bce(fake, fake.new_zeros(fake.shape)) / fake.numel()


def logsigmoid(real: Tensor, fake: Tensor) -> Tensor:
    """1 - sigmoid(s) = sigmoid(-s)."""
    return -(F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean())


def with_logsumexp(real: Tensor, fake: Tensor) -> Tensor:
    """log(1 + exp(s)) as a logsumexp of 0 and s."""
    loss_real = torch.logsumexp(torch.stack([torch.zeros_like(real), -real]), dim=0)
    loss_fake = torch.logaddexp(fake, torch.zeros_like(fake))
    return loss_real.mean() + loss_fake.mean()


def by_hand(real: Tensor, fake: Tensor) -> Tensor:
    """max(s, 0) + log(1 + exp(-|s|)), the stable form written out."""

    def stable(s: Tensor) -> Tensor:
        return s.clamp(min=0) + torch.log1p(torch.exp(-s.abs()))

    return stable(-real).mean() + stable(fake).mean()


def loop_over_logits(real: Tensor, fake: Tensor) -> Tensor:
    """One logit at a time."""
    total = torch.zeros((), dtype=real.dtype)
    for s in real:
        total = total + F.softplus(-s) / len(real)
    for s in fake:
        total = total + F.softplus(s) / len(fake)
    return total


def weighted_cat(real: Tensor, fake: Tensor) -> Tensor:
    """One call on both batches, with weights 1/n and 1/m."""
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    weights = torch.cat([torch.full_like(real, 1 / len(real)), torch.full_like(fake, 1 / len(fake))])
    return F.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels, weight=weights, reduction="sum")


def g_bce(fake: Tensor, *, saturating: bool = False) -> Tensor:
    """Cross-entropy with the label that G wants, or minus the one with D's label."""
    if saturating:
        return -F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))


def g_logsigmoid(fake: Tensor, *, saturating: bool = False) -> Tensor:
    """log(1 - D) = logsigmoid(-s)."""
    return F.logsigmoid(-fake).mean() if saturating else -F.logsigmoid(fake).mean()


def g_sign(fake: Tensor, *, saturating: bool = False) -> Tensor:
    """Both losses are sign * softplus(sign * s) with one sign."""
    sign = -1 if saturating else 1
    return sign * F.softplus(-sign * fake).mean()


def g_shift(fake: Tensor, saturating: bool = False) -> Tensor:
    """softplus(s) = s + softplus(-s); saturating is not keyword-only here."""
    loss = torch.logaddexp(torch.zeros_like(fake), -fake)
    return (-fake - loss).mean() if saturating else loss.mean()


def two_kl_terms(p: Tensor, q: Tensor) -> Tensor:
    """The definition, with zeros replaced before the logarithm."""
    m = (p + q) / 2

    def kl(a: Tensor, b: Tensor) -> Tensor:
        safe_a, safe_b = torch.where(a > 0, a, 1.0), torch.where(a > 0, b, 1.0)
        return torch.where(a > 0, a * (safe_a / safe_b).log(), 0.0).sum(-1)

    return 0.5 * kl(p, m) + 0.5 * kl(q, m)


def entropies(p: Tensor, q: Tensor) -> Tensor:
    """H(m) - (H(p) + H(q)) / 2."""

    def entropy(a: Tensor) -> Tensor:
        return torch.special.entr(a).sum(dim=-1)

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def torch_kl_div(p: Tensor, q: Tensor) -> Tensor:
    """F.kl_div, which takes its second argument first; log m is clamped where m = 0, and 0 times it is 0."""
    log_m = ((p + q) / 2).clamp(min=1e-300).log()
    return (F.kl_div(log_m, p, reduction="none").sum(-1) + F.kl_div(log_m, q, reduction="none").sum(-1)) / 2


def tiny_epsilon(p: Tensor, q: Tensor) -> Tensor:
    """An epsilon inside the logarithm, far below the tolerance."""
    m = 0.5 * (p + q)
    eps = 1e-12
    return 0.5 * (p * torch.log((p + eps) / (m + eps)) + q * torch.log((q + eps) / (m + eps))).sum(-1)


def einsum_rows(p: Tensor, q: Tensor) -> Tensor:
    """Inner products by einsum, logs of zero put to zero."""
    log_ratio_p = torch.log(2 * p / (p + q)).nan_to_num(nan=0.0, neginf=0.0)
    log_ratio_q = torch.log(2 * q / (p + q)).nan_to_num(nan=0.0, neginf=0.0)
    return (torch.einsum("...i,...i->...", p, log_ratio_p) + torch.einsum("...i,...i->...", q, log_ratio_q)) / 2


def log_2_minus(p: Tensor, q: Tensor) -> Tensor:
    """log 2 taken out, which uses that p and q sum to one."""
    return math.log(2) + (torch.xlogy(p, p) - torch.xlogy(p, p + q) + torch.xlogy(q, q) - torch.xlogy(q, p + q)).sum(-1) / 2


def from_js(p: Tensor, q: Tensor) -> Tensor:
    """2 JSD - log 4 through a JSD of one's own."""
    return 2 * entropies(p, q) - math.log(4)


def put_in_d(p: Tensor, q: Tensor) -> Tensor:
    """D* put into the game, where both are zero D is anything."""
    d = torch.where(p + q > 0, p / torch.where(p + q > 0, p + q, 1.0), 0.5)
    return torch.xlogy(p, d).sum(-1) + torch.xlogy(q, 1 - d).sum(-1)


def two_expectations(p: Tensor, q: Tensor) -> Tensor:
    """E_p[log D*] and E_q[log(1 - D*)] by nansum."""
    return (p * torch.log(p / (p + q))).nansum(-1) + (q * torch.log(q / (p + q))).nansum(-1)


def row_by_row(p: Tensor, q: Tensor) -> Tensor:
    """Python's own logarithm, one pair of numbers at a time."""
    values = []
    for row_p, row_q in zip(p.reshape(-1, p.shape[-1]).tolist(), q.reshape(-1, q.shape[-1]).tolist(), strict=True):
        total = 0.0
        for a, b in zip(row_p, row_q, strict=True):
            total += (a * math.log(a / (a + b)) if a else 0.0) + (b * math.log(b / (a + b)) if b else 0.0)
        values.append(total)
    return torch.tensor(values, dtype=p.dtype).reshape(p.shape[:-1])


EQUIVALENTS: dict[str, dict[str, Callable[..., Tensor]]] = {
    "optimal_discriminator": {
        f.__name__.replace("_", " "): f for f in (logaddexp, softmax_of_two, one_over_odds, subtract_the_larger, tanh_form)
    },
    "discriminator_loss": {
        f.__name__.replace("_", " "): f
        for f in (bce_with_logits, bce_module, logsigmoid, with_logsumexp, by_hand, loop_over_logits, weighted_cat)
    },
    "generator_loss": {f.__name__.replace("_", " "): f for f in (g_bce, g_logsigmoid, g_sign, g_shift)},
    "js_divergence": {
        f.__name__.replace("_", " "): f for f in (two_kl_terms, entropies, torch_kl_div, tiny_epsilon, einsum_rows, log_2_minus)
    },
    "gan_value_at_optimum": {f.__name__.replace("_", " "): f for f in (from_js, put_in_d, two_expectations, row_by_row)},
}

"""Other right answers to the exercises on posterior regularization and soft logic: all earn full marks."""

import math

import torch
from torch.distributions import Categorical
from torch.nn import functional as F


def e_step_logsumexp(log_p, f, alpha):
    score = log_p + alpha * f
    return score - score.logsumexp(-1, keepdim=True)


def e_step_by_largest(log_p, f, alpha):
    score = log_p + alpha * f
    score = score - score.max(dim=-1, keepdim=True).values
    return score - score.exp().sum(-1, keepdim=True).log()


def e_step_expected_partition(log_p, f, alpha):
    """log Z = log E_p[exp{alpha f}] of the normalised p."""
    log_p = torch.log_softmax(log_p, -1)
    return log_p + alpha * f - torch.logsumexp(log_p + alpha * f, dim=-1, keepdim=True)


def e_step_row_by_row(log_p, f, alpha):
    if log_p.ndim == 1:
        return F.log_softmax(torch.add(log_p, f, alpha=alpha), dim=0)
    return torch.stack([e_step_row_by_row(p, g, alpha) for p, g in zip(log_p, f, strict=True)])


def objective_entr(log_q, log_p, f, alpha):
    """-H(q) - E_q[log p + alpha f]."""
    q = log_q.exp()
    energy = torch.where(q == 0, torch.zeros_like(q), q * (log_p + alpha * f))
    return -torch.special.entr(q).sum(-1) - energy.sum(-1)


def objective_kl_div(log_q, log_p, f, alpha):
    kl = F.kl_div(log_p, log_q, reduction="none", log_target=True)
    q = log_q.exp()
    return torch.where(q > 0, kl - alpha * q * f, 0).sum(-1)


def objective_two_parts(log_q, log_p, f, alpha):
    q = torch.exp(log_q)
    ratio = (log_q - log_p).masked_fill(q == 0, 0)
    return (q * ratio).sum(dim=-1) - alpha * (q * f).sum(dim=-1)


def objective_by_free_energy(log_q, log_p, f, alpha):
    """KL(q || q*) - log Z."""
    score = log_p + alpha * f
    log_z = score.logsumexp(-1)
    gap = torch.where(log_q > -math.inf, log_q - (score - log_z.unsqueeze(-1)), 0)
    return (log_q.exp() * gap).sum(-1) - log_z


def objective_row_by_row(log_q, log_p, f, alpha):
    totals = []
    for a, b, g in zip(log_q.reshape(-1, log_q.shape[-1]), log_p.reshape(-1, log_q.shape[-1]), f.reshape(-1, f.shape[-1]), strict=True):
        kept = a > -math.inf
        totals.append((a[kept].exp() * (a[kept] - b[kept] - alpha * g[kept])).sum())
    return torch.stack(totals).reshape(log_q.shape[:-1])


def em_by_hand(log_p0, f, alpha, steps):
    log_p = log_p0.clone()
    for _ in range(steps):
        log_p = log_p + alpha * f
        log_p = log_p - log_p.logsumexp(0)
    return log_p


def em_normalised_once(log_p0, f, alpha, steps):
    score = sum([alpha * f] * steps, log_p0)
    return F.log_softmax(score, dim=0)


def em_recursive(log_p0, f, alpha, steps):
    return log_p0 if steps == 0 else em_recursive((log_p0 + alpha * f).log_softmax(-1), f, alpha, steps - 1)


def my_not(a):
    return 1 - a


def my_or(a, b):
    return torch.minimum(a + b, torch.ones_like(a))


def mean_by_loop(*truths):
    total = torch.zeros_like(truths[0])
    for a in truths:
        total = total + a / len(truths)
    return total


EQUIVALENTS = {
    "pr_e_step": {
        "logsumexp": e_step_logsumexp,
        "the largest score taken away first": e_step_by_largest,
        "p normalised, then Z = E_p[exp]": e_step_expected_partition,
        "row by row": e_step_row_by_row,
        "torch.distributions": lambda log_p, f, alpha: Categorical(logits=log_p + alpha * f, validate_args=False).logits,
    },
    "pr_objective": {
        "entropy and energy": objective_entr,
        "F.kl_div": objective_kl_div,
        "KL and constraint apart": objective_two_parts,
        "KL to the best q, minus log Z": objective_by_free_energy,
        "row by row, zeros left out": objective_row_by_row,
    },
    "pr_em": {
        "closed form": lambda log_p0, f, alpha, steps: (log_p0 + steps * alpha * f).log_softmax(-1),
        "closed form, logsumexp": lambda log_p0, f, alpha, steps: (
            log_p0 + alpha * steps * f - (log_p0 + alpha * steps * f).logsumexp(-1, keepdim=True)
        ),
        "normalised by hand in each round": em_by_hand,
        "normalised once, at the end": em_normalised_once,
        "recursive": em_recursive,
    },
    "soft_not": {
        "ones_like": lambda a: torch.ones_like(a) - a,
        "-(A - 1)": lambda a: -(a - 1),
        "rsub": lambda a: torch.rsub(a, 1.0),
    },
    "soft_and": {
        "relu": lambda a, b: F.relu(a + b - 1),
        "maximum with zeros": lambda a, b: torch.maximum(a + b - 1, torch.zeros_like(a)),
        "De Morgan": lambda a, b: my_not(my_or(my_not(a), my_not(b))),
        "clamped on both sides": lambda a, b: torch.clamp(a + b - 1, 0, 1),
        "torch.where": lambda a, b: torch.where(a + b > 1, a + b - 1, 0.0),
        "stack and max": lambda a, b: torch.stack([a + b - 1, torch.zeros_like(a)]).max(0).values,
    },
    "soft_or": {
        "minimum with ones": my_or,
        "De Morgan": lambda a, b: 1 - (1 - a + 1 - b - 1).clamp(min=0),
        "clamped on both sides": lambda a, b: (a + b).clamp(0, 1),
        "torch.where": lambda a, b: torch.where(a + b < 1, a + b, torch.ones_like(a)),
    },
    "soft_implies": {
        "not A, or B": lambda a, b: my_or(my_not(a), b),
        "1 less what is missing": lambda a, b: 1 - F.relu(a - b),
        "clamped on both sides": lambda a, b: torch.clamp(1 - a + b, min=0, max=1),
        "torch.where": lambda a, b: torch.where(b >= a, 1.0, 1 - a + b),
        "the residual of and": lambda a, b: 1 - (a + (1 - b) - 1).clamp_min(0),
    },
    "soft_mean_and": {
        "sum over len": lambda *a: sum(a) / len(a),
        "a loop of shares": mean_by_loop,
        "stack in the last dimension": lambda *a: torch.stack(a, -1).mean(-1),
        "cat of unsqueezed": lambda *a: torch.cat([x[None] for x in a]).mean(dim=0),
    },
}

"""Other right answers to the exercises on rules and distillation: all earn full marks."""

import math

import torch
from torch import nn
from torch.nn import functional as F


def but_by_loop(tokens, p_pos):
    for i in range(1, len(tokens) - 1):
        if tokens[i] == "but":
            s = p_pos(tokens[i + 1 :])
            return torch.stack([1 - s / 2, 0.5 + s / 2])
    return torch.ones(2, dtype=torch.float64)


def implies(a, b):
    return torch.clamp(1 - a + b, max=1)


def but_by_soft_logic(tokens, p_pos):
    places = [i for i, word in enumerate(tokens) if word == "but" and 0 < i < len(tokens) - 1]
    if not places:
        return torch.tensor([1.0, 1.0])
    s = p_pos(tokens[places[0] + 1 :])
    y = torch.tensor([0.0, 1.0], dtype=s.dtype)
    return (implies(y, s.expand(2)) + implies(s.expand(2), y)) / 2


def but_as_numbers(tokens, p_pos):
    inner = list(tokens)[1:-1]
    if "but" not in inner:
        return torch.ones(2)
    s = float(p_pos(list(tokens)[inner.index("but") + 2 :]))
    return torch.tensor([(2 - s) / 2, (1 + s) / 2], dtype=torch.float64)


def but_in_the_text(tokens, p_pos):
    _, found, b = " ".join(tokens).partition(" but ")
    s = p_pos(b.split()) if found else torch.tensor(0.0)
    return torch.stack([1 - s / 2, (1 + s) / 2]) if found else torch.ones(2)


def but_asked_for_each_label(tokens, p_pos):
    try:
        at = tokens.index("but", 1, len(tokens) - 1)
    except ValueError:
        return torch.ones(2)
    rest = tokens[at + 1 :]
    return torch.stack([(min_one(2 - p_pos(rest)) + 1 - p_pos(rest)) / 2, (p_pos(rest) + 1) / 2])


def min_one(x):
    return x.clamp_max(1)


def hard(r, lambdas):
    """Where a hard rule is broken, and the confidences of the others."""
    infinite = torch.isinf(lambdas)
    return ((r < 1) & infinite[:, None, None]).any(0), torch.where(infinite, 0, lambdas)


def teacher_slide(logits, r, lambdas, C=1.0):
    """exp{C sum_l lambda_l r_l}, and a mask for the hard rules."""
    broken, soft = hard(r, lambdas)
    score = logits + C * torch.einsum("l,lnk->nk", soft, r)
    return score.masked_fill(broken, -math.inf).softmax(-1)


def teacher_paper(logits, r, lambdas, C=1.0):
    broken, soft = hard(r, lambdas)
    penalty = C * (soft.view(-1, 1, 1) * (1 - r)).sum(dim=0)
    return torch.softmax(F.log_softmax(logits, -1) - penalty.masked_fill(broken, math.inf), dim=-1)


def teacher_rule_by_rule(logits, r, lambdas, C=1.0):
    score = logits
    for truth, confidence in zip(r, lambdas, strict=True):
        penalty = C * confidence * (1 - truth)
        score = score - torch.where(torch.isnan(penalty), 0.0, penalty)
    return F.softmax(score, dim=1)


def teacher_product_in_logs(logits, r, lambdas, C=1.0):
    log_q = torch.log_softmax(logits, 1)
    log_q = log_q + torch.where(r == 1, torch.zeros_like(r), -C * lambdas[:, None, None] * (1 - r)).sum(0)
    return (log_q - log_q.logsumexp(1, keepdim=True)).exp()


def teacher_shifted(logits, r, lambdas, C=1.0):
    """A constant in r over y changes nothing."""
    broken, soft = hard(r, lambdas)
    centred = r - r.mean(-1, keepdim=True)
    return (logits + C * (soft[:, None, None] * centred).sum(0)).masked_fill(broken, -math.inf).softmax(-1)


def rule_kd_kl(logits, teacher, y, pi):
    kl = F.kl_div(logits.log_softmax(-1), teacher.detach(), reduction="batchmean")
    return (1 - pi) * F.cross_entropy(logits, y) + pi * kl


def rule_kd_by_hand(logits, teacher, y, pi):
    log_p = logits.log_softmax(1)
    hard = -log_p[torch.arange(len(y)), y]
    soft = -(teacher.detach() * log_p).sum(1)
    return ((1 - pi) * hard + pi * soft).mean()


def rule_kd_mixed_targets(logits, teacher, y, pi):
    mixed = (1 - pi) * F.one_hot(y, logits.shape[1]).to(logits) + pi * teacher.detach()
    return F.cross_entropy(logits, mixed)


def rule_kd_modules(logits, teacher, y, pi):
    with torch.no_grad():
        targets = teacher.clone()
    loss = nn.CrossEntropyLoss()
    return (1 - pi) * loss(logits, y) + pi * loss(logits, targets)


def rule_kd_nll(logits, teacher, y, pi):
    log_p = F.log_softmax(logits, dim=-1)
    s = teacher.detach()
    return (1 - pi) * F.nll_loss(log_p, y) + pi * (torch.xlogy(s, s) - s * log_p).sum(-1).mean()


def kd_kl(student_logits, teacher_logits, T):
    s = F.softmax(teacher_logits.detach() / T, dim=-1)
    return F.kl_div(F.log_softmax(student_logits / T, dim=-1), s, reduction="batchmean") * T * T


def kd_kl_in_logs(student_logits, teacher_logits, T):
    log_s, log_p = (teacher_logits.detach() / T).log_softmax(-1), (student_logits / T).log_softmax(-1)
    return T**2 * F.kl_div(log_p, log_s, reduction="batchmean", log_target=True)


def kd_by_hand(student_logits, teacher_logits, T):
    with torch.no_grad():
        s = (teacher_logits / T).softmax(-1)
    log_p = student_logits / T - (student_logits / T).logsumexp(-1, keepdim=True)
    return -(T**2) * (s * log_p).sum(-1).mean()


def kd_sum_over_n(student_logits, teacher_logits, T):
    s = torch.softmax(teacher_logits / T, 1).detach()
    return T**2 * nn.CrossEntropyLoss(reduction="sum")(student_logits / T, s) / len(s)


def kd_linear_part(student_logits, teacher_logits, T):
    z, s = student_logits / T, (teacher_logits.detach() / T).softmax(1)
    return T**2 * (z.logsumexp(1) - torch.einsum("nk,nk->n", s, z)).mean()


def schedule_labels_first(t, rate=0.95, lower=0.0, cap=1.0):
    labels = rate**t
    if labels < lower:
        labels = lower
    pi = 1 - labels
    return cap if pi > cap else pi


def schedule_tensor(t, rate=0.95, lower=0.0, cap=1.0):
    labels = torch.tensor(rate, dtype=torch.float64) ** t
    return (1 - labels.clamp(min=lower)).clamp(max=cap)


EQUIVALENTS = {
    "but_rule": {
        "a loop over the words": but_by_loop,
        "both implications, averaged": but_by_soft_logic,
        "plain numbers": but_as_numbers,
        "p_pos asked again for each label": but_asked_for_each_label,
        "the text parted at the word": but_in_the_text,
    },
    "rule_teacher": {
        "the slide's form, C lambda r": teacher_slide,
        "the paper's form, with log_softmax and a mask": teacher_paper,
        "rule by rule": teacher_rule_by_rule,
        "normalised in logs": teacher_product_in_logs,
        "r centred over the labels": teacher_shifted,
    },
    "rule_kd_loss": {
        "KL in place of the cross-entropy": rule_kd_kl,
        "sums by hand": rule_kd_by_hand,
        "one cross-entropy with mixed targets": rule_kd_mixed_targets,
        "nn.CrossEntropyLoss, no_grad around the teacher": rule_kd_modules,
        "KL by xlogy, F.nll_loss": rule_kd_nll,
    },
    "kd_loss": {
        "KL in place of the cross-entropy": kd_kl,
        "KL with log targets": kd_kl_in_logs,
        "sums by hand": kd_by_hand,
        "a sum over n": kd_sum_over_n,
        "logsumexp less the mean logit": kd_linear_part,
    },
    "imitation_schedule": {
        "the labels' share first": schedule_labels_first,
        "min of three": lambda t, rate=0.95, lower=0.0, cap=1.0: min(cap, 1 - lower, 1 - rate**t),
        "exp of a logarithm": lambda t, rate=0.95, lower=0.0, cap=1.0: min(1 - max(math.exp(t * math.log(rate)), lower), cap),
        "tensors": schedule_tensor,
    },
}

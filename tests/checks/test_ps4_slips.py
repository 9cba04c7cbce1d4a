"""Problem set 4: slips that students make, written as they write them, are called by their names."""

import pytest
import torch
from claims import is_named, is_told
from torch.nn import functional as F


def from_p0(log_p0, f, alpha, steps):
    for _ in range(steps):
        log_p = (log_p0 + alpha * f).log_softmax(-1)
    return log_p


def early_return(log_p, f, alpha, steps):
    for _ in range(steps):
        log_p = (log_p + alpha * f).log_softmax(-1)
        return log_p


def range_from_one(log_p, f, alpha, steps):
    for _ in range(1, steps):
        log_p = (log_p + alpha * f).log_softmax(-1)
    return log_p


def normalised_at_the_end(log_p, f, alpha, steps):
    for _ in range(steps):
        log_p = log_p + alpha * f
    p = log_p.exp()
    return (p / p.sum()).log()


def softmax_in_the_loop(log_p, f, alpha, steps):
    for _ in range(steps):
        log_p = (log_p + alpha * f).softmax(-1)
    return log_p


def but(cut, truth=lambda s: torch.stack([(2 - s) / 2, (1 + s) / 2])):
    def answer(tokens, p_pos):
        clause = cut(tokens)
        return torch.ones(2) if clause is None else truth(p_pos(clause))

    return answer


def by_text(tokens):
    text = " ".join(tokens)
    return text.split("but", 1)[1].split() if "but" in text else None


def of_the_list(tokens):
    return tokens[tokens.index("but") + 1 :] if "but" in tokens else None


def right_b(tokens):
    return tokens[tokens.index("but", 1) + 1 :] if "but" in tokens[1:-1] else None


def joined(tokens):
    b = right_b(tokens)
    return None if b is None else " ".join(b)


def cut_out(tokens):
    if "but" not in tokens[1:-1]:
        return None
    del tokens[: tokens.index("but", 1) + 1]
    return tokens


def off_by_one(tokens):
    return tokens[tokens[1:-1].index("but") + 1 :] if "but" in tokens[1:-1] else None


def broken(r, lambdas):
    return (lambdas[:, None, None] * (1 - r)).sum(0)


SLIPS = {
    "E-step: exp, sum, log": (
        "pr_e_step",
        lambda p, f, a: p + a * f - torch.log(torch.exp(p + a * f).sum(-1, keepdim=True)),
        "log Z by exp, sum and log",
    ),
    "E-step: log of softmax": (
        "pr_e_step",
        lambda p, f, a: torch.log(F.softmax(p + a * f, -1)),
        "The logarithm of a softmax that rounds to 0",
    ),
    "E-step: dim=1": ("pr_e_step", lambda p, f, a: F.log_softmax(p + a * f, 1), "Normalised over dimension 1"),
    "objective: plain sums": (
        "pr_objective",
        lambda q, p, f, a: (q.exp() * (q - p)).sum(-1) - a * (q.exp() * f).sum(-1),
        "0 times infinity became nan",
    ),
    "objective: F.kl_div(log_q, log_p)": (
        "pr_objective",
        lambda q, p, f, a: F.kl_div(q, p, log_target=True, reduction="none").sum(-1) - a * torch.where(q.exp() > 0, q.exp() * f, 0).sum(-1),
        "KL is the wrong way round, and 0 times infinity became nan",
    ),
    "objective: plus, in one sum": (
        "pr_objective",
        lambda q, p, f, a: (q.exp() * (q - p + a * f)).sum(-1),
        "The sign of the constraint is turned, and 0 times infinity became nan",
    ),
    "objective: xlogy": (
        "pr_objective",
        lambda q, p, f, a: torch.xlogy(q.exp(), q.exp() / p.exp()).sum(-1) - a * (q.exp() * f).sum(-1),
        "The logarithm of a probability that rounds to 0",
    ),
    "objective: nan_to_num": (
        "pr_objective",
        lambda q, p, f, a: torch.nan_to_num(q.exp() * (q - p - a * f)).sum(-1),
        "nan_to_num hides what is infinite",
    ),
    "objective: rows not kept": (
        "pr_objective",
        lambda q, p, f, a: (q.exp() * (q - p - a * f))[q.exp() > 0].sum(),
        "The batch was summed too",
    ),
    "EM: p_0 in the loop": ("pr_em", from_p0, "Every round starts from p_0 again"),
    "EM: return in the loop": ("pr_em", early_return, "Every round starts from p_0 again"),
    "EM: range(1, steps)": ("pr_em", range_from_one, "One round too few"),
    "EM: exp at the end": ("pr_em", normalised_at_the_end, "Normalised at the end, by exp and sum"),
    "EM: softmax": ("pr_em", softmax_in_the_loop, "The loop goes on with probabilities"),
    "and: torch.max with a number": ("soft_and", lambda a, b: torch.max(a + b - 1, 0), "torch.max(x, 0) looks along dimension 0"),
    "or: torch.min with a number": ("soft_or", lambda a, b: torch.min(a + b, 1), "torch.min(x, 1) looks along dimension 1"),
    "or: clamp's first argument": ("soft_or", lambda a, b: torch.clamp(a + b, 1), "Clamped from the wrong side"),
    "implies: not B": ("soft_implies", lambda a, b: torch.clamp(a + 1 - b, max=1), "The arrow is turned round"),
    "mean: of all": ("soft_mean_and", lambda *a: torch.mean(torch.stack(a)), "One number for all"),
    "but: in the text": ("but_rule", but(by_text), "The letters b, u, t are looked for in the text"),
    "but: in the list, ends included": ("but_rule", but(of_the_list), "but at an end counts"),
    "but: never asked for": ("but_rule", but(lambda tokens: tokens[tokens.index("but") + 1 :]), "The first but is taken for granted"),
    "but: a text for p_pos": ("but_rule", but(joined), "p_pos is given a text, not a list of words"),
    "but: the place within the slice": ("but_rule", but(off_by_one), "B begins with but"),
    "but: + before -": ("but_rule", but(right_b, lambda s: torch.stack([(1 + s) / 2, (2 - s) / 2])), "The labels have changed places"),
    "but: cut out of the list": ("but_rule", but(cut_out), "The list of words is changed in place"),
    "but: a list": ("but_rule", but(right_b, lambda s: [(2 - s) / 2, (1 + s) / 2]), "A tuple, not a tensor"),
    "teacher: paper": ("rule_teacher", lambda z, r, w, C=1.0: (z - C * broken(r, w)).softmax(-1), "inf times 0 became nan"),
    "teacher: slide": (
        "rule_teacher",
        lambda z, r, w, C=1.0: (z + C * (w[:, None, None] * r).sum(0)).softmax(-1),
        "inf times 0 became nan",
    ),
    "teacher: slide without C": ("rule_teacher", lambda z, r, w, C=1.0: (z + (w[:, None, None] * r).sum(0)).softmax(-1), "C is missing"),
    "teacher: plain product": (
        "rule_teacher",
        lambda z, r, w, C=1.0: (z - C * (w * (1 - r)).sum(0)).softmax(-1),
        "lambdas is put along the classes",
    ),
    "teacher: plus": ("rule_teacher", lambda z, r, w, C=1.0: (z + C * broken(r, w)).softmax(-1), "The sign is turned"),
    "rule KD: no detach, by KL": (
        "rule_kd_loss",
        lambda z, s, y, pi: (1 - pi) * F.cross_entropy(z, y) + pi * F.kl_div(z.log_softmax(-1), s, reduction="batchmean"),
        "A gradient enters the teacher",
    ),
    "rule KD: pi and detach": (
        "rule_kd_loss",
        lambda z, s, y, pi: pi * F.cross_entropy(z, y) + (1 - pi) * F.cross_entropy(z, s),
        "pi is on the wrong part",
    ),
    "rule KD: mean over all": (
        "rule_kd_loss",
        lambda z, s, y, pi: (1 - pi) * F.cross_entropy(z, y) - pi * (s.detach() * z.log_softmax(-1)).mean(),
        "The teacher's part is averaged over the classes too",
    ),
    "rule KD: log_p[:, y]": (
        "rule_kd_loss",
        lambda z, s, y, pi: -(1 - pi) * z.log_softmax(1)[:, y].mean() + pi * F.cross_entropy(z, s.detach()),
        "Every label is looked up in every row",
    ),
    "rule KD: F.one_hot(y)": (
        "rule_kd_loss",
        lambda z, s, y, pi: -(((1 - pi) * F.one_hot(y) + pi * s.detach()) * z.log_softmax(1)).sum(1).mean(),
        "F.one_hot makes as many classes as it sees",
    ),
    "rule KD: sum": (
        "rule_kd_loss",
        lambda z, s, y, pi: (1 - pi) * F.cross_entropy(z, y) + pi * F.kl_div(z.log_softmax(-1), s.detach(), reduction="sum"),
        "The teacher's part is summed over the examples",
    ),
    "KD: T forgotten in front, and detach": ("kd_loss", lambda z, v, T: F.cross_entropy(z / T, (v / T).softmax(-1)), "T^2 is missing"),
    "KD: no detach, by KL": (
        "kd_loss",
        lambda z, v, T: T**2 * F.kl_div((z / T).log_softmax(-1), (v / T).softmax(-1), reduction="batchmean"),
        "A gradient enters the teacher",
    ),
    "KD: log targets, unsaid": (
        "kd_loss",
        lambda z, v, T: T**2 * F.kl_div((z / T).log_softmax(1), (v.detach() / T).log_softmax(1), reduction="batchmean"),
        "F.kl_div forgot that its target is a logarithm",
    ),
    "KD: T in the student": (
        "kd_loss",
        lambda z, v, T: T**2 * F.cross_entropy(z / T, v.detach().softmax(-1)),
        "The teacher is not softened",
    ),
    "schedule: clamp": (
        "imitation_schedule",
        lambda t, rate=0.95, lower=0.0, cap=1.0: float(torch.tensor(1 - rate**t, dtype=torch.float64).clamp(lower, cap)),
        "lower bounds pi, not the labels' share",
    ),
    "schedule: no bounds": ("imitation_schedule", lambda t, rate=0.95, lower=0.0, cap=1.0: 1 - rate**t, "lower and cap are ignored"),
}


@pytest.mark.parametrize("name, answer, title", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_named_however_it_is_written(name, answer, title):
    is_named(name, answer, title)


CRASHES = {
    "keepdim forgotten": ("pr_e_step", lambda p, f, a: p + a * f - (p + a * f).logsumexp(-1), "Two shapes met"),
    "^": ("imitation_schedule", lambda t, rate=0.95, lower=0.0, cap=1.0: min(cap, 1 - max(rate ^ t, lower)), "write **"),
    "^ of a tensor": ("kd_loss", lambda z, v, T: T ^ 2 * F.cross_entropy(z / T, (v.detach() / T).softmax(-1)), "write **"),
    "Python's max": ("soft_and", lambda a, b: max(a + b - 1, 0), "place by place"),
    "maximum with a number": ("soft_and", lambda a, b: torch.maximum(a + b - 1, 0), "see clamp"),
    "&": ("soft_and", lambda a, b: a & b, "is for bools"),
    "a mean of a tuple": ("soft_mean_and", lambda *a: torch.mean(a), "see torch.stack"),
}


@pytest.mark.parametrize("name, answer, words", CRASHES.values(), ids=CRASHES)
def test_a_crash_is_told_in_other_words(name, answer, words):
    is_told(name, answer, words)

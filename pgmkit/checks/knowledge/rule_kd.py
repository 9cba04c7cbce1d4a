"""Exam of distillation from the teacher with rules. KL in place of the cross-entropy passes: only gradients and differences are looked at."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import counts, doubles, enters, left_alone
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, probabilities
from pgmkit.knowledge import forward_kl_loss, rule_kd_loss

rule_kd = Exam(
    rule_kd_loss,
    minutes=15,
    difficulty=2,
    closes=(forward_kl_loss,),
    hints=(
        "Two cross-entropies of the same student: one with the labels, one with the teacher's probabilities. Which of the two does pi weigh?",
        "F.cross_entropy takes logits, and as targets either labels (int64) or probabilities. It averages over the examples. "
        "The teacher is a given target: what does detach do?",
        "(1 - pi) times the cross-entropy with y, plus pi times the cross-entropy with the detached teacher.",
    ),
)


@rule_kd.probe
def probe_rule_kd(answer: Answer, generator: Generator) -> Observations:
    logits, other, teacher = (
        2 * normal(5, 3, generator=generator),
        normal(5, 3, generator=generator),
        probabilities(5, 3, generator=generator),
    )
    y, pi = torch.tensor([0, 2, 1, 1, 2])[torch.randperm(5, generator=generator)], 0.3
    sure, hand = doubles(0, 1)[None], (doubles(0, 3).log1p()[None], torch.tensor([0]))

    def learns(pi: float) -> Any:
        free = logits.clone().requires_grad_()
        return slope(answer(free, teacher.clone(), y, pi), free)

    def between(pi: float) -> Any:
        found = answer(logits.clone(), teacher.clone(), y, pi), answer(other.clone(), teacher.clone(), y, pi)
        return found[0] - found[1] if all(isinstance(v, Tensor) for v in found) else found[0]

    def given() -> Any:
        free, target = logits.clone().requires_grad_(), teacher.clone().requires_grad_()
        loss = answer(free, target, y, pi)
        return enters(loss, free), counts(loss, answer(free, teacher.roll(1, -1), y, pi)), enters(loss, target)

    def far() -> Any:
        wide = 1000 * doubles(1, 0, -1, 0, 1, -1, 2, 0, 1, 0, -1, 1, 1, 1, 0).reshape(5, 3) + logits
        return answer(wide, torch.eye(3, dtype=torch.float64)[[2, 0, 0, 1, 2]], torch.tensor([0, 2, 1, 1, 2]), pi)

    yield "p = (1/5, 4/5), s = (0, 1), y = 0, pi = 1/4", lambda: answer(hand[0], sure, hand[1], 0.25), 0.75
    yield "gradient that reaches the logits, pi = 0.3", lambda: learns(pi), 1.25
    yield "what two students differ by, pi = 0.3", lambda: between(pi), 0.75
    yield "pi = 0: the labels alone", lambda: answer(logits.clone(), teacher.clone(), y, 0.0), 0.75
    yield "pi = 1: what two students differ by", lambda: between(1.0), 0.5
    yield "the teacher counts, but no gradient enters it", given, 1
    yield "logits of size 1000, a teacher who is sure", far, 0.5
    yield "logits and teacher stay as they are", lambda: kept(answer, logits, y, pi), 0.5


def kept(answer: Answer, logits: Tensor, y: Tensor, pi: float) -> Any:
    """The loss with a teacher who is sure, where both are left alone."""
    return left_alone(lambda a, s: answer(a, s, y, pi), logits, torch.eye(3, dtype=torch.float64)[[1, 1, 0, 2, 0]])


Part = Callable[[Tensor, Tensor], Tensor]


def soft(logits: Tensor, teacher: Tensor) -> Tensor:
    """The teacher's part, as it should be."""
    return F.cross_entropy(logits, teacher.detach())


def soft_of(log_sigma: Tensor, teacher: Tensor) -> Tensor:
    """The teacher's part, from the student's log-probabilities."""
    return -(teacher.detach() * log_sigma).sum(-1).mean()


def shares(a: Any, b: Any, pi: float) -> Any:
    """(1 - pi) a + pi b."""
    return (1 - pi) * a + pi * b


def known(
    title: str,
    advice: str,
    second: Part = soft,
    *,
    first: Part = F.cross_entropy,
    mix: Callable[[Any, Any, float], Any] = shares,
) -> None:
    """Enter a mistake: another part with the teacher, another one with the labels, or another way to `mix` them."""

    def answer(logits: Tensor, teacher: Tensor, y: Tensor, pi: float) -> Any:
        return mix(first(logits, y), second(logits, teacher), pi)

    rule_kd.mistake(title, advice)(answer)


def doubled(loss: Part) -> Part:
    """A loss of what was a softmax already."""
    return lambda logits, target: loss(logits.softmax(-1), target)


known("pi is on the wrong part", "pi is the share of the teacher, 1 - pi that of the labels.", mix=lambda a, b, pi: pi * a + (1 - pi) * b)
known(
    "A gradient enters the teacher",
    "The teacher is a given target: detach it. Otherwise the loss also falls when the teacher comes to the student.",
    F.cross_entropy,
)
known("The teacher counts in full", "The two parts share: (1 - pi) and pi.", mix=lambda a, b, pi: (1 - pi) * a + b)
known("The labels count in full", "The two parts share: (1 - pi) and pi.", mix=lambda a, b, pi: a + pi * b)
known("pi is missing", "The two parts share: (1 - pi) and pi.", mix=lambda a, b, pi: a + b)
known("The teacher is missing", "The second part is pi times the cross-entropy with the teacher.", mix=lambda a, b, pi: (1 - pi) * a)
known("The labels are missing", "The first part is (1 - pi) times the cross-entropy with the labels.", mix=lambda a, b, pi: pi * b)
known("pi / 2 and 1 - pi / 2", "pi is the whole share of the teacher.", mix=lambda a, b, pi: shares(a, b, pi / 2))
known("The sign is turned", "The loss is minimised: cross-entropy with plus.", mix=lambda a, b, pi: -shares(a, b, pi))
known(
    "The softmax is taken twice",
    "F.cross_entropy wants logits and takes the softmax itself. Hand it the logits as they are.",
    doubled(soft),
    first=doubled(F.cross_entropy),
)
known(
    "The softmax is taken twice in the teacher's part",
    "F.cross_entropy wants logits and takes the softmax itself, with soft targets too.",
    doubled(soft),
)
known(
    "The teacher's probabilities are taken for logits",
    "teacher holds probabilities already: no softmax.",
    lambda logits, s: soft(logits, s.softmax(-1)),
)
known(
    "The teacher decides",
    "The teacher is soft, and that is what the student learns from: no argmax.",
    lambda logits, s: F.cross_entropy(logits, s.argmax(-1)),
)
known(
    "Student and teacher have changed places",
    "l(s, sigma) weighs log sigma with s: the teacher is the target. This one weighs log s with sigma.",
    lambda logits, s: -(logits.softmax(-1) * s.detach().log()).sum(-1).mean(),
)
known(
    "KL(sigma || s) in place of KL(s || sigma)",
    "F.kl_div(input, target) is KL(target || input), and the teacher is the target: the student's log-probabilities come first.",
    lambda logits, s: F.kl_div(s.detach().log(), logits.softmax(-1), reduction="batchmean"),
)
known(
    "A cross-entropy of each class alone",
    "The classes exclude each other: F.cross_entropy, not the binary one.",
    lambda logits, s: F.binary_cross_entropy_with_logits(logits, s.detach()),
)
known(
    "Summed over the examples",
    "The loss is a mean: divide by n.",
    lambda logits, s: F.cross_entropy(logits, s.detach(), reduction="sum"),
    first=lambda logits, y: F.cross_entropy(logits, y, reduction="sum"),
)
known(
    "The teacher's part is summed over the examples",
    "1/n stands before both parts: the slide's formula lacks the brackets (erratum E12).",
    lambda logits, s: F.cross_entropy(logits, s.detach(), reduction="sum"),
)
known(
    "The labels' part is summed over the examples",
    "1/n stands before both parts: the slide's formula lacks the brackets (erratum E12).",
    first=lambda logits, y: F.cross_entropy(logits, y, reduction="sum"),
)
known(
    "The teacher's part is averaged over the classes too",
    "Sum over the classes, average over the examples: sum(-1).mean(). With F.kl_div say reduction='batchmean'.",
    lambda logits, s: soft(logits, s) / logits.shape[-1],
)
known(
    "One loss for each example",
    "The result is a scalar, the mean over the examples.",
    lambda logits, s: F.cross_entropy(logits, s.detach(), reduction="none"),
    first=lambda logits, y: F.cross_entropy(logits, y, reduction="none"),
)
known(
    "The logarithm of a softmax that rounds to 0",
    "Far apart logits make a probability of 0, and its logarithm is -inf. Use log_softmax, or F.cross_entropy, which takes probabilities as targets too.",
    lambda logits, s: soft_of(logits.softmax(-1).log(), s),
)
known(
    "0 log 0 became nan",
    "A teacher may be sure: s log s is 0 where s = 0, but 0 * log(0) is nan. Use F.kl_div or xlogy, or leave s log s out: no gradient misses it.",
    lambda logits, s: (s.detach() * (s.detach().log() - logits.log_softmax(-1))).sum(-1).mean(),
)
known(
    "F.kl_div was given logits",
    "Its first argument holds log-probabilities: F.kl_div(logits.log_softmax(-1), teacher, reduction='batchmean').",
    lambda logits, s: F.kl_div(logits, s.detach(), reduction="batchmean"),
)
known(
    "F.kl_div was given probabilities",
    "Its first argument holds log-probabilities: F.kl_div(logits.log_softmax(-1), teacher, reduction='batchmean').",
    lambda logits, s: F.kl_div(logits.softmax(-1), s.detach(), reduction="batchmean"),
)
known(
    "The squared error of probabilities",
    "l is the cross-entropy: -sum_k s_k log sigma_k.",
    lambda logits, s: F.mse_loss(logits.softmax(-1), s.detach()),
)
known("The logits are taken for log-probabilities", "F.nll_loss and sums by hand want log_softmax first.", first=F.nll_loss)
known(
    "The result is detached",
    "Nothing could be learned from it: no detach, no_grad or item on the result.",
    mix=lambda a, b, pi: shares(a, b, pi).detach(),
)
known(
    "The student is detached, not the teacher",
    "In pi l(s, sigma) the teacher is given, and the student learns: detach the teacher, and leave the logits on the graph.",
    lambda logits, s: F.cross_entropy(logits.detach(), s),
)
known(
    "Every label is looked up in every row",
    "log_p[:, y] takes the columns y of all rows, shape (n, n). One entry for each row: log_p[torch.arange(n), y], or F.cross_entropy.",
    first=lambda logits, y: -logits.log_softmax(-1)[:, y].mean(),
)
known(
    "Normalised over the examples",
    "Each example has its own distribution over classes: log_softmax(-1).",
    lambda logits, s: soft_of(logits.log_softmax(0), s),
    first=lambda logits, y: F.nll_loss(logits.log_softmax(0), y),
)
known(
    "The teacher's part is normalised over the examples",
    "Each example has its own distribution over classes: log_softmax(-1).",
    lambda logits, s: soft_of(logits.log_softmax(0), s),
)
known(
    "Infinite where a probability rounds to 0",
    "Far apart logits make a softmax of 0. Its logarithm is infinite there, and so is the KL of torch.distributions. "
    "F.cross_entropy, and F.kl_div of log_softmax, stay finite.",
    lambda logits, s: kl_divergence(Categorical(probs=s.detach()), Categorical(logits=logits)).mean(),
)
rule_kd.mistake(
    "F.one_hot makes as many classes as it sees",
    "Without a number of classes it makes one more than the largest label in y, and a batch may lack the last. Say F.one_hot(y, logits.shape[-1]).",
)(lambda logits, teacher, y, pi: F.cross_entropy(logits, (1 - pi) * F.one_hot(y) + pi * teacher.detach()))

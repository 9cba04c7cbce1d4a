"""Exam of knowledge distillation at a temperature. KL in place of the cross-entropy passes: only gradients and differences are looked at."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.knowledge.given import counts, doubles, enters
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.knowledge import forward_kl_loss, kd_loss

kd = Exam(
    kd_loss,
    minutes=12,
    difficulty=2,
    closes=(forward_kl_loss,),
    hints=(
        "Both sets of logits are divided by the same T before any softmax. What does the gradient do when T grows, and what makes up for it?",
        "The targets are the softmax of the teacher's logits over T, detached. The student's logits over T go into the cross-entropy as they are.",
        "F.cross_entropy takes the student's softened logits and the teacher's softened probabilities, and averages over the examples. "
        "Multiply it by the square of the temperature.",
    ),
)


@kd.probe
def probe_kd(answer: Answer, generator: Generator) -> Observations:
    student, other, teacher = (2 * normal(5, 4, generator=generator) for _ in range(3))
    hand = doubles(0, 9).log1p()[None], doubles(0, 4000)[None]
    far = 3000 * doubles(1, 0, -1, 2, 0, 1, -1, 0).reshape(2, 4) + student[:2]

    def learns(T: float) -> Any:
        free = student.clone().requires_grad_()
        return slope(answer(free, teacher.clone(), T), free)

    def between(T: float) -> Any:
        found = answer(student.clone(), teacher.clone(), T), answer(other.clone(), teacher.clone(), T)
        return found[0] - found[1] if all(isinstance(v, Tensor) for v in found) else found[0]

    def given() -> Any:
        free, target = student.clone().requires_grad_(), teacher.clone().requires_grad_()
        loss = answer(free, target, 1.5)
        return enters(loss, free), counts(loss, answer(free, teacher.roll(1, -1), 1.5)), enters(loss, target)

    def kept() -> Any:
        free, target = student.clone(), teacher.clone()
        loss = answer(free, target, 2.5) - answer(other, target, 2.5)
        same = torch.equal(free, student) and torch.equal(target, teacher)
        return loss if same else "an argument was changed in place"

    yield "z = (0, log 10), a teacher who is sure, T = 2", lambda: answer(*hand, 2.0), 0.5
    yield "T = 1: gradient that reaches the student", lambda: learns(1.0), 0.5
    yield "T = 3: gradient that reaches the student", lambda: learns(3.0), 1.25
    yield "T = 20: gradient that reaches the student", lambda: learns(20.0), 0.5
    yield "T = 0.5: what two students differ by", lambda: between(0.5), 0.75
    yield "the teacher counts, but no gradient enters it", given, 0.75
    yield "logits of size 3000, T = 2", lambda: answer(far, 3000 * doubles(1, 1, -2, 0, 0, 1, 1, 1).reshape(2, 4).cumsum(1), 2.0), 0.5
    yield "the logits stay as they are", kept, 0.25


def soften(logits: Tensor, T: float) -> Tensor:
    """Logits over T."""
    return logits / T


def targets(logits: Tensor, T: float) -> Tensor:
    """The teacher's soft targets, as they should be."""
    return (logits.detach() / T).softmax(-1)


def known(
    title: str,
    advice: str,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    *,
    student: Callable[[Tensor, float], Tensor] = soften,
    teacher: Callable[[Tensor, float], Tensor] = targets,
    factor: Callable[[float], float] = lambda T: T**2,
) -> None:
    """Enter a mistake: one of the parts replaced."""

    def answer(student_logits: Tensor, teacher_logits: Tensor, T: float) -> Any:
        return factor(T) * loss(student(student_logits, T), teacher(teacher_logits, T))

    kd.mistake(title, advice)(answer)


def swapped(student_logits: Tensor, teacher_logits: Tensor, T: float) -> Tensor:
    return T**2 * F.cross_entropy(teacher_logits.detach() / T, (student_logits / T).softmax(-1))


def in_place(student_logits: Tensor, teacher_logits: Tensor, T: float) -> Tensor:
    student_logits /= T
    return T**2 * F.cross_entropy(student_logits, targets(teacher_logits, T))


def teacher_in_place(student_logits: Tensor, teacher_logits: Tensor, T: float) -> Tensor:
    given = teacher_logits.detach()
    given /= T
    return T**2 * F.cross_entropy(student_logits / T, given.softmax(-1))


known("The student is not softened", "Both sides have the same T: divide the student's logits too.", student=lambda z, T: z)
known(
    "The teacher is not softened",
    "Both sides have the same T: divide the teacher's logits too.",
    teacher=lambda v, T: v.detach().softmax(-1),
)
known(
    "T is missing inside",
    "Divide both sets of logits by T before the softmax.",
    student=lambda z, T: z,
    teacher=lambda v, T: v.detach().softmax(-1),
)
known("T^2 is missing", "The gradient falls as 1 / T^2: multiply by T^2 to keep its size.", factor=lambda T: 1)
known(
    "T in place of T^2",
    "1 / T comes from the derivative of z / T, and another 1 / T because soft targets differ less. The factor is T^2.",
    factor=lambda T: T,
)
known("It is divided by T^2", "The gradient falls as 1 / T^2 by itself: multiply by T^2.", factor=lambda T: T**-2)
known(
    "The logits are multiplied by T",
    "A large T is soft: divide the logits by it.",
    student=lambda z, T: z * T,
    teacher=lambda v, T: (v.detach() * T).softmax(-1),
)
known(
    "T^2 stands inside the softmax",
    "The logits are divided by T, and the loss multiplied by T^2.",
    student=lambda z, T: z / T**2,
    teacher=lambda v, T: (v.detach() / T**2).softmax(-1),
)
known(
    "T divides the teacher's probabilities",
    "A probability over T is no probability. Divide the logits, then take the softmax.",
    teacher=lambda v, T: v.detach().softmax(-1) / T,
)
known(
    "T divides after the softmax",
    "A probability over T is no probability, and F.cross_entropy takes the student's softmax itself. Divide the logits.",
    student=lambda z, T: z.softmax(-1) / T,
    teacher=lambda v, T: v.detach().softmax(-1) / T,
)
known(
    "The teacher's logits are taken for probabilities",
    "The targets are softmax(v / T): the softmax is missing.",
    teacher=lambda v, T: v.detach() / T,
)
known(
    "The softmax is taken twice",
    "F.cross_entropy wants the student's logits, and takes the softmax itself.",
    student=lambda z, T: (z / T).softmax(-1),
)
known(
    "The teacher's softmax is taken twice",
    "softmax(v / T) are the targets: no second softmax.",
    teacher=lambda v, T: (v.detach() / T).softmax(-1).softmax(-1),
)
known("A gradient enters the teacher", "The teacher is trained already: detach its logits.", teacher=lambda v, T: (v / T).softmax(-1))
kd.mistake(
    "Student and teacher have changed places",
    "The teacher is the target: CE(softmax(v / T), softmax(z / T)) weighs the student's log with the teacher.",
)(swapped)
known("The teacher decides", "Its soft targets are what the student learns from: no argmax.", teacher=lambda v, T: v.argmax(-1))
known("Summed over the examples", "The loss is a mean: divide by n.", lambda z, s: F.cross_entropy(z, s, reduction="sum"))
known(
    "Averaged over the classes too",
    "Sum over the classes, average over the examples: sum(-1).mean(). With F.kl_div say reduction='batchmean'.",
    lambda z, s: F.cross_entropy(z, s) / z.shape[-1],
)
known(
    "One loss for each example", "The result is a scalar, the mean over the examples.", lambda z, s: F.cross_entropy(z, s, reduction="none")
)
known(
    "The logarithm of a softmax that rounds to 0",
    "Far apart logits make a probability of 0, and its logarithm is -inf. Use log_softmax or F.cross_entropy.",
    lambda z, s: -(s * z.softmax(-1).log()).sum(-1).mean(),
)
known(
    "0 log 0 became nan",
    "A teacher may be sure: s log s is 0 where s = 0, but 0 * log(0) is nan. Use F.kl_div, or leave s log s out: no gradient misses it.",
    lambda z, s: (s * (s.log() - z.log_softmax(-1))).sum(-1).mean(),
)
known(
    "F.kl_div was given logits",
    "Its first argument holds log-probabilities: F.kl_div((z / T).log_softmax(-1), targets, reduction='batchmean').",
    lambda z, s: F.kl_div(z, s, reduction="batchmean"),
)
known(
    "F.kl_div was given probabilities",
    "Its first argument holds log-probabilities: F.kl_div((z / T).log_softmax(-1), targets, reduction='batchmean').",
    lambda z, s: F.kl_div(z.softmax(-1), s, reduction="batchmean"),
)
known(
    "KL is the wrong way round",
    "F.kl_div(input, target) is KL(target || input), and the teacher is the target: the student's log-probabilities come first.",
    lambda z, s: F.kl_div(s.log(), z.softmax(-1), reduction="batchmean"),
)
known("The squared error of probabilities", "The loss is the cross-entropy of soft targets.", lambda z, s: F.mse_loss(z.softmax(-1), s))
kd.mistake("The squared error of logits", "That is the limit of a large T, up to constants. At a given T it is the cross-entropy.")(
    lambda z, v, T: F.mse_loss(z, v.detach())
)
known("The sign is turned", "The loss is minimised: cross-entropy with plus.", factor=lambda T: -(T**2))
known(
    "The result is detached",
    "Nothing could be learned from it: no detach, no_grad or item on the result.",
    lambda z, s: F.cross_entropy(z, s).detach(),
)
kd.mistake("The student's logits are changed in place", "They are needed again: student_logits / T, not student_logits /= T.")(in_place)
kd.mistake(
    "The teacher's logits are changed in place",
    "detach() makes no copy: it shares the memory. Write teacher_logits.detach() / T, a new tensor, not /= T.",
)(teacher_in_place)
known(
    "F.kl_div forgot that its target is a logarithm",
    "It takes the target for probabilities. Say log_target=True, or hand it the softmax in place of the log_softmax.",
    lambda z, s: F.kl_div(z.log_softmax(-1), s, reduction="batchmean"),
    teacher=lambda v, T: (v.detach() / T).log_softmax(-1),
)
known(
    "Normalised over the examples",
    "Each example has its own distribution over classes: dimension -1, on both sides.",
    lambda z, s: -(s * z.log_softmax(0)).sum(-1).mean(),
    teacher=lambda v, T: (v.detach() / T).softmax(0),
)
known(
    "The teacher's softmax runs over the examples",
    "Each example has its own distribution over classes: softmax(-1).",
    teacher=lambda v, T: (v.detach() / T).softmax(0),
)
known(
    "Infinite where a probability rounds to 0",
    "Far apart logits make a softmax of 0. Its logarithm is infinite there, and so is the KL of torch.distributions. "
    "F.cross_entropy, and F.kl_div of log_softmax, stay finite.",
    lambda z, s: kl_divergence(Categorical(probs=s), Categorical(logits=z)).mean(),
)

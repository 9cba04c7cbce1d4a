r"""Distillation: a student learns soft targets, of a teacher with rules or of a larger, earlier model."""

import torch
from torch import Tensor
from torch.nn import functional as F

from pgmkit.errors import describe, want_nonempty, want_positive, want_probabilities, want_same_shape, want_tensor


def want_labels(y: Tensor, logits: Tensor) -> None:
    """Raise unless y holds one class for each row of logits: whole numbers from 0 to k - 1."""
    if not isinstance(y, Tensor) or y.dtype != torch.int64 or y.shape != logits.shape[:1]:
        raise ValueError(f"y must hold {len(logits)} labels of dtype int64, one for each row; got {describe(y)}.")
    if bool(((y < 0) | (y >= logits.shape[1])).any()):
        raise ValueError(f"y must hold labels from 0 to {logits.shape[1] - 1}; got labels from {int(y.min())} to {int(y.max())}.")


def want_pi(pi: float) -> None:
    """Raise unless pi can mix hard and soft targets."""
    if not isinstance(pi, int | float) or not 0 <= pi <= 1:
        raise ValueError(f"pi mixes hard and soft targets, so it must lie in [0, 1]; got {describe(pi)}. See imitation_schedule.")


def rule_kd_loss(logits: Tensor, teacher: Tensor, y: Tensor, pi: float) -> Tensor:
    r"""(1/n) sum_i [(1 - pi) l(y_i, sigma(x_i)) + pi l(s_i, sigma(x_i))], with cross-entropy l and s_i the teacher's probabilities.

    Args:
        logits: of the student sigma_theta, shape (n, k).
        teacher: s, probabilities, shape (n, k); taken as given, so no gradient enters it.
        y: labels, shape (n,), dtype int64.
        pi: imitation weight, the share of the teacher, in [0, 1].

    Returns:
        Scalar to minimise over theta.

    L13, "Rule knowledge distillation". Hu et al., 2016.
    """
    want_nonempty("(n, k)", logits=logits)
    want_tensor("(n, k)", ndim=2, logits=logits)
    want_same_shape(logits=logits, teacher=teacher)
    want_probabilities(teacher=teacher.detach())
    want_labels(y, logits)
    want_pi(pi)
    return (1 - pi) * F.cross_entropy(logits, y) + pi * F.cross_entropy(logits, teacher.detach())


def kd_loss(student_logits: Tensor, teacher_logits: Tensor, T: float) -> Tensor:
    r"""Knowledge distillation: T^2 (1/n) sum_i CE(softmax(v_i / T), softmax(z_i / T)), with the teacher's v and the student's z.

    The gradient of the cross-entropy falls as 1/T^2; the factor T^2 keeps it of one size when T changes.

    Args:
        student_logits: z, shape (n, k).
        teacher_logits: v, shape (n, k); taken as given, so no gradient enters it.
        T: temperature of both, positive; large is soft.

    Returns:
        Scalar to minimise over the student.

    L13, "Knowledge distillation". Hinton, Vinyals and Dean, 2015.
    """
    want_nonempty("(n, k)", student_logits=student_logits)
    want_tensor("(n, k)", ndim=2, student_logits=student_logits)
    want_same_shape(student_logits=student_logits, teacher_logits=teacher_logits)
    want_positive(T=T)
    targets = (teacher_logits.detach() / T).softmax(-1)
    return T**2 * F.cross_entropy(student_logits / T, targets)


def ensemble_probabilities(logits: Tensor) -> Tensor:
    r"""The ensemble as a teacher: the mean of its members' probabilities, (1/M) sum_m softmax(v_m).

    Args:
        logits: of M members, shape (M, n, k).

    Returns:
        Shape (n, k). Its logarithm serves as the teacher's logits in `kd_loss`.

    L13, "Knowledge distillation". Bucilua, Caruana and Niculescu-Mizil, 2006.
    """
    want_nonempty("(M, n, k)", logits=logits)
    want_tensor("(M, n, k)", ndim=3, logits=logits)
    return logits.softmax(-1).mean(0)


def imitation_schedule(t: float, rate: float = 0.95, lower: float = 0.0, cap: float = 1.0) -> float:
    r"""pi(t) = min{cap, 1 - max{rate^t, lower}}: how much the student listens to the teacher after t epochs.

    It starts at 0, because an untrained student makes a bad teacher, and never falls.

    Args:
        t: epochs so far, at least 0; fractions count.
        rate: in (0, 1]; the share of the labels falls to rate^t. A small rate hands over early.
        lower: least share of the labels, in [0, 1].
        cap: pi_0, the largest pi, in [0, 1].

    L13, "Rule knowledge distillation". Hu et al., 2016.
    """
    if not t >= 0:
        raise ValueError(f"t counts epochs, so it must be at least 0; got {t}.")
    if not 0 < rate <= 1:
        raise ValueError(f"rate must lie in (0, 1], so that pi rises from 0; got {rate}.")
    if not (0 <= lower <= 1 and 0 <= cap <= 1):
        raise ValueError(f"lower and cap are shares, so they must lie in [0, 1]; got {lower} and {cap}.")
    return min(cap, 1 - max(rate**t, lower))

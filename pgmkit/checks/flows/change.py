"""Exam of the change of variables in one dimension."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal
from pgmkit.flows import change_of_variables
from pgmkit.flows.density import Map

change = Exam(
    change_of_variables,
    minutes=10,
    difficulty=1,
    hints=(
        "Probability is density times length. Where f stretches an interval, the same probability lies on a longer one.",
        "There are three functions. Which of them take x, and which takes z = f^{-1}(x)?",
        "Send x back to z, ask the base for its log-density there, and add the logarithm of the slope of f^{-1} at x. "
        "A slope may be negative, a length may not.",
    ),
)


def logistic(z: Tensor) -> Tensor:
    """The log-density of a logistic distribution around 0.3: not symmetric about 0, and not normal."""
    return -(z - 0.3) - 2 * F.softplus(-(z - 0.3))


def normal_far(z: Tensor) -> Tensor:
    """log N(z; 0, 1), for a point where the density itself rounds to 0."""
    return -0.5 * z.square() - 0.5 * math.log(2 * math.pi)


@change.probe
def probe_change(answer: Answer, generator: Generator) -> Observations:
    x, c = normal(5, generator=generator), 1.5 + normal(1, generator=generator).abs()
    hand = torch.tensor([1.0, 3.0], dtype=torch.float64)

    def fall(free: Tensor) -> tuple[Map, Map]:
        return lambda x: -free * x - x**3, lambda x: -free - 3 * x**2

    def slope_of(i: int) -> Tensor:
        free = x.clone().requires_grad_(), c.clone().requires_grad_()
        return slope(answer(free[0], *fall(free[1]), logistic), free[i])

    yield "f stretches by 4, a base of height 1: log p = -log 4", lambda: answer(hand.clone(), *quarter(), torch.zeros_like), 0.5
    yield "an increasing map, curved", lambda: answer(x.clone(), *rise(c), logistic), 1
    yield "a decreasing map, curved", lambda: answer(x.clone(), *fall(c), logistic), 1.5
    yield "far out, where p(x) itself rounds to 0", lambda: answer(50 + 10 * x.abs(), *rise(c), normal_far), 0.5
    yield "gradient that reaches x", lambda: slope_of(0), 0.75
    yield "gradient that reaches a parameter of the map", lambda: slope_of(1), 0.75


def quarter() -> tuple[Map, Map]:
    """z = x / 4 and its derivative."""
    return lambda x: x / 4, lambda x: torch.full_like(x, 0.25)


def rise(c: Tensor) -> tuple[Map, Map]:
    """z = c x + x^3 and its derivative."""
    return lambda x: c * x + x**3, lambda x: c + 3 * x**2


@change.mistake(
    "The absolute value is missing",
    "Where f decreases, the derivative is negative and its logarithm is nan. A stretch has no sign: take |df^{-1}/dx|.",
)
def signed(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).log()


@change.mistake(
    "The log-derivative is subtracted",
    "Minus belongs to log|f'(z)|, the other way round: f'(z) = 1 / (f^{-1})'(x). With the derivative of f^{-1} it is plus.",
)
def subtracted(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) - df_inv(x).abs().log()


@change.mistake("The derivative is taken at z", "df_inv is a function of x. z = f^{-1}(x) goes to the base only.")
def slope_at_z(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    z = f_inv(x)
    return log_pz(z) + df_inv(z).abs().log()


@change.mistake(
    "The derivative of f in place of that of f^{-1}",
    "df_inv is the derivative of f^{-1} already, with respect to x. Use it as it is: no 1 / df_inv, and not at z.",
)
def slope_of_f(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    z = f_inv(x)
    return log_pz(z) - df_inv(z).abs().log()


@change.mistake("The base is asked at x", "log_pz is the density of z. Send x back first: z = f_inv(x).")
def base_at_x(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(x) + df_inv(x).abs().log()


@change.mistake("The derivative is missing", "Without log|df^{-1}/dx| the result does not integrate to one: where f stretches, p falls.")
def no_slope(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x))


@change.mistake("The base is missing", "The derivative says how a density is stretched. The density that is stretched is log_pz(f_inv(x)).")
def no_base(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return df_inv(x).abs().log()


@change.mistake("The derivative is added without its logarithm", "p(x) = p(z) |dz/dx| is a product. In logarithms: add log|dz/dx|.")
def no_log(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).abs()


@change.mistake("log p(z) is multiplied by the derivative", "p(x) = p(z) |dz/dx| holds for densities. Their logarithms add up.")
def log_times_slope(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) * df_inv(x).abs()


@change.mistake("The density came back, not its logarithm", "Return log p(x): log_pz(z) + log|dz/dx|, without exp.")
def density(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)).exp() * df_inv(x).abs()


@change.mistake(
    "The logarithm of a density that rounds to 0",
    "Far out exp(log_pz) is 0 in floating point, and its logarithm -inf. Never leave the logarithms: add, do not multiply.",
)
def through_density(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return (log_pz(f_inv(x)).exp() * df_inv(x).abs()).log()


@change.mistake("Absolute value after the logarithm", "|log d| is not log|d|: a shrinking map would count as a stretching one.")
def absolute_late(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).log().abs()


@change.mistake(
    "Logarithms of two kinds", "log_pz is in nats, so the derivative needs the natural logarithm too: torch.log, not log2 or log10."
)
def base_two(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).abs().log2()


def right(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    """log p(x) as it should be, without the library, which is closed to answers."""
    return log_pz(f_inv(x)) + df_inv(x).abs().log()


@change.mistake(
    "One number for the whole batch", "Every x has a log-density of its own: the result has shape (n,). Take no sum and no mean."
)
def summed(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return right(x, f_inv, df_inv, log_pz).sum()


@change.mistake(
    "The mean over the batch", "Every x has a log-density of its own: the result has shape (n,). The loss takes the mean later."
)
def averaged(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return right(x, f_inv, df_inv, log_pz).mean()


@change.mistake("The negative log-density", "Return log p(x) itself. The minus sign belongs to a loss, which this is not.")
def negative(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return -right(x, f_inv, df_inv, log_pz)


@change.mistake("The result is detached", "The value is right, but a flow learns through it. Leave out detach, no_grad, item and numpy.")
def detached(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return right(x, f_inv, df_inv, log_pz).detach()


@change.mistake(
    "The derivative is detached",
    "The slope of f^{-1} depends on the map's parameters, and learning has to feel that: leave log|df^{-1}/dx| on the graph.",
)
def slope_detached(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).abs().log().detach()


@change.mistake(
    "A negative derivative is clamped",
    "clamp makes a small positive number of it, and cuts its gradient. The size of the slope counts: take the absolute value.",
)
def clamped(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).clamp(min=1e-12).log()


@change.mistake("The logarithm of the square", "log(d^2) is 2 log|d|: halve it, or take log|d| at once.")
def squared(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).square().log()


@change.mistake("The derivatives are summed over the batch", "Every x has its own slope: add log|df^{-1}/dx (x)| of the same x.")
def slopes_summed(x: Tensor, f_inv: Map, df_inv: Map, log_pz: Map) -> Tensor:
    return log_pz(f_inv(x)) + df_inv(x).abs().log().sum()

"""Known mistakes of a test of the pair contract: each lets some bug pass, or rejects what is right."""

from collections.abc import Callable

import torch
from torch import Tensor

from pgmkit.checks.exam import Answer
from pgmkit.checks.flows.contract_probe import Layer, contract
from pgmkit.flows import jacobian_log_det


def near(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """Same shape and same values."""
    return a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def near_broadcast(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """Same values, whatever the shapes."""
    return bool(((a - b).abs() <= tolerance * (1 + b.abs())).all())


def wanted(f: Layer, z: Tensor) -> Tensor:
    """log|det dx/dz| of every row."""
    return jacobian_log_det(lambda z: f(z)[0], z)


def returns(f: Layer, z: Tensor, near: Callable[..., bool], tolerance: float) -> bool:
    """Whether z comes back."""
    return near(f.inverse(f(z)[0])[0], z, tolerance)


def cancel(f: Layer, z: Tensor, near: Callable[..., bool], tolerance: float) -> bool:
    """Whether the two log-dets cancel."""
    x, log_det = f(z)
    return near(f.inverse(x)[1], -log_det, tolerance)


def there(f: Layer, z: Tensor, near: Callable[..., bool], tolerance: float) -> bool:
    """Whether the log_det of forward is that of the Jacobian."""
    return near(f(z)[1], wanted(f, z), tolerance)


def back(f: Layer, z: Tensor, near: Callable[..., bool], tolerance: float) -> bool:
    """Whether the log_det of inverse is minus that of the Jacobian."""
    return near(f.inverse(f(z)[0])[1], -wanted(f, z), tolerance)


Look = Callable[..., bool]


def tested(
    *looks: Look, near: Callable[..., bool] = near, at: Callable[[Tensor], Tensor] = lambda z: z, fixed: float | None = None
) -> Answer:
    """A test that looks at some promises only, compares in another way, at other points, or to a tolerance of its own."""

    def answer(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
        return all(look(f, at(z), near, tolerance if fixed is None else fixed) for look in looks)

    return answer


def known(title: str, advice: str, *looks: Look, **how: Callable | float) -> None:
    """Enter a mistake."""
    contract.mistake(title, advice)(tested(*looks, **how))


known(
    "Only the round trip is tested",
    "f^{-1}(f(z)) = z says nothing about log_det, which is what training follows. Compare it with the Jacobian's.",
    returns,
)
known(
    "Only the round trip, and that the log-dets cancel",
    "Both log-dets may be wrong in the same way, and cancel. Only the Jacobian knows: compare with jacobian_log_det.",
    returns,
    cancel,
)
known(
    "Only that the log-dets cancel",
    "Both may be wrong and cancel, and z need not come back. Compare with jacobian_log_det, and test the round trip.",
    cancel,
)
known(
    "Only forward is tested",
    "The inverse has a log_det of its own, and training uses that one. Compare it with minus the Jacobian's.",
    returns,
    there,
)
known(
    "Only the log_det of forward is tested",
    "Nothing is said about the inverse: neither that z comes back, nor that its log_det is right.",
    there,
)
known("Only the log_det of inverse is tested", "Nothing is said about forward's log_det, nor that z comes back.", back)
known(
    "The round trip is not tested",
    "Both log-dets may be right while the inverse goes elsewhere: compare f.inverse(f(z)) with z.",
    there,
    back,
)
known("The log_det of forward is not tested", "Sampling uses it: compare it with the Jacobian's too.", returns, back)
known(
    "Only the first row is tested",
    "A bug may show in other rows only, and one that mixes rows never shows in a batch of one. Test all of z.",
    returns,
    there,
    back,
    at=lambda z: z[:1],
)
known(
    "Only z = 0 is tested",
    "There many terms vanish, so a log_det that forgets them looks right. Test at the z that came.",
    returns,
    there,
    back,
    at=torch.zeros_like,
)
known(
    "The same point in every row",
    "With equal rows a mean over the batch looks right. Test at the z that came.",
    returns,
    there,
    back,
    at=lambda z: z[:1].expand_as(z),
)
known(
    "The tolerance is too loose",
    "0.1 % off is a bug, not rounding: in float64 a right layer is exact to about 1e-12.",
    returns,
    there,
    back,
    fixed=0.01,
)
known(
    "The tolerance that came is ignored",
    "The caller says how large a difference may be: use the argument.",
    returns,
    there,
    back,
    fixed=1e-6,
)
known(
    "Shapes are not compared",
    "One number for the whole batch broadcasts against (n,), and looks right. log_det must have shape (n,).",
    returns,
    there,
    back,
    near=near_broadcast,
)
known(
    "The rows are averaged before they are compared",
    "Errors of single rows cancel in a sum or a mean. Compare row by row.",
    returns,
    there,
    back,
    near=lambda a, b, tolerance: near_broadcast(a.mean(), b.mean(), tolerance),
)
known("Every layer passes", "A test must be able to fail. All promises have to hold: join them by and, not by or.")
known(
    "No layer passes",
    "A right layer must pass. Compare to the tolerance, because the last digits differ; the log_det of inverse with *minus* the Jacobian's.",
    lambda *given: False,
)
known(
    "The result is turned round",
    "True is for a layer that keeps its promises.",
    lambda *given: not all(look(*given) for look in (returns, there, back)),
)


@contract.mistake("One row at a time", "In a batch of one a sum over the batch looks right. Call f with all of z, and compare row by row.")
def by_rows(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    return all(tested(returns, there, back)(f, row[None], tolerance=tolerance) for row in z)


@contract.mistake(
    "The determinant without its absolute value",
    "A layer may turn space over: det < 0, and its logarithm is nan. Take log|det|, as torch.linalg.slogdet does.",
)
def without_abs(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    size = z[0].numel()
    rows = [torch.autograd.functional.jacobian(lambda r: f(r)[0], row[None]).reshape(size, size) for row in z]
    return tested(returns, back)(f, z, tolerance=tolerance) and near(f(z)[1], torch.stack([j.logdet() for j in rows]), tolerance)


@contract.mistake(
    "A negative difference passes", "a - b < tolerance also holds where a is far below b. Compare the absolute value of the difference."
)
def one_sided(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    return tested(returns, there, back, near=lambda a, b, t: a.shape == b.shape and bool(((a - b) <= t * (1 + b.abs())).all()))(
        f, z, tolerance=tolerance
    )


@contract.mistake("An assert in place of an answer", "Return True or False: the caller wants to know, not to be stopped.")
def asserts(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    assert tested(returns, there, back)(f, z, tolerance=tolerance)
    return True


@contract.mistake(
    "The Jacobian of the inverse is taken at z",
    "log|det dz/dx| belongs to x = f(z): ask for the Jacobian of the inverse there, or take minus that of forward.",
)
def inverse_at_z(f: Layer, z: Tensor, *, tolerance: float = 1e-6) -> bool:
    x, _ = f(z)
    wanted = jacobian_log_det(lambda x: f.inverse(x)[0], z)
    return tested(returns, there)(f, z, tolerance=tolerance) and near(f.inverse(x)[1], wanted, tolerance)

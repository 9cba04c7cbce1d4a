"""Exam of a test: layers that keep the pair contract, each beside one that breaks it, and what the student's test says of both."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Pair
from pgmkit.checks.probing import normal
from pgmkit.flows import keeps_contract

contract = Exam(
    keeps_contract,
    minutes=20,
    difficulty=3,
    hints=(
        "Which promises does a layer make? Write each of them down, and think of a bug that breaks this one alone.",
        "A round trip says nothing about log_det, and two log-dets that cancel may both be wrong. Only the Jacobian knows: "
        "jacobian_log_det(lambda z: f(z)[0], z) is log|det dx/dz| at every row.",
        "Send the whole batch there and back. Compare, to the tolerance: the latents with those that came back, the log_det of forward "
        "with that of the Jacobian, the log_det of inverse with minus it. Compare the shapes too, or broadcasting hides a bug.",
    ),
)
Log = Tensor
Pooled = Callable[[Log], Log]
Report = Callable[[Log, Log, int], Log]
"""How a layer reports its log_det: from that of its curve (n,), that of its matrix at one position, and the number of positions."""


def told(
    sign: float, curve: float = 1.0, mix: float = 1.0, *, cap: float = math.inf, everywhere: bool = True, pooled: Pooled = lambda rows: rows
) -> Report:
    """A report; the right ones are `told(1)` of forward and `told(-1)` of inverse. All have one code, so that no name tells a lie.

    Args:
        sign: factor of the whole.
        curve: factor of the part of the curve.
        mix: factor of the part of the matrix.
        cap: the most that the part of the curve may be.
        everywhere: whether the matrix counts at every position.
        pooled: what becomes of the rows.
    """
    return lambda bent, mixed, n: pooled(sign * (curve * bent.clamp(max=cap) + mix * mixed * (n if everywhere else 1)))


def both(**how: Any) -> tuple[Report, Report]:
    """The same told in both directions, so that the two log-dets cancel."""
    return told(1, **how), told(-1, **how)


class Layer(nn.Module):
    """x = M sinh(z) + b at every position: curved, mixed, and honest unless its report or its way back is replaced.

    Args:
        matrix: M, shape (c, c).
        b: shape (c,).
        there: the report of forward; the right one if None.
        back: the report of inverse; the right one if None.
        undo: the matrix that inverse multiplies by; the inverse of M if None.
        straight: leave sinh out.
    """

    def __init__(
        self,
        matrix: Tensor,
        b: Tensor,
        there: Report | None = None,
        back: Report | None = None,
        undo: Tensor | None = None,
        straight: bool = False,
    ):
        super().__init__()
        self.matrix, self.b, self.straight = matrix, b, straight
        self.there, self.back = there or told(1), back or told(-1)
        self.undo = torch.linalg.inv(matrix) if undo is None else undo
        self.mix = torch.linalg.slogdet(matrix).logabsdet

    def report(self, z: Tensor, way: Report) -> Log:
        """The log_det that the layer claims at z."""
        curve = torch.zeros_like(z) if self.straight else z.cosh().log()
        return way(curve.flatten(1).sum(1), self.mix, math.prod(z.shape[1:-1]))

    def forward(self, z: Tensor) -> Pair:
        """From z to x."""
        return (z if self.straight else z.sinh()) @ self.matrix.T + self.b, self.report(z, self.there)

    def inverse(self, x: Tensor) -> Pair:
        """From x to z."""
        y = (x - self.b) @ self.undo.T
        z = y if self.straight else y.asinh()
        return z, self.report(z, self.back)


def matrix(c: int, sign: float, generator: Generator) -> Tensor:
    """A rotation with every axis stretched by 1.3 to 1.9; its determinant has the given sign."""
    turn = torch.linalg.qr(normal(c, c, generator=generator)).Q
    scales = 1.3 + 0.6 * torch.rand(c, generator=generator, dtype=torch.float64)
    m = turn * scales
    return torch.cat([m[:1] * sign * torch.linalg.slogdet(m).sign, m[1:]])


CAP = 0.3
"""Between the log-stretch of the small first row and that of the other row."""


def rows(generator: Generator) -> Tensor:
    """Two rows, shape (2, 2): the first near 0, the other not, and of both signs, so that an inverse too wide errs to both sides."""
    z = normal(2, 2, generator=generator)
    ends, widths = torch.tensor([[1.8, -0.9], [1.0, -0.2]], dtype=torch.float64)
    return torch.cat([0.3 * z[:1].tanh(), ends + widths * z[1:].tanh().abs()])


def ways() -> dict[str, tuple[Report, Report]]:
    """Lies about log_det, by name, and how each is told there and back."""
    return {
        "sign": (told(-1), told(1)),
        "no matrix": both(mix=0),
        "no positions": both(everywhere=False),
        "no curve": both(curve=0),
        "sum": both(pooled=lambda rows: rows.sum().expand(len(rows))),
        "mean": both(pooled=lambda rows: rows.mean().expand(len(rows))),
        "one number": both(pooled=lambda rows: rows.mean()),
        "0.1 %": (told(1.001), told(-1.001)),
        "large rows": both(cap=CAP),
        "back only": (told(1), told(-1.5)),
        "there only": (told(0.5), told(-1)),
    }


@contract.probe
def probe_contract(answer: Answer, generator: Generator) -> Observations:
    m, turned, b = matrix(2, 1, generator), matrix(2, -1, generator), normal(2, generator=generator)
    z, pixels, lies = rows(generator), normal(2, 1, 2, 2, generator=generator), ways()

    @cache
    def honestly(reverses: bool = False, images: bool = False, straight: bool = False) -> bool:
        return answer(Layer(turned if reverses else m, b, straight=straight), (pixels if images else z).clone())

    def lied(lie: str, reverses: bool = False, images: bool = False, straight: bool = False) -> tuple[bool, bool]:
        layer = Layer(turned if reverses else m, b, *lies[lie], straight=straight)
        return honestly(reverses, images, straight), answer(layer, (pixels if images else z).clone())

    def undone(undo: Tensor) -> tuple[bool, bool]:
        return honestly(straight=True), answer(Layer(m, b, undo=undo, straight=True), z.clone())

    def tolerated() -> tuple[bool, bool]:
        layer = Layer(m, b, *lies["0.1 %"], straight=True)
        return answer(layer, z.clone(), tolerance=0.1), answer(layer, z.clone(), tolerance=1e-5)

    right = "a right layer passes, and one fails"
    yield f"{right} whose log_det has the wrong sign, there and back", lambda: lied("sign"), 0.5
    yield f"{right} whose log_det is right only where the log-scales sum to zero", lambda: lied("no matrix"), 0.5
    yield f"{right} whose log_det lacks the number of positions, on images", lambda: lied("no positions", images=True), 0.5
    yield f"{right} whose inverse multiplies by the transpose", lambda: undone(m.T), 0.5
    yield f"{right} whose log_det is right only near z = 0", lambda: (lied("no curve"), lied("large rows")), 0.25
    yield f"{right} whose log_det is summed over the batch, or averaged", lambda: (lied("sum"), lied("mean")), 0.5
    yield f"{right} whose log_det is one number for the batch", lambda: lied("one number", straight=True), 0.25
    yield f"{right} that is off by 0.1 % in log_det, or in the inverse", lambda: (lied("0.1 %"), undone(1.001 * torch.linalg.inv(m))), 0.25
    yield (
        f"{right} of which one log_det is wrong, that of inverse or that of forward",
        lambda: (lied("back only"), lied("there only")),
        0.25,
    )
    yield f"{right}: both reverse the orientation, det < 0", lambda: lied("sign", reverses=True), 0.25
    yield "a layer that is off by 0.1 % passes at tolerance 0.1, and fails at 1e-5", tolerated, 0.25

"""Exam of a composition undone: in which order, and what becomes of the log-determinants."""

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor, nn

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Bend, Pair
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, part
from pgmkit.flows import Bijection, Compose, GlowSteps, compose_forward, compose_inverse

compose_exam = Exam(
    compose_inverse,
    minutes=10,
    difficulty=1,
    closes=(compose_forward, Compose.forward, GlowSteps.forward, GlowSteps.inverse),
    hints=(
        "Socks first, then shoes. Which of the two comes off first?",
        "Each inverse starts where the one before it has arrived, and brings the log_det of its own step along.",
        "Walk through reversed(fs). In each round, replace x by what the inverse returns, and add its log_det to a total that "
        "starts as one zero for each row.",
    ),
)


@compose_exam.probe
def probe_compose(answer: Answer, generator: Generator) -> Observations:
    fs, wide = [Bend(3, generator) for _ in range(3)], nn.ModuleList([Bend(5, generator), Bend(5, generator)])
    x, images = normal(4, 3, generator=generator), normal(2, 3, 4, 5, generator=generator)

    def on_images() -> tuple[Tensor, Tensor]:
        result = answer(images.clone(), wide)
        return part(result, 0), part(result, 1)

    def nothing() -> tuple[Tensor, Tensor] | str:
        result, one = answer(x.clone(), []), part(answer(x.clone(), fs[:1]), 0)
        if isinstance(one, Tensor) and torch.equal(one, x):
            return "a map changes nothing"
        return part(result, 0), part(result, 1)

    def learns() -> tuple[Tensor, Tensor]:
        result = answer(x.clone(), list(fs))
        return slope(part(result, 0), fs[0].b), slope(part(result, 1), fs[2].b)

    def twice() -> Tensor:
        given = list(fs)
        answer(x.clone(), given)
        same = len(given) == len(fs) and all(a is b for a, b in zip(given, fs, strict=True))
        return part(answer(x.clone(), given), 0) if same else "the list of maps was changed"

    yield "z_0 of three maps", lambda: part(answer(x.clone(), list(fs)), 0), 0.75
    yield "log_det of three maps", lambda: part(answer(x.clone(), list(fs)), 1), 0.75
    yield "images (2, 3, 4, 5), two maps in a ModuleList", on_images, 0.5
    yield "gradients that reach the maps, through z_0 and through log_det", learns, 0.5
    yield "no map at all: z_0 = x, log_det = 0 for each row", nothing, 0.25
    yield "a second call with the same list", twice, 0.25


def last_first(fs: Sequence[Bijection]) -> list[Bijection]:
    """The maps in the order in which they are undone."""
    return list(fs)[::-1]


def undo(f: Bijection, x: Tensor) -> Pair:
    """One step back."""
    return f.inverse(x)


def apply(f: Bijection, x: Tensor) -> Pair:
    """One step forward."""
    return f(x)


def backwards(
    *,
    order: Callable[[Sequence[Bijection]], list[Bijection]] = last_first,
    step: Callable[[Bijection, Tensor], Pair] = undo,
    start: Callable[[Tensor], Tensor | int | list] = lambda x: x.new_zeros(len(x)),
    add: Callable[..., Tensor | list] = torch.add,
    keep: Callable[[Tensor, Tensor], Tensor] = lambda x, arrived: arrived,
) -> Answer:
    """A wrong answer: another order of the maps, another step, another total, or another place to go on from."""

    def answer(x: Tensor, fs: Sequence[Bijection]) -> Pair:
        total, arrived = start(x), x
        for f in order(fs):
            arrived, log_det = step(f, keep(x, arrived))
            total = add(total, log_det)
        return arrived, total

    return answer


compose_exam.mistake(
    "The maps are undone in the order in which they were applied (erratum E4)",
    "f_K was applied last, so it is undone first: z_{K-1} = f_K^{-1}(x), and f_1^{-1} comes at the end.",
)(backwards(order=list))
compose_exam.mistake("This runs forward", "f(z) goes from z to x. On the way back call f.inverse(x), the last map first.")(
    backwards(order=list, step=apply)
)
compose_exam.mistake("The maps are applied, not undone", "The order is right, but f(x) goes on instead of back: call f.inverse(x).")(
    backwards(step=apply)
)
compose_exam.mistake(
    "The log-dets are subtracted", "inverse returns the log_det of its own direction, x -> z, with its sign. Add it as it comes."
)(backwards(add=torch.sub))
compose_exam.mistake("The log-dets are multiplied", "Determinants multiply, so their logarithms add up.")(
    backwards(add=torch.mul, start=lambda x: x.new_ones(len(x)))
)
compose_exam.mistake("The total starts at 0 and is multiplied", "Determinants multiply, so their logarithms add up, from 0 on.")(
    backwards(add=torch.mul)
)
compose_exam.mistake("Only one log_det is returned", "Every step changes volumes. The log-dets of all steps add up.")(
    backwards(add=lambda total, log_det: log_det)
)
compose_exam.mistake("The log-dets are summed over the batch", "Every row has a log_det of its own, shape (n,).")(
    backwards(add=lambda total, log_det: total + log_det.sum())
)
compose_exam.mistake(
    "log_det is one number: a plain 0 plus sums over the batch",
    "Every row has a log_det of its own: add the tensors as they come, to one zero for each row.",
)(backwards(start=lambda x: 0, add=lambda total, log_det: total + log_det.sum()))
compose_exam.mistake("The log-dets come back in a list", "Their sum is wanted, one number for each row, shape (n,).")(
    backwards(start=lambda x: [], add=lambda total, log_det: [*total, log_det])
)
compose_exam.mistake(
    "Every map starts at x", "z_{i-1} = f_i^{-1}(z_i): the next inverse starts where this one has arrived. Keep the result."
)(backwards(keep=lambda x, arrived: x))
compose_exam.mistake("The first map is left out", "f_1 is undone too, at the end. Look at where the loop stops.")(
    backwards(order=lambda fs: list(fs)[:0:-1])
)
compose_exam.mistake("The last map is left out", "f_K is undone first. Look at where the loop starts.")(
    backwards(order=lambda fs: list(fs)[-2::-1])
)
compose_exam.mistake("The total is a plain 0", "Without maps log_det must still have shape (n,): start at x.new_zeros(len(x)).")(
    backwards(start=lambda x: 0, add=lambda total, log_det: total + log_det)
)
compose_exam.mistake(
    "The graph is cut", "Training runs through the inverses: every map has to receive its gradient. Leave out detach and no_grad."
)(torch.no_grad()(backwards()))


@compose_exam.mistake("The list of maps is changed", "fs.reverse() and fs.pop() change the caller's list. reversed(fs) leaves it as it is.")
def reverses(x: Tensor, fs: list[Bijection]) -> Pair:
    turned = fs if isinstance(fs, list) else list(fs)
    turned.reverse()
    return backwards(order=list)(x, turned)


@compose_exam.mistake(
    "fs.reverse() wants a list", "fs may be a ModuleList, which has no reverse, and a list would stay reversed. Use reversed(fs)."
)
def reverses_lists(x: Tensor, fs: list[Bijection]) -> Pair:
    fs.reverse()
    return backwards(order=list)(x, fs)


@compose_exam.mistake("Only z_0 came back", "Both directions of a flow return two things: the value and its log_det.")
def value_only(x: Tensor, fs: Sequence[Bijection]) -> Tensor:
    return backwards()(x, fs)[0]


@compose_exam.mistake("A total in single precision", "torch.zeros(n) makes float32. x.new_zeros(n) takes the dtype of x.")
def single(x: Tensor, fs: Sequence[Bijection]) -> Pair:
    z, total = backwards()(x, fs)
    return z, total if len(fs) else torch.zeros(len(x), dtype=torch.float32)


@compose_exam.mistake("The loop ends after its first map", "A return inside the loop leaves it at once. Return after the loop.")
def early(x: Tensor, fs: Sequence[Bijection]) -> Pair:
    return backwards()(x, list(fs)[-1:])

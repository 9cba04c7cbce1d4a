"""Exams of the affine coupling and of its inverse, and how to write either wrongly."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from pgmkit.checks.exam import Answer, Exam, Observations
from pgmkit.checks.flows.mocks import Net, Pair, left_alone, only
from pgmkit.checks.mishaps import slope
from pgmkit.checks.probing import normal, part
from pgmkit.flows import AffineCoupling, Couplings, couple, uncouple
from pgmkit.flows.coupling import Conditioner, halves

couple_exam = Exam(
    couple,
    minutes=15,
    difficulty=2,
    closes=(Couplings.forward, Couplings.inverse, AffineCoupling.forward, AffineCoupling.inverse, halves),
    hints=(
        "One half passes through untouched. It alone tells the network by how much the other half is stretched and shifted.",
        "The Jacobian is triangular with 1 and e^{log_s} on its diagonal. What is the logarithm of the product of a diagonal?",
        "Cut the last dimension in two with chunk, ask net about the first part, scale and shift the second, and put the parts "
        "together again. log_det adds up log_s over everything but the batch.",
    ),
)
uncouple_exam = Exam(
    uncouple,
    minutes=10,
    difficulty=1,
    closes=(Couplings.forward, Couplings.inverse, AffineCoupling.forward, AffineCoupling.inverse, halves),
    hints=(
        "The half that passed through untouched is still there. Whatever the network said about it then, it says again.",
        "Solve x_b = z_b e^{log_s} + t for z_b. Nobody has to invert the network.",
        "Cut x as couple cut z, ask net about the first part, take the shift away from the second, then undo the stretch. "
        "The map shrinks where the other one stretched, and log_det says so.",
    ),
)


def observe_coupling(answer: Answer, generator: Generator, value: str, points: tuple[float, ...]) -> Observations:
    """What both exams look at, under the name of the value that comes back: vectors of 6, images with 5 channels."""
    net, wide = Net(3, 3, generator), Net(3, 2, generator)
    flat, images, single = normal(4, 6, generator=generator), normal(2, 3, 4, 5, generator=generator), normal(1, 5, generator=generator)
    given = "x" if value == "z" else "z"

    def seen() -> Tensor | str:
        net.seen.clear()
        answer(flat.clone(), net)
        return net.seen[0] if net.seen else "the network was never asked"

    def reaches_net(i: int) -> Tensor:
        return slope(part(answer(flat.clone(), net), i), net.map.weight)

    def kept() -> Tensor:
        return only(lambda result: part(result, 0), left_alone(lambda x: answer(x, wide), single, given))

    names = (
        (f"{value}, vectors of 6", lambda: part(answer(flat.clone(), net), 0)),
        ("log_det, vectors of 6", lambda: part(answer(flat.clone(), net), 1)),
        (f"{value}, images (2, 3, 4, 5)", lambda: part(answer(images.clone(), wide), 0)),
        ("log_det, images (2, 3, 4, 5)", lambda: part(answer(images.clone(), wide), 1)),
        (f"gradients that reach the network, through {value} and through log_det", lambda: (reaches_net(0), reaches_net(1))),
        ("what the network is shown", seen),
        (f"a batch of one, and {given} left as it was", kept),
    )
    yield from ((name, look, share) for (name, look), share in zip(names, points, strict=True))


@couple_exam.probe
def probe_couple(answer: Answer, generator: Generator) -> Observations:
    yield from observe_coupling(answer, generator, "x", (1, 1.25, 0.5, 0.75, 0.5, 0.5, 0.5))


@uncouple_exam.probe
def probe_uncouple(answer: Answer, generator: Generator) -> Observations:
    yield from observe_coupling(answer, generator, "z", (1, 1, 0.5, 0.5, 0.5, 0.25, 0.25))


def stretch(b: Tensor, log_s: Tensor, t: Tensor) -> Tensor:
    """b e^{log_s} + t."""
    return b * log_s.exp() + t


def shrink(b: Tensor, log_s: Tensor, t: Tensor) -> Tensor:
    """(b - t) e^{-log_s}."""
    return (b - t) * (-log_s).exp()


def total(log_s: Tensor) -> Tensor:
    """The sum of log_s over each row."""
    return log_s.flatten(1).sum(1)


def over_one(log_s: Tensor) -> Tensor:
    """The sum over dimension 1 only."""
    return log_s.sum(1)


def as_images(log_s: Tensor) -> Tensor:
    """The sum over the dimensions of an image; a vector has not so many."""
    return log_s.sum((1, 2, 3))


def dimension_one(z: Tensor) -> Pair:
    """The first half of dimension 1, the smaller one where it is odd, and the rest."""
    d = z.shape[1] // 2
    return z[:, :d], z[:, d:]


def first(a: Tensor, b: Tensor) -> Tensor:
    """The first half."""
    return a


def written(
    change: Callable[[Tensor, Tensor, Tensor], Tensor],
    log_det: Callable[[Tensor], Tensor],
    *,
    halves: Callable[[Tensor], Pair] = lambda z: z.chunk(2, -1),
    sees: Callable[[Tensor, Tensor], Tensor] = first,
    asks: Callable[[Conditioner, Tensor], Pair] = lambda net, a: net(a),
    joins: Callable[[Tensor, Tensor], Tensor] = lambda a, b: torch.cat([a, b], -1),
) -> Answer:
    """A coupling: how the second half changes, its log_det, how halves are cut, which one the network sees, how they are joined."""

    def answer(z: Tensor, net: Conditioner) -> Pair:
        a, b = halves(z)
        log_s, t = asks(net, sees(a, b))
        return joins(a, change(b, log_s, t)), log_det(log_s)

    return answer


def off_the_graph(net: Conditioner, a: Tensor) -> Pair:
    """What the network says, without a gradient."""
    with torch.no_grad():
        return net(a)


def swapped(net: Conditioner, a: Tensor) -> Pair:
    """t taken for log_s."""
    t, log_s = net(a)
    return log_s, t


def smaller_first(z: Tensor) -> Pair:
    """Halves of which the second is the larger one where d is odd."""
    d = z.shape[-1] // 2
    return z[..., :d], z[..., d:]


def in_place(change: Callable[[Tensor, Tensor, Tensor], Tensor], log_det: Callable[[Tensor], Tensor]) -> Answer:
    """A coupling that writes into its argument."""

    def answer(z: Tensor, net: Conditioner) -> Pair:
        d = z.shape[-1] - z.shape[-1] // 2
        log_s, t = net(z[..., :d])
        z[..., d:] = change(z[..., d:], log_s, t)
        return z, log_det(log_s)

    return answer

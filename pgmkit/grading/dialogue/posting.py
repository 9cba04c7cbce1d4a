"""From the judge to the answer: a call as a pickle, everything in it by value. Nothing of the exam itself may be sent."""

import io
import pickle
import types
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cloudpickle
import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

import pgmkit.checks
from pgmkit.checks.exam import Exam, Mistake
from pgmkit.grading.dialogue.shared import (
    BLANK,
    blank,
    branch_of,
    fill,
    generator_of,
    leaf_of,
    parameter_of,
    set_grad,
    tensor_of,
    the_generator,
)
from pgmkit.grading.dialogue.wire import raw

cloudpickle.register_pickle_by_value(pgmkit.checks)  # in the cage there is only a stand-in for it
JUDGES = {f"pgmkit.checks.{name}" for name in ("exam", "judge", "compare", "check", "report")}
"""Modules of which nothing may be sent."""


class Secret(BaseException):
    """A probe was about to hand a part of the exam to an answer: a mistake in the exam, which no answer can cause."""


@lru_cache(maxsize=1)
def secrets() -> frozenset[Any]:
    """The references, the probes and the known mistakes of all exams."""
    exams = pgmkit.checks.EXAMS.values()
    return frozenset(thing for exam in exams for thing in (exam.reference, exam.run, *(mistake.answer for mistake in exam.mistakes)))


class Pickler(cloudpickle.CloudPickler):
    """Pickles a call, without the classes and functions that the modules of the exams define: these are sent once.

    Args:
        file: where to.
        leaves: the tensors of this call that require grad and are leaves.
    """

    def __init__(self, file: io.BytesIO, leaves: Sequence[Tensor] = ()):
        super().__init__(file, protocol=5)
        self.leaves = {id(leaf) for leaf in leaves}
        self.definitions: dict[str, Any] = {}

    def persistent_id(self, obj: Any) -> str | None:
        """The name of a class or function that is sent apart; None for anything else."""
        if type(obj) not in (type, types.FunctionType) or not obj.__module__.startswith("pgmkit.checks."):
            return None
        if "<locals>" in obj.__qualname__ or "<lambda>" in obj.__qualname__:
            return None
        name = f"{obj.__module__}.{obj.__qualname__}"
        self.definitions[name] = obj
        return name

    def reducer_override(self, obj: Any) -> Any:
        """How an object is made anew over there."""
        match obj:
            case Tensor():
                return self.tensor(obj)
            case types.FunctionType() if obj in secrets() or obj.__module__ in JUDGES:
                raise Secret(obj.__qualname__)
            case type() if obj.__module__ in JUDGES:
                raise Secret(obj.__qualname__)
            case Exam() | Mistake():
                raise Secret(type(obj).__name__)
            case Generator():
                make = the_generator if obj is torch.default_generator else generator_of
                return make, (raw(obj.get_state()),)
            case nn.Module():
                slim = {name: value for name, value in vars(obj).items() if name not in BLANK or value or value is False}
                return blank, (type(obj),), slim, None, None, fill
            case Optimizer():
                return blank, (type(obj),), {**vars(obj)}, None, None, fill
        return super().reducer_override(obj)

    def tensor(self, x: Tensor) -> Any:
        """A tensor with its place in the graph, as far as it matters over there, and with its gradient."""
        if not x.is_leaf and x.requires_grad:
            leaves = [leaf for leaf in roots(x) if id(leaf) in self.leaves]
            return branch_of, (lay(x), [derivative(x, leaf) for leaf in leaves], leaves)
        if isinstance(x, nn.Parameter):
            made = parameter_of, (type(x), x.requires_grad, *lay(x))
        else:
            made = leaf_of if x.requires_grad else tensor_of, lay(x)
        return made if x.grad is None else (*made, x.grad, None, None, set_grad)


def lay(x: Tensor) -> tuple[bytes, torch.dtype, tuple[int, ...], tuple[int, ...] | None]:
    """A tensor as it lies in memory: numbers, dtype, shape, and strides unless they are the usual ones."""
    if x.is_contiguous():
        return raw(x), x.dtype, tuple(x.shape), None
    span = 1 + sum((size - 1) * stride for size, stride in zip(x.shape, x.stride(), strict=True))
    return raw(x.detach().as_strided((span,), (1,), x.storage_offset())), x.dtype, tuple(x.shape), x.stride()


def roots(x: Tensor) -> list[Tensor]:
    """The leaves that a tensor was computed from."""
    found, seen, stack = [], set(), [x.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        found += [] if leaf is None else [leaf]
        stack.extend(before for before, _ in node.next_functions)
    return found


def derivative(x: Tensor, leaf: Tensor) -> Tensor:
    """d x / d leaf, shape (places of x, places of leaf)."""
    rows = [torch.autograd.grad(place, leaf, retain_graph=True)[0].flatten() for place in x.flatten()]
    return torch.stack(rows) if rows else leaf.new_zeros(0, leaf.numel())


class Definer(Pickler):
    """Pickles a class or a function with all that it needs."""

    def persistent_id(self, obj: Any) -> None:
        """Everything is sent."""
        return None


@lru_cache(maxsize=1024)
def definition(thing: Any) -> bytes:
    """The pickle of a class or function; it is the same for every answer."""
    file = io.BytesIO()
    Definer(file).dump(thing)
    return file.getvalue()


def dumps(request: dict[str, Any], leaves: Sequence[Tensor], sent: set[str]) -> bytes:
    """The pickles of a request and of the definitions that it needs and that were not `sent` before; they are now."""
    file = io.BytesIO()
    pickler = Pickler(file, leaves)
    pickler.dump(request)
    new = {name: definition(thing) for name, thing in pickler.definitions.items() if name not in sent}
    sent.update(new)
    return pickle.dumps((new, file.getvalue()), protocol=5)

"""The objects of a call, alike on both sides: what in them may change, and how they are made anew where they arrive."""

import functools
import io
import operator
import pickle
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.optim import Optimizer

from pgmkit.grading.dialogue.wire import cooked, raw

Parts = dict[Any, Any]
ListIterator, TupleIterator = type(iter([])), type(iter(()))
BLANK, KEPT = set(vars(nn.Module())), {"training", "_parameters", "_buffers", "_modules"}
"""Attributes of every module; those of them that an answer has reason to change."""


@dataclass(frozen=True)
class Image:
    """The numbers of a tensor at one moment: two images are equal if nothing has changed."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    numbers: bytes
    tensor: Tensor = field(compare=False)

    @classmethod
    def of(cls, x: Tensor) -> "Image":
        """The image of a tensor."""
        return cls(x.dtype, tuple(x.shape), raw(x), x.detach())


@singledispatch
def parts(thing: Any) -> Parts | None:
    """What in an object may change, by name; None where nothing may. Without a rule of its own: its attributes."""
    return getattr(thing, "__dict__", None)


@parts.register(Image)
@parts.register(type)
@parts.register(types.ModuleType)
def no_parts(thing: Any) -> None:
    """Nothing."""
    return None


@parts.register
def parts_of_list(thing: list) -> Parts:
    """What it holds, in order."""
    return {"items": tuple(thing)}


@parts.register
def parts_of_dict(thing: dict) -> Parts:
    """Its entries."""
    return thing


@parts.register
def parts_of_function(thing: types.FunctionType) -> Parts | None:
    """What its closure holds."""
    cells = thing.__closure__ or ()
    return {i: cell.cell_contents for i, cell in enumerate(cells) if cell != types.CellType()} or None


@parts.register
def parts_of_method(thing: types.MethodType) -> Parts:
    """Whose method it is."""
    return {"self": thing.__self__}


@parts.register
def parts_of_partial(thing: functools.partial) -> Parts:
    """The function, and the arguments that it has already."""
    return {"args": thing.args, "keywords": thing.keywords, "func": thing.func}


@parts.register
def parts_of_tensor(thing: Tensor) -> Parts:
    """Its numbers, its gradient, and whether it wants one."""
    leaf = thing.is_leaf
    return {"data": Image.of(thing), "grad": thing.grad if leaf else None, "requires_grad": thing.requires_grad and leaf}


@parts.register
def parts_of_generator(thing: Generator) -> Parts:
    """Its state."""
    return {"state": Image.of(thing.get_state())}


@parts.register(ListIterator)
@parts.register(TupleIterator)
def parts_of_iterator(thing: Any) -> Parts:
    """How much is left, of what."""
    return {"left": operator.length_hint(thing), "items": thing.__reduce__()[1][0]}


@parts.register
def parts_of_module(thing: nn.Module) -> Parts:
    """Its attributes, without the hooks that nobody has set."""
    return {name: value for name, value in vars(thing).items() if name in KEPT or name not in BLANK or value}


@parts.register
def parts_of_optimizer(thing: Optimizer) -> Parts:
    """Its attributes, without the hooks that nobody has set."""
    return {name: value for name, value in vars(thing).items() if value or not name.startswith("_")}


def walk(root: tuple[Any, ...]) -> list[Any]:
    """All objects that can be reached and changed, each once."""
    nodes: list[Any] = []
    seen, stack = set(), [root]
    while stack:
        thing = stack.pop()
        if isinstance(thing, tuple):
            stack.extend(reversed(thing))
        elif id(thing) not in seen and (inside := parts(thing)) is not None:
            seen.add(id(thing))
            nodes.append(thing)
            stack.extend(reversed(inside.values()))
    return nodes


def same(a: Any, b: Any) -> bool:
    """Whether a part is as it was."""
    if isinstance(a, tuple) and type(a) is type(b):
        return len(a) == len(b) and all(map(same, a, b))
    return a is b or (type(a) is type(b) and isinstance(a, int | float | str | Image) and a == b)


def tensor_of(numbers: bytes, dtype: torch.dtype, shape: Sequence[int], stride: Sequence[int] | None) -> Tensor:
    """A tensor as it lay in memory."""
    if stride is None:
        return cooked(numbers, dtype, shape)
    return cooked(numbers, dtype, (len(numbers) // dtype.itemsize,)).as_strided(tuple(shape), tuple(stride))


def leaf_of(*lay: Any) -> Tensor:
    """A tensor that requires grad."""
    return tensor_of(*lay).requires_grad_()


def parameter_of(kind: type[nn.Parameter], requires_grad: bool, *lay: Any) -> nn.Parameter:
    """A parameter of a module."""
    return kind(tensor_of(*lay), requires_grad)


class Branch(torch.autograd.Function):
    """A tensor that was computed from leaves that are here too: it arrives as a value with its derivatives."""

    grown: ClassVar[bool] = True
    """Whether gradients flow on to the leaves. Not while the judge asks for gradients: it follows its own graph from here."""

    @staticmethod
    def forward(ctx: FunctionCtx, value: Tensor, derivatives: Sequence[Tensor], anchor: Tensor, *leaves: Tensor) -> Tensor:
        """The value; `derivatives[i]` has the shape (places of the value, places of leaf i)."""
        ctx.derivatives, ctx.shapes = derivatives, [leaf.shape for leaf in leaves]
        return value.clone()

    @staticmethod
    def backward(ctx: FunctionCtx, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """The chain rule."""
        flat = slopes[0].flatten()
        found = [(flat @ d).reshape(shape) if Branch.grown else None for d, shape in zip(ctx.derivatives, ctx.shapes, strict=True)]
        return None, None, None, *found


def branch_of(lay: Sequence[Any], derivatives: Sequence[Tensor], leaves: Sequence[Tensor]) -> Tensor:
    """A tensor that requires grad and is no leaf."""
    return Branch.apply(tensor_of(*lay), derivatives, torch.zeros((), requires_grad=True), *leaves)


def generator_of(numbers: bytes) -> Generator:
    """A generator that goes on from this state."""
    generator = torch.Generator()
    generator.set_state(cooked(numbers, torch.uint8, (len(numbers),)))
    return generator


def blank(kind: type) -> Any:
    """An object without attributes; a module with those that every module has."""
    made = kind.__new__(kind)
    if isinstance(made, nn.Module):
        nn.Module.__init__(made)
    return made


def fill(made: Any, attributes: Parts) -> None:
    """Give a module or an optimizer its attributes."""
    if isinstance(made, nn.Module):
        vars(made).update(attributes)
    else:
        made.__setstate__(attributes)


def set_grad(x: Tensor, grad: Tensor) -> None:
    """Give a tensor its gradient."""
    x.grad = grad


def the_generator(numbers: bytes) -> Generator:
    """The global generator, which goes on from this state."""
    torch.default_generator.set_state(cooked(numbers, torch.uint8, (len(numbers),)))
    return torch.default_generator


class Unpickler(pickle.Unpickler):
    """Reads a request.

    Args:
        request: the pickle.
        definitions: the classes and functions of the exam that were sent apart, by name.
    """

    def __init__(self, request: bytes, definitions: dict[str, Any]):
        super().__init__(io.BytesIO(request))
        self.definitions = definitions

    def persistent_load(self, pid: str) -> Any:
        """A class or function that was sent apart."""
        return self.definitions[pid]

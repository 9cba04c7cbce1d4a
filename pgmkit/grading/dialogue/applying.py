"""What an answer has changed over there, done again to the judge's own objects: plain data and tensors, nothing else."""

import struct
from collections.abc import Callable, Sequence
from functools import singledispatch
from types import FunctionType
from typing import Any

import torch
from torch import Generator, Tensor, nn

from pgmkit.grading.dialogue.reading import Opaque, Reader, fit, opaque
from pgmkit.grading.dialogue.shared import BLANK, KEPT, ListIterator, TupleIterator, parts
from pgmkit.grading.dialogue.wire import want

Ref = Callable[[int], Any]


def keeper(nodes: Sequence[Any], held: Sequence[Any] | None = None) -> Ref:
    """Who gives the judge's own objects back: any tensor, any other object once.

    Args:
        nodes: the objects of the call.
        held: the objects that may be given besides tensors; all if None. An object may keep what it held before, so that no answer
            can build a tangle of lists in lists that takes for ever to look through.
    """
    left = {id(thing) for thing in (nodes if held is None else held)}

    def ref(index: int) -> Any:
        thing = nodes[want(0 <= index < len(nodes), index)]
        if isinstance(thing, Tensor):
            return thing
        if id(thing) not in left:
            return opaque(type(thing).__name__)
        left.remove(id(thing))
        return thing

    return ref


def applied(reader: Reader, nodes: Sequence[Any]) -> None:
    """Change the objects of a call as the answer has changed its copies."""
    states = reader.header.get("state", [])
    want(isinstance(states, list))
    decoded = []
    for state in states:
        i, changed, gone = want(isinstance(state, list) and len(state) == 3, state)
        want(type(i) is int and 0 <= i < len(nodes) and isinstance(changed, list) and isinstance(gone, list))
        want(all(isinstance(pair, list) and len(pair) == 2 for pair in changed))
        ref = keeper(nodes, held_by(nodes[i]))
        pairs = [(reader.value(key, ref), reader.value(value, ref)) for key, value in changed]
        decoded.append((nodes[i], pairs, [reader.value(key, ref) for key in gone]))
    for node, pairs, gone in decoded:
        for key, value in pairs:
            change(node, want(isinstance(key, str | int | Tensor), key), value)
        for key in gone:
            drop(node, want(isinstance(key, str | int | Tensor), key))


def held_by(node: Any) -> list[Any]:
    """What an object holds, also inside tuples."""
    found, stack = [], list((parts(node) or {}).values())
    while stack:
        thing = stack.pop()
        stack.extend(thing if isinstance(thing, tuple) else ())
        found.append(thing)
    return found


@singledispatch
def change(node: Any, key: Any, value: Any) -> None:
    """Change one part of an object; without a rule of its own: an attribute."""
    want(fit(key) and not key.startswith("__"))
    if not isinstance(value, Opaque) and isinstance(getattr(node, "__dict__", None), dict):
        vars(node)[key] = value


@change.register
def change_module(node: nn.Module, key: Any, value: Any) -> None:
    """An attribute; the dictionaries that every module has are objects of the call themselves, and its hooks stay."""
    if key in KEPT - {"training"} or (key in BLANK and type(value) is not bool):
        return
    change.dispatch(object)(node, key, value)


@change.register
def change_dict(node: dict, key: Any, value: Any) -> None:
    """An entry."""
    if not isinstance(value, Opaque):
        node[key] = value


@change.register
def change_list(node: list, key: Any, value: Any) -> None:
    """All that it holds."""
    node[:] = want(key == "items" and isinstance(value, tuple), value)


@change.register
def change_cell(node: FunctionType, key: Any, value: Any) -> None:
    """A variable that the function has closed over."""
    if not isinstance(value, Opaque):
        node.__closure__[want(type(key) is int and 0 <= key < len(node.__closure__), key)].cell_contents = value


@change.register(ListIterator)
@change.register(TupleIterator)
def change_iterator(node: Any, key: Any, value: Any) -> None:
    """Move on to where the answer left it."""
    if key == "left":
        now = parts(node)["left"]
        for _ in range(now - want(type(value) is int and 0 <= value <= now, value)):
            next(node)


@change.register
def change_generator(node: Generator, key: Any, value: Any) -> None:
    """Go on from a state that the generator itself may reach: any other could make it read outside of its memory."""
    state = node.get_state()
    want(key == "state" and isinstance(value, Tensor) and value.dtype == state.dtype and value.shape == state.shape)
    _, left, seeded, place = struct.unpack_from("=QiiQ", value.numpy().tobytes())  # how PyTorch lays out a Mersenne twister
    want(seeded == 1 and 1 <= left <= 624 and (place == 0 if left == 1 and place == 0 else left + place == 625))
    node.set_state(value)


@change.register
def change_tensor(node: Tensor, key: Any, value: Any) -> None:
    """Numbers in place, unless their shape or dtype is another; the gradient; whether it wants one."""
    match key, value:
        case "data", Tensor() if value.shape == node.shape and value.dtype == node.dtype:
            node.data.copy_(value)
        case "data", Tensor():
            node.data = value.detach()
        case "grad", None | Tensor():
            node.grad = value
        case "requires_grad", bool() if node.is_leaf and torch.is_floating_point(node):
            node.requires_grad_(value)


@singledispatch
def drop(node: Any, key: Any) -> None:
    """Remove one part of an object; only attributes and entries can go."""
    if isinstance(key, str) and isinstance(getattr(node, "__dict__", None), dict) and key not in BLANK:
        vars(node).pop(key, None)


@drop.register
def drop_entry(node: dict, key: Any) -> None:
    """An entry."""
    node.pop(key, None)


@drop.register(list)
@drop.register(FunctionType)
@drop.register(Tensor)
@drop.register(Generator)
def keep_part(node: Any, key: Any) -> None:
    """Nothing can go."""
    return None

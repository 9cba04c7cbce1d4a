"""The judge's side of the wire: values from the bytes that an answer's process has sent. It may have sent anything."""

import json
import math
import struct
from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from torch import Tensor, nn

from pgmkit.grading.dialogue.wire import DEPTH, DTYPES, HEADER, LARGEST, NUMBERS, PLACES, RANK, TEXT, VALUES, Broken, cooked, want

UNNAMED = {"<lambda>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<module>"}
"""Names of code that has none."""


class Opaque:
    """Stands for an object that does not cross; the name of its class is that of the object's own."""


def fit(text: Any) -> bool:
    """Whether this is a name that an attribute, a field or a class may have."""
    return isinstance(text, str) and len(text) <= 60 and text.isidentifier() and not iskeyword(text)


def name_of(text: Any) -> str:
    """A name that may be shown, or "object"."""
    return text if fit(text) or (isinstance(text, str) and text in UNNAMED) else "object"


def opaque(kind: str) -> Opaque:
    """An object of a class with this name, and nothing else."""
    return type(name_of(kind), (Opaque,), {})()


class Reader:
    """Turns a frame into values, on the judge's side. Anything that no `Writer` writes raises `Broken`.

    Args:
        frame: what came.
    """

    def __init__(self, frame: bytes | bytearray):
        self.count = 0
        (length,) = struct.unpack_from(">I", want(len(frame) >= 4, frame))
        want(length <= min(HEADER, len(frame) - 4))
        self.header: dict[str, Any] = json.loads(bytes(frame[4 : 4 + length]))
        want(isinstance(self.header, dict) and isinstance(self.header.get("tensors"), list) and len(self.header["tensors"]) <= VALUES)
        self.tensors, rest = [], memoryview(frame)[4 + length :]
        for entry in self.header["tensors"]:
            x, rest = taken(rest, *want(isinstance(entry, list) and len(entry) == 3, entry))
            self.tensors.append(x)
        want(not len(rest))

    def value(self, item: Any, ref: Callable[[int], Any], depth: int = 0) -> Any:
        """One value; `ref` gives the judge's own object of an index."""
        self.count += 1
        want(self.count <= VALUES and depth <= DEPTH + 1)
        match item:
            case None | bool() | float():
                return item
            case int():
                return want(-LARGEST < item < LARGEST, item)
            case str():
                return want(len(item) <= TEXT, item)
            case ["ref", int(index)]:
                return ref(index)
            case ["tensor", int(place)]:
                return self.tensor(place)
            case ["opaque", str(kind)]:
                return opaque(kind)
            case ["array", int(place)]:
                return self.tensor(place).detach().clone().numpy()
            case ["numpy", str(kind), bool() | int() | float() as number]:
                return NUMBERS[want(kind in NUMBERS and (isinstance(number, float) or abs(number) < 2**63), kind)](number)
        return self.container(item, ref, depth + 1)

    def container(self, item: Any, ref: Callable[[int], Any], depth: int) -> Any:
        """A container of values."""
        match item:
            case ["list", [*parts]]:
                return [self.value(part, ref, depth) for part in parts]
            case ["tuple", [*parts]]:
                return tuple(self.value(part, ref, depth) for part in parts)
            case ["named", str(kind), [*fields], [*parts]]:
                return named(name_of(kind), tuple(fields))(self.value(part, ref, depth) for part in parts)
            case ["dict", [*pairs]]:
                want(all(isinstance(pair, list) and len(pair) == 2 for pair in pairs))
                return {key_of(self.value(k, ref, depth)): self.value(v, ref, depth) for k, v in pairs}
        raise Broken("it is no value")

    def tensor(self, place: int) -> Tensor:
        """The tensor at a place of the table."""
        return self.tensors[want(0 <= place < len(self.tensors), place)]


def taken(rest: memoryview, dtype: Any, shape: Any, parameter: Any) -> tuple[Tensor, memoryview]:
    """The first tensor in the bytes, and the bytes behind it."""
    want(isinstance(dtype, str) and dtype in DTYPES and isinstance(shape, list) and len(shape) <= RANK and isinstance(parameter, bool))
    want(all(type(size) is int and 0 <= size <= PLACES for size in shape))
    want(math.prod(size for size in shape if size) <= PLACES)  # nor may an empty one become large when it is summed
    size = math.prod(shape) * DTYPES[dtype].itemsize
    x = cooked(rest[: want(size <= len(rest), size)], DTYPES[dtype], shape)
    return nn.Parameter(x, x.is_floating_point()) if parameter else x, rest[size:]


def key_of(key: Any) -> Any:
    """A key that hashes as it should; what else came is told by its type."""
    return key if isinstance(key, None | bool | int | float | str | Tensor) else f"a {type(key).__name__}"


@lru_cache(maxsize=64)
def named(kind: str, fields: tuple[str, ...]) -> Callable[[Any], tuple]:
    """What makes a tuple of a class of this name; with fields it is a named tuple."""
    if not fields:
        return type(kind, (tuple,), {})
    want(fit(kind) and len(fields) <= 50 and len(set(fields)) == len(fields))
    return namedtuple(kind, want(all(fit(field) and not field.startswith("_") for field in fields), fields))._make

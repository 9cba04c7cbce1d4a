"""What crosses between a judge and an answer: frames, and values as JSON beside the raw bytes of tensors. Never a pickle from the answer."""

import io
import json
import math
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

FRAME, HEADER = 64 << 20, 4 << 20
"""The most bytes of a frame, and of its JSON."""
DEPTH, VALUES, TEXT, PLACES, RANK, LARGEST = 40, 20_000, 10_000, 1 << 21, 20, 10**300
"""The deepest nesting, the most values and characters, the most places and dimensions of a tensor, the largest whole number."""
PRINTED = 4096
"""Characters of what an answer prints that cross."""
DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128, torch.bool),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
NUMBERS: dict[str, type[np.generic]] = {
    kind.__name__: kind
    for kind in (np.bool_, np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32)
}


class Broken(Exception):
    """What came from the answer's process is no message."""


def raw(x: Tensor) -> bytes:
    """The numbers of a tensor in memory order."""
    x = x.detach().cpu().resolve_conj().resolve_neg()
    return (x.view(torch.int16) if x.dtype is torch.bfloat16 else x).numpy().tobytes()


def cooked(data: bytes | bytearray | memoryview, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    """The tensor with these numbers."""
    if not len(data):
        return torch.empty(tuple(shape), dtype=dtype)
    if dtype is torch.bool:  # a byte may hold anything
        return torch.frombuffer(bytearray(data), dtype=torch.uint8).ne(0).reshape(tuple(shape))
    return torch.frombuffer(bytearray(data), dtype=dtype).clone().reshape(tuple(shape))


def plain_tensor(x: Tensor) -> bool:
    """Whether a tensor is numbers in memory, and no more of them than may cross."""
    return x.layout is torch.strided and x.device.type == "cpu" and x.dtype in DTYPES.values() and x.ndim <= RANK and x.numel() <= PLACES


class Writer:
    """Turns values into JSON and tensors, on the answer's side; what cannot cross becomes an opaque object with its type's name.

    Args:
        known: the index of an object that the judge has sent, by identity; None for any other.
    """

    def __init__(self, known: Callable[[Any], int | None]):
        self.known, self.count = known, 0
        self.tensors: list[Tensor] = []
        self.places: dict[int, int] = {}

    def value(self, value: Any, depth: int = 0) -> Any:
        """JSON for one value."""
        self.count += 1
        if self.count > VALUES:
            raise ValueError(f"what came back holds more than {VALUES} values, which is too much to be judged")
        if depth > DEPTH:
            return ["opaque", type(value).__name__]
        if (index := self.known(value)) is not None:
            return ["ref", index]
        match value:
            case None | bool():
                return value
            case np.generic() | np.ndarray():
                return self.number(value)
            case int():
                return int(value) if -LARGEST < value < LARGEST else ["opaque", "int"]
            case float():
                return float(value)
            case str():
                return str.__str__(value)[:TEXT].encode("utf-8", "replace").decode()
            case Tensor() if plain_tensor(value):
                return ["tensor", self.tensor(value)]
        return self.container(value, depth)

    def container(self, value: Any, depth: int) -> Any:
        """JSON for a container, or for what does not cross."""
        match value:
            case tuple() if type(value) is not tuple:
                fields = getattr(type(value), "_fields", ())
                return ["named", type(value).__name__, list(map(str, fields)), [self.value(v, depth + 1) for v in value]]
            case tuple() | list():
                return ["tuple" if isinstance(value, tuple) else "list", [self.value(v, depth + 1) for v in value]]
            case dict():
                return ["dict", [[self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in value.items()]]
        return ["opaque", type(value).__name__]

    def number(self, value: Any) -> Any:
        """JSON for what numpy holds: one number, or an array."""
        if isinstance(value, np.ndarray) and value.dtype.name in DTYPES and value.size <= PLACES and value.ndim <= RANK:
            return ["array", self.tensor(torch.from_numpy(np.array(value)))]
        if isinstance(value, np.generic) and type(value).__name__.rstrip("_") in {kind.rstrip("_") for kind in NUMBERS}:
            return ["numpy", type(value).__name__, value.item()]
        return ["opaque", type(value).__name__]

    def tensor(self, x: Tensor) -> int:
        """The place of a tensor in the table."""
        if id(x) not in self.places:
            self.places[id(x)] = len(self.tensors)
            self.tensors.append(x)
        return self.places[id(x)]

    def frame(self, header: Mapping[str, Any]) -> bytes:
        """The whole message: length of the JSON, the JSON with a table of the tensors, their bytes."""
        table = [[str(x.dtype).removeprefix("torch."), list(x.shape), isinstance(x, nn.Parameter)] for x in self.tensors]
        text = json.dumps({**header, "tensors": table}).encode()
        if len(text) > HEADER or sum(x.numel() * x.element_size() for x in self.tensors) > FRAME - len(text) - 4:
            raise ValueError("what came back is too large to be judged")
        return b"".join([struct.pack(">I", len(text)), text, *map(raw, self.tensors)])


def want(right: bool, value: Any = None) -> Any:
    """The value, if the condition holds."""
    if not right:
        raise Broken("it breaks the rules of the exchange")
    return value


def send(connection: socket.socket, frame: bytes, deadline: float = math.inf) -> None:
    """Send a frame behind its length; `TimeoutError` once `time.monotonic()` has passed the deadline."""
    wait(connection, deadline)
    connection.sendall(struct.pack(">I", len(frame)) + frame)


def receive(connection: socket.socket, deadline: float = math.inf) -> bytearray:
    """The next frame; `EOFError` at the end of the stream, `TimeoutError` after the deadline."""
    (length,) = struct.unpack(">I", exactly(connection, 4, deadline))
    return exactly(connection, want(length <= FRAME, length), deadline)


def exactly(connection: socket.socket, count: int, deadline: float) -> bytearray:
    """The next `count` bytes; memory grows only with what has come."""
    data = bytearray()
    while len(data) < count:
        wait(connection, deadline)
        data += connection.recv(min(count - len(data), 1 << 20)) or end()
    return data


def wait(connection: socket.socket, deadline: float) -> None:
    """Let the next operation end at the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(None if math.isinf(left) else left)


def end() -> bytes:
    """The stream is over."""
    raise EOFError


class Sink(io.TextIOBase):
    """Takes what is printed, and keeps the beginning."""

    def __init__(self) -> None:
        self.kept, self.room = "", PRINTED

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        self.kept += text[: self.room]
        self.room -= len(text[: self.room])
        return len(text)

    def taken(self) -> str:
        """What was kept since the last time."""
        text, self.kept = self.kept, ""
        return text

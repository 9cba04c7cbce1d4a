"""The wire: every value comes back as it was; whatever else comes is refused, quickly and in little memory."""

import json
import math
import random
import struct
import time
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

from pgmkit.grading.dialogue.applying import keeper
from pgmkit.grading.dialogue.reading import Opaque, Reader
from pgmkit.grading.dialogue.wire import FRAME, PLACES, VALUES, Broken, Writer

Learned = namedtuple("Learned", "phi log_p")


def nobody(thing):
    return None


def frame_of(value, **header):
    writer = Writer(nobody)
    return writer.frame({"value": writer.value(value), **header})


def back(value):
    reader = Reader(frame_of(value))
    return reader.value(reader.header["value"], keeper([]))


def raw_frame(header, blob=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + blob


@pytest.mark.parametrize("value", [None, True, 0, -7, 2**70, 0.1, -0.0, 1e308, "", "größe\n\x00", (), [], {}, (1, [2.5, {"a": (None,)}])])
def test_plain_values_come_back(value):
    came = back(value)
    assert came == value and type(came) is type(value)


def test_numbers_that_are_none_come_back():
    assert math.isnan(back(math.nan)) and back(-math.inf) == -math.inf


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.complex64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (2, 1, 4)])
def test_tensors_come_back(dtype, shape):
    x = torch.arange(1, 1 + math.prod(shape)).reshape(shape).to(dtype)
    came = back(x)
    assert torch.equal(came, x) and came.dtype == dtype and came.shape == x.shape


def test_odd_tensors_come_back():
    x = torch.arange(6.0).reshape(2, 3)
    came = back([x.T, x[:, ::2], x[:1].expand(4, 3), x > 2, torch.tensor([math.nan, -0.0]), nn.Parameter(x), x.requires_grad_()])
    assert torch.equal(came[0], x.T) and torch.equal(came[1], x[:, ::2]) and came[2].shape == (4, 3) and torch.equal(came[3], x > 2)
    assert came[4].isnan()[0] and came[4][1].signbit()
    assert type(came[5]) is nn.Parameter and not came[6].requires_grad


def test_one_tensor_twice_is_one_tensor():
    x = torch.ones(2)
    a, b = back((x, x))
    assert a is b


def test_what_numpy_holds_comes_back():
    number, array = back((np.float32(0.5), np.arange(6).reshape(2, 3)))
    assert type(number) is np.float32 and number == 0.5
    assert type(array) is np.ndarray and array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_tuples_keep_their_names():
    came = back(Learned(torch.ones(2), 3.0))
    assert type(came).__name__ == "Learned" and came.log_p == 3.0 and isinstance(came, tuple)
    assert type(back(torch.ones(2, 2).max(0))).__name__ == "max"


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, (i for i in ()), nn.Linear(1, 1), torch.eye(2).to_sparse(), 10**400, type("Odd", (), {})()]
)
def test_anything_else_comes_back_as_a_name(value):
    came = back(value)
    assert isinstance(came, Opaque) and type(came).__name__ in (type(value).__name__, "int")


def test_a_tangle_ends_somewhere():
    tangle = []
    tangle.append(tangle)
    deep = []
    for _ in range(500):
        deep = [deep]
    assert all(isinstance(back(value), list) for value in (tangle, deep))


def test_a_large_tensor_is_only_named():
    assert isinstance(back(torch.zeros(PLACES + 1, dtype=torch.bool)), Opaque)


def test_too_much_is_too_large():
    with pytest.raises(ValueError, match="20000 values"):
        frame_of([[0] * 300] * 300)
    with pytest.raises(ValueError, match="too large"):
        frame_of(["x" * 10_000] * 1000)
    with pytest.raises(ValueError, match="too large"):
        frame_of([torch.zeros(PLACES) + i for i in range(FRAME // PLACES // 8 + 1)])


WRONG = [
    b"",
    b"\x00",
    struct.pack(">I", 2**32 - 1),
    raw_frame(b"{"),
    raw_frame(b"[" * 100_000),
    raw_frame(b"9" * 100_000),
    raw_frame([1]),
    raw_frame({"tensors": {}}),
    raw_frame({"tensors": []}, b"more"),
    raw_frame({"tensors": [["float64", [1], False]]}),
    raw_frame({"tensors": [["float64", [1], 0]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [2], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [2**62, 2**62], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [0, 2**62], False]]}),
    raw_frame({"tensors": [["float64", [0, 2**20, 2**20], False]]}),
    raw_frame({"tensors": [["float64", [-1, -1], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [True], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [1.0], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [1] * 30, False]]}, b"12345678"),
    raw_frame({"tensors": [["object", [1], False]]}, b"12345678"),
    raw_frame({"tensors": [["float64", [1], False]] * 3}, b"12345678"),
    raw_frame({"tensors": [["float64", [0], False]] * (VALUES + 1)}),
]


@pytest.mark.parametrize("frame", WRONG, ids=range(len(WRONG)))
def test_a_wrong_frame_is_refused(frame):
    with pytest.raises((Broken, ValueError, RecursionError, struct.error)):
        Reader(frame)


WRONG_VALUES = [
    10**301,
    "x" * 10_001,
    [],
    ["list"],
    ["list", 3],
    ["tuple", {}],
    ["dict", [[1]]],
    ["dict", [[["tensor", 5], 1]]],
    ["tensor", 1],
    ["tensor", -1],
    ["tensor", "0"],
    ["ref", 0],
    ["ref", -1],
    ["array", 99],
    ["numpy", "object_", 1],
    ["numpy", "int8", 2**80],
    ["named", "T", ["a"], [1, 2]],
    ["named", "T", ["__class__"], [1]],
    ["named", "T", ["a", "a"], [1, 2]],
    ["named", "T", ["a b"], [1]],
    ["named", "T", [["a"]], [1]],
    ["pickle", "gASVAA=="],
    {"a": 1},
    ["list", [0] * (VALUES + 1)],
]


@pytest.mark.parametrize("item", WRONG_VALUES, ids=range(len(WRONG_VALUES)))
def test_a_wrong_value_is_refused(item):
    reader = Reader(raw_frame({"tensors": []}))
    with pytest.raises((Broken, TypeError, ValueError, OverflowError)):
        reader.value(item, keeper([]))


def test_names_are_names():
    reader = Reader(raw_frame({"tensors": []}))
    for name in ("<script>", "a b", "__import__('os')", "x" * 200, "class", ""):
        assert type(reader.value(["opaque", name], keeper([]))).__name__ == "object"


def mutated(frame, rng):
    data = bytearray(frame)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randint(1, 8)]
            case 2:
                data[place:place] = rng.randbytes(rng.randint(1, 8))
            case 3:
                data[place:place] = data[rng.randrange(len(data)) :][: rng.randint(1, 40)]
        if not data:
            break
    return bytes(data)


def read(frame):
    """None, or the name of what was raised."""
    try:
        reader = Reader(frame)
        reader.value(reader.header["value"], keeper([torch.ones(2), [1]]))
    except Exception as error:
        return type(error).__name__
    return None


def test_fuzzed_frames_raise_exceptions_or_are_read_and_take_no_time():
    rng = random.Random(0)
    frames = [
        frame_of([torch.ones(2, 3), {"a": (1, 2.5, None), "b": Learned(1, "two")}, np.float64(2), np.arange(3)]),
        frame_of(torch.eye(3), state=[[0, [["data", ["tensor", 0]]], []]], error={"kind": "E", "message": "m"}),
    ]
    start = time.process_time()
    outcomes = [read(mutated(rng.choice(frames), rng)) for _ in range(4000)]
    outcomes += [read(rng.randbytes(rng.randint(0, 200))) for _ in range(1000)]
    assert None in outcomes and "Broken" in outcomes
    assert time.process_time() - start < 10

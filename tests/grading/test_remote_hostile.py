"""An answer's process that dies, hangs, lies or talks out of turn costs its owner points, and the judge neither time nor memory."""

import json
import os
import pickle
import resource
import struct
import time

import pytest
import torch
from far import far, far_verdict, process

from pgmkit.checks import EXAMS
from pgmkit.checks.flows.mocks import Net
from pgmkit.grading.dialogue.remote import Broken, ProcessDied, RemoteAnswer, TimeLimit, sit_exam
from pgmkit.grading.dialogue.wire import receive

HELLO = {"found": "function", "callable": True, "code": "f", "tensors": []}


def packed(header, blob=b""):
    text = json.dumps(header).encode()
    return struct.pack(">II", len(text) + len(blob) + 4, len(text)) + text + blob


def liar(*replies):
    """A process that greets, then answers each request with the next of these bytes, then waits to be left."""

    def work(connection):
        connection.sendall(packed(HELLO))
        for reply in replies:
            receive(connection)
            connection.sendall(reply)
        connection.settimeout(20)
        connection.recv(1)

    return process(work)


def reply(number=1, **header):
    return packed({"number": number, "printed": "", "call": 0, "graph": [], "state": [], "tensors": [], "value": None} | header)


def asked(*replies, given=(1,), seconds=5.0):
    """What a call returns to such a liar."""
    with liar(*replies) as connection:
        answer = RemoteAnswer(connection, "f", time.monotonic() + seconds)
        return answer(*given)


def test_an_honest_liar():
    assert asked(reply(value=["list", [1, 2]])) == [1, 2]


WRONG = {
    "no frame": b"\xff" * 64,
    "no JSON": struct.pack(">II", 9, 5) + b"hello",
    "another number": reply(number=2),
    "no value": reply(value=["eval", "1"]),
    "a pickle": struct.pack(">I", 60) + pickle.dumps({"number": 1, "value": 3}).ljust(60, b"."),
    "graph of nothing": reply(graph=[0]),
    "graph of integers": packed(
        {"number": 1, "printed": "", "call": 0, "graph": [0], "state": [], "tensors": [["int64", [1], False]], "value": None}, b"12345678"
    ),
    "graph by name": reply(graph=["0"]),
    "no call": reply(call="first"),
    "printed": reply(printed=[1]),
    "a state of nobody": reply(state=[[99, [], []]]),
    "a state before the first": reply(state=[[-1, [], []]]),
    "no state": reply(state=3),
    "an error without a name": reply(error={}),
    "an error with a long message": reply(error={"kind": "E", "kinds": [], "message": "x" * 20_000, "trace": []}),
    "an error from line -1": reply(error={"kind": "E", "kinds": [], "message": "", "trace": [["f", -1, 1]]}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_broken_reply_is_a_failure_and_so_is_every_call_after_it(what):
    with liar(WRONG[what], reply(2), reply(3)) as connection:
        answer = RemoteAnswer(connection, "f", time.monotonic() + 5)
        for _ in range(3):
            with pytest.raises(Broken, match="cannot be read"):
                answer(1)


def test_talking_before_being_asked_is_no_help():
    def work(connection):
        connection.sendall(packed(HELLO) + reply(1, value=1) + reply(1, value=2))
        connection.settimeout(20)
        connection.recv(1 << 20)
        connection.recv(1 << 20)

    with process(work) as connection:
        answer = RemoteAnswer(connection, "f", time.monotonic() + 5)
        assert answer(0) == 1
        with pytest.raises(Broken):
            answer(0)


def test_states_that_no_answer_can_reach(g):
    """Lists in lists without end, attributes of the language, functions and the generator's own memory stay out of reach."""
    net, lists = Net(2, 2, g), [[1], [2]]  # to the wire, objects 0, 1 and 2: the outer list and the inner ones
    tangle = [[0, [["items", ["tuple", [["ref", 1]] * 5 + [["ref", 0]]]]], []], [1, [["items", ["tuple", [["ref", 0], ["ref", 2]]]]], []]]
    asked(reply(state=tangle), given=(lists,))
    assert len(lists) == 6 and [type(x) is list for x in lists] == [True] + 5 * [False]
    assert len(lists[0]) == 2 and not any(type(x) is list for x in lists[0])
    for name in ("__class__", "__dict__", "a b", "class", 3):
        with pytest.raises(Broken):
            asked(reply(state=[[0, [[name, 1]], []]]), given=(net,))
    forward = net.forward
    changes = [["forward", ["opaque", "function"]], ["_modules", 3], ["_forward_hooks", ["dict", []]], ["seen", ["list", [7]]]]
    asked(reply(state=[[0, changes, ["_parameters"]]]), given=(net,))
    assert net.forward == forward and list(net.children()) and net._parameters == {} and net.seen == [7]


@pytest.mark.parametrize(("left", "place"), [(624, 624), (1, 624 * 3), (-1, 3), (0, 0), (625, 0)])
def test_a_generator_takes_no_state_that_points_outside_of_it(left, place):
    generator = torch.Generator().manual_seed(0)
    state = bytearray(generator.get_state().numpy().tobytes())
    struct.pack_into("=QiiQ", state, 0, 0, left, 1, place)
    header = {"number": 1, "printed": "", "call": 0, "graph": [], "value": None, "tensors": [["uint8", [len(state)], False]]}
    with pytest.raises(Broken):
        asked(packed(header | {"state": [[0, [["state", ["tensor", 0]]], []]]}, bytes(state)), given=(generator,))
    assert torch.equal(generator.get_state(), torch.Generator().manual_seed(0).get_state())


def test_a_process_that_dies_is_told_quickly():
    with far(lambda how: os._exit(1)) as remote:
        start = time.monotonic()
        for _ in range(3):
            with pytest.raises(ProcessDied, match="ended before"):
                remote(1)
        assert time.monotonic() - start < 5


@pytest.mark.parametrize("slow", ["busy", "silent", "drips", "never greets", "never reads"])
def test_the_deadline_holds(slow):
    def work(connection):
        if slow == "never greets":
            time.sleep(20)
        connection.sendall(packed(HELLO))
        if slow == "busy":
            while True:
                pass
        frame = reply(value="x" * 100) if slow == "drips" else b""
        for byte in frame:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)
        time.sleep(20)

    start = time.monotonic()
    given = (torch.zeros(1 << 20),) if slow == "never reads" else (1,)
    with process(work, kill=True) as connection:
        answer = RemoteAnswer(connection, "f", time.monotonic() + 0.3)
        for _ in range(3):
            with pytest.raises(TimeLimit, match="still running after 0 s"):
                answer(*given)
        assert time.monotonic() - start < 2.5


def test_a_time_limit_makes_a_row_and_a_diagnosis():
    def forever(*args):
        while True:
            pass

    start = time.monotonic()
    verdict = far_verdict(EXAMS["soft_not"], forever, seconds=1.0)
    assert time.monotonic() - start < 10
    assert verdict.score == 0 and verdict.diagnosis.title == "Your code stopped with TimeLimit"
    assert all(row.reason == "TimeLimit: the answer was still running after 1 s" for row in verdict.rows)


def test_no_process_at_all():
    verdict, printed = sit_exam(EXAMS["soft_not"], None, 0, 0.0)
    assert verdict.score == 0 and verdict.diagnosis.title == "Your code stopped with ProcessDied" and printed == ""


def test_the_process_ends_when_the_judge_leaves_though_the_answer_runs_on():
    def forever():
        while True:
            pass

    start = time.monotonic()
    with far(forever, seconds=0.3) as remote, pytest.raises(TimeLimit):
        remote()
    assert time.monotonic() - start < 10  # `process` waits for the fork


def test_a_result_of_a_wrong_shape_cannot_take_the_judges_memory():
    """Set against images of 7200 values, 2 million rows would be 10^10 numbers."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    verdict = far_verdict(EXAMS["dequantise"], lambda k, bins, **given: torch.zeros(1 << 21, 1, 1, 1, 1, dtype=k.dtype))
    assert verdict.score < 1 and resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_result_that_is_too_large_is_told():
    with far(lambda n: [torch.zeros(1 << 20) for _ in range(n)]) as remote:
        with pytest.raises(ValueError, match="too large"):
            remote(40)
        assert len(remote(1)) == 1

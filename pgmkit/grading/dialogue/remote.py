"""The judge's side: an answer in another process, which may do as it likes, and the exam that it sits."""

import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Size, Tensor
from torch.autograd.function import FunctionCtx

from pgmkit.checks.exam import Exam, observe
from pgmkit.checks.judge import Diagnosis, Verdict, verdict_on
from pgmkit.grading.dialogue.applying import applied, keeper
from pgmkit.grading.dialogue.posting import dumps
from pgmkit.grading.dialogue.reading import Reader, name_of
from pgmkit.grading.dialogue.shared import walk
from pgmkit.grading.dialogue.telling import remade, spot
from pgmkit.grading.dialogue.wire import PRINTED, Broken, receive, send, wait, want

MEMORY = 1 << 30
"""Bytes that the judge may need for one exam: a result of the wrong shape must not be able to ask for more."""
LONGEST_REASON = 600
"""Characters of what is said about one observation."""
STATM = Path("/proc/self/statm")


class TimeLimit(Exception):
    """The answer was still running when its time was up."""


class ProcessDied(Exception):
    """The answer's process has ended."""


class NoFunction(Exception):
    """The notebook has no such function."""


class RemoteAnswer:
    """An answer in another process. It is called like a function, and changes its arguments as the function does over there.

    Args:
        connection: the judge's end of a stream socket, at the other end of which is `answering.sit`; None if there is no such process.
        name: the name of the function.
        deadline: the moment, on the clock of `time.monotonic`, at which the answer's time is up.
    """

    def __init__(self, connection: socket.socket | None, name: str, deadline: float):
        self.connection, self.__name__, self.deadline = connection, name, deadline
        self.allowed = deadline - time.monotonic()
        self.printed, self.number, self.absent = "", 0, ""
        self.sent: set[str] = set()
        self.__code__ = spot(name, own=True).__code__
        self.over = None if connection else ProcessDied("the notebook's process had ended before the function was called")
        try:
            self.attempt(self.greeting)
        except Exception as error:
            self.over = error

    def greeting(self) -> None:
        """The answer's process says what it has under the name."""
        hello = Reader(receive(self.connection, self.deadline)).header
        self.__code__ = spot(name_of(hello.get("code")), own=True).__code__
        if hello.get("callable") is not True:
            found = name_of(hello.get("found"))
            self.absent = f"{self.__name__} is no function" if hello.get("found") else f"There is no function called {self.__name__}"
            self.over = NoFunction(f"the notebook has {f'an object of type {found}' if hello.get('found') else 'nothing'} under this name")

    def attempt(self, talk: Callable[[], Any]) -> Any:
        """Talk with the other process; when that fails, this answer is over."""
        if self.over is not None:
            raise self.over.with_traceback(None)
        try:
            return talk()
        except TimeoutError:
            self.over = TimeLimit(f"the answer was still running after {max(self.allowed, 0):.0f} s")
        except (EOFError, OSError):
            self.over = ProcessDied("the process of the answer ended before it had returned anything")
        except Exception as error:
            words = str(error) if isinstance(error, Broken) else type(error).__name__
            self.over = Broken(f"the process of the answer sent something that cannot be read ({words})")
        raise self.over

    def exchange(self, request: bytes) -> Reader:
        """Send a request; what comes back."""
        self.number += 1
        send(self.connection, struct.pack(">I", self.number) + request, self.deadline)
        reader = Reader(receive(self.connection, self.deadline))
        want(reader.header.get("number") == self.number and isinstance(reader.header.get("printed"), str))
        self.printed += reader.header["printed"][: PRINTED - len(self.printed)]
        return reader

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns or raises, and the same changes to the arguments."""
        self.attempt(lambda: wait(self.connection, self.deadline))
        nodes = [*walk((args, kwargs)), torch.default_generator]
        inputs = [i for i, node in enumerate(nodes) if isinstance(node, Tensor) and node.requires_grad]
        given = [nodes[i] for i in inputs]
        call = {"given": (args, kwargs), "nodes": nodes, "inputs": inputs, "recording": torch.is_grad_enabled()}
        request = dumps(call, [x for x in given if x.is_leaf], self.sent)

        def talk() -> Any:
            reader = self.exchange(request)
            if "error" in reader.header:
                came = remade(reader.header["error"], self.__code__)
            else:
                self.join(reader, given)
                came = reader.value(reader.header.get("value"), keeper(nodes))
            applied(reader, nodes)
            return came

        return self.returned(talk)

    def returned(self, talk: Callable[[], Any]) -> Any:
        """What came back, unless it is an exception, which is raised. No value is one: exceptions do not cross as values."""
        came = self.attempt(talk)
        if isinstance(came, Exception):
            raise came
        return came

    def join(self, reader: Reader, given: Sequence[Tensor]) -> None:
        """Put the tensors that came from a graph over there on the judge's graph."""
        places, call = reader.header.get("graph"), reader.header.get("call")
        want(isinstance(places, list) and all(type(i) is int for i in places) and len(set(places)) == len(places) and type(call) is int)
        values = [reader.tensor(i).detach() for i in places]
        want(all(x.is_floating_point() or x.is_complex() for x in values))
        if values:
            anchor = torch.zeros((), requires_grad=True)  # it keeps a result on the graph that no given tensor reaches
            with torch.enable_grad():
                outputs = Crossing.apply(self, call, values, anchor, *given)
            for i, x in zip(places, outputs, strict=True):
                reader.tensors[i] = x

    def slopes(self, call: int, shapes: Sequence[Size], slopes: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Gradients with respect to what a call was given, from those with respect to what it returned."""
        places = [i for i, slope in enumerate(slopes) if slope is not None]
        request = dumps({"call": call, "places": places, "slopes": [slopes[i].detach() for i in places]}, [], self.sent)

        def talk() -> Any:
            reader = self.exchange(request)
            if "error" in reader.header:
                return remade(reader.header["error"], self.__code__)
            found = reader.value(reader.header.get("value"), keeper([]))
            want(isinstance(found, list) and len(found) == len(shapes))
            return [want(x is None or (isinstance(x, Tensor) and x.shape == shape), x) for x, shape in zip(found, shapes, strict=True)]

        return self.returned(talk)


class Crossing(torch.autograd.Function):
    """From the tensors that a call was given to those that it returned; backward asks the other process."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, answer: RemoteAnswer, call: int, values: list[Tensor], anchor: Tensor, *given: Tensor
    ) -> tuple[Tensor, ...]:
        """The values that came."""
        ctx.answer, ctx.call, ctx.shapes = answer, call, [x.shape for x in given]
        ctx.set_materialize_grads(False)
        return tuple(values)

    @staticmethod
    def backward(ctx: FunctionCtx, *slopes: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients from over there."""
        return None, None, None, None, *ctx.answer.slopes(ctx.call, ctx.shapes, slopes)


@contextmanager
def frugal(room: int) -> Iterator[None]:
    """Inside, the process may take this many bytes more than it has; where the system does not say how many it has, any number."""
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [limit for limit in (before, hard) if limit != resource.RLIM_INFINITY]
    if STATM.exists():
        limits.append(int(STATM.read_text().split()[0]) * resource.getpagesize() + room)
    resource.setrlimit(resource.RLIMIT_AS, (min(limits, default=before), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


def sit_exam(exam: Exam, connection: socket.socket | None, seed: int, deadline: float) -> tuple[Verdict, str]:
    """Let the answer at the other end of the connection sit an exam.

    Args:
        exam: the exam.
        connection: the judge's end, which stays open; None if the answer's process is gone.
        seed: inputs are drawn from it.
        deadline: the moment, on the clock of `time.monotonic`, at which the answer's time is up.

    Returns:
        The verdict, and what the answer has printed.
    """
    answer = RemoteAnswer(connection, exam.name, deadline)
    with frugal(MEMORY):
        came = observe(exam, answer, seed)
    verdict = brief(verdict_on(exam, came, seed))
    if answer.absent:
        advice = f"The check looks for a function called {exam.name}. If the cell above stopped with an error, mend that; else write it under this name."
        verdict = replace(verdict, diagnosis=Diagnosis(answer.absent, advice))
    return verdict, answer.printed


def brief(verdict: Verdict) -> Verdict:
    """The verdict with no more of what an answer returned than anyone reads: reasons repeat values, and there may be megabytes of them."""
    rows = tuple(replace(row, reason=cut(row.reason, LONGEST_REASON)) for row in verdict.rows)
    diagnosis = verdict.diagnosis and replace(verdict.diagnosis, advice=cut(verdict.diagnosis.advice, 4 * LONGEST_REASON))
    return Verdict(rows, diagnosis)


def cut(text: str, longest: int) -> str:
    """The beginning of a text."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def too_late(verdict: Verdict, why: str) -> Verdict:
    """The verdict after the submission's time: what is missing is missing because cells did not run; an empty `why` changes nothing."""
    if not why or verdict.diagnosis is None:
        return verdict
    advice = f"{why[0].upper()}{why[1:]}. What came later did not run. Put long training under `if ready(...):`, or make it shorter."
    return replace(verdict, diagnosis=Diagnosis("Time was up", advice))

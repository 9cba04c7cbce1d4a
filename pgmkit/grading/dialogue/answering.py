"""The answer's side, inside the cage: a fork of the notebook's process that serves calls of one function until the judge hangs up."""

import inspect
import os
import pickle
import select
import signal
import socket
import struct
import sys
import threading
import types
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor

from pgmkit.grading.dialogue.shared import Branch, Image, Unpickler, parts, same
from pgmkit.grading.dialogue.wire import TEXT, Sink, Writer, receive, send

children: list[int] = []
"""Forks that may still run."""


def sit(name: str, fd: int) -> None:
    """Fork; the child serves calls of the notebook's function `name` on the socket `fd`, the parent goes on at once.

    Args:
        name: the name of the function in the notebook.
        fd: a connected stream socket; the parent closes it.
    """
    with suppress(OSError):  # then there is no child, and the judge finds the other end of its connection closed
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a process with threads forks; only this thread goes on
            child = os.fork()
        if child == 0:
            child_of(name, fd)
        children.append(child)
    with suppress(OSError):
        os.close(fd)
    bury()


def bury() -> None:
    """Let the children that have ended go, without waiting for the others."""
    for child in list(children):
        try:
            ended, _ = os.waitpid(child, os.WNOHANG)
        except OSError:
            ended = child
        if ended:
            children.remove(child)


def child_of(name: str, fd: int) -> None:
    """Serve in the child, and end it, whatever happens."""
    try:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        namespace = {} if shell is None else shell.user_ns
        hush(shell)
        with torch.inference_mode(False), torch.enable_grad():  # whatever the notebook has set
            serve(namespace.get(name), name in namespace, socket.socket(fileno=fd))
    finally:
        os._exit(0)


def silent(*args: Any, **kwargs: Any) -> None:
    """Stands in for what would send something to the notebook."""


def hush(shell: Any) -> None:
    """Signals as in a fresh process, one thread, and nothing leaves but through the socket."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    torch.set_num_threads(1)
    if shell is not None:
        shell.display_pub.publish = silent
    if kernel := getattr(shell, "kernel", None):
        kernel.session.send = silent
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)


def capture(sink: Sink) -> None:
    """Everything that is printed goes into the sink, by loggers and progress bars made earlier too."""
    for stream in (sys.stdout, sys.stderr):
        if type(stream).__module__.startswith("ipykernel"):
            stream.write = sink.write
    sys.stdout = sys.stderr = sink
    warnings.simplefilter("ignore")


def hang_up_with(connection: socket.socket) -> None:
    """End the process when the judge hangs up, even while the answer runs."""
    ended = select.poll()
    ended.register(connection.fileno(), select.POLLRDHUP)
    threading.Thread(target=lambda: (ended.poll(), os._exit(0)), daemon=True).start()


def serve(answer: Any, exists: bool, connection: socket.socket) -> None:
    """Answer the judge's requests until it hangs up.

    Args:
        answer: what has the name of the exercise.
        exists: whether anything has it.
        connection: the socket.
    """
    sink = Sink()
    capture(sink)
    hang_up_with(connection)
    code = code_of(answer)
    found = type(answer).__name__ if exists else ""
    serving = Serving(answer, sink, code)
    hello = {"found": found, "callable": callable(answer), "code": code.co_name if code else ""}
    send(connection, Writer(lambda _: None).frame(hello))
    try:
        while True:
            send(connection, serving.reply(bytes(receive(connection))))
    except (EOFError, OSError):
        return


def code_of(answer: Any) -> types.CodeType | None:
    """The code of a function, under its decorators."""
    try:
        code = getattr(inspect.unwrap(answer), "__code__", None)
    except Exception:
        return None
    return code if isinstance(code, types.CodeType) else None


class Call:
    """One call: the objects of the judge, as they were, and the tensors whose gradients the judge may want."""

    def __init__(self, nodes: Sequence[Any], inputs: Sequence[int]):
        self.nodes = nodes
        self.index = {id(node): i for i, node in enumerate(nodes)}
        self.before = [dict(parts(node)) for node in nodes]
        self.grown = {i: node.grad_fn for i, node in enumerate(nodes) if isinstance(node, Tensor)}
        self.edges = [torch.autograd.graph.get_gradient_edge(nodes[i]) for i in inputs]
        self.outputs: list[Tensor] = []

    def known(self, thing: Any) -> int | None:
        """The index of an object of the judge's; not of a tensor that an in-place operation has put on a graph."""
        i = self.index.get(id(thing))
        off = i in self.grown and not thing.is_leaf and thing.grad_fn is not self.grown[i]
        return None if off else i

    def state(self, writer: Writer) -> list[Any]:
        """What has changed in every object: its index, the parts that changed, the names of those that are gone."""
        found = []
        for i, (node, before) in enumerate(zip(self.nodes, self.before, strict=True)):
            after = parts(node)
            changed = [(key, value) for key, value in after.items() if key not in before or not same(before[key], value)]
            gone = [key for key in before if key not in after]
            if changed or gone:
                encoded = [[writer.value(key), self.part(value, writer)] for key, value in changed]
                found.append([i, encoded, [writer.value(key) for key in gone]])
        return found

    def part(self, value: Any, writer: Writer) -> Any:
        """JSON for a part."""
        return writer.value(value.tensor if isinstance(value, Image) else value)


class Serving:
    """Calls of one answer, and gradients of what it returned."""

    def __init__(self, answer: Any, sink: Sink, code: types.CodeType | None):
        self.answer, self.sink, self.code = answer, sink, code
        self.calls: list[Call] = []
        self.definitions: dict[str, Any] = {}

    def reply(self, frame: bytes) -> bytes:
        """The answer to one request: a call, or a gradient. The request is a pickle; it comes from the judge, who is trusted."""
        (number,) = struct.unpack_from(">I", frame)
        definitions, request = pickle.loads(frame[4:])
        self.definitions |= {name: pickle.loads(thing) for name, thing in definitions.items()}
        request = Unpickler(request, self.definitions).load()
        try:
            return (self.call if "nodes" in request else self.slopes)(number, **request)
        except BaseException as error:  # what was returned could not be described
            return self.frame(Writer(lambda _: None), number, error=self.told(error))

    def frame(self, writer: Writer, number: int, **parts: Any) -> bytes:
        """A message with what was printed meanwhile."""
        return writer.frame({"number": number, "printed": self.sink.taken(), **parts})

    def call(self, number: int, given: tuple[tuple, dict], nodes: list[Any], inputs: list[int], recording: bool) -> bytes:
        """Call the answer: what it returns or raises, and what it has changed."""
        call = Call(nodes, inputs)
        self.calls.append(call)
        writer = Writer(call.known)
        try:
            with torch.set_grad_enabled(recording):
                said = {"value": writer.value(self.answer(*given[0], **given[1]))}
        except BaseException as error:
            said = {"error": self.told(error)}
        said["graph"] = [i for i, x in enumerate(writer.tensors) if x.requires_grad]
        call.outputs = [writer.tensors[i] for i in said["graph"]]
        said["state"] = call.state(writer)
        return self.frame(writer, number, call=len(self.calls) - 1, **said)

    def slopes(self, number: int, call: int, places: list[int], slopes: list[Tensor]) -> bytes:
        """Gradients with respect to the tensors that were given, from those with respect to what was returned."""
        writer, wanted = Writer(lambda _: None), self.calls[call]
        Branch.grown = False
        try:
            found = torch.autograd.grad([wanted.outputs[i] for i in places], wanted.edges, slopes, allow_unused=True, retain_graph=True)
        finally:
            Branch.grown = True
        return self.frame(writer, number, value=writer.value(list(found)))

    def told(self, error: BaseException) -> dict[str, Any]:
        """An exception: the names of its classes, its message, and where it came from."""
        kinds = [[kind.__module__, kind.__qualname__] for kind in type(error).__mro__]
        try:
            message = str(error)[:TEXT]
        except Exception:
            message = ""
        return {"kind": type(error).__name__, "kinds": kinds, "message": message, "trace": self.trace(error.__traceback__)}

    def trace(self, trace: types.TracebackType | None) -> list[Any]:
        """The last line in the cell of the answer, and the last of all: name, line in the function, 2 if it is the answer's own, 1 in its cell."""
        lines = []
        while trace is not None:
            code = trace.tb_frame.f_code
            place = 0 if self.code is None else 2 if code is self.code else int(code.co_filename == self.code.co_filename)
            lines.append([code.co_name, trace.tb_lineno - code.co_firstlineno + 1, place])
            trace = trace.tb_next
        inner = [line for line in lines if line[2]]
        return [*inner[-1:], *(lines[-1:] if lines[-1:] != inner[-1:] else [])]

"""The warm parent: it has imported what notebooks import, waits for requests, and forks a kernel for each. It runs no student's code.

It is started as a script with a clean environment and sees the shadow of pgmkit only: no exam, no answer and no seed was ever in its memory.
While the grading run imports its own libraries and writes the shadow, it imports those that are not ours; then it is told where the shadow is.
"""

import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

ALWAYS = (
    "torch",
    "torch.nn.functional",
    "torch.func",
    "torch.optim",
    "torch.distributions",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "tqdm.auto",
    "scipy.special",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics.execution",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
)
"""Imported ahead of every notebook, as it would, and as its kernel does."""
OURS = ("pgmkit.grading.caged.confine", "pgmkit.grading.caged.kernel", "pgmkit.grading.dialogue.answering")
LARGEST_REQUEST, MOST_SOCKETS = 2**16, 64
FIRST = 100
"""The file descriptor of the first exercise."""


def prepare() -> None:
    """Import what is going to be needed. Single-threaded: a fork keeps one thread only."""
    sys.modules["debugpy"] = None  # no debugger in a kernel that grades: it would be imported at each start
    bring(ALWAYS)
    del sys.modules["debugpy"]
    told = json.loads(sys.stdin.readline() or sys.exit())
    os.environ["PYTHONPATH"] = told["shadow"]  # for the programs that a notebook starts
    sys.path.insert(0, told["shadow"])
    bring([*OURS, *told["modules"]])
    warm_up()
    gc.collect()
    gc.freeze()


def bring(names: Iterable[str]) -> None:
    """Import modules, as far as they are there, and end where the owner has ended meanwhile."""
    owner = select.poll()
    owner.register(sys.stdin, 0)  # tells of its end only
    for name in names:
        if owner.poll(0):
            sys.exit()
        with suppress(ImportError):
            importlib.import_module(name)


def warm_up() -> None:
    """Do once what is slow at the first time."""
    torch = sys.modules["torch"]
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.ones(2))
    weight.square().sum().backward()
    for optimizer in (torch.optim.SGD([weight], lr=0.1), torch.optim.Adam([weight], lr=0.1)):
        optimizer.step()


def wait(listener: socket.socket) -> None:
    """Fork a kernel for every request, until the owner closes our standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(connection)
        connection.close()


def serve(connection: socket.socket) -> NoReturn:
    """In the first fork: enter the cage, start the kernel in a second one, tell its number, wait, tell how it ended."""
    from pgmkit.grading.caged import confine

    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        data, fds, _, _ = socket.recv_fds(connection, LARGEST_REQUEST, MOST_SOCKETS)
        request = json.loads(data)
        if request["cage"]:
            confine.enter(request["cage"])
        child = os.fork()
        if child == 0:
            connection.close()
            run(request, fds)
        for fd in fds:
            os.close(fd)
        connection.send(json.dumps({"pid": child}).encode())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        connection.send(json.dumps({"status": status}).encode())
    except BaseException as error:
        with suppress(OSError):
            connection.send(json.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}).encode())
    finally:
        os._exit(0)


def run(request: dict[str, Any], fds: list[int]) -> NoReturn:
    """In the second fork: take the limits, give up all rights, and become the student's kernel."""
    from pgmkit.grading.caged import confine, kernel

    try:
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        channels = len(request["channels"])
        fds = fds[:channels] + exercises(fds[channels:])
        confine.keep_only(fds)
        os.chdir(request["home"])
        os.environ.update(HOME=request["home"], MPLCONFIGDIR=f"{request['home']}/.matplotlib", IPYTHONDIR=f"{request['home']}/.ipython")
        confine.take_limits(request["memory"], request["seconds"], bool(request["cage"]))
        if request["cage"]:
            confine.give_up_rights(request["user"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        seed()
        app = kernel.start(request, fds)
        bring_files(request)
        app.start()
    finally:
        os._exit(1)


def exercises(fds: list[int]) -> list[int]:
    """Give the sockets of the exercises the numbers that the trusted side knows; programs that a student starts don't inherit them."""
    moved = [os.dup2(fd, FIRST + i, inheritable=False) for i, fd in enumerate(fds)]
    for fd in fds:
        os.close(fd)
    return moved


def seed() -> None:
    """The same global randomness for every student."""
    random.seed(0)
    sys.modules["numpy"].random.seed(0)
    sys.modules["torch"].manual_seed(0)


def bring_files(request: dict[str, Any]) -> None:
    """Copy what was handed in beside the notebook into the home; modules there come last, so none of them shadows a library."""
    for source in sorted(Path(request["files"]).rglob("*")):
        target = Path(request["home"], source.relative_to(request["files"]))
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            shutil.copyfile(source, target)
    sys.path[:] = [path for path in sys.path if path] + [request["home"]]


if __name__ == "__main__":
    prepare()
    wait(socket.socket(fileno=int(sys.argv[1])))

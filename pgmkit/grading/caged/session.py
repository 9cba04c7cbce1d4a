"""One kernel in its cage: start it, run a cell with limits on time and output, notice its death, end it. It trusts nothing that comes back."""

import asyncio
import shutil
import socket
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg

from pgmkit.grading.caged.provisioner import NAME, Specs, Warm
from pgmkit.grading.caged.scratch import scratch
from pgmkit.grading.caged.watch import resident, watched
from pgmkit.grading.units import Job, Settings

T = TypeVar("T")
LARGEST_MESSAGE, MOST_OUTPUT, MOST_OUTPUTS = 16 * 2**20, 24 * 2**20, 2000
"""Bytes of one message from the kernel; bytes and number of outputs of one cell."""
WATCHED = 1.5
"""A cage is killed at this many times the memory at which one process gets a MemoryError."""
MOST_THREADS = 100
"""Processes and threads in one cage."""
GRACE = 3.0
"""Seconds in which an interrupted cell has to stop."""
STARTUP, REPLY = 60.0, 2.0
"""Seconds in which a kernel has to answer, and after which it is asked again."""
KEPT = ("stream", "display_data", "execute_result", "error")


class KernelGone(Exception):
    """The kernel ended, or had to be killed; the message says why."""


@dataclass
class Ran:
    """What a cell did."""

    outputs: list[NotebookNode] = field(default_factory=list)
    stopped: str = ""
    bytes: int = 0

    def add(self, message: dict[str, Any]) -> None:
        """Keep what a message says, if it is an output."""
        self.bytes += len(repr(message["content"]))
        if message["msg_type"] in KEPT and len(self.outputs) < MOST_OUTPUTS:
            with suppress(Exception):  # a message may hold anything
                self.outputs.append(output_from_msg(message))

    @property
    def failed(self) -> bool:
        """Whether the cell ended with an error."""
        return any(output.output_type == "error" for output in self.outputs)

    @property
    def flooded(self) -> bool:
        """Whether the cell wrote more than anyone reads."""
        return self.bytes > MOST_OUTPUT


class Session:
    """A student's kernel.

    Args:
        warm: the parent to fork from.
        job: the submission.
        settings: limits.
        exams: how many exercises will be asked.
    """

    def __init__(self, warm: Warm, job: Job, settings: Settings, exams: int):
        self.warm, self.job, self.settings, self.exams = warm, job, settings, exams
        self.stack = AsyncExitStack()
        self.why: list[str] = []

    async def __aenter__(self) -> "Session":
        try:
            await self.start()
        except BaseException:
            await self.stack.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stack.aclose()

    async def start(self) -> None:
        """Start the kernel and wait until it answers."""
        pairs = [socket.socketpair() for _ in range(self.exams)]
        self.sockets = [ours for ours, _ in pairs]
        theirs = [other for _, other in pairs]
        for end in [*self.sockets, *theirs]:
            self.stack.callback(end.close)
        files = scratch()
        self.stack.callback(shutil.rmtree, files, ignore_errors=True)
        lay_out(self.job.files, files)
        specs = Specs(
            settings={
                "parent_socket": self.warm.path,
                "shadow": str(self.warm.shadow),
                "files": str(files),
                "exams": [end.fileno() for end in theirs],
                "memory": self.settings.memory,
                "seconds": 6 * self.settings.timeout,
                "caged": self.settings.cage,
            }
        )
        self.manager = AsyncKernelManager(kernel_name=NAME, kernel_spec_manager=specs)
        self.stack.push_async_callback(self.manager.cleanup_resources)
        self.stack.push_async_callback(self.kill)
        await self.manager.start_kernel()
        for end in theirs:
            end.close()
        self.client = self.connect()
        self.stack.callback(self.client.stop_channels)
        await self.ready(time.monotonic() + STARTUP)
        self.watch()

    def connect(self) -> AsyncKernelClient:
        """A client whose sockets refuse messages that are too large."""
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        context.setsockopt(zmq.RCVHWM, 100)
        context.setsockopt(zmq.LINGER, 0)
        client = self.manager.client(context=context)
        self.stack.callback(context.destroy, 0)
        client.start_channels(hb=False)
        return client

    async def ready(self, deadline: float) -> None:
        """Ask the kernel who it is until its answer is heard on the channel of outputs; jupyter_client's own way waits 0.2 s for silence."""
        while not await self.follow(self.client.kernel_info(), None, time.monotonic() + REPLY):
            if time.monotonic() > deadline:
                raise KernelGone(f"its kernel did not answer in {STARTUP:.0f} seconds")

    def watch(self) -> None:
        """Watch the memory and the processes of a cage from now on."""
        provisioner = self.manager.provisioner
        if provisioner.cage is not None:
            base = resident(provisioner.pid)
            self.why = self.stack.enter_context(watched(provisioner.cage, WATCHED * self.settings.memory, MOST_THREADS, base))

    async def kill(self) -> None:
        """Kill the kernel and all that it started."""
        if self.manager.has_kernel:
            await self.manager.provisioner.kill()

    async def run(self, code: str, seconds: float, *, silent: bool = False) -> Ran:
        """Run code.

        Args:
            code: the source of a cell.
            seconds: after which it is interrupted.
            silent: leave no trace in the kernel's history.

        Raises:
            KernelGone: if there is no kernel any more.
        """
        ran = Ran()
        asked = self.client.execute(code, silent=silent, store_history=not silent, allow_stdin=False, stop_on_error=False)
        if await self.follow(asked, ran, time.monotonic() + seconds):
            return ran
        ran.stopped = f"it wrote more than {MOST_OUTPUT // 2**20} MB" if ran.flooded else f"it ran for more than {seconds:.0f} seconds"
        await self.manager.interrupt_kernel()
        if not await self.follow(asked, None, time.monotonic() + GRACE):
            await self.kill()
            raise KernelGone(f"{ran.stopped} and could not be interrupted")
        return ran

    async def follow(self, asked: str, ran: Ran | None, deadline: float) -> bool:
        """Take what the kernel says until it is idle; False if time or the reader's patience ran out."""
        while (left := deadline - time.monotonic()) > 0 and not (ran and ran.flooded):
            try:
                message = await self.client.get_iopub_msg(timeout=min(left, 0.25))
                if message["parent_header"].get("msg_id") != asked:
                    continue
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    return True
                if ran is not None:
                    ran.add(message)
            except Empty:
                await self.must_live()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # whatever a forged message makes of the parser
                await self.kill()
                raise KernelGone(f"its kernel sent a message that is none ({type(error).__name__})") from None
        return False

    async def must_live(self) -> None:
        """Raise if the kernel is gone."""
        status = await self.manager.provisioner.poll()
        if status is not None:
            await self.kill()
            told = f"it killed its kernel with signal {-status}" if status < 0 else f"it ended its kernel with status {status}"
            raise KernelGone(self.why[0] if self.why else told)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end; in a thread where an event loop is running here already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def lay_out(files: dict[str, bytes], folder: Path) -> None:
    """Write what was handed in beside the notebook into an empty folder of ours."""
    for name, data in files.items():
        target = (folder / name).resolve()
        if target.is_relative_to(folder.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)

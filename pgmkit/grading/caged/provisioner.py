"""A jupyter_client provisioner: a kernel is a fork of the warm parent, in a cage of its own."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import matplotlib
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Bool, Dict, Float, Integer, List, Unicode

from pgmkit.grading.caged import warm
from pgmkit.grading.caged.cage import HOME, USER, Cage, open_cage
from pgmkit.grading.caged.scratch import scratch

NAME = "pgmkit-cage"
"""The provisioner's name under its entry point, and that of the kernel specification that asks for it."""
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
"""The sockets of a kernel in the order of their numbers, which start at 1."""
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PIP_RETRIES": "0",  # there is no network: pip says so at once, and a cell that calls it loses no time
    "TORCH_COMPILE_DISABLE": "1",  # torch.compile returns the function as it is: its compiler wants more than a cage gives
}
STARTUP_SECONDS, ENDING_SECONDS = 60, 5


class Specs(KernelSpecManager):
    """The one kernel specification of the grading run, with this run's settings; nothing is installed for it.

    Args:
        settings: the traits of `CageProvisioner`.
    """

    settings = Dict()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification, whatever a notebook asks for."""
        provisioner = {"provisioner_name": NAME, "config": self.settings}
        return KernelSpec(argv=[kernel_name], display_name="Grading", language="python", metadata={"kernel_provisioner": provisioner})


class CageProvisioner(KernelProvisionerBase):
    """Starts a kernel by asking the warm parent for a fork, and kills it with its cage."""

    parent_socket = Unicode(help="Where the warm parent listens.").tag(config=True)
    shadow = Unicode(help="The folder with what exists of pgmkit inside the cage.").tag(config=True)
    files = Unicode(help="The folder with what was handed in beside the notebook.").tag(config=True)
    exams = List(help="File descriptors for the exercises.").tag(config=True)
    memory = Integer(2048, help="Megabytes.").tag(config=True)
    seconds = Float(300.0, help="Seconds of processor time.").tag(config=True)
    caged = Bool(True, help="Whether bubblewrap keeps the student's code in.").tag(config=True)

    pid: int | None = None
    status: int | None = None
    cage: Cage | None = None
    connection: socket.socket | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and not cleaned up."""
        return self.pid is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Open the kernel's sockets in a private folder; the cage never sees it."""
        manager = self.parent
        self.private = str(scratch())
        manager.transport, manager.ip = "ipc", f"{self.private}/kernel"
        for number, channel in enumerate(CHANNELS, 1):
            setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[NAME], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Ask the warm parent for a kernel and wait until it runs."""
        listeners = [listening(f"{self.private}/kernel-{number}") for number in range(1, len(CHANNELS) + 1)]
        home = HOME
        if self.caged:
            self.cage = open_cage(Path(self.shadow), Path(self.files))
        else:
            home = f"{self.private}/home"
            os.mkdir(home)
        request = {
            "cage": self.cage.pid if self.cage else 0,
            "user": USER,
            "home": home,
            "files": self.files,
            "memory": self.memory,
            "seconds": self.seconds,
            "channels": CHANNELS,
            "key": self.connection_info["key"].decode(),
        }
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.connection.settimeout(STARTUP_SECONDS)
        self.connection.connect(self.parent_socket)
        socket.send_fds(self.connection, [json.dumps(request).encode()], [*(s.fileno() for s in listeners), *self.exams])
        reply = json.loads(self.connection.recv(4096) or b"{}")
        for listener in listeners:
            listener.close()
        if "pid" not in reply:
            await self.kill()
            raise RuntimeError(f"the warm parent could not start a kernel: {reply.get('failed', 'it is gone')}")
        self.pid = reply["pid"]
        self.connection.setblocking(False)
        return self.connection_info

    async def poll(self) -> int | None:
        """The kernel's exit status; None while it runs."""
        if self.status is None and self.connection is not None:
            with suppress(BlockingIOError):
                self.status = json.loads(self.connection.recv(4096) or b"{}").get("status", -signal.SIGKILL)
        return self.status

    async def wait(self) -> int | None:
        """Wait for the end of the kernel."""
        while await self.poll() is None:
            await asyncio.sleep(0.01)
        return self.status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel."""
        if self.pid is not None and await self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and everything in its cage."""
        if self.cage is not None:
            self.cage.close()
            self.cage = None
        elif self.pid is not None and await self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """A student's kernel is not asked."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what belonged to the kernel."""
        await self.kill(restart)
        if self.connection is not None:
            self.connection.settimeout(ENDING_SECONDS)
            with suppress(OSError):
                while self.connection.recv(4096):  # until the first fork, which waited for the kernel, is gone too
                    pass
            self.connection.close()
            self.connection = None
        shutil.rmtree(self.private, ignore_errors=True)
        self.pid = None


def listening(path: str) -> socket.socket:
    """A socket that listens at a path that only we can reach."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(8)
    return server


class Warm:
    """The warm parent as a process; it ends with the last process that holds this object. It starts at once and imports what is not ours."""

    def __init__(self) -> None:
        self.shadow: Path | None = None
        self.path = f"{scratch()}/warm"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.path)
        listener.listen(64)
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-P", warm.__file__, str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the instructor's process
            cwd="/",
            env=ENVIRONMENT | {"PATH": os.defpath, "HOME": HOME, "MPLCONFIGDIR": matplotlib.get_cachedir()},
        )
        listener.close()

    def show(self, shadow: Path, modules: list[str]) -> None:
        """Say where the shadow is; from then on requests are answered.

        Args:
            shadow: the folder that holds what exists of pgmkit inside the cage.
            modules: what notebooks of this problem set import.
        """
        self.shadow = shadow
        self.process.stdin.write(json.dumps({"shadow": str(shadow), "modules": modules}).encode() + b"\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """End it and remove what it made."""
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(os.path.dirname(self.path), ignore_errors=True)

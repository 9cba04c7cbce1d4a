"""The kernel of one submission: IPython's, on sockets that the trusted side opened, so that the cage shares no folder with it."""

import os
from pathlib import Path
from typing import Any

import zmq
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

LONGEST_WRITE = 2**20


class CappedStream(OutStream):
    """Standard output that lets no single write be longer than anyone reads."""

    def write(self, string: str) -> int | None:
        """Pass on the beginning of what is written."""
        return super().write(string if len(string) <= LONGEST_WRITE else f"{string[:LONGEST_WRITE]} ... cut off\n")


class CageKernelApp(IPKernelApp):
    """An IPython kernel that takes its connection from the request that started it, and writes no file."""

    def take(self, request: dict[str, Any], fds: list[int]) -> None:
        """Use this request's key and sockets."""
        self.taken, self.transport, self.ip = fds, "ipc", "cage"
        self.session.key = request["key"].encode()
        for number, channel in enumerate(request["channels"], 1):
            setattr(self, f"{channel}_port", number)

    def init_connection_file(self) -> None:
        """The connection came with the request."""

    def write_connection_file(self, **kwargs: Any) -> None:
        """Nobody reads it."""

    def log_connection_info(self) -> None:
        """Nobody reads it."""

    def cleanup_connection_file(self) -> None:
        """There is none."""

    def init_heartbeat(self) -> None:
        """The trusted side watches the process itself."""

    def _try_bind_socket(self, s: zmq.Socket[bytes], port: int) -> int:
        """Listen on the socket that was handed over."""
        s.setsockopt(zmq.USE_FD, self.taken[port - 1])
        s.bind(f"ipc://cage-{port}")
        return port


def start(request: dict[str, Any], fds: list[int]) -> CageKernelApp:
    """The kernel's application, ready to start.

    Args:
        request: what the trusted side asked for; `channels` are the names of the sockets, and `key` signs the messages.
        fds: the sockets of the kernel, in the order of the request's `channels`, then those of the exercises.
    """
    Path(os.environ["IPYTHONDIR"]).mkdir(parents=True, exist_ok=True)
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPKernelApp.capture_fd_output = False
    config.IPKernelApp.outstream_class = f"{__name__}.CappedStream"
    config.Application.log_level = "CRITICAL"
    app = CageKernelApp.instance(config=config)
    app.take(request, fds)
    app.initialize([])
    app.shell.system = app.shell.system_raw  # `!command` without a terminal, which a cage does not have
    app.shell.ask_exit = lambda: None  # `exit()` in a cell would end the kernel and lose what follows
    app.shell.enable_matplotlib("inline")  # the warm parent imported matplotlib before there was a notebook
    return app

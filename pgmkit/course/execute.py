"""Run a notebook in a fresh kernel, on one thread, and keep what a reader can use."""

import os
from pathlib import Path

import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode

QUIET = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
"""The environment of every kernel that the course itself starts: one thread, no progress bars."""
LIVE = "application/vnd.jupyter.widget-view+json"
OFFLINE = """
import socket as _socket
_connect = _socket.socket.connect
def _local_only(self, address):
    if self.family in (_socket.AF_INET, _socket.AF_INET6) and address[0] not in ("127.0.0.1", "localhost", "::1"):
        raise OSError(f"a course notebook must not use the network; it asked for {address}")
    return _connect(self, address)
_socket.socket.connect = _local_only
"""


def execute(notebook: NotebookNode, folder: Path, *, timeout: int = 300, allow_errors: bool = False) -> float:
    """Run all cells in place, without a network; widgets, which need a kernel, leave their static fallback.

    Returns:
        Seconds of processor time of the kernel, which a busy machine does not make more, as it does those of a clock.
    """
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        allow_errors=allow_errors,
        record_timing=False,
        coalesce_streams=True,  # else the moments at which a cell prints decide how its output is cut
        extra_arguments=["--IPKernelApp.code_to_run=" + OFFLINE, "--log-level=ERROR"],
    )
    with client.setup_kernel(env=dict(os.environ) | QUIET | {"PYTHONHASHSEED": "0"}):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index, execution_count=None)
        kernel = psutil.Process(client.km.provisioner.pid).cpu_times()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if LIVE not in output.get("data", {})]
    return kernel.user + kernel.system + kernel.children_user + kernel.children_system

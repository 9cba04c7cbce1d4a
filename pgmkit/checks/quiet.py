"""What a notebook needs of the checks besides an exam: silence while something runs, and what a guarded cell says in a grading run."""

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from typing import TextIO
from unittest.mock import patch

from ipykernel.iostream import OutStream

AT_HOME = "This cell is for you at home. The grading run leaves it out."


def muted(stream: TextIO, sink: io.StringIO) -> AbstractContextManager:
    """A notebook's own stream writes into the sink: loggers and progress bars made earlier still hold it."""
    return patch.object(stream, "write", sink.write) if isinstance(stream, OutStream) else nullcontext()


@contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Catch all that the answer prints or warns, on Python's streams and on file descriptor 2; yields what was printed."""
    printed = io.StringIO()
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        with muted(sys.stderr, printed), redirect_stdout(printed), redirect_stderr(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield printed
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)

"""Grading runs that are killed at random moments, and what is left of them compared with an undisturbed run."""

import os
import random
import signal
import time

from ledger import rows_of


def kill_at_random(start, kills, longest, seed):
    """Start a run again and again, and kill it with SIGKILL each time, until `kills` kills have hit; then let one run end.

    Args:
        start: starts a run; returns its process number and a function that waits for its end and returns the exit status.
        kills: how many must hit a run that was under way.
        longest: seconds after its start by which a run is killed.
        seed: of the random moments.
    """
    moments, hits = random.Random(seed), 0
    while hits < kills:
        pid, ended = start()
        time.sleep(moments.uniform(0.0, longest))
        os.kill(pid, signal.SIGKILL)
        status = ended()
        assert status in (0, -signal.SIGKILL), status
        if status == 0:
            return hits
        hits += 1
    _, ended = start()
    assert ended() == 0
    return hits


def everything(root):
    """What a run leaves: the gradebook's rows, and the files with their content where it does not tell the time."""
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file() and path.name != "gradebook.db"}
    untimed = {name: path.read_bytes() for name, path in files.items() if not name.startswith(".grading")}
    return rows_of(root / "gradebook.db"), sorted(files), untimed

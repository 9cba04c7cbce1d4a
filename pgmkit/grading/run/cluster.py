"""A Dask cluster that grades: the same unit of work, handed to other machines; nothing but bytes travels."""

import time
import uuid
from collections import deque
from collections.abc import Iterator
from typing import Any

from pgmkit.grading.run.records import package_fingerprint
from pgmkit.grading.run.work import Answer, Grade, Outcome, Try, attempt, result
from pgmkit.grading.trouble import Trouble, plain
from pgmkit.grading.units import Job, Settings

PATIENCE = 60.0
"""Seconds without any worker after which the run stops."""
CONNECT = 10
"""Seconds until a scheduler must have answered."""
MISSING = "--scheduler needs Dask distributed here and on every worker. In the course's folder run: pip install -e '.[dask]'"


class Cluster:
    """Workers of a Dask scheduler. Each of them needs this course's pgmkit; no folder is shared.

    Args:
        address: of the scheduler, for example tcp://host:8786.
        grade: the work.
        settings: how; they carry the instructor's notebook.
    """

    def __init__(self, address: str, grade: Grade, settings: Settings):
        try:
            import distributed
        except ImportError as error:
            raise Trouble(MISSING) from error
        self.dask, self.grade, self.settings = distributed, grade, settings
        try:
            self.client = distributed.Client(address, timeout=CONNECT)
        except (OSError, ValueError) as error:
            raise Trouble(
                f"No Dask scheduler answers at {plain(address)}: {plain(str(error))}. Start one with `dask scheduler`."
            ) from error

    def __enter__(self) -> "Cluster":
        try:
            self.wait_for_workers()
        except BaseException:
            self.client.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    def wait_for_workers(self) -> None:
        """Raise unless there are workers and all have the pgmkit that we have."""
        try:
            self.client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise Trouble("The Dask scheduler has no workers. Start some with `dask worker ADDRESS --nworkers 4 --nthreads 1`.") from error
        ours = package_fingerprint()
        others = [name for name, theirs in self.fingerprints().items() if theirs != ours]
        if others:
            raise Trouble(f"These Dask workers have another pgmkit, or none: {plain(', '.join(others))}. Install the same on all machines.")

    def fingerprints(self) -> dict[str, Any]:
        """What each worker says about its pgmkit."""
        return self.client.run(package_fingerprint, on_error="return")

    def outcomes(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        """What came of each job, as they finish. Only as many jobs are under way as keep the workers busy."""
        again: deque[Try] = deque()
        under_way: dict[Any, Try] = {}
        while True:
            room = 2 * max(1, sum(self.client.nthreads().values()))
            while len(under_way) < room and (tried := self.following(jobs, again)) is not None:
                under_way[self.submit(tried)] = tried
            if not under_way:
                return
            for future in self.finished(list(under_way)):
                came = result(under_way.pop(future), answer_of(future))
                future.release()
                if isinstance(came, Outcome):
                    yield came
                else:
                    again.append(came)

    def following(self, jobs: Iterator[Job], again: deque[Try]) -> Try | None:
        """The next attempt; None if there is none."""
        if again:
            return again.popleft()
        job = next(jobs, None)
        return None if job is None else Try(job)

    def submit(self, tried: Try) -> Any:
        """Hand an attempt to the scheduler."""
        key = f"grade-{uuid.uuid4().hex}"
        return self.client.submit(attempt, self.grade, tried.asked, self.settings, key=key, pure=False, retries=1)

    def finished(self, futures: list[Any]) -> set[Any]:
        """Those that are done; waits for the first one, but not for ever if all workers have gone."""
        alone_since = None
        while True:
            try:
                return self.dask.wait(futures, timeout=5, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                alone_since = None if self.client.nthreads() else alone_since or time.monotonic()
            if alone_since is not None and time.monotonic() - alone_since > PATIENCE:
                raise Trouble("All Dask workers have gone. Start some, then run the command again: it goes on where it stopped.")


def answer_of(future: Any) -> Answer:
    """What a finished attempt brought, or what became of its worker."""
    try:
        return future.result()
    except Exception as error:
        return Answer(failure=f"its Dask worker failed: {type(error).__name__}: {error}")

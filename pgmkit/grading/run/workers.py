"""Processes of this machine that grade: submissions are handed out one by one, results come back as they finish."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from pgmkit.grading.run.work import Answer, Grade, Outcome, Try, attempt, result
from pgmkit.grading.units import Job, Settings

DIE_WITH_PARENT = 1
"""Linux's PR_SET_PDEATHSIG."""
SLACK = (10.0, 120.0)
"""A submission keeps its own time. A worker has gone astray after this many cells' time and this many seconds more."""
GOODBYE = 10.0
"""Seconds that a worker gets to put its things in order."""


def nothing() -> None:
    """What a team does at its end if there is nothing to do."""


def serve(pipe: Connection, grade: Grade, settings: Settings, close: Callable[[], None], shut: tuple[int, ...]) -> None:
    """The life of a worker: take a job, send what came of it, until there is no more.

    Args:
        pipe: to the main process.
        grade: the work.
        settings: how.
        close: what to call at the end.
        shut: descriptors of the main process that are not ours to hold: the lock and the pipes of other workers.
    """
    os.setsid()  # a Ctrl-C in the terminal is for the main process; and all that a worker starts can be killed with it
    for descriptor in shut:
        os.close(descriptor)
    die_with_parent()
    with suppress(EOFError, BrokenPipeError):
        while (job := pipe.recv()) is not None:
            pipe.send(attempt(grade, job, settings))
    close()


def die_with_parent() -> None:
    """End this process when the main process dies, however it dies: the system sees to it, or a thread where a server of forks stands between."""
    main = multiprocessing.parent_process()
    if main is None:
        return
    if sys.platform == "linux" and os.getppid() == main.pid:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != main.pid:
            os._exit(1)
    else:
        threading.Thread(target=follow, args=(main.sentinel,), daemon=True).start()


def follow(sentinel: int) -> None:
    """Kill this process and what it started as soon as the main process is gone."""
    wait([sentinel])
    os.killpg(0, signal.SIGKILL)


def may_fork() -> bool:
    """Whether this process may fork its workers: a fork of several threads would keep one of them, and the locks of all."""
    return threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()


class Worker:
    """One process.

    Args:
        context: how it is started.
        arguments: those of `serve` after the pipe.
        shut: descriptors that it must not keep.
    """

    def __init__(self, context: Any, arguments: tuple[Any, ...], shut: tuple[int, ...]):
        self.pipe, theirs = context.Pipe()
        forked = context.get_start_method() == "fork"
        closed = (*shut, self.pipe.fileno()) if forked else ()
        self.process = context.Process(target=serve, args=(theirs, *arguments, closed))
        self.process.start()
        theirs.close()
        self.tried: Try | None = None
        self.deadline = 0.0

    def hand(self, tried: Try, seconds: float) -> None:
        """Give it a job."""
        self.tried, self.deadline = tried, time.monotonic() + seconds
        with suppress(OSError):  # it has died: `answer` will tell
            self.pipe.send(tried.asked)

    def answer(self, seconds: float) -> Answer:
        """What it sent, or what became of it."""
        try:
            if self.pipe.poll():
                return self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(1)
            code = self.process.exitcode or 0
            told = f"signal {-code}; a machine without memory ends processes in this way" if code < 0 else f"status {code}"
            return Answer(failure=f"its worker process ended with {told}")
        return Answer(failure=f"its worker process gave no answer for {seconds:.0f} seconds")

    def kill(self) -> None:
        """End it and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def dismiss(self) -> None:
        """Tell it that there is no more to do."""
        with suppress(OSError):
            self.pipe.send(None)


class Processes:
    """Workers on this machine, forked from this process while it has one thread, so that they need not import anything again.

    Args:
        count: how many.
        grade: the work.
        settings: how.
        close: what each worker calls at its end.
        shut: descriptors that workers must not keep.
        needed: modules that the work imports; where this process has several threads, a server of forks imports them once.
    """

    def __init__(
        self,
        count: int,
        grade: Grade,
        settings: Settings,
        close: Callable[[], None] = nothing,
        shut: tuple[int, ...] = (),
        needed: tuple[str, ...] = (),
    ):
        self.context = multiprocessing.get_context("fork" if may_fork() else "forkserver")
        if not may_fork():
            self.context.set_forkserver_preload([__name__, grade.__module__, close.__module__, *needed])
        self.arguments, self.shut = (grade, settings, close), shut
        self.seconds = SLACK[0] * settings.timeout + SLACK[1]
        self.team: list[Worker] = []
        for _ in range(count):
            self.team.append(self.start())

    def start(self) -> Worker:
        """A new worker."""
        others = tuple(worker.pipe.fileno() for worker in self.team if not worker.pipe.closed)
        return Worker(self.context, self.arguments, (*self.shut, *others))

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        until = time.monotonic() + (GOODBYE if kind is None else 0.0)
        for worker in self.team:
            worker.dismiss()
        for worker in self.team:
            worker.process.join(max(0.0, until - time.monotonic()))
            worker.kill()

    def outcomes(self, jobs: Iterator[Job]) -> Iterator[Outcome]:
        """What came of each job, as they finish. A job that fails waits until the others have done, then it is tried alone."""
        again: deque[Try] = deque()
        while True:
            self.hand_out(jobs, again)
            if not any(worker.tried for worker in self.team):
                return
            for worker in self.ready():
                tried, answer = worker.tried, worker.answer(self.seconds)
                worker.tried = None
                if answer.failure:
                    self.replace(worker)
                came = result(tried, answer)
                if isinstance(came, Outcome):
                    yield came
                else:
                    again.append(came)

    def hand_out(self, jobs: Iterator[Job], again: deque[Try]) -> None:
        """Give every free worker a job; one that failed before is handed out only when all are free."""
        for worker in [worker for worker in self.team if worker.tried is None]:
            if not again and (job := next(jobs, None)) is not None:
                worker.hand(Try(job), self.seconds)
        if again and not any(worker.tried for worker in self.team):
            self.team[0].hand(again.popleft(), self.seconds)

    def ready(self) -> list[Worker]:
        """Workers that have an answer, or have died, or are overdue."""
        busy = [worker for worker in self.team if worker.tried]
        left = min(worker.deadline for worker in busy) - time.monotonic()
        told = wait([worker.pipe for worker in busy], timeout=max(0.0, left))
        return [worker for worker in busy if worker.pipe in told or time.monotonic() > worker.deadline]

    def replace(self, worker: Worker) -> None:
        """A new process in place of one that failed: nothing of it is trusted any more."""
        worker.kill()
        self.team[self.team.index(worker)] = self.start()

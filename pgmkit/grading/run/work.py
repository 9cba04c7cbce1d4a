"""The unit of work: a submission is tried, tried once more alone, and then refused, so that each one gets a score or a reason."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from pgmkit.grading.trouble import Trouble, plain
from pgmkit.grading.units import Graded, Job, Settings

Grade = Callable[[Job, Settings], Graded]


class Team(Protocol):
    """Whoever grades: processes of this machine, or a cluster."""

    def outcomes(self, jobs: Iterator[Job]) -> "Iterator[Outcome]":
        """What came of each job, as they finish; the next job is taken only when somebody is free for it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Args:
        job: the job as it was handed in.
        graded: the result; None if even the refusal failed, which is a fault of ours.
        failure: what went wrong then.
    """

    job: Job
    graded: Graded | None
    failure: str = ""


@dataclass(frozen=True)
class Try:
    """One attempt at a job.

    Args:
        job: the job as it was handed in.
        failures: what went wrong in the attempts before.
    """

    job: Job
    failures: tuple[str, ...] = ()

    @property
    def asked(self) -> Job:
        """What the worker gets: after two failures only the question to refuse it."""
        if len(self.failures) < 2:
            return self.job
        reason = f"Grading it failed twice. The first time: {self.failures[0]}. The second time, alone: {self.failures[1]}."
        return replace(self.job, notebook=None, files={}, refused=reason)

    def after(self, failure: str) -> "Try | Outcome":
        """The next attempt, or the end."""
        failed = replace(self, failures=(*self.failures, plain(failure)))
        return failed if len(failed.failures) < 3 else Outcome(self.job, None, failed.failures[-1])


@dataclass(frozen=True)
class Answer:
    """What a worker sends back, as plain text.

    Args:
        graded: the JSON of a `Graded`; empty if there is none.
        failure: what failed in grading this job.
        trouble: what makes grading anything impossible on that machine.
    """

    graded: str = ""
    failure: str = ""
    trouble: str = ""


def attempt(grade: Grade, job: Job, settings: Settings) -> Answer:
    """Grade one job, on whatever machine; nothing is raised."""
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", TQDM_DISABLE="1")
    try:
        return Answer(graded=grade(job, settings).to_json())
    except Exception as error:
        text = plain(f"{type(error).__name__}: {error}", 1500)
        return Answer(trouble=str(error)) if type(error).__name__ == "CageUnavailable" else Answer(failure=text)


def result(tried: Try, answer: Answer) -> "Outcome | Try":
    """What an answer means for its job: the end, or another attempt.

    Raises:
        Trouble: if nothing can be graded there.
    """
    if answer.trouble:
        raise Trouble(answer.trouble)
    if answer.graded:
        return Outcome(tried.job, Graded.from_json(answer.graded))
    return tried.after(answer.failure)


ALONE = threading.Lock()


def grade_one(job: Job, settings: Settings) -> Graded:
    """`sitting.grade_one` on one thread of torch, and one submission at a time in a process: the same scores wherever it runs."""
    import torch

    from pgmkit.grading import sitting

    with ALONE:
        torch.set_num_threads(1)
        return sitting.grade_one(job, settings)


def open_sitting(assignment: str, settings: Settings) -> None:
    """Start the warm parent and import what grading needs, at the same time; processes forked from this one share both."""
    import nbformat

    from pgmkit.grading.caged import parents

    parents.warm_parent(assignment, nbformat.reads(settings.master, as_version=4))
    from pgmkit.grading import sitting  # noqa: F401 - forks share what is imported here
    from pgmkit.grading.caged.warm import warm_up

    warm_up()


def close_sitting() -> None:
    """End what this process started for grading."""
    from pgmkit.grading.caged import parents

    parents.close()

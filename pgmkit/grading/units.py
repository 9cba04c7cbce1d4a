"""What crosses between the parts of a grading run: a job, its settings, and what came of it. All of it is plain data."""

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Settings:
    """How every submission of a run is graded.

    Args:
        seed: exams draw their inputs from it; one secret seed per run, so that all students sit the same exam.
        timeout: seconds for one cell, and for one exercise; a submission as a whole gets five times as long.
        memory: megabytes that a submission may take beyond the libraries.
        cage: whether bubblewrap keeps the student's code in; False only by the instructor's explicit choice.
        master: the instructor's notebook as JSON, for workers on other machines; empty: that of this course.
        release: the students' notebook as JSON, likewise.
    """

    seed: int
    timeout: float = 60.0
    memory: int = 2048
    cage: bool = True
    master: str = ""
    release: str = ""


@dataclass(frozen=True)
class Job:
    """One submission, as bytes: a worker needs nothing else, so it may be on another machine.

    Args:
        assignment: the problem set, for example "ps2".
        student: whose it is; the name of the folder in `submitted/`.
        notebook: the bytes of the notebook that was handed in; None if there is none.
        files: small files handed in beside it, relative POSIX path to bytes.
        repairs: what was repaired on the way from the folder to these bytes, in words.
        refused: why nothing can be graded, in words; empty if something can.
    """

    assignment: str
    student: str
    notebook: bytes | None
    files: dict[str, bytes] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Graded:
    """What came of a submission.

    Args:
        assignment: the problem set.
        student: whose it is.
        notebook: the executed notebook as JSON of nbformat 4, cells in order, nbgrader's metadata from the instructor, every check
            cell with the judge's report and the points as its result, nothing in it that a browser would run. Never empty: a
            refused submission has the instructor's release with the reason on top.
        scores: points by grade id, for example {"check-critic_loss": 3.0}; every graded cell of the instructor's notebook is there.
        mistakes: the title of the diagnosis by exercise, only where points were lost.
        repairs: what was repaired, in words, one sentence each.
        refused: why all is zero, in words; empty if the submission was graded.
        untouched: grade ids of the solution cells that are as they were released.
        seconds: where the time went, by phase.
    """

    assignment: str
    student: str
    notebook: str
    scores: dict[str, float]
    mistakes: dict[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    refused: str = ""
    untouched: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Graded":
        """The record that `to_json` wrote."""
        record = json.loads(text)
        return cls(**record | {"repairs": tuple(record["repairs"]), "untouched": tuple(record["untouched"])})

"""What a student runs: `check(answer)` takes the exam on the spot, shows the table, and returns the points."""

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from typing import Any, TextIO
from unittest.mock import patch

from ipykernel.iostream import OutStream
from IPython import get_ipython
from IPython.display import display

from pgmkit import EXAM_SEED
from pgmkit.checks.exam import Answer, Exam
from pgmkit.checks.judge import Verdict, judge
from pgmkit.checks.report import Report


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


def exam_of(answer: Any, exams: dict[str, Exam]) -> Exam:
    """The exam that asks for this answer: by the function's name, or by the name it has in the notebook."""
    if not callable(answer):
        raise ValueError(f"check wants the function that you wrote, as in check(f); got {answer!r}.")
    shell = get_ipython()
    names = [name for name, value in (shell.user_ns if shell else {}).items() if value is answer]
    for name in [getattr(answer, "__name__", ""), *names]:
        if name in exams:
            return exams[name]
    raise ValueError(f"no exercise asks for {getattr(answer, '__name__', answer)!r}; these do: {', '.join(exams)}.")


def verdict_of(exam: Exam, answer: Answer) -> Verdict:
    """The verdict, with all answers of the exam's problem set closed in the library."""
    from pgmkit.checks import PROBLEM_SETS

    neighbours = next(exams for exams in PROBLEM_SETS.values() if exam in exams)
    return judge(exam, answer, int(os.environ.get(EXAM_SEED, "0")), [e.reference for e in neighbours])


def check(answer: Answer) -> float:
    """Take the exam of an exercise: show which observations agree with the reference and what the rest looks like.

    Args:
        answer: your function; its name tells which exercise.

    Returns:
        The points, a plain float, which is what the grading run reads. At home the inputs are the same at every run;
        in the grading run they are drawn afresh.
    """
    from pgmkit.checks import EXAMS

    exam = exam_of(answer, EXAMS)
    with quiet() as printed:
        verdict = verdict_of(exam, answer)
    display(Report(exam.name, verdict, exam.hints, printed.getvalue()))
    return verdict.score


def ready(*names: str) -> bool:
    """Whether the notebook's answers to these exercises earn full marks; otherwise a sentence says which do not yet.

    It guards ungraded cells that use the answers, so it takes names: an answer need not even exist. The grading run
    leaves such cells out.

    Args:
        names: names of functions that exercises ask for.
    """
    from pgmkit.checks import EXAMS

    if EXAM_SEED in os.environ:
        print("This cell is for you at home. The grading run leaves it out.")
        return False
    shell = get_ipython()
    answers = {name: shell.user_ns.get(name) if shell else None for name in names}
    with quiet():
        missing = [name for name, answer in answers.items() if not callable(answer) or verdict_of(EXAMS[name], answer).diagnosis]
    if missing:
        print(f"This cell waits for {', '.join(missing)}. Run it again when the check gives full marks.")
    return not missing

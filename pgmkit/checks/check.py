"""What a student runs: `check(answer)` takes the exam on the spot, shows the table, and returns the points."""

import os
from typing import Any

from IPython import get_ipython
from IPython.display import display

from pgmkit import EXAM_SEED
from pgmkit.checks.exam import Answer, Exam, answers_of
from pgmkit.checks.judge import Verdict, judge
from pgmkit.checks.quiet import AT_HOME, quiet
from pgmkit.checks.report import Report

__all__ = ["check", "quiet", "ready"]


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
    """The verdict, with all answers of the exam's problem set closed in the library, and whatever gives one of them away."""
    from pgmkit.checks import PROBLEM_SETS

    neighbours = next(exams for exams in PROBLEM_SETS.values() if exam in exams)
    return judge(exam, answer, int(os.environ.get(EXAM_SEED, "0")), answers_of(neighbours))


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
        print(AT_HOME)
        return False
    shell = get_ipython()
    answers = {name: shell.user_ns.get(name) if shell else None for name in names}
    with quiet():
        missing = [name for name, answer in answers.items() if not callable(answer) or verdict_of(EXAMS[name], answer).diagnosis]
    if missing:
        print(f"This cell waits for {', '.join(missing)}. Run it again when the check gives full marks.")
    return not missing

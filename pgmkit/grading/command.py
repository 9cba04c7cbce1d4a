"""`python -m pgmkit.course grade`: the grading run in a terminal."""

import sys
from typing import Any

from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm

from pgmkit.course.configured import configuration
from pgmkit.course.paths import Course
from pgmkit.grading.converter import CagedAutograde
from pgmkit.grading.trouble import Trouble

RISKS = (
    "--no-cage: every submission runs with your rights. It can read the gradebook, other submissions and your files, change them, "
    "use the network and leave programs behind. Grade like this only what you would start yourself."
)
STOPPED = "Stopped. What was graded is kept: run the same command again, and it goes on from here."


class Bar:
    """Shows a run in the terminal: a bar, and a line for each problem met."""

    def __init__(self) -> None:
        tqdm.monitor_interval = 0  # no thread: workers are forked from this process
        self.bar: tqdm | None = None

    def start(self, total: int) -> None:
        """So many submissions are there."""
        self.bar = tqdm(total=total, unit="submission", dynamic_ncols=True)

    def say(self, text: str) -> None:
        """A problem was met."""
        tqdm.write(text)

    def step(self) -> None:
        """One more submission is done."""
        self.bar.update()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()


def grade(course: Course, assignment: str, *, force: bool = False, **options: Any) -> int:
    """Grade a problem set and say how it went.

    Args:
        course: the course.
        assignment: the problem set.
        force: grade again what is graded.
        options: fields of `Orders`; None leaves what nbgrader_config.py says.

    Returns:
        The command's exit status: 0 if every submission has a score or a stated reason.
    """
    config = configuration(course)
    config.CourseDirectory.assignment_id = assignment
    converter = CagedAutograde(coursedir=CourseDirectory(config=config), config=config)
    given = {name: value for name, value in options.items() if value is not None}
    if not given.get("cage", converter.cage):
        print(RISKS, file=sys.stderr)
    bar = Bar()
    try:
        summary = converter.grade(bar, force=force, **given)
    except Trouble as trouble:
        bar.close()
        print(trouble, file=sys.stderr)
        return trouble.status
    except KeyboardInterrupt:
        bar.close()
        print(STOPPED, file=sys.stderr)
        return 130
    bar.close()
    print(*summary.lines(), sep="\n")
    return 0 if summary.complete else 1

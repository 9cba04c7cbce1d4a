"""nbgrader's execution step for this course: one thread, no progress bars, and exam inputs that nobody has seen before."""

import os
import secrets
from typing import Any

from nbgrader.preprocessors import Execute

from pgmkit import EXAM_SEED
from pgmkit.course.execute import QUIET


class ExamExecute(Execute):
    """Starts each submission's kernel with a seed of its own for the exams; kernels that people start have none."""

    def start_new_kernel(self, **kwargs: Any) -> Any:
        """nbclient's method, with the environment of a grading run."""
        seed = {EXAM_SEED: str(secrets.randbits(48))}
        return super().start_new_kernel(**{"env": dict(os.environ) | QUIET | seed} | kwargs)

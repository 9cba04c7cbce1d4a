"""nbgrader's configuration of a course, and the programs that nbgrader calls."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from pgmkit.course.paths import Course


def configuration(course: Course) -> Config:
    """What nbgrader_config.py of the course says."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    config.CourseDirectory.root = str(course.root)
    return config


@contextmanager
def programs_found() -> Iterator[None]:
    """nbgrader calls `alembic` by name; it stands beside this interpreter, also where .venv was never activated."""
    with patch.dict(os.environ, PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])):
        yield

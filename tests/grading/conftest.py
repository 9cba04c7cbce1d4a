import multiprocessing
import shutil
from multiprocessing import forkserver

import pytest
from fakes import make_course


@pytest.fixture(scope="session")
def server():
    """Starts processes that have everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fakes", "pgmkit.grading.run.workers"])
    forkserver.ensure_running()
    return context


@pytest.fixture(scope="session")
def registered(tmp_path_factory, server):
    """The little course, known to its gradebook; made once."""
    from unittest.mock import patch

    from fakes import SET, config_of
    from nbgrader.coursedir import CourseDirectory

    from pgmkit.grading.run.register import open_book

    root = make_course(tmp_path_factory.mktemp("registered"))
    config = config_of(root)
    with patch("nbgrader.api.get_alembic_version", lambda: "any"):  # it starts another Python
        open_book(CourseDirectory(config=config), config, SET)
    return root


@pytest.fixture
def root(registered, tmp_path):
    """A copy of the little course, without submissions."""
    shutil.copytree(registered, tmp_path / "course")
    return tmp_path / "course"

"""What every test gets: one thread, float64, no display, no progress bars."""

import os
from functools import cache

os.environ.update(MPLBACKEND="Agg", TQDM_DISABLE="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import pytest
import torch

pytest.register_assert_rewrite("claims")  # its asserts show their values too


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.set_warn_always(True)  # each time, not once in a process: the order of tests must not hide a warning


@pytest.fixture(autouse=True)
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(autouse=True)
def caged(request):
    """A test marked `cage` needs bubblewrap. CI asks for it with PGMKIT_REQUIRE_CAGE=1; elsewhere such a test says what is missing."""
    if request.node.get_closest_marker("cage") and (why := no_cage()):
        (pytest.fail if os.environ.get("PGMKIT_REQUIRE_CAGE") else pytest.skip)(why)


@cache
def no_cage():
    """Why no cage can be made here; empty if it can."""
    from pgmkit.grading.caged.cage import probe

    return probe()


@pytest.fixture
def g():
    """A generator that starts at 0."""
    return torch.Generator().manual_seed(0)

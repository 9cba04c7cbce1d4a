"""The long tests of grading: `make stress`. They are no part of `make test`; their figures stand at the end of the output."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "grading"))  # the bank of hostile submissions

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config):
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("figures")
    for line in config.stash[FIGURES]:
        terminalreporter.line(line)


@pytest.fixture
def figure(request):
    """Note a measured figure for the end of the output."""

    def note(name: str, value: object) -> None:
        request.config.stash[FIGURES].append(f"{name:72} {value}")

    return note

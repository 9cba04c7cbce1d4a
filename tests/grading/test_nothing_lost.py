"""kill -9 at random moments: no score, no row and no file is lost, doubled or left half-written."""

import shutil

import pytest
from fakes import classroom, hand_in
from killing import everything, kill_at_random

STUDENTS = 16


def run(root):
    """A grading run in a process of its own."""
    classroom(root, workers=2).run()


@pytest.fixture
def undisturbed(root):
    for number in range(STUDENTS):
        hand_in(root, f"student-{number}", f"sleep:{0.01 * (number % 4)}", timestamp="2026-11-20 10:00:00 UTC")
    return root


@pytest.mark.parametrize("seed", [0, 1])
def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_been(undisturbed, server, tmp_path, seed):
    killed = shutil.copytree(undisturbed, tmp_path / "killed")
    classroom(undisturbed).run()

    def start():
        process = server.Process(target=run, args=(killed,))
        process.start()
        return process.pid, lambda: process.join(60) or process.exitcode

    assert kill_at_random(start, 6, 0.5, seed) >= 3
    assert everything(killed) == everything(undisturbed)

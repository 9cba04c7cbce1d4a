"""The pure parts of the benchmark of grading; no class is graded here."""

import os
import sys
import time

import pytest
from grading_class import answers, broken, mixed, right
from grading_speed_report import TARGETS, Figures, fit, growth_table, met, phase_table, ratio_table, run_table, straightness
from grading_speed_text import TEXT
from grading_watch import processes, tree, watch

PEER = Figures("nbgrader", 20, 100.0, 90.0, 400.0, 20)
OURS = {1: Figures("one", 20, 19.0, 18.0, 900.0, 20), 2: Figures("two", 20, 12.0, 19.0, 1200.0, 19)}
PHASES = {workers: {"start": 0.1, "cells": 0.2, "total": 0.5} for workers in OURS}


def cells(table):
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


def test_a_line_through_points_of_a_line_misses_nothing():
    line = fit([50, 100, 150], [12.0, 22.0, 32.0])
    assert line == pytest.approx((0.2, 2.0, 0.0), abs=1e-9)
    assert fit([0, 1, 2], [0.0, 1.5, 0.0]).worst == pytest.approx(1.0)


def test_targets_are_held_against_nbgrader_as_it_comes():
    assert met(PEER, OURS) == {1: True, 2: False}
    assert cells(ratio_table([PEER], OURS))[2] == ["nbgrader", "0.190", "0.120"]
    assert TARGETS == {1: 0.20, 2: 0.11}


def test_the_phases_and_the_rest_add_up_to_the_wall_time():
    *phases, rest = [[float(value) for value in row[1:]] for row in cells(phase_table(PHASES, OURS))[2:]]
    assert phases == [[0.1, 0.1], [0.2, 0.2]]
    assert rest == pytest.approx([0.95 - 0.5, 2 * 0.6 - 0.5])


def test_tables_are_rectangular_and_the_text_takes_them():
    times, memory = {50: 10.0, 100: 20.0}, {50: {"main": 1.0}, 100: {"main": 1.0, "worker": 2.0}}
    for table in (run_table([PEER, *OURS.values()]), ratio_table([PEER], OURS), phase_table(PHASES, OURS), growth_table(times, memory)):
        assert len({len(row) for row in cells(table)}) == 1
    assert "0.200 s for each submission" in straightness(times)
    names = ("machine", "versions", "count", "met", "ratios", "runs", "phases", "many", "growth", "straight", "cluster", "dask")
    assert "<ratios>" in TEXT.format(**{name: f"<{name}>" for name in names})


def test_students_of_the_made_up_classes():
    sources = set(answers("ps2").values())
    (book,) = right("ps2", 1).values()
    kept = [len(sources & {cell.source for cell in b.cells}) for b in [book, *mixed("ps2", 3).values()]]
    assert kept == [len(sources), len(sources), len(sources) - 1, len(sources) - 1]
    assert (
        broken("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n", "return None") == "def f(x):\n    return None\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_watched_command_is_seen_with_its_children(tmp_path):
    child = "import time; end = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass"  # five looks long, on any machine
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    start = time.monotonic()
    watched = watch([sys.executable, "-c", code], tmp_path, dict(os.environ))
    assert watched.status == 0 and 0.5 < watched.wall <= time.monotonic() - start
    assert len(watched.seen) == 2 and watched.cpu > 0.02 and watched.peak > 1
    assert os.getpid() in tree(os.getppid(), processes(), set())

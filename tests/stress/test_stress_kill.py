"""`kill -9` at random moments of a class run, then a rerun: nothing is lost, nothing is there twice, nothing is left behind."""

import random
import time

import nbformat
import pytest
from grading_class import course, intact, mixed, rows
from grading_runs import grade, start
from grading_watch import Watched, look, processes

SET, CLASS, KILLS = "ps1", 12, 20
LINGERING = 60.0
"""Seconds: a warm parent that is still importing when its run is killed notices it afterwards."""


def alive(watched):
    """Processes of a run that still run; those that nobody has collected yet don't."""
    found = processes()
    return [pid for pid, start in watched.seen if pid in found and found[pid].start == start and not found[pid].ended]


def kill_at(folder, seconds):
    """Start a run and kill its main process after so many seconds; whether it was still at work, and how long its last process lived on."""
    running, watched, since = start(folder, SET, "--workers", "2"), Watched(), time.monotonic()
    while running.poll() is None and time.monotonic() - since < seconds:
        look(running.pid, watched, since)
        time.sleep(min(0.05, max(0.0, seconds - (time.monotonic() - since))))
    early = running.poll() is None
    running.kill()
    running.wait()
    killed = time.monotonic()
    while alive(watched):
        assert time.monotonic() - killed < LINGERING, alive(watched)
        time.sleep(0.1)
    return early, time.monotonic() - killed


def notebooks(folder):
    """The graded notebooks, without what changes from run to run."""
    found = {}
    for path in sorted((folder / "autograded").glob(f"*/{SET}/{SET}.ipynb")):
        book = nbformat.read(path, as_version=4)
        found[path.parts[-3]] = [(cell.cell_type, cell.source, len(cell.get("outputs", []))) for cell in book.cells]
    return found


@pytest.mark.timeout(7200)
def test_twenty_kills_lose_nothing(tmp_path, figure):
    books, chance = mixed(SET, CLASS), random.Random(9)
    undisturbed = course(tmp_path / "undisturbed", SET, books)
    wall = grade(undisturbed, SET, "--workers", "2").wall
    wanted, wanted_books = rows(undisturbed, SET), notebooks(undisturbed)
    assert len(wanted) == len({row[:2] for row in wanted}) and len({row[0] for row in wanted}) == len(wanted_books) == CLASS
    early, resumed, lived = 0, [], []
    for number in range(KILLS):
        folder = course(tmp_path / f"kill{number}", SET, books)
        at_work, longest = kill_at(folder, chance.uniform(0.0, wall))
        early, lived = early + at_work, [*lived, longest]
        done = len(list((folder / ".grading" / SET / "students").glob("*.json")))
        assert not (folder / "gradebook.db").exists() or intact(folder)
        grade(folder, SET, "--workers", "2")
        resumed.append(done)
        assert intact(folder)
        assert rows(folder, SET) == wanted
        assert notebooks(folder) == wanted_books
        assert list((folder / ".grading").rglob("*.part")) == []
    figure("undisturbed run of 12 submissions, 2 workers, seconds", f"{wall:.1f}")
    figure("kills before the run was done", f"{early} of {KILLS}")
    figure("seconds until the last process of a killed run had ended: longest", f"{max(lived):.1f}")
    figure("submissions that were done at the kill", " ".join(map(str, sorted(resumed))))
    assert early >= KILLS * 3 // 4 and len(set(resumed)) > 3

"""How fast a class is graded, beside nbgrader with its default settings.

    make bench-grading                                              # all of it; writes grading_speed.md beside this file
    .venv/bin/python tests/benchmarks/grading_speed.py --quick      # four submissions, on the screen only

Every run has a course folder of its own. Quiet machines only: wall time counts.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from grading_class import course, environment, mixed, right, rows, totals, vanilla
from grading_runs import grade, run
from grading_speed_report import Figures, growth_table, met, phase_table, ratio_table, run_table, straightness
from grading_speed_text import TEXT
from grading_watch import Watched

from pgmkit.checks import PROBLEM_SETS
from pgmkit.grading.run.records import Records

HERE = Path(__file__).parent
SET = "ps2"
SEED = "20"
POINTS = sum(exam.points for exam in PROBLEM_SETS[SET])
CLASS, QUICK, LARGE, STEP, CLUSTER = 20, 4, 300, 50, 12
PEERS = {
    "nbgrader, default settings": {},
    "the same without the ungraded training cells": {"PGMKIT_EXAM_SEED": "1"},
    "the same on one thread": {"PGMKIT_EXAM_SEED": "1", "OMP_NUM_THREADS": "1"},
}
"""nbgrader as it comes, and what may be added to its environment: a seed, with which `ready()` leaves training out, and one thread."""


def figures(name: str, folder: Path, count: int, watched: Watched) -> Figures:
    """What a run took, and how many earned all points."""
    full = sum(points == POINTS for points in totals(folder, SET).values())
    return Figures(name, count, watched.wall, watched.cpu, watched.peak, full)


def peers(folder: Path, count: int, names: Sequence[str]) -> list[Figures]:
    """nbgrader's own execution, serial, of the same notebooks."""
    found = []
    for i, name in enumerate(names):
        place = folder / f"vanilla{i}"
        place.mkdir()
        vanilla(place, SET, right(SET, count), run)
        found.append(figures(name, place, count, run(["nbgrader", "autograde", SET], place, **PEERS[name])))
        print(run_table(found[-1:]), flush=True)
    return found


def ours(folder: Path, count: int) -> tuple[dict[int, Figures], dict[int, dict[str, float]]]:
    """Our runs with one and two workers, in the cage: the figures, and the mean seconds by phase."""
    found, phases = {}, {}
    for workers in (1, 2):
        place = course(folder / f"ours{workers}", SET, right(SET, count))
        watched = grade(place, SET, "--workers", str(workers))
        found[workers] = figures(f"pgmkit, caged, {workers} worker{'s' if workers > 1 else ''}", place, count, watched)
        phases[workers] = means([record.graded.seconds for record in Records(place, SET).all()])
        print(run_table([found[workers]]), flush=True)
    return found, phases


def means(seconds: list[dict[str, float]]) -> dict[str, float]:
    """The mean of every phase."""
    names = dict.fromkeys(name for one in seconds for name in one)
    return {name: statistics.fmean(one.get(name, 0.0) for one in seconds) for name in names}


def large(folder: Path, count: int, step: int) -> tuple[dict[int, float], dict[int, dict[str, float]]]:
    """A large class with two workers: seconds after every so many submissions, and the memory then, by kind of process."""
    place, since = course(folder / "large", SET, right(SET, count)), time.time()
    watched = grade(place, SET, "--workers", "2")
    ends = sorted(path.stat().st_mtime - since for path in (place / ".grading" / SET / "students").glob("*.json"))
    times = {n: ends[n - 1] for n in range(step, count + 1, step)}
    memory = {n: max((look for look in watched.series if look[0] <= end), key=lambda look: look[0])[1] for n, end in times.items()}
    return times, {n: {role: size for role, size in found.items() if role != "student"} for n, found in memory.items()}


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A Dask scheduler with workers, each a process of this machine; yields its address."""
    folder.mkdir()
    file, env = folder / "scheduler.json", environment(folder, OMP_NUM_THREADS="1")
    command = [sys.executable, "-m", "dask"]
    scheduler = [*command, "scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [*command, "worker", "--scheduler-file", str(file), "--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
    with open(folder / "cluster.log", "w") as log:
        started = [subprocess.Popen(scheduler, cwd=folder, env=env, stdout=log, stderr=log)]
        started += [subprocess.Popen(worker, cwd=folder, env=env, stdout=log, stderr=log) for _ in range(workers)]
        try:
            while not file.is_file():
                time.sleep(0.1)
            yield json.loads(file.read_text())["address"]
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait(30)


def dask(folder: Path, count: int) -> dict[str, tuple[float, bool]]:
    """A class of which two in three lose points: seconds, and whether the gradebook is that of one process of this machine."""
    books, alone = mixed(SET, count), folder / "alone"
    found = {"this machine, 1 worker": (grade(course(alone, SET, books), SET, "--workers", "1", "--seed", SEED).wall, True)}
    wanted = rows(alone, SET)
    for workers in (1, 2):
        with cluster(folder / f"cluster{workers}", workers) as address:
            place = course(folder / f"dask{workers}", SET, books)
            wall = grade(place, SET, "--scheduler", address, "--seed", SEED).wall
        found[f"Dask, {workers} worker{'s' if workers > 1 else ''}"] = (wall, rows(place, SET) == wanted)
    return found


def main(
    quick: Annotated[
        bool, typer.Option("--quick", help="Four submissions, one form of nbgrader, no large class, no cluster; on the screen only.")
    ] = False,
    count: Annotated[int, typer.Option(help="Submissions of the race.")] = CLASS,
    many: Annotated[int, typer.Option(help="Submissions of the large class.")] = LARGE,
) -> None:
    """Race nbgrader, grade a large class, compare a cluster; a full run writes grading_speed.md."""
    with tempfile.TemporaryDirectory(prefix="grading-speed-") as temporary:
        folder = Path(temporary)
        others = peers(folder, QUICK if quick else count, list(PEERS)[-1 if quick else 0 :])
        mine, phases = ours(folder, QUICK if quick else count)
        print(ratio_table(others, mine), phase_table(phases, mine), sep="\n\n", flush=True)
        if quick:
            return
        times, memory = large(folder, many, STEP)
        print(growth_table(times, memory), straightness(times), sep="\n\n", flush=True)
        clustered = dask(folder, CLUSTER)
        print(clustered, flush=True)
    text = TEXT.format(
        machine=f"{platform.system()} on {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        versions=", ".join(f"{name} {version(name)}" for name in ("nbgrader", "nbclient", "torch", "distributed")),
        count=count,
        met=f"{sum(met(others[0], mine).values())} of {len(mine)}",
        ratios=ratio_table(others, mine),
        runs=run_table([*others, *mine.values()]),
        phases=phase_table(phases, mine),
        many=many,
        growth=growth_table(times, memory),
        straight=straightness(times),
        cluster=CLUSTER,
        dask="\n".join(
            f"* {name}: {wall:.1f} s, {'the same scores' if same else '**other scores**'}" for name, (wall, same) in clustered.items()
        ),
    )
    (HERE / "grading_speed.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

"""The bank of submissions, graded: nobody gains a point, loses a point to another, reads, changes or leaves anything.

One test grades all submissions of a class, one after the other in this process, and an honest one behind them.
"""

import json
import os
import re
import socket
import threading
import time
from pathlib import Path

import bank
import psutil
import pytest

from pgmkit.checks import PROBLEM_SETS
from pgmkit.grading.caged.parents import STARTED
from pgmkit.grading.sitting import grade_one
from pgmkit.grading.submission.collect import collect
from pgmkit.grading.units import Settings

pytestmark = pytest.mark.cage
POINTS = {exam.name: exam.points for exam in PROBLEM_SETS["ps1"]}
SEED, MEMORY = 271828182845, 1024
SECRETS = ("canary-solution", "canary-gradebook", "canary-neighbour", "canary-environment", "canary-home")
ALIVE = re.compile(r"<\s*script|<[^>]*\son\w+\s*=|<\s*iframe|(href|src)\s*=\s*[\"']?\s*javascript:|<\s*foreignobject", re.IGNORECASE)
"""What a browser would run."""
RIGHT = next(entry for entry in bank.BANK if entry.name == "right")


class Listener:
    """A server on this machine that counts who calls."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.calls = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                self.server.accept()[0].close()
                self.calls += 1
        except OSError:
            return


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A course with secrets in it, an environment with another, and a server."""
    root = tmp_path_factory.mktemp("course")
    for name, secret in (
        ("solutions/ps1/ps1.ipynb", SECRETS[0]),
        ("gradebook.db", SECRETS[1]),
        ("submitted/neighbour/ps1/ps1.ipynb", SECRETS[2]),
        ("home/.profile", SECRETS[4]),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{secret}\n" * 3)
    listener, before = Listener(), dict(os.environ)
    os.environ.update(PGMKIT_CANARY=SECRETS[3], PGMKIT_EXAM_SEED=str(SEED))
    yield bank.World(root, SECRETS, listener.server.getsockname()[1])
    os.environ.clear()
    os.environ.update(before)
    listener.server.close()
    assert listener.calls == 0


@pytest.fixture(scope="module")
def usual(world, tmp_path_factory):
    """Seconds of a right submission when everything is warm."""
    return min(grade(RIGHT, world, tmp_path_factory.mktemp("usual"))[1] for _ in range(2))


def snapshot(world):
    """Everything outside that must not change."""
    here = Path(__file__).parents[2]
    library = ("pgmkit/__init__.py", "pgmkit/gan/theory.py", "pgmkit/checks/exam.py", "solutions/ps1/ps1.ipynb")
    shadows = [path for warm in STARTED.values() for path in sorted(warm.shadow.rglob("*.py"))]
    watched = [*map(Path, world.files), *(here / name for name in library), *shadows]
    strangers = [
        name
        for folder in ("/tmp", "/dev/shm", "/var/tmp")
        for name in ("evil", "forged", "left-behind", "sitecustomize.py")
        if (Path(folder) / name).exists()
    ]
    return {str(path): (path.stat().st_mode, path.read_bytes()) for path in watched}, strangers


def grade(entry, world, folder):
    book = bank.Book(world)
    entry.build(book)
    book.write(folder / entry.name / "ps1")
    start = time.perf_counter()
    graded = grade_one(collect(folder, "ps1", entry.name), Settings(SEED, timeout=entry.timeout, memory=MEMORY))
    return graded, time.perf_counter() - start


def left_over():
    """Processes of a student that are still there: forks of a warm parent, cages, marked programs; waits a moment for their end."""
    parents = {warm.process.pid for warm in STARTED.values()}
    shadows = [str(warm.shadow) for warm in STARTED.values()]
    for _ in range(40):
        found = []
        for process in psutil.process_iter():
            try:
                about = " ".join([*process.cmdline(), process.environ().get("PYTHONPATH", ""), process.environ().get("PGMKIT_MARK", "")])
            except psutil.Error:
                continue
            if process.pid not in parents | {os.getpid()} and any(word in about for word in [*shadows, "PGMKIT_MARK"]):
                found.append(f"{process.pid} {process.status()} {about[:100]}")
        if not found:
            break
        time.sleep(0.05)
    return found


def faults_of_points(entry, graded):
    """Points that were not earned, and points that were lost to somebody else's fault."""
    if graded.refused and not entry.refused:
        yield f"it was refused: {graded.refused}"
    for name, points in POINTS.items():
        score = graded.scores.get(f"check-{name}")
        if not isinstance(score, float) or not 0 <= score <= points or (graded.refused and score):
            yield f"{name} has the score {score!r}"
        elif name in entry.zero and score > 0:
            yield f"{name} earned {score}"
        elif name not in entry.zero | entry.free and score < points and not graded.refused:
            yield f"{name} lost {points - score}: {graded.mistakes.get(name)}"


def texts(node):
    """Every text in a notebook, with its key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from ((key, text) if deeper == "" else (deeper, text) for deeper, text in texts(value))
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield "", node


def faults_of_notebook(entry, graded):
    """What must not stand in a graded notebook."""
    book = json.loads(graded.notebook)
    told = json.dumps([cell.get("outputs", []) for cell in book["cells"]], ensure_ascii=False)
    said = told + " ".join([*graded.mistakes.values(), *graded.repairs, graded.refused])
    yield from (f"{secret} was read" for secret in (*SECRETS, str(SEED)) if secret in said)
    if len(graded.notebook) > 40_000_000:
        yield f"the notebook has {len(graded.notebook)} bytes"
    for cell in book["cells"]:
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            yield from (f"{kind} among the outputs" for kind in shown if "javascript" in kind or kind.startswith("application/vnd"))
            for kind in ("text/html", "image/svg+xml", "text/markdown"):
                if kind in shown and ALIVE.search("".join(shown[kind])):
                    yield f"{kind} is alive: {''.join(shown[kind])[:80]!r}"
        if cell["cell_type"] == "markdown" and ALIVE.search("".join(cell["source"])):
            yield "a markdown cell is alive"
    if any("\x1b" in text for key, text in texts(book) if key != "source"):
        yield "a control character is left"


def faults(entry, graded):
    return [f"{entry.name}: {fault}" for fault in [*faults_of_points(entry, graded), *faults_of_notebook(entry, graded)]]


@pytest.mark.timeout(280)
@pytest.mark.parametrize("kind", bank.KINDS)
def test_a_class_of_submissions(kind, world, usual, tmp_path):
    before, found = snapshot(world), []
    for entry in (entry for entry in bank.BANK if entry.kind == kind):
        graded, _ = grade(entry, world, tmp_path)
        found += faults(entry, graded)
        found += [f"{entry.name} left a process: {process}" for process in left_over()]
    graded, seconds = grade(RIGHT, world, tmp_path / "behind")
    found += [f"the next one: {fault}" for fault in faults(RIGHT, graded)]
    if seconds > 3 * usual + 3:
        found.append(f"the next one took {seconds:.1f} s instead of {usual:.1f} s")
    if snapshot(world) != before:
        found.append("something outside was changed")
    assert not found, "\n".join(found)


def test_the_bank_is_large_and_every_entry_has_a_name_of_its_own():
    names = [entry.name for entry in bank.BANK]
    assert len(set(names)) == len(names)
    honest = [entry for entry in bank.BANK if entry.kind.startswith("honest")]
    assert len(honest) >= 15 and len(names) - len(honest) >= 75
    assert all(entry.zero <= set(POINTS) and not entry.zero & entry.free for entry in bank.BANK if entry.free != frozenset(POINTS))

"""A class with the whole bank of hostile submissions in it; and the same scores whoever grades, and how."""

from statistics import median

import nbformat
import pytest
from grading_class import course, mixed, right, rows, totals
from grading_runs import grade

from pgmkit.checks import PROBLEM_SETS
from pgmkit.grading.run.records import Records

HONEST, TIMEOUT = 50, 10


def bank():
    """The hostile part of the bank."""
    from bank import BANK

    return [submission for submission in BANK if submission.kind != "honest"]


def hostile(folder, secrets):
    """Hand in the bank: each of its submissions is a student."""
    from bank import Book, World

    world = World(secrets, ("a-secret-word",), 9)
    for submission in bank():
        book = Book(world)
        submission.build(book)
        book.write(folder / "submitted" / f"bank-{submission.name}" / "ps1")


def seconds(folder):
    """Seconds of each honest submission."""
    records = Records(folder, "ps1").all()
    return {r.graded.student: r.graded.seconds["total"] for r in records if not r.graded.student.startswith("bank-")}


@pytest.mark.timeout(7200)
def test_a_hostile_class_takes_nothing_from_the_honest(tmp_path, figure):
    books = right("ps1", HONEST)
    calm = course(tmp_path / "calm", "ps1", books)
    wall = grade(calm, "ps1", "--workers", "2", "--timeout", str(TIMEOUT)).wall
    wild = course(tmp_path / "wild", "ps1", books)
    secrets = tmp_path / "elsewhere"
    secrets.mkdir()
    (secrets / "secret.txt").write_text("a-secret-word")
    hostile(wild, secrets)
    watched = grade(wild, "ps1", "--workers", "2", "--timeout", str(TIMEOUT))
    points = sum(exam.points for exam in PROBLEM_SETS["ps1"])
    scores = totals(wild, "ps1")
    before, after = seconds(calm), seconds(wild)
    figure(f"{HONEST} honest students, 2 workers, seconds", f"{wall:.1f}")
    figure(f"the same with {len(bank())} hostile submissions, seconds", f"{watched.wall:.1f}")
    figure("seconds of an honest submission: median, longest", f"{median(before.values()):.2f}, {max(before.values()):.2f}")
    figure("the same among hostile ones", f"{median(after.values()):.2f}, {max(after.values()):.2f}")
    figure("peak memory among hostile ones, MB", f"{watched.peak:.0f}")
    assert {name: scores[name] for name in books} == dict.fromkeys(books, points)
    assert len(scores) == len(books) + len(bank())
    assert (secrets / "secret.txt").read_text() == "a-secret-word"
    earned = {(student, cell.removeprefix("check-")): score for student, cell, score, *_ in rows(wild, "ps1")}
    assert [(s.name, name) for s in bank() for name in s.zero if earned[f"bank-{s.name}", name]] == []
    assert median(after.values()) < 2 * median(before.values())


def sources(folder, ps):
    """The graded notebooks' cells, without their outputs: what a page is made from, and the same whoever grades."""
    found = {}
    for path in sorted((folder / "autograded").glob(f"*/{ps}/{ps}.ipynb")):
        found[path.parts[-3]] = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("ps", [ps for ps in PROBLEM_SETS if ps != "warmup"])
def test_the_same_scores_with_one_worker_or_two_with_the_cage_or_without(ps, tmp_path, figure):
    books, found = mixed(ps, 2 * len(PROBLEM_SETS[ps])), {}
    for name, options in {"one": ["1"], "two": ["2"], "no cage": ["2", "--no-cage"]}.items():
        folder = course(tmp_path / name.replace(" ", "-"), ps, books)
        watched = grade(folder, ps, "--seed", "20", "--workers", *options)
        found[name] = rows(folder, ps), sources(folder, ps)
        figure(f"{ps}, {len(books)} submissions, {name}: seconds, peak MB", f"{watched.wall:.1f}, {watched.peak:.0f}")
    assert found["one"] == found["two"] == found["no cage"]
    assert len({score for _, _, score, *_ in found["one"][0]}) > 2

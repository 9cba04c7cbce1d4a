import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from unittest.mock import Mock

import pytest
from fakes import POINTS, SET, config_of, instructor
from ledger import rows_of
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pgmkit.grading.run import gradebook, register
from pgmkit.grading.run.register import open_book
from pgmkit.grading.trouble import Trouble
from pgmkit.grading.units import Graded


def book(root, **sections):
    config = config_of(root, **sections)
    return open_book(CourseDirectory(config=config), config, SET)


def graded(student="ada", scores=None, **more):
    return Graded(SET, student, "{}", scores or {"check-add": 3.0, "check-half": 0.5}, **more)


def points(opened):
    """Points of the graded cells that a gradebook knows."""
    return {name: most for kind, name, most in opened.cells(SET) if kind == "grade"}


def plain_book(root):
    return Gradebook(f"sqlite:///{root / 'gradebook.db'}", "tiny course")


def grades(root, student="ada"):
    with plain_book(root) as found:
        notebook = found.find_submission_notebook(SET, SET, student)
        return {g.name: (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, g.score) for g in notebook.grades}


def test_scores_and_comments_are_written_by_nbgraders_rules(root):
    book(root).save(graded(untouched=("half",)), None)
    assert grades(root) == {"check-add": (3.0, None, None, False, 3.0), "check-half": (0.5, None, None, False, 0.5)}
    with plain_book(root) as found:
        assert {c.name: c.comment for c in found.find_submission_notebook(SET, SET, "ada").comments} == {
            "add": None,
            "half": "No response.",
        }
        assert found.find_submission(SET, "ada").score == 3.5


def test_what_people_graded_by_hand_stays(root):
    book(root).save(graded(), None)
    with plain_book(root) as found:
        grade = found.find_grade("check-add", SET, SET, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.25, 0.5, False
        found.find_comment("add", SET, SET, "ada").manual_comment = "see me"
        found.find_student("ada").first_name = "Ada"
        found.find_submission_notebook(SET, SET, "ada").flagged = True
        found.db.commit()
    book(root).save(graded(scores={"check-add": 0.0, "check-half": 2.0}, untouched=("add",)), None)
    assert grades(root) == {"check-add": (0.0, 1.25, 0.5, True, 1.75), "check-half": (2.0, None, None, False, 2.0)}
    with plain_book(root) as found:
        comment = found.find_comment("add", SET, SET, "ada")
        assert (comment.manual_comment, comment.auto_comment, comment.comment) == ("see me", "No response.", "see me")
        assert found.find_student("ada").first_name == "Ada"
        assert found.find_submission_notebook(SET, SET, "ada").flagged


def test_writing_twice_changes_nothing(root):
    book(root).save(graded(), datetime(2026, 11, 20))
    before = rows_of(root / "gradebook.db")
    book(root).save(graded(), datetime(2026, 11, 20))
    assert rows_of(root / "gradebook.db") == before


def test_a_refused_submission_has_a_zero_for_everything(root):
    book(root).save(graded(scores={"check-add": 0.0}, refused="no notebook"), None)
    assert grades(root) == dict.fromkeys(POINTS, (0.0, None, None, False, 0.0))


def test_a_cell_without_a_score_waits_for_a_person(root):
    book(root).save(graded(scores={"check-add": 3.0}), None)
    assert grades(root)["check-half"] == (None, None, None, True, 0.0)


class Two(LateSubmissionPlugin):
    """Two points off, whatever came."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        self.log.info("%s got %s and is %s late", student_id, score, total_seconds_late)
        return 2.0 if total_seconds_late < 7200 else 100.0


class Broken(LateSubmissionPlugin):
    """A plugin with a fault."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1 / 0


def penalty(root, handed_in, plugin=Two):
    with plain_book(root) as found:
        found.find_assignment(SET).duedate = datetime(2026, 11, 20, 12)
        found.db.commit()
    book(root, AssignLatePenalties={"plugin_class": plugin}).save(graded(), handed_in)
    with plain_book(root) as found:
        return found.find_submission_notebook(SET, SET, "ada").late_submission_penalty


@pytest.mark.parametrize(
    ("hour", "off"),
    [(None, None), (11, None), (12, None), (13, 2.0), (20, 3.5)],
    ids=["unknown", "early", "in time", "late", "more than all"],
)
def test_lateness_costs_what_the_courses_plugin_says(root, hour, off):
    assert penalty(root, hour and datetime(2026, 11, 20, hour)) == off


def test_a_plugin_with_a_fault_is_named_and_nothing_is_written(root):
    with pytest.raises(Trouble, match="The plugin for late submissions failed: ZeroDivisionError"):
        penalty(root, datetime(2026, 11, 21), Broken)
    assert book(root).scores(SET) == {}
    assert book(root).names() == set()


def test_an_extension_without_a_due_date_is_no_lateness(root):
    book(root).save(graded(), datetime(2026, 11, 20))
    with plain_book(root) as found:
        found.grant_extension(SET, "ada", hours=1)
    book(root).save(graded(), datetime(2026, 11, 20))
    assert book(root).scores(SET) == {"ada": {"check-add": 3.0, "check-half": 0.5}}


def test_a_student_is_one_transaction(root):
    opened, said = book(root), []
    event.listen(opened.engine, "commit", lambda _: said.append("commit"))
    opened.save(graded(), datetime(2026, 11, 20))
    assert said == ["commit"]


def test_a_failure_in_the_middle_leaves_nothing(root, monkeypatch):
    opened, before = book(root), rows_of(root / "gradebook.db")
    monkeypatch.setattr(gradebook.Book, "penalty", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        opened.save(graded(), None)
    assert rows_of(root / "gradebook.db") == before


def test_a_new_gradebook_learns_the_problem_set_and_the_release_stays(root):
    (root / "gradebook.db").unlink()
    released = root / "assignments" / SET / f"{SET}.ipynb"
    before = released.read_bytes()
    opened = book(root)
    assert points(opened) == POINTS
    assert released.read_bytes() == before
    assert sorted(path.name for path in root.iterdir()) == [".grading", "assignments", "gradebook.db", "solutions"]
    assert list((root / ".grading" / SET).iterdir()) == []
    opened.save(graded(), None)
    assert opened.scores(SET) == {"ada": {"check-add": 3.0, "check-half": 0.5}}


def test_a_problem_set_that_changed_under_its_submissions_is_told(root):
    import nbformat

    book(root).save(graded(), None)
    changed = instructor()
    changed.cells[1].metadata.nbgrader.grade_id = "check-new"
    nbformat.write(changed, root / "solutions" / SET / f"{SET}.ipynb")
    with pytest.raises(Trouble, match=r"with other exercises \(new check-new, gone check-add\)\. Grade with the old version"):
        book(root)


@pytest.mark.parametrize("half", ["source_cell", "base_cell where type = 'SolutionCell'", "base_cell where type = 'GradeCell'"])
def test_a_problem_set_that_a_crash_left_half_known_is_completed(root, half):
    wanted = book(root).cells(SET)
    with closing(sqlite3.connect(root / "gradebook.db")) as database:
        database.execute(f"delete from {half}")
        database.commit()
    assert book(root).cells(SET) == wanted


def test_points_that_changed_are_taken_over(root):
    import nbformat

    book(root).save(graded(), None)
    changed = instructor()
    changed.cells[1].metadata.nbgrader.points = 7
    nbformat.write(changed, root / "solutions" / SET / f"{SET}.ipynb")
    assert points(book(root)) == POINTS | {"check-add": 7.0}
    assert book(root).scores(SET) == {"ada": {"check-add": 3.0, "check-half": 0.5}}


def test_a_read_only_gradebook_is_told_to_everybody(root):
    path = root / "gradebook.db"
    path.chmod(0o444)
    with pytest.raises(Trouble, match=r"gradebook\.db cannot be written\. It is read-only\. Make it and its folder writable"):
        book(root)


@pytest.mark.parametrize("where", ["head", "middle", "all"])
def test_a_damaged_gradebook_is_told(root, where):
    path = root / "gradebook.db"
    data = bytearray(path.read_bytes())
    start, end = {"head": (0, 64), "middle": (8192, len(data)), "all": (0, len(data))}[where]
    data[start:end] = b"\xa5" * (end - start)
    path.write_bytes(data)
    with pytest.raises(Trouble, match=r"It is damaged\. Put a backup in its place") as told:
        book(root)
    assert "\n" not in str(told.value)


def test_a_gradebook_that_cannot_be_made_is_told(root, monkeypatch):
    (root / "gradebook.db").unlink()
    full = OperationalError("create table", {}, sqlite3.OperationalError("database or disk is full"))
    monkeypatch.setattr(register, "Gradebook", Mock(side_effect=full))
    with pytest.raises(Trouble, match=r"The disk is full\. Make room"):
        book(root)


def test_a_gradebook_that_another_program_writes_to_is_told(root, monkeypatch):
    monkeypatch.setattr(gradebook, "PATIENCE", 0.2)
    opened = book(root)
    with closing(sqlite3.connect(root / "gradebook.db")) as other:
        other.execute("begin exclusive")
        with pytest.raises(Trouble, match=r"Another program is writing to it\. Close it"):
            opened.save(graded(), None)
    opened.save(graded(), None)
    assert opened.scores(SET) == {"ada": {"check-add": 3.0, "check-half": 0.5}}


def test_a_name_that_a_database_cannot_hold_harms_nobody(root):
    opened = book(root)
    opened.save(graded(student="o'hara; drop table grade; --"), None)
    opened.save(graded(student="日本 \u202e"), None)
    assert opened.names() == {"o'hara; drop table grade; --", "日本 \u202e"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_told_and_what_was_written_stays(root, tmp_path):
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", FULL, str(root), str(tmp_path / "small")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.path.dirname(__file__)},
    )
    if "cannot mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("no small disk can be mounted here")
    assert done.returncode == 0, done.stderr
    assert "The disk is full. Make room, then run the command again" in done.stdout
    shutil.copy(done.stdout.splitlines()[-1], tmp_path / "copy.db")


FULL = """
import os, shutil, subprocess, sys
from pathlib import Path
root, small = Path(sys.argv[1]), Path(sys.argv[2])
small.mkdir()
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", small]).returncode:
    sys.exit("cannot mount")
shutil.copytree(root, small / "course")
from fakes import SET, config_of
from ledger import rows_of
from test_gradebook import book, graded
from pgmkit.grading.trouble import Trouble
opened = book(small / "course")
opened.save(graded(), None)
(small / "filler").write_bytes(b"x" * (os.statvfs(small).f_bavail * os.statvfs(small).f_frsize))
try:
    for number in range(500):
        opened.save(graded(student=f"student {number}"), None)
except Trouble as told:
    print(told)
os.unlink(small / "filler")
assert len(opened.scores(SET)) == number + 1, (opened.scores(SET), number)
rows_of(small / "course" / "gradebook.db")
opened.save(graded(student="after"), None)
shutil.copy(small / "course" / "gradebook.db", root / "after.db")
print(root / "after.db")
"""

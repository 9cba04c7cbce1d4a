import json
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest
from fake_grade import astray, no_cage, nothing
from fakes import POINTS, SET, Heard, classroom, hand_in
from ledger import rows_of

from pgmkit.grading.run import autograded, workers
from pgmkit.grading.run.classroom import Work
from pgmkit.grading.run.records import Records
from pgmkit.grading.trouble import Trouble

NAMES = ["ada", "ben", "cai", "dee"]


@pytest.fixture
def hall(root):
    """The little course with four submissions."""
    for name in NAMES:
        hand_in(root, name)
    return root


def scores(root):
    return {record.graded.student: record.graded.scores for record in Records(root, SET).all()}


def graded_names(monkeypatch):
    """The students that a run really grades, from now on."""
    seen = []

    class Here:
        """A team in this process."""

        def __init__(self, count, grade, settings, *_):
            self.grade, self.settings = grade, settings

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def outcomes(self, jobs):
            for job in jobs:
                seen.append(job.student)
                yield workers.Outcome(job, self.grade(job, self.settings))

    monkeypatch.setattr(workers, "Processes", Here)
    return seen


def test_a_class_is_graded_and_shown(hall):
    hand_in(hall, "eva", "repair")
    hand_in(hall, "fay", timestamp="2026-11-20 10:00:00 UTC", submission_secret="abc")
    (hall / "submitted" / "gus" / SET).mkdir(parents=True)
    heard = Heard()
    summary = classroom(hall, heard).run()
    assert (summary.graded, summary.repaired, summary.refused, summary.already, summary.failed) == (6, 1, 1, 0, [])
    assert (heard.total, heard.steps) == (7, 7)
    assert sorted(line.split(": ")[0] for line in heard.said) == ["eva was repaired", "gus was refused"]
    folder = hall / "autograded" / "fay" / SET
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        f"{SET}.ipynb": 0o444,
        "timestamp.txt": 0o444,
        "submission_secret.txt": 0o444,
    }
    assert len(rows_of(hall / "gradebook.db")["submitted_assignment"]) == 7
    text = "\n".join(summary.lines())
    assert "6 graded (1 of them repaired), 1 refused, 0 already done" in text
    assert "add: adds one too many" in text


def test_any_number_of_workers_gives_the_same_gradebook(hall, registered, tmp_path):
    import shutil

    other = shutil.copytree(hall, tmp_path / "other")
    classroom(hall, workers=1).run()
    classroom(other, workers=3).run()
    assert rows_of(hall / "gradebook.db") == rows_of(other / "gradebook.db")


def test_what_is_done_is_not_graded_again(hall, monkeypatch):
    seen = graded_names(monkeypatch)
    first = classroom(hall).run()
    again = classroom(hall).run()
    assert seen == NAMES
    assert (again.graded, again.already) == (0, 4)
    assert again.lines()[1:] == first.lines()[1:]


@pytest.mark.parametrize("change", ["notebook", "timestamp", "exercise", "seed", "record"])
def test_what_changed_is_graded_again_and_nothing_else(hall, monkeypatch, change):
    seen = graded_names(monkeypatch)
    classroom(hall).run()
    seen.clear()
    match change:
        case "notebook":
            hand_in(hall, "ben", "x = 1")
        case "timestamp":
            hand_in(hall, "ben", timestamp="2026-11-20")
        case "exercise":
            path = hall / "solutions" / SET / f"{SET}.ipynb"
            path.write_text(path.read_text().replace("return x", "return x + 0"))
        case "record":
            Records(hall, SET).forget("ben")
    classroom(hall, seed=8 if change == "seed" else 7).run()
    assert seen == (NAMES if change in ("exercise", "seed") else ["ben"])


@pytest.mark.parametrize("lost", ["gradebook", "notebook", "row"])
def test_what_a_crash_or_a_hand_took_away_is_written_again_without_grading(hall, monkeypatch, lost):
    seen = graded_names(monkeypatch)
    classroom(hall).run()
    before = rows_of(hall / "gradebook.db")
    seen.clear()
    match lost:
        case "gradebook":
            (hall / "gradebook.db").unlink()
            monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "any")
        case "notebook":
            autograded.remove(hall / "autograded" / "ben")
        case "row":
            import sqlite3

            with sqlite3.connect(hall / "gradebook.db") as database:
                database.execute("update grade set auto_score = 0.125")
    summary = classroom(hall).run()
    assert (seen, summary.already) == ([], 4)
    assert rows_of(hall / "gradebook.db") == before
    assert (hall / "autograded" / "ben" / SET / f"{SET}.ipynb").is_file()


def test_force_for_a_class_is_a_new_exam_and_for_a_student_the_same(hall, monkeypatch):
    seen = graded_names(monkeypatch)
    classroom(hall, seed=None).run()
    first = Records(hall, SET).run()
    classroom(hall, seed=None, students=("ben",), force=True).run()
    assert Records(hall, SET).run() == first
    assert seen == [*NAMES, "ben"]
    classroom(hall, seed=None, students=("*",), force=True).run()
    assert Records(hall, SET).run().seed != first.seed
    assert seen == [*NAMES, "ben", *NAMES]


def test_a_seed_of_ones_own_does_not_change_the_runs(hall, monkeypatch):
    seen = graded_names(monkeypatch)
    classroom(hall, seed=None).run()
    first, before = Records(hall, SET).run(), scores(hall)
    classroom(hall, seed=first.seed + 1, students=("ben",)).run()
    assert Records(hall, SET).run() == first
    seen.clear()
    classroom(hall, seed=None).run()
    assert (seen, scores(hall)) == (["ben"], before)


def test_students_are_chosen_by_name_or_pattern(hall, monkeypatch):
    seen = graded_names(monkeypatch)
    classroom(hall, students=("b*", "dee"), without=("dee",)).run()
    assert seen == ["ben"]
    with pytest.raises(Trouble, match=r"Nobody called 'bem' has handed in tiny; 4 others have\. Did you mean ben\?"):
        classroom(hall, students=("bem",)).run()


def test_a_folder_called_like_a_pattern_does_not_stand_for_all(hall, monkeypatch):
    hand_in(hall, "*", "right")
    hand_in(hall, "[ada]", "right")  # nbgrader would write no feedback page
    hand_in(hall, "new\nline", "right")
    seen, heard = graded_names(monkeypatch), Heard()
    assert classroom(hall, heard, students=("*",)).run().left_out == 3
    assert seen == NAMES
    said = [line.split(":")[0] for line in heard.said if "left out" in line]
    assert said == ["* was left out", "[ada] was left out", "new line was left out"]


def test_nothing_to_grade_is_told(root):
    with pytest.raises(Trouble, match=r"Nobody has handed in tiny"):
        classroom(root).run()
    with pytest.raises(Trouble, match=r"There is no .*ps9\.ipynb\. Problem sets with a notebook there: tiny.*course build"):
        classroom(root, assignment="ps9").run()


@pytest.mark.parametrize(("step", "command"), [("solutions", "build"), ("assignments", "release")])
@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", "\udcff"])
def test_a_damaged_notebook_of_the_course_is_no_students_fault(hall, step, command, text):
    (hall / step / "tiny" / "tiny.ipynb").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(
        Trouble, match=rf"{step}/tiny/tiny\.ipynb is no notebook \(\w+\)\. Make it again: python -m pgmkit\.course {command}\."
    ):
        classroom(hall).run()


def test_a_worker_that_dies_costs_its_own_submission_only(hall, tmp_path):
    hand_in(hall, "eva", "die")
    hand_in(hall, "fay", "raise")
    hand_in(hall, "gus", f"die once:{tmp_path / 'died'}")
    heard = Heard()
    summary = classroom(hall, heard).run()
    assert (summary.graded, summary.refused, summary.failed) == (5, 2, [])
    refused = {line.split(" was refused: ")[0]: line for line in heard.said}
    assert set(refused) == {"eva", "fay"}
    assert "Grading it failed twice. The first time: its worker process ended with signal 9" in refused["eva"]
    assert "RuntimeError: the grader has a fault" in refused["fay"]
    assert scores(hall)["eva"] == dict.fromkeys(POINTS, 0.0)


def test_a_worker_that_gives_no_answer_is_replaced(hall, monkeypatch):
    monkeypatch.setattr(workers, "SLACK", (0.0, 0.5))
    heard = Heard()
    summary = classroom(hall, heard, how=Work(astray, nothing, nothing, ())).run()
    assert (summary.graded, summary.refused, summary.failed) == (2, 1, ["cai"])
    assert not summary.complete
    assert any("gave no answer" in line for line in heard.said)
    assert any("cai could not be graded, which is a fault of pgmkit: RuntimeError: always" in line for line in heard.said)
    again = classroom(hall).run()
    assert (again.graded, again.already) == (1, 3)


def test_no_cage_stops_the_run_and_counts_against_nobody(hall):
    with pytest.raises(Trouble, match="the cage is broken"):
        classroom(hall, how=Work(no_cage, nothing, nothing, ())).run()
    assert scores(hall) == {}


def test_names_that_no_gradebook_holds_are_left_out_with_a_reason(hall):
    for name in ("\udcff", "n" * 150, "x\x1b[31m"):
        hand_in(hall, name)
    heard = Heard()
    summary = classroom(hall, heard).run()
    assert (summary.graded, summary.left_out) == (5, 2)
    assert summary.complete
    assert any("not valid UTF-8" in line for line in heard.said) and any("longer than" in line for line in heard.said)
    assert not any("\x1b" in line or "\udcff" in line for line in heard.said)


def test_a_student_whom_the_gradebook_does_not_know_needs_leave_to_be_added(hall):
    summary = classroom(hall, create=False).run()
    assert (summary.graded, summary.left_out) == (0, 4)


@pytest.mark.parametrize("content", ["soon", "", "9" * 900, "2026-13-45", "\0", "1e400 UTC", "12 12 12 +99999999999"])
def test_a_date_that_is_none_is_told_and_ignored(hall, content):
    hand_in(hall, "ada", timestamp=content)
    heard = Heard()
    assert classroom(hall, heard, students=("ada",)).run().graded == 1
    assert not (hall / "autograded" / "ada" / SET / "timestamp.txt").exists()
    assert [line for line in heard.said if "timestamp.txt holds no date" in line] or not content


@pytest.mark.parametrize("kind", ["link", "device", "pipe", "large", "binary", "folder"])
def test_a_timestamp_that_is_no_plain_text_is_told_and_ignored(hall, kind, tmp_path):
    path = hall / "submitted" / "ada" / SET / "timestamp.txt"
    (tmp_path / "date").write_text("2026-11-20")
    match kind:
        case "link":
            path.symlink_to(tmp_path / "date")
        case "device":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case "large":
            path.write_text("2026-11-20" + " " * 5000)
        case "binary":
            path.write_bytes(b"\xff\xfe")
        case "folder":
            path.mkdir()
    heard = Heard()
    assert classroom(hall, heard, students=("ada",)).run().graded == 1
    assert any("timestamp.txt" in line for line in heard.said)
    assert not (hall / "autograded" / "ada" / SET / "timestamp.txt").exists()


def test_links_in_the_way_of_results_are_not_followed(hall, tmp_path):
    victim = tmp_path / "victim"
    (victim / SET).mkdir(parents=True)
    (victim / SET / f"{SET}.ipynb").write_text("mine")
    (hall / "autograded" / "ben").mkdir(parents=True)
    (hall / "autograded" / "ada").symlink_to(victim)
    (hall / "autograded" / "ben" / SET).symlink_to(victim / SET)
    (hall / "autograded" / "ben" / f".{SET}.new").symlink_to(victim / SET)
    (hall / "autograded" / "cai").write_text("a file where a folder belongs")
    assert classroom(hall).run().graded == len(NAMES)
    assert [path.read_text() for path in victim.rglob("*.ipynb")] == ["mine"]
    assert not any(path.is_symlink() for path in (hall / "autograded").rglob("*"))


def test_a_full_disk_stops_the_run_with_one_line_and_a_rerun_goes_on(hall, monkeypatch):
    seen, keep = graded_names(monkeypatch), autograded.write

    def full(path, content, mode):
        if "cai" in str(path):
            raise OSError(28, "No space left on device", str(path))
        keep(path, content, mode)

    monkeypatch.setattr(autograded, "write", full)
    with pytest.raises(Trouble, match=r"^Grading failed at .*cai.*: No space left on device\. The disk is full\. Make room") as told:
        classroom(hall).run()
    assert "\n" not in str(told.value)
    assert sorted(scores(hall)) == ["ada", "ben"]
    assert not list((hall / "autograded").rglob("*.new"))
    monkeypatch.setattr(autograded, "write", keep)
    summary = classroom(hall).run()
    assert (summary.graded, summary.already, seen) == (2, 2, ["ada", "ben", "cai", "cai", "dee"])


def test_a_crash_between_two_renames_is_mended(hall):
    classroom(hall).run()
    folder = hall / "autograded" / "ada" / SET
    folder.rename(folder.with_name(f".{SET}.old"))
    folder.with_name(f".{SET}.new").mkdir()
    classroom(hall).run()
    assert [path.name for path in folder.parent.iterdir()] == [SET]


def run(root):
    """A grading run in a process of its own."""
    classroom(root, workers=2).run()


def started_by(pid):
    """A process and all that it and those below it have started."""
    try:
        process = psutil.Process(pid)
        return {pid} | {child.pid for child in process.children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def eventually(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def run_with_threads(root):
    """The same in a process that has several threads, as a server has: its workers are forks of another process."""
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    run(root)


@pytest.mark.parametrize(("how", "start"), [(9, run), (9, run_with_threads), (signal.SIGTERM, run), (signal.SIGINT, run)])
def test_a_run_that_is_killed_leaves_no_process_and_no_lock(hall, server, how, start):
    hand_in(hall, "ada", "sleep:60")
    hand_in(hall, "ben", "sleep:60")
    running = server.Process(target=start, args=(hall,))
    running.start()
    try:
        assert eventually(lambda: len(started_by(running.pid)) >= 3, 60)
        time.sleep(1.0)
        team = started_by(running.pid)
        os.kill(running.pid, how)
        running.join(10)
        assert eventually(lambda: not any(alive(pid) for pid in team))
    finally:
        running.kill()
        running.join()
    with Records(hall, SET).lock():
        pass


def alive(pid):
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_record_can_be_read_by_people(hall):
    classroom(hall, students=("ada",)).run()
    found = json.loads(Records(hall, SET).path("ada").read_text())
    assert found["graded"]["student"] == "ada"
    assert "seed" not in found

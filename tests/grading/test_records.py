import json
import os
import subprocess
import sys

import pytest
from fakes import SET
from ledger import rows_of

from pgmkit.grading.run.records import Record, Records, course_fingerprint
from pgmkit.grading.trouble import Trouble, explained, plain
from pgmkit.grading.units import Graded

GRADED = Graded(SET, "ada", "{}", {"check-add": 1.5}, {"add": "one too many"}, ("a cell came back",), "", ("half",), {"cells": 0.5})
AWKWARD = [
    "ADA",
    "Ada",
    "ada.",
    "..",
    "run",
    "lock",
    "con",
    "a" * 120,
    "ä" * 60,
    "x/y",
    "*",
    "-rf",
    "a\nb",
    ".hidden",
    "ada.json",
    "\udcff",
]


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path, SET)


def record(student="ada", **changes):
    fields = {"run": "r", "submission": "s", "course": "c", "beside": {"timestamp.txt": "2026-11-20"}}
    return Record(Graded.from_json(GRADED.to_json().replace('"ada"', json.dumps(student))), **fields | changes)


def test_a_record_comes_back_as_it_was(records):
    records.write(record())
    assert records.read("ada") == record()
    assert list(records.all()) == [record()]


def test_every_name_has_a_file_of_its_own_inside_the_folder(records):
    names = ["ada", *AWKWARD]
    paths = [records.path(name) for name in names]
    assert {path.parent for path in paths} == {records.folder / "students"}
    assert len({path.name.lower() for path in paths}) == len(names)
    for name in names:
        records.write(record(name))
    assert [records.read(name).graded.student for name in names] == names
    assert len(list(records.all())) == len(names)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"graded": 1}', '{"graded": {}, "run": 1}', "\0"])
def test_a_damaged_record_counts_as_none(records, text):
    records.write(record())
    records.path("ada").write_text(text)
    assert records.read("ada") is None
    assert list(records.all()) == []


def test_a_write_that_fails_leaves_the_old_record_and_no_part_of_the_new_one(records, monkeypatch):
    records.write(record(run="old"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        records.write(record(run="new"))
    assert records.read("ada").run == "old"
    assert [path.name for path in records.folder.rglob("*") if path.is_file()] == ["ada.json"]


def full(_):
    raise OSError(28, "No space left on device")


def test_a_link_in_the_way_is_replaced_and_not_followed(records, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    records.write(record())
    path = records.path("ada")
    path.unlink()
    path.symlink_to(victim)
    path.with_name("ada.json.part").symlink_to(victim)
    records.write(record())
    assert victim.read_text() == "mine"
    assert not path.is_symlink()
    assert records.read("ada") == record()


def test_one_secret_seed_for_a_run_and_a_new_one_by_force(records):
    with records.lock():
        first = records.run()
        assert records.run() == first
        forced = records.run(fresh=True)
    assert forced.seed != first.seed and forced.name != first.name
    assert records.run() == forced
    assert (records.folder / "run.json").stat().st_mode & 0o777 == 0o600
    assert records.folder.stat().st_mode & 0o777 == records.folder.parent.stat().st_mode & 0o777 == 0o700


def test_after_feedback_the_run_goes_on_with_a_new_seed(records, tmp_path):
    first = records.run()
    for other in ("feedback/ada/another set/page.html", "feedback/ada/timestamp.txt"):
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / other).write_text("nothing of this set")
    assert records.run() == first
    page = tmp_path / "feedback" / "ada" / SET / f"{SET}.html"
    page.parent.mkdir(parents=True)
    page.write_text("the inputs that the answer printed")
    second = records.run()
    assert second.seed != first.seed and second.name == first.name  # what is done stays done
    os.utime(page, (1, 1))
    assert records.run() == second


@pytest.mark.parametrize("text", ["{", '{"seed": "7", "name": "x"}', '{"seed": 7}'])
def test_a_damaged_run_is_told(records, text):
    with records.lock():
        (records.folder / "run.json").write_text(text)
        with pytest.raises(Trouble, match=r"run\.json is damaged\. Remove it"):
            records.run()


HOLD = """
import sys, time
from pathlib import Path
from pgmkit.grading.run.records import Records
with Records(Path(sys.argv[1]), "tiny").lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_grades_and_a_killed_run_holds_nothing(records, tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        (records.folder / "left.part").touch()
        with pytest.raises(Trouble, match=rf"tiny is being graded by .* on .* \(process {holder.pid}\) since 20") as told, records.lock():
            pass
        assert told.value.status == 2
        assert (records.folder / "left.part").exists()
    finally:
        holder.kill()
        holder.communicate()
    with records.lock():
        assert not (records.folder / "left.part").exists()


def test_a_fingerprint_tells_versions_of_the_course_apart(monkeypatch):
    assert course_fingerprint("a") == course_fingerprint("a") != course_fingerprint("b")


@pytest.mark.parametrize(("text", "shown"), [("a\x1b[2J\rb\u202ec\n d", "a?[2J b?c d"), ("ä 中 𝔸", "ä 中 𝔸"), ("x" * 9, "xxxxx...")])
def test_what_a_terminal_sees_of_foreign_text(text, shown):
    assert plain(text, 8 if "x" in text else 300) == shown


def test_what_the_system_refuses_becomes_one_line(tmp_path):
    wanted = r"^Grading failed at .*there: No space left on device\. The disk is full\. Make room"
    with pytest.raises(Trouble, match=wanted) as told, explained("Grading", tmp_path / "there"):
        full(0)
    assert "\n" not in str(told.value)


def test_rows_of_a_gradebook_hold_no_drawn_ids(root):
    found = rows_of(root / "gradebook.db")
    assert any("check-add" in row for row in found["base_cell"])

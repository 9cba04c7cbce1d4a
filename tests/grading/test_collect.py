"""Folders as they are handed in, by accident and on purpose: what is read, what is left out, and what is said about it."""

import json
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pgmkit.grading.submission.collect import collect, fingerprint, students
from pgmkit.grading.units import Job

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
CLEAR = " Clear its outputs, save it, and hand it in again."
NONE = "There is no ps2.ipynb and no other notebook. Hand in the file ps2.ipynb itself, not packed and not converted."


@pytest.fixture
def submitted(tmp_path) -> Path:
    """The folder of all submissions; outside of it lies a secret."""
    (tmp_path / "secret.ipynb").write_bytes(b"secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ps2.ipynb").write_bytes(b"secret")
    (tmp_path / "submitted" / "ada" / "ps2").mkdir(parents=True)
    return tmp_path / "submitted"


@pytest.fixture
def folder(submitted) -> Path:
    return submitted / "ada" / "ps2"


def fill(folder: Path, *names: str, data: bytes = NOTEBOOK) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def collected(submitted: Path) -> Job:
    job = collect(submitted, "ps2", "ada")
    assert (job.assignment, job.student) == ("ps2", "ada")
    assert (job.notebook is None) == bool(job.refused)
    assert b"secret" not in b"".join([job.notebook or b"", *job.files.values()])
    return job


def test_a_plain_submission_needs_no_word(submitted, folder):
    fill(folder, "ps2.ipynb")
    fill(folder, "data/numbers.txt", "answers.py", data=b"x = 1")
    fill(folder, "timestamp.txt", ".hidden", ".ipynb_checkpoints/ps2-checkpoint.ipynb", "__pycache__/a.pyc", "b.pyc", data=b"no")
    job = collected(submitted)
    assert job == Job("ps2", "ada", NOTEBOOK, files={"answers.py": b"x = 1", "data/numbers.txt": b"x = 1"})


@pytest.mark.parametrize(
    "name", ["PS2.ipynb", "ps2 (1).ipynb", "ps2-Copy1.ipynb", "homework.ipynb", "Ps2.IPYNB", "ps2/ps2.ipynb", "a/b/c/my work.ipynb"]
)
def test_the_only_notebook_is_taken_under_any_name(submitted, folder, name):
    fill(folder, name)
    job = collected(submitted)
    assert job.notebook == NOTEBOOK
    assert job.repairs == (f"ps2.ipynb was handed in as {name}.",)


def test_files_beside_a_notebook_in_a_folder_stay_beside_it(submitted, folder):
    fill(folder, "mine/ps2.ipynb")
    fill(folder, "mine/answers.py", "mine/data/a.txt", "b.txt", data=b"1")
    assert collected(submitted).files == {"answers.py": b"1", "data/a.txt": b"1", "b.txt": b"1"}


def test_the_right_name_wins_and_the_others_are_said(submitted, folder):
    fill(folder, "ps2.ipynb")
    fill(folder, "PS2.ipynb", "ps2-Copy1.ipynb", "old/ps2.ipynb", data=b"other")
    job = collected(submitted)
    assert job.notebook == NOTEBOOK
    assert job.repairs == tuple(
        f"{name} was not looked at: ps2.ipynb was graded." for name in ("PS2.ipynb", "old/ps2.ipynb", "ps2-Copy1.ipynb")
    )


def test_a_name_that_differs_only_in_case_wins(submitted, folder):
    fill(folder, "PS2.ipynb")
    fill(folder, "scratch.ipynb", data=b"other")
    job = collected(submitted)
    assert job.notebook == NOTEBOOK
    assert job.repairs[0] == "ps2.ipynb was handed in as PS2.ipynb."


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], NONE),
        (["ps2.py", "ps2.html", "ps2.ipynb.zip"], NONE),
        (["a.ipynb", "b.ipynb"], "There is no ps2.ipynb but 2 other notebooks. Nobody knows which one counts: hand in ps2.ipynb alone."),
        (["ps2 (1).ipynb", "ps2 (2).ipynb", "ps2-Copy1.ipynb"], "There is no ps2.ipynb but 3 other notebooks"),
    ],
)
def test_none_or_several_notebooks_are_refused(submitted, folder, names, reason):
    fill(folder, *names)
    assert collected(submitted).refused.startswith(reason)


def test_links_are_not_followed(submitted, folder):
    (folder / "ps2.ipynb").symlink_to("../../../secret.ipynb")
    (folder / "more").symlink_to("../../../secrets")
    (folder / "answers.py").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to("loop")
    job = collected(submitted)
    assert job.refused == NONE
    assert job.files == {}
    names = ["answers.py", "loop", "more", "ps2.ipynb"]
    assert job.repairs == tuple(f"{name} is a link, which is not followed; it was left out." for name in names)


def test_a_link_beside_a_notebook_costs_only_itself(submitted, folder):
    fill(folder, "ps2 (1).ipynb")
    (folder / "ps2.ipynb").symlink_to("../../../secret.ipynb")
    assert collected(submitted).notebook == NOTEBOOK


@pytest.mark.parametrize("which", ["ada", "ada/ps2"])
def test_a_folder_that_is_a_link_is_refused(submitted, which, tmp_path):
    (submitted / "ada" / "ps2").rmdir()
    if which == "ada":
        (submitted / "ada").rmdir()
        (tmp_path / "elsewhere" / "ps2").mkdir(parents=True)
        (submitted / "ada").symlink_to(tmp_path / "elsewhere")
    else:
        (submitted / "ada" / "ps2").symlink_to(tmp_path / "secrets")
    assert collected(submitted).refused == f"The folder {Path(which).name} is a link, which is not followed."
    assert students(submitted, "ps2") == ["ada"]


def test_no_folder_but_something_else(submitted, folder):
    folder.rmdir()
    assert collected(submitted).refused == "The folder ps2 is not there."
    folder.write_bytes(NOTEBOOK)
    assert collected(submitted).refused == "The folder ps2 is a file."
    folder.unlink()
    os.mkfifo(folder)
    assert collected(submitted).refused == "The folder ps2 is a device, a pipe or a socket."
    assert students(submitted, "ps2") == ["ada"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "../ada"])
def test_a_name_that_leads_elsewhere_is_refused(submitted, name):
    assert collect(submitted, "ps2", name).refused.endswith("is no name of a folder.")
    assert collect(submitted, name, "ada").refused.endswith("is no name of a folder.")


def test_a_name_that_no_folder_can_have(submitted):
    assert collect(submitted, "ps2", "a" * 400).refused.endswith("is not there.")


def test_pipes_and_sockets_are_not_opened(submitted, folder, monkeypatch):
    os.mkfifo(folder / "ps2.ipynb")
    os.mkfifo(folder / "data.txt")
    monkeypatch.chdir(folder)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("talk")
        begin = time.monotonic()
        job = collected(submitted)
    assert time.monotonic() - begin < 5
    assert job.refused == NONE
    assert job.repairs == tuple(f"{name} is a device, a pipe or a socket; it was left out." for name in ("data.txt", "ps2.ipynb", "talk"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(submitted, folder):
    fill(folder, "ps2.ipynb", "a.txt")
    (folder / "a.txt").chmod(0)
    assert collected(submitted).repairs == ("a.txt may not be read; it was left out.",)
    (folder / "ps2.ipynb").chmod(0)
    assert collected(submitted).refused == "ps2.ipynb may not be read."


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as stream:
        stream.truncate(size)


def test_a_large_notebook_is_refused_unread(submitted, folder):
    sparse(folder / "ps2.ipynb", 10**12)
    begin = time.monotonic()
    assert collected(submitted).refused == f"ps2.ipynb is too large: 1000000.0 MB.{CLEAR}"
    assert time.monotonic() - begin < 5
    sparse(folder / "ps2.ipynb", 50_000_001)
    assert collected(submitted).refused == f"ps2.ipynb is too large: 50.0 MB.{CLEAR}"


def test_side_files_have_limits(submitted, folder):
    fill(folder, "ps2.ipynb")
    for i in range(6):
        sparse(folder / f"big{i}.bin", 4_000_000)
    sparse(folder / "huge.bin", 5_000_001)
    job = collected(submitted)
    assert sorted(job.files) == [f"big{i}.bin" for i in range(5)]
    assert job.repairs == (
        "big5.bin is too large: 4.0 MB; it was left out.",
        "huge.bin is too large: 5.0 MB; it was left out.",
    )


def test_many_side_files(submitted, folder):
    fill(folder, "ps2.ipynb")
    fill(folder, *(f"f{i:03}.txt" for i in range(70)), data=b"1")
    job = collected(submitted)
    assert len(job.files) == 50
    assert job.repairs[0] == "f050.txt is more than the 50 files that are allowed; it was left out."
    assert job.repairs[-1] == "... and 12 more like these."


def test_of_an_endless_folder_the_notebook_is_found(submitted, folder, monkeypatch):
    monkeypatch.setattr("pgmkit.grading.submission.collect.MOST_ENTRIES", 40)
    fill(folder, *(f"a{i}" for i in range(400)), data=b"")
    fill(folder, "ps2.ipynb")
    job = collected(submitted)
    assert job.notebook == NOTEBOOK
    assert len(job.files) <= 40
    assert job.repairs == ("What follows in the folder comes after more than 40 entries; it was left out.",)


def test_deep_folders_are_left_out(submitted, folder):
    fill(folder, "ps2.ipynb")
    fill(folder, "a/b/c/d/four.txt", data=b"4")
    fill(folder, "a/b/c/d/e/five.txt", data=b"5")
    job = collected(submitted)
    assert job.files == {"a/b/c/d/four.txt": b"4"}
    assert job.repairs == ("a/b/c/d/e lies too deep; it was left out.",)


@pytest.mark.parametrize("name", ["a\nb.txt", "a\x1b[31m.txt", "a\\b.txt", b"\xff.txt", "a\u202etxt.py", "a" * 201])
def test_odd_names_are_left_out(submitted, folder, name):
    fill(folder, "ps2.ipynb")
    fill(folder, os.fsdecode(name), data=b"1")
    job = collected(submitted)
    assert job.files == {}
    (repair,) = job.repairs
    assert repair.endswith("has a name that is too long or holds odd characters; it was left out.")
    assert repair.isprintable()
    repair.encode()


def test_students_are_all_who_have_something(submitted, folder, tmp_path):
    for name in ("bob", "cyd", "dan", ".hidden"):
        (submitted / name).mkdir()
    (submitted / "bob" / "ps2").symlink_to(tmp_path / "secrets")
    (submitted / "cyd" / "ps2").write_bytes(b"")
    (submitted / "dan" / "ps1").mkdir()
    (submitted / ".hidden" / "ps2").mkdir()
    (submitted / "list.csv").write_bytes(b"")
    assert students(submitted, "ps2") == ["ada", "bob", "cyd"]
    assert students(tmp_path / "nothing", "ps2") == []


def test_a_fingerprint_tells_every_difference():
    job = Job("ps2", "ada", b"1", files={"a": b"2", "b": b"3"}, repairs=("r",))
    others = [
        replace(job, assignment="ps3"),
        replace(job, student="bob"),
        replace(job, notebook=b""),
        replace(job, notebook=None),
        replace(job, files={"a": b"3", "b": b"2"}),
        replace(job, files={"a": b"23", "b": b""}),
        replace(job, files={"ab": b"2"}),
        replace(job, repairs=()),
        replace(job, repairs=("r", "r")),
        replace(job, repairs=(), refused="r"),
        replace(job, student="\udcff"),
    ]
    assert fingerprint(job) == fingerprint(replace(job, files={"b": b"3", "a": b"2"}))
    assert len({fingerprint(one) for one in [job, *others]}) == len(others) + 1

import os
import sqlite3
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from pgmkit.grading import doctor
from pgmkit.grading.doctor import BAD, NOTE, OK, Line, bubblewrap, cage, closed_because, gradebook, main, packages, room, verdict, works

ROOT = Path(__file__).parents[2]


def program(folder, name, prints):
    """A program that prints a line."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_any_package_it_says_so():
    """Python alone, no site-packages: every line is there, and the status is 1."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from pgmkit.grading.doctor import main; sys.exit(main(Path('.')))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == 1, done.stderr
    assert "FAIL torch            missing" in done.stdout
    assert "note jupyterlab       missing" in done.stdout
    assert done.stdout.rstrip().endswith("see the lines marked FAIL.")


def test_every_failure_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(doctor, "version", lambda name: "")
    found = [*packages(), bubblewrap(), cage(), doctor.browser()]
    assert {line.what for line in found if line.mark == BAD} >= {"torch", "nbgrader", "bubblewrap", "cage"}
    assert all(line.advice for line in found if line.mark in (BAD, NOTE))
    assert not works(found)


def test_another_version_than_the_pinned_one_is_noted(monkeypatch):
    monkeypatch.setattr(doctor, "pinned", lambda: {"nbgrader": "0.9.6"})
    monkeypatch.setattr(doctor, "version", lambda name: "0.9.6+local" if name == "torch" else "0.9.5")
    line = next(line for line in packages() if line.what == "nbgrader")
    assert (line.mark, line.found) == (NOTE, "0.9.5")
    assert "tested with 0.9.6" in line.advice


def test_pins_are_those_of_the_project():
    assert doctor.pinned()["nbgrader"] == metadata.version("nbgrader")


@pytest.mark.parametrize(("prints", "mark"), [("bubblewrap 0.6.2", BAD), ("bubblewrap 0.7.0", OK), ("bubblewrap 1.0", OK)])
def test_old_bubblewrap(monkeypatch, tmp_path, prints, mark):
    program(tmp_path, "bwrap", prints)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert (bubblewrap().mark, bubblewrap().found) == (mark, prints.split()[1])


@pytest.mark.parametrize(
    ("knob", "value", "advice"),
    [
        ("kernel/unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "max_user_namespaces=15000"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "Ubuntu 24.04"),
    ],
)
def test_what_closes_user_namespaces_is_named(monkeypatch, tmp_path, knob, value, advice):
    path = tmp_path / "sys" / knob
    path.parent.mkdir(parents=True)
    path.write_text(f"{value}\n", encoding="utf-8")
    monkeypatch.setattr(doctor, "PROC", tmp_path)
    monkeypatch.setattr(doctor, "in_container", lambda: False)
    assert advice in closed_because()


def test_containers_and_other_systems(monkeypatch):
    monkeypatch.setattr(doctor, "knob", lambda name: "")
    monkeypatch.setattr(doctor, "in_container", lambda: True)
    assert "--security-opt" in closed_because()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Linux" in closed_because()


def test_gradebooks(tmp_path):
    assert gradebook(tmp_path).mark == OK
    book = sqlite3.connect(tmp_path / "gradebook.db", isolation_level=None)
    book.execute("CREATE TABLE grade (x)")
    assert gradebook(tmp_path).found == "writable"
    book.execute("BEGIN IMMEDIATE")
    line = gradebook(tmp_path)
    assert (line.mark, line.found) == (BAD, "database is locked")
    book.close()
    (tmp_path / "gradebook.db").write_text("no database, but long enough to be looked at\n" * 100, encoding="utf-8")
    assert gradebook(tmp_path).mark == BAD


def test_room_is_measured(tmp_path):
    found = {line.what: line for line in room(tmp_path)}
    assert float(found["disk"].found.split()[0]) > 0
    assert int(found["processors"].found) >= 1


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(tmp_path / "nowhere") == 1
    assert "nowhere is not there" in capsys.readouterr().out


def test_the_closing_sentence():
    assert verdict([Line(OK, "a", "1"), Line(NOTE, "b", "missing", "x")]) == "Grading works here."
    assert str(Line(BAD, "torch", "missing", "Install it.")) == "FAIL torch            missing\n     -> Install it."

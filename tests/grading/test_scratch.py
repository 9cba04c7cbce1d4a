"""What a killed run leaves in the temporary folder is removed by the next one, and nothing else is."""

import os
import subprocess
import sys
import tempfile

from pgmkit.grading.caged.scratch import PREFIX, scratch, sweep


def test_only_folders_of_processes_that_are_gone_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, mine = tmp_path / f"{PREFIX}{gone.pid}-abc", scratch()
    (left / "deep").mkdir(parents=True)
    others = [tmp_path / "pgmkit-notes", tmp_path / f"{PREFIX}word-abc"]
    for folder in others:
        folder.mkdir()
    (tmp_path / f"{PREFIX}{gone.pid}-link").symlink_to(others[0])
    sweep()
    assert not left.exists() and mine.is_dir() and all(folder.is_dir() for folder in others)
    assert str(os.getpid()) in mine.name


def test_a_folder_that_another_run_removes_meanwhile_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(type(tmp_path), "glob", lambda folder, pattern: [tmp_path / f"{PREFIX}1-gone"])
    sweep()

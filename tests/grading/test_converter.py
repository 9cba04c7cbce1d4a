"""nbgrader's command, its API and the formgrader's button end up in the grading run."""

import logging
import os
import subprocess
import sys
import threading
from contextlib import chdir

import pytest
from fakes import FAKE, SET, config_of, hand_in
from ledger import rows_of
from nbgrader.apps import NbGraderAPI, api, autogradeapp
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from typer.testing import CliRunner

from pgmkit.course.__main__ import app
from pgmkit.grading import command
from pgmkit.grading.converter import CagedAutograde, install
from pgmkit.grading.run import classroom
from pgmkit.grading.run.records import Records
from pgmkit.grading.trouble import Trouble

NAMES = ["ada", "ben", "cai"]


@pytest.fixture(autouse=True)
def put_back(monkeypatch):
    """nbgrader's own converter is put back after each test."""
    for module in (api, autogradeapp):
        monkeypatch.setattr(module, "Autograde", module.Autograde)


@pytest.fixture
def hall(root, monkeypatch):
    """The little course with a configuration, three submissions and the fake grader."""
    monkeypatch.setattr(classroom, "Work", lambda: FAKE)
    for name in NAMES:
        hand_in(root, name)
    (root / "nbgrader_config.py").write_text(f"""
from pgmkit.grading.converter import install
c = get_config()
c.CourseDirectory.update(
    root={str(root)!r}, course_id="tiny course", source_directory="solutions", release_directory="assignments"
)
c.CagedAutograde.workers = 2
install()
""")
    return root


def autograde(root, *arguments):
    """`nbgrader autograde`, in this process."""
    with chdir(root):
        app = autogradeapp.AutogradeApp()
        app.initialize([SET, *arguments])
        handlers = list(app.log.handlers)
        try:
            app.start()
        finally:
            for handler in set(app.log.handlers) - set(handlers):
                handler.close()


def converter(root, **traits):
    config = config_of(root)
    return CagedAutograde(coursedir=CourseDirectory(config=config), config=config, **traits)


def students(root):
    return {record.graded.student: record.run for record in Records(root, SET).all()}


def test_the_command_grades_the_class_one_student_or_again(hall):
    autograde(hall, "--student=ben")
    assert list(students(hall)) == ["ben"]
    autograde(hall)
    first = students(hall)
    assert list(first) == NAMES
    autograde(hall)
    assert students(hall) == first
    autograde(hall, "--force")
    second = students(hall)
    assert len({*first.values(), *second.values()}) == 2


def test_an_unknown_student_ends_the_command_with_status_1(hall, caplog):
    with pytest.raises(SystemExit) as ended:
        autograde(hall, "--student=nobody")
    assert ended.value.code == 1


def test_the_api_grades_and_returns_its_log(hall):
    from pgmkit.course.configured import configuration
    from pgmkit.course.paths import Course

    with chdir(hall):
        nbgrader = NbGraderAPI(config=configuration(Course(hall)))
        hand_in(hall, "eva", "repair")
        good = nbgrader.autograde(SET, "eva")
        bad = nbgrader.autograde(SET, "nobody")
    assert good["success"] and "eva was repaired: a cell was put back" in good["log"]
    assert "1 graded (1 of them repaired)" in good["log"]
    assert not bad["success"] and "Nobody called 'nobody' has handed in tiny" in bad["log"]
    assert list(students(hall)) == ["eva"]


def test_a_process_with_threads_grades_too(hall):
    """A server has threads; its workers come from a process of their own."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        summary = converter(hall, workers=2).grade(seed=7)
    finally:
        done.set()
        thread.join()
    assert summary.graded == 3


def test_options_of_nbgrader_are_honoured(hall):
    made = converter(hall, create_student=False)
    made.coursedir.student_id_exclude = "ada,cai"
    summary = made.grade()
    assert (summary.graded, summary.left_out) == (0, 1)
    made.create_student = True
    assert made.grade().graded == 1
    assert list(students(hall)) == ["ben"]


def test_hooks_run_before_and_after(hall):
    said = []
    made = converter(hall)
    made.pre_convert_hook = lambda **about: said.append(("before", about["assignment"], len(students(hall))))
    made.post_convert_hook = lambda **about: said.append(("after", about["assignment"], len(students(hall))))
    made.start()
    assert said == [("before", SET, 0), ("after", SET, 3)]


def test_what_has_no_meaning_here_is_said(hall, caplog):
    made = converter(hall)
    made.config.Execute.enabled = False
    made.coursedir.notebook_id = "p1"
    made.log = logging.getLogger("told")
    with caplog.at_level(logging.WARNING, "told"):
        made.start()
    assert "--no-execute is ignored" in caplog.text and "--notebook is ignored" in caplog.text


def test_trouble_is_an_exception_of_nbgraders_and_one_line_of_log(hall, caplog):
    (hall / "gradebook.db").chmod(0o444)
    made = converter(hall)
    made.log = logging.getLogger("told")
    with caplog.at_level(logging.ERROR, "told"), pytest.raises(NbGraderException, match="It is read-only"):
        made.start()
    assert len(caplog.records) == 1


def test_installing_twice_is_installing_once():
    install()
    install()
    assert api.Autograde is autogradeapp.Autograde is CagedAutograde


def test_the_terminal_shows_problems_and_the_summary(hall, capsys):
    from pgmkit.course.paths import Course

    hand_in(hall, "eva", "die")
    assert command.grade(Course(hall), SET, workers=2, cage=False) == 0
    shown = capsys.readouterr()
    assert "eva was refused: Grading it failed twice" in shown.out
    assert "3 graded (0 of them repaired), 1 refused, 0 already done" in shown.out
    assert "every submission runs with your rights" in shown.err
    assert command.grade(Course(hall), SET, students=("nobody",)) == 1
    assert "Nobody called 'nobody'" in capsys.readouterr().err


def test_two_instructors_at_once_second_is_told_with_status_2(hall, capsys):
    from pgmkit.course.paths import Course

    with Records(hall, SET).lock():
        assert command.grade(Course(hall), SET) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("tiny is being graded by ") and "\n" not in told
    assert rows_of(hall / "gradebook.db")["submitted_assignment"] == []


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), Trouble("no", 1)])
def test_a_run_that_is_stopped_says_how_to_go_on(hall, capsys, monkeypatch, stopped):
    from pgmkit.course.paths import Course

    def stop(*_):
        raise stopped

    monkeypatch.setattr(classroom.Classroom, "keep", stop)
    assert command.grade(Course(hall), SET) == (130 if isinstance(stopped, KeyboardInterrupt) else 1)
    assert capsys.readouterr().err.strip().endswith(("it goes on from here.", "no"))


def test_a_setting_of_a_wrong_kind_is_told_in_a_sentence(hall):
    with (hall / "nbgrader_config.py").open("a") as config:
        config.write('c.CagedAutograde.workers = "two"\n')
    shown = CliRunner().invoke(app, ["grade", SET, "--root", str(hall)])
    assert shown.exit_code == 1
    assert "'workers' trait of a CagedAutograde instance expected an int, not the str 'two'" in shown.output


def test_the_courses_command_knows_its_options():
    shown = subprocess.run(
        [sys.executable, "-m", "pgmkit.course", "grade", "--help"],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
    ).stdout
    for option in ("--student", "--force", "--resume", "--workers", "--scheduler", "--timeout", "--memory", "--no-cage", "--seed"):
        assert option in shown, shown

import json
import re
from html import unescape

import pytest
from a_class import SET, TITLES, Pupil, class_in
from test_feedback import Elements, is_harmless

from pgmkit.checks.judge import NOT_ATTEMPTED
from pgmkit.grading.results.marks import Earned, Mark
from pgmkit.grading.results.report import nameless, report, report_page
from pgmkit.grading.trouble import Trouble
from pgmkit.grading.units import Graded

EXERCISES = {"check-critic_loss": 3.0, "check-<b>": 2.0}


def pupil(i, score=3.0):
    return Mark(f"s{i}", submitted=True, exercises={"check-critic_loss": Earned(score, 3.0), "check-<b>": Earned(2.0, 2.0)})


def record(i, title="", source="", **more):
    cells = [{"metadata": {"nbgrader": {"grade_id": "critic_loss"}}, "source": source}]
    mistakes = {"critic_loss": title} if title else {}
    return Graded(SET, f"s{i}", json.dumps({"cells": cells}), {}, mistakes, seconds={"cells": 1.0 + i}, **more)


def rows_of(page):
    """The text of a page as one line, a blank between cells."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub("</?(?!span)[^>]*>", " ", re.sub("</?span[^>]*>", "", body))).split())


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    pupils = [Pupil("ada", share=0.4), Pupil("bob", share=0.6), Pupil("eve", refused="It is <no> notebook."), Pupil("zed", submitted=False)]
    return class_in(tmp_path_factory.mktemp("class"), pupils)


def test_the_report_of_a_class(course):
    page = report(course, SET).read_text(encoding="utf-8")
    is_harmless(page)
    text = rows_of(page)
    assert "3 of 4 students handed in" in text
    assert any(title in text for title in TITLES)
    assert "eve refused It is <no> notebook." in text
    alts = [attributes["alt"] for tag, attributes in Elements(page).found if tag == "img"]
    assert [alt.split(":")[0].split(" of ")[0] for alt in alts] == ["Histogram", "Bars"]


@pytest.mark.parametrize("students", [1, 300])
def test_classes_of_any_size(students):
    marks = [pupil(i, 3.0 * (i % 4 > 0)) for i in range(1, students + 1)]
    page = report_page(SET, EXERCISES, marks, [record(i) for i in range(1, students + 1)])
    is_harmless(page)
    assert f"{students} of {students} student" in rows_of(page)


def test_the_whole_time_is_counted_once():
    seconds = {"start": 1.0, "cells": 2.0, "total": 4.0}
    page = report_page(SET, EXERCISES, [pupil(1)], [Graded(SET, "s1", '{"cells": []}', {}, seconds=seconds)])
    assert "start 1.00 1.00 1.0 cells 2.00 2.00 2.0 together 4.00 4.00 4.0" in rows_of(page)


def test_everything_is_escaped_and_counted():
    bad = "<script>alert(1)</script>"
    answers = [
        record(1, bad, "def critic_loss(a):\n    '''By s1'''\n    return a  # by s1"),
        record(2, bad),
        record(3, NOT_ATTEMPTED),
        record(4, refused=bad, repairs=(bad,)),
    ]
    page = report_page(SET, EXERCISES, [pupil(1, 0.0), pupil(2, 1.5), pupil(3), pupil(4, 0.0)], answers)
    is_harmless(page)
    text = rows_of(page)
    assert f"critic_loss {bad} Example def critic_loss(a): return a 2 67 %" in text
    assert "critic_loss 3 1.12 38 % 1 of 4 1" in text
    assert "<b> 2 2 100 % 4 of 4 0" in text
    assert f"s4 refused {bad}" in text
    assert "cells 3.50 5.00 14.0" in text
    assert "By s1" not in page
    assert "by s1" not in page


@pytest.mark.parametrize(
    "source", ["def f(:", "((" * 5000, "x = '\\d'\x00", "\n".join(["x = 1"] * 50)], ids=["broken", "deep", "null", "long"]
)
def test_no_example_of_what_cannot_be_read(source):
    assert nameless(source) == ""


def test_nobody_graded_is_a_clear_error():
    with pytest.raises(Trouble, match="nobody's ps2 is graded yet"):
        report_page(SET, EXERCISES, [Mark("ada")], [])

import re
import shutil
from html.parser import HTMLParser

import nbformat
import pytest
from a_class import PIXEL, SET, Pupil, class_in, course_in, hostile_cells
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from pgmkit.course.configured import configuration
from pgmkit.grading.results.feedback import feedback, gist
from pgmkit.grading.results.marks import marks
from pgmkit.grading.trouble import Trouble


class Elements(HTMLParser):
    """All elements of a page, and the text outside of the style sheet."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def is_harmless(page):
    """No script, no handler, nothing loaded from anywhere."""
    elements = Elements(page).found
    tags = {tag for tag, _ in elements}
    assert "<script" not in page.lower()
    assert not tags & {"script", "iframe", "object", "embed", "form", "input", "link", "base", "svg", "video", "audio"}
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert attributes.get("src", "data:image/png;base64,").startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
        assert attributes.get("href", "#").startswith("#")
        assert "url(" not in attributes.get("style", "")
    policies = [a["content"] for tag, a in elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Two students: one is careless, the other hostile."""
    careless = Pupil("ada", share=0.5, first_name="Ada", last_name="Lovelace", penalty=2.0, repairs=("A cell <b>moved</b>.",))
    course = class_in(
        tmp_path_factory.mktemp("class"), [careless, Pupil("mallory", extra=hostile_cells()), Pupil("eve", refused="It is <no> notebook.")]
    )
    folder = course.root / "autograded" / "mallory" / SET
    for name, text in {
        "evil.html": "<script>alert(1)</script>",
        "timestamp.txt": "2026-11-20 20:00:00 UTC",
        "data/a.html": "<script>",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "pgmkit") as gradebook:
        gradebook.find_comment("critic_loss", SET, SET, "ada").manual_comment = "Nicely *done* <script>x</script>"
        gradebook.find_grade("check-w1_samples", SET, SET, "ada").manual_score = 4.5
        gradebook.find_grade("check-w1_grid", SET, SET, "ada").extra_credit = 1.0
        gradebook.db.commit()
    gradebook.engine.dispose()
    feedback(course, SET)
    return course


def page_of(course, student):
    return (course.root / "feedback" / student / SET / f"{SET}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("student", ["ada", "mallory", "eve"])
def test_a_page_runs_nothing_and_loads_nothing(course, student):
    is_harmless(page_of(course, student))


def test_a_page_says_what_was_earned_and_why(course):
    text = Elements(page_of(course, "ada")).text
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "pgmkit") as gradebook:
        score = gradebook.find_submission(SET, "ada").score
    gradebook.engine.dispose()
    assert f"{SET}: {round(score - 2, 2):g} of 53 points" in text
    assert f"Handed in late: {round(score, 2):g} points, less a penalty of 2." in text
    assert "Ada Lovelace" in text
    assert "A cell <b>moved</b>." in text
    assert "Nicely done" in text
    assert "A grader set these points." in text
    assert "A grader gave 1 extra points" in text
    assert "The mean runs over the wrong dimension" in text
    assert "Look at <what> you average." in text
    assert "def critic_loss" in text
    assert "mallory" not in text


def test_a_hostile_notebook_is_shown_as_text(course):
    page = page_of(course, "mallory")
    text = Elements(page).text
    assert "x = '''<script>alert(1)</script>" in text
    assert "red   <script>alert(1)</script>" in text
    assert "\x1b" not in page
    assert "100%" in text
    assert " 10%" not in text
    assert "$x_1$" in text
    assert [a["alt"] for tag, a in Elements(page).found if tag == "img"] == ['a "figure"']
    assert PIXEL in page


def test_only_pages_lie_in_feedback(course):
    folder = course.root / "feedback" / "mallory" / SET
    assert sorted(path.name for path in folder.iterdir()) == [f"{SET}.html", "submission_secret.txt", "timestamp.txt"]
    assert (folder / "timestamp.txt").read_text(encoding="utf-8") == "2026-11-20 20:00:00 UTC"


def test_nbgrader_and_formgrader_write_the_same_pages(course):
    before = page_of(course, "ada")
    api = NbGraderAPI(config=configuration(course))
    (course.root / "feedback" / "ada" / SET / f"{SET}.html").unlink()
    result = api.generate_feedback(SET, "ada", force=True)
    assert result["success"], result
    assert page_of(course, "ada") == before


def test_a_single_student(course):
    assert feedback(course, SET, "ada") == [f"feedback/ada/{SET}/{SET}.html"]
    with pytest.raises(Trouble, match="could not write the feedback"):
        feedback(course, SET, "nobody")


def test_links_and_files_in_the_way_of_pages_are_not_followed(course, tmp_path):
    victim, pages = tmp_path / "victim", course.root / "feedback"
    (victim / SET).mkdir(parents=True)
    (victim / SET / "kept.txt").write_text("mine")
    shutil.rmtree(pages, ignore_errors=True)
    (pages / "eve").mkdir(parents=True)
    (pages / "eve" / SET).write_text("a file where a folder belongs")
    (pages / "ada").symlink_to(victim)
    assert {f"feedback/{name}/{SET}/{SET}.html" for name in ("ada", "eve")} <= set(feedback(course, SET))
    assert [path.name for path in (victim / SET).iterdir()] == ["kept.txt"]


def test_a_refused_submission_gets_a_page(course):
    text = Elements(page_of(course, "eve")).text
    assert "It is <no> notebook." in text
    assert "ps2: 0 of 53 points" in text
    assert "not graded" in text
    assert "def critic_loss" not in text


def test_no_gradebook_is_a_clear_error(tmp_path):
    course = course_in(tmp_path)
    with pytest.raises(Trouble, match="no gradebook yet"):
        marks(course, SET)
    assert not (tmp_path / "gradebook.db").exists()


def test_of_a_failure_only_what_went_wrong_is_told():
    log = "[INFO] Converting\n[ERROR] no page for ada\n[ERROR] Traceback (most recent call last):\n      File x, line 3, in write\n"
    log += "        f.write(output)\n    OSError: [Errno 28] No space left on device\n[ERROR] Please see the above traceback\n"
    assert gist(log + log) == "[ERROR] no page for ada\nOSError: [Errno 28] No space left on device"
    assert gist("something else") == "something else"


def test_texts_of_the_problem_set_are_not_repeated(course):
    release = nbformat.read(course.root / "assignments" / SET / f"{SET}.ipynb", as_version=4)
    heading = re.sub(r"^#+ ", "", release.cells[0].source.split("\n")[0])
    text = Elements(page_of(course, "ada")).text
    assert heading not in text
    assert "import torch" not in text

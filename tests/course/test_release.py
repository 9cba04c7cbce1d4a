import os

import nbformat
import pytest

from pgmkit.course.check import stale_releases
from pgmkit.course.directives import BEGIN
from pgmkit.course.paths import Course
from pgmkit.course.release import answers, configuration, leaked, release


def pairs(course):
    return [(nbformat.read(s.with_suffix(".ipynb"), as_version=4), course.released(s)) for s in course.problem_sets]


def test_what_is_committed_is_what_a_release_writes(course):
    assert stale_releases(course) == []


def test_a_second_release_changes_no_byte(copy):
    before = {path: path.read_bytes() for path in (copy.root / "assignments").rglob("*.ipynb")}
    release(copy)
    assert {path: path.read_bytes() for path in (copy.root / "assignments").rglob("*.ipynb")} == before


def test_nothing_of_an_answer_reaches_the_students(course):
    for source, released in pairs(course):
        assert len(answers(source)) > 5
        assert leaked(source, released) == []
        assert [path.name for path in released.parent.iterdir() if path.name != ".ipynb_checkpoints"] == [released.name]


@pytest.mark.parametrize("place", ["source", "markdown", "output", "metadata", "attachment", "notebook metadata", "marker", "file"])
def test_the_scan_finds_a_leak_wherever_it_is_planted(course, tmp_path, place):
    source, released = pairs(course)[0]
    book, line = nbformat.read(released, as_version=4), max(answers(source), key=len)
    code = next(cell for cell in book.cells if cell.cell_type == "code")
    text = next(cell for cell in book.cells if cell.cell_type == "markdown")
    match place:
        case "source":
            code.source += f"\n# {line}"
        case "markdown":
            text.source += f"\n`{line}`"
        case "output":
            code.outputs = [nbformat.v4.new_output("stream", text=line)]
        case "metadata":
            text.metadata["note"] = line
        case "attachment":
            text["attachments"] = {"a.txt": {"text/plain": line}}
        case "notebook metadata":
            book.metadata["note"] = line
        case "marker":
            code.source += f"\n{BEGIN}"
        case "file":
            (tmp_path / "ps1.md").write_text("answers")
    target = tmp_path / "ps1.ipynb"
    nbformat.write(book, target)
    assert leaked(source, target) != []


def test_a_folder_that_is_no_course_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no nbgrader_config\.py in .*--root"):
        Course.here(tmp_path)


def test_reading_the_configuration_changes_nothing_for_those_who_do_not_grade(course):
    before = dict(os.environ)
    config = configuration(course)
    assert dict(os.environ) == before
    assert config.CagedAutograde.cage is True

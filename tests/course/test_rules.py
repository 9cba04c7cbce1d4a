from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pgmkit.course.build import notebook
from pgmkit.course.check import broken_links, stale
from pgmkit.course.execute import execute
from pgmkit.course.paths import Course
from pgmkit.course.rules import count, faults

IMAGE = {"image/png": "aGVsbG8="}


def lecture(*cells):
    return new_notebook(cells=list(cells))


def coded(source, *outputs):
    return new_code_cell(source, outputs=list(outputs))


@pytest.mark.parametrize(
    ("book", "message"),
    [
        (lecture(new_markdown_cell("See [this]().")), "placeholder"),
        (lecture(coded("\n".join(["x = 1"] * 31))), "31 lines"),
        (lecture(coded("x", new_output("stream", name="stderr", text="careful"))), "stderr: careful"),
        (lecture(coded("x", new_output("error", ename="NameError", evalue="x", traceback=[]))), "NameError"),
        (lecture(coded("x", new_output("display_data", data=IMAGE))), "without alt text"),
        (lecture(new_markdown_cell("**Result 2.1.** A claim."), coded("print(1)")), "Result 2.1 is not followed"),
    ],
)
def test_a_fault_is_found_and_named(book, message):
    assert any(message in fault for fault in faults(book, 1.0))


def test_a_slow_lecture_is_a_fault_and_a_clean_one_has_none():
    alt = {"image/png": {"alt": "a curve"}}
    clean = lecture(
        new_markdown_cell("**Result 2.1.** A claim.\n\n$$x = 1$$"),
        coded("assert 1 + 1 == 2", new_output("display_data", data=IMAGE, metadata=alt)),
    )
    assert faults(clean, 1.0) == []
    assert "it needed 121 s of the processor" in faults(clean, 121.0)[0]
    counts = count(clean)
    assert (counts.equations, counts.figures, counts.results, counts.asserts, counts.words) == (1, 1, 1, 1, 3)


def test_a_notebook_runs_offline_and_leaves_no_live_widget(tmp_path):
    source = tmp_path / "x.md"
    fetch = "import urllib.request as r\ntry:\n    r.urlopen('http://192.0.2.1', timeout=1)\nexcept OSError as e:\n    print(e)"
    source.write_text(f"```{{code-cell}}\n{fetch}\n```\n\n```{{code-cell}}\nimport ipywidgets\nipywidgets.IntSlider()\n```\n")
    book = notebook(source)
    assert 0.1 < execute(book, tmp_path) < 60
    assert "must not use the network" in book.cells[0].outputs[0].text
    assert book.cells[1].outputs == [] and "widgets" not in book.metadata


def test_no_build_is_stale(course):
    assert stale(course) == []


def test_committed_lectures_have_no_fault(course):
    for source in course.lectures:
        book = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        assert faults(book, 0.0) == [], Path(source).name


def test_every_link_leads_somewhere(course):
    assert broken_links(course) == []


def test_a_broken_link_is_named(tmp_path):
    (tmp_path / "README.md").write_text("[here](lectures/no.ipynb), [there](https://example.org), [below](#part), [itself](README.md#part)")
    assert broken_links(Course(tmp_path)) == ["README.md links to lectures/no.ipynb, which does not exist"]

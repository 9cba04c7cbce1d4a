"""Submissions as students really hand them in: each row says what is run, in which order, and what was repaired."""

import copy
import json
import random
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from pgmkit.grading.submission.intake import Intake, notebook_of, take_in
from pgmkit.grading.units import Job

ROOT = Path(__file__).parents[2]
LETTERS = {"parallel_lines": "P", "w1_samples": "S", "w1_grid": "G"}
SHORT = 14  # cells of the first three exercises
IMPORTS, LINES, LINES_CHECK, SAMPLES, SAMPLES_CHECK, GRID, GRID_CHECK = 1, 4, 5, 8, 9, 12, 13
RIGHT = "IPpSsGg"
HELPER = "def gaps(grid):\n    return grid.diff()"
USES_HELPER = "def w1_grid(p, q, grid):\n    return ((p - q).cumsum(-1)[..., :-1].abs() * gaps(grid)).sum(-1)"


@cache
def loaded(folder: str, name: str) -> NotebookNode:
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def first_three(folder: str) -> NotebookNode:
    notebook = copy.deepcopy(loaded(folder, "ps2"))
    notebook.cells = notebook.cells[:SHORT]
    return notebook


@cache
def right() -> str:
    """The release of the first three exercises with the answers typed in."""
    notebook, master = first_three("assignments"), first_three("solutions")
    for cell, solved in zip(notebook.cells, master.cells, strict=True):
        if solved.cell_type == "code":
            cell.source = "\n".join(line for line in solved.source.split("\n") if "# BEGIN" not in line and "# END" not in line)
    return json.dumps(notebook)


def submitted() -> list[dict]:
    """The cells of a right submission, to be damaged."""
    return json.loads(right())["cells"]


def as_bytes(cells, **others) -> bytes:
    return json.dumps(json.loads(right()) | {"cells": cells} | others).encode()


def taken(data: bytes) -> Intake:
    intake = take_in(Job("ps2", "ada", data), first_three("solutions"), first_three("assignments"))
    nbformat.validate(notebook_of(intake, first_three("assignments")))
    return intake


def order(intake: Intake) -> str:
    """I imports, P S G cells with marks of a solution, p s g checks, . other code, # text."""
    found = ""
    for cell in intake.cells:
        marks = cell.metadata.get("nbgrader", {"grade_id": ""})
        name = marks["grade_id"].removeprefix("check-")
        if name:
            assert marks["solution"] != marks["grade"] and marks["locked"] is marks["grade"]
            found += LETTERS[name].lower() if marks["grade"] else LETTERS[name]
        elif cell.cell_type == "code":
            found += "I" if cell.source.startswith("import math\n") else "."
        elif cell.cell_type == "markdown" and cell.source not in {c.source for c in first_three("assignments").cells}:
            found += "#"
    return found


def code(source, **others):
    return {"cell_type": "code", "id": "added", "metadata": {}, "source": source, "outputs": [], "execution_count": None} | others


def text(source, kind="markdown"):
    return {"cell_type": kind, "id": "told", "metadata": {}, "source": source}


def stub(i):
    return json.loads(json.dumps(first_three("assignments").cells[i]))


CASES = {}


def case(wanted, *repairs):
    """A damaged submission: the function damages the cells; `wanted` is the order that is run."""

    def add(damage):
        CASES[damage.__name__] = (damage, wanted, repairs)
        return damage

    return add


@case(RIGHT)
def nothing_at_all(cells): ...


@case("I.Pp#SsGg.")
def cells_added(cells):
    cells.append(code("w1_grid"))
    cells.insert(SAMPLES, text("My idea: sort first."))
    cells.insert(2, code("import numpy as np\nsome = np.arange(3)"))


@case(".PpSsGg")
def imports_written_otherwise(cells):
    cells[IMPORTS]["source"] = "import math, torch\nfrom torch import Tensor\nimport pgmkit.checks\ncheck = pgmkit.checks.check"


@case(RIGHT)
def outputs_and_counts(cells):
    for i in (LINES, LINES_CHECK):
        cells[i] |= {"execution_count": 7, "outputs": [{"output_type": "wild"}, 3, None, {"output_type": "stream", "text": {"a": 1}}]}


@case("IPpSsGg")
def source_as_a_list(cells):
    cells[GRID]["source"] = cells[GRID]["source"].splitlines(keepends=True)


@case(RIGHT, "The first code cell, with the imports, was missing; it is back.")
def imports_deleted(cells):
    del cells[IMPORTS]


@case(RIGHT, "The first code cell, with the imports, stood below an answer; it was moved to the top.")
def imports_at_the_end(cells):
    cells.append(cells.pop(IMPORTS))


@case(RIGHT, "The check of w1_samples was missing; it is back.")
def check_deleted(cells):
    del cells[SAMPLES_CHECK]


@case(
    RIGHT,
    *(f"The check of {name} was missing; it is back." for name in LETTERS),
)
def all_checks_deleted(cells):
    for i in (GRID_CHECK, SAMPLES_CHECK, LINES_CHECK):
        del cells[i]


@case("IPpsGg", "No cell defines w1_samples.")
def answer_deleted(cells):
    del cells[SAMPLES]


@case("IPpsGg", "The check of w1_samples was missing; it is back.", "No cell defines w1_samples.")
def answer_and_check_deleted(cells):
    del cells[SAMPLES : SAMPLES_CHECK + 1]


@case("Ipsg", "The notebook holds no answer and no check of ps2: perhaps it is another file.")
def everything_deleted(cells):
    cells.clear()


@case("Ipsg..", "The notebook holds no answer and no check of ps2: perhaps it is another file.")
def another_notebook(cells):
    cells[:] = [code("def js_divergence(p, q):\n    return 0"), code("check(js_divergence)")]


@case("IPpSsGg", "The check of w1_grid was there 2 times; one is left.")
def check_twice(cells):
    cells.append(copy.deepcopy(cells[GRID_CHECK]))


@case("IPpSs.Gg", "w1_grid is defined in 2 cells; the last one before its check counts.")
def answer_twice(cells):
    cells.insert(GRID, copy.deepcopy(cells[GRID]))


@case("IPpSsGg.", "w1_grid is defined in 2 cells; the last one before its check counts.")
def scribbles_below(cells):
    cells.append(code("def w1_grid(p, q, grid):\n    return 0"))


@case("IPpSs.Gg", "w1_grid is defined in 2 cells; the last one before its check counts.")
def stub_kept_above_the_answer(cells):
    cells.insert(GRID_CHECK, code(cells[GRID]["source"]))
    cells[GRID] = stub(GRID)


@case(
    "IPpSs..Gg",
    "The check of w1_grid stood above the answer; it was moved below it.",
    "w1_grid is defined in 2 cells; the last one before its check counts.",
)
def stub_and_check_kept_above_the_answer(cells):
    cells += [code("x = 1"), code(cells[GRID]["source"])]
    cells[GRID] = stub(GRID)


@case("IPpSsGg", "An empty w1_grid below the answer was left out.")
def stub_kept_below_the_answer(cells):
    cells.insert(GRID_CHECK, stub(GRID))


@case("IPpSsGg", "The check of w1_samples stood above the answer; it was moved below it.")
def check_above_the_answer(cells):
    cells[SAMPLES], cells[SAMPLES_CHECK] = cells[SAMPLES_CHECK], cells[SAMPLES]


@case("IGgSsPp")
def exercises_in_another_order(cells):
    answers = [cells[i : i + 2] for i in (GRID, SAMPLES, LINES)]
    cells[LINES:] = [cell for pair in answers for cell in pair]


@case(
    "IGgSsPp",
    "The first code cell, with the imports, stood below an answer; it was moved to the top.",
    *(f"The check of {name} stood above the answer; it was moved below it." for name in LETTERS),
)
def backwards(cells):
    cells.reverse()


@case("I.PSGpsg")
def checks_at_the_end(cells):
    code_cells = [cells[i] for i in (IMPORTS, LINES, SAMPLES, GRID, LINES_CHECK, SAMPLES_CHECK, GRID_CHECK)]
    cells[:] = [code_cells[0], code("x = 1"), *code_cells[1:]]


@case("IPpSsGg", "Cell 14 was the rest of a function in cell 13; the two were joined.")
def body_cut_off(cells):
    head, body = cells[GRID]["source"].rsplit("\n", 1)
    cells[GRID]["source"] = head
    cells.insert(GRID + 1, code(body))


@case(
    "IPpSsGg",
    "Cell 10 was the rest of a function in cell 9; the two were joined.",
    "Cell 11 was the rest of a function in cell 9; the two were joined.",
)
def cut_in_three(cells):
    head, *lines = cells[SAMPLES]["source"].rsplit("\n", 2)
    cells[SAMPLES]["source"] = head
    cells[SAMPLES + 1 : SAMPLES + 1] = [code(line) for line in lines]


@case("IPpSsGg", "Cell 14 was the rest of a function in cell 13; the two were joined.")
def cut_within_the_signature(cells):
    source = cells[GRID]["source"]
    at = source.index("q: Tensor")
    cells[GRID]["source"] = source[:at]
    cells.insert(GRID + 1, code(source[at:]))


@case("IPpSs.Gg")
def helper_above(cells):
    cells[GRID]["source"] = USES_HELPER
    cells.insert(GRID, code(HELPER))


@case("IPpSsG.g", "The check of w1_grid was moved below the cells that the answer uses.")
def helper_below(cells):
    cells[GRID]["source"] = USES_HELPER
    cells.append(code(HELPER))


@case("IPpSsG..g", "The check of w1_grid was moved below the cells that the answer uses.")
def helper_of_a_helper_below(cells):
    cells[GRID]["source"] = USES_HELPER
    cells += [code("def gaps(grid):\n    return steps(grid)"), code("steps = lambda grid: grid.diff()")]


@case(RIGHT, "nbgrader's metadata of 2 cells had been changed or lost; the instructor's is back.")
def ids_swapped(cells):
    for key in ("w1_grid", "w1_samples"):
        assert key in (cells[SAMPLES]["metadata"]["nbgrader"]["grade_id"], cells[GRID]["metadata"]["nbgrader"]["grade_id"])
    cells[SAMPLES]["metadata"], cells[GRID]["metadata"] = cells[GRID]["metadata"], cells[SAMPLES]["metadata"]


@case(RIGHT, "nbgrader's metadata of 6 cells had been changed or lost; the instructor's is back.")
def metadata_lost(cells):
    for cell in cells:
        del cell["metadata"]


@case(RIGHT, "nbgrader's metadata of 1 cell had been changed or lost; the instructor's is back.")
def points_raised(cells):
    cells[GRID_CHECK]["metadata"]["nbgrader"]["points"] = 600


@case(RIGHT, "nbgrader's metadata of 1 cell had been changed or lost; the instructor's is back.")
def check_marked_as_a_solution(cells):
    cells[GRID_CHECK]["metadata"]["nbgrader"] = {"grade": True, "solution": True, "grade_id": "w1_grid", "points": [6], "locked": {}}


@case(RIGHT)
def tags_and_other_metadata(cells):
    cells[GRID]["metadata"]["tags"] = ["skip-execution", "hide_input"]
    cells[GRID]["metadata"]["jupyter"] = {"source_hidden": True}


@case(RIGHT, "Cell 13 had become a cell of another kind; it is a code cell again.")
def answer_turned_into_text(cells):
    cells[GRID] = text(cells[GRID]["source"]) | {"metadata": cells[GRID]["metadata"]}


@case(
    RIGHT,
    "Cell 13 had become a cell of another kind; it is a code cell again.",
    "nbgrader's metadata of 1 cell had been changed or lost; the instructor's is back.",
)
def answer_turned_into_text_without_metadata(cells):
    cells[GRID] = text(cells[GRID]["source"], "raw")


@case(RIGHT, "Cell 13 had become a cell of another kind; it is a code cell again.")
def answer_of_an_unknown_kind(cells):
    cells[GRID] = text(cells[GRID]["source"], "banana") | {"metadata": cells[GRID]["metadata"]}


@case(RIGHT, "Cell 2 had become a cell of another kind; it is a code cell again.")
def imports_raw(cells):
    cells[IMPORTS] = text(cells[IMPORTS]["source"], "raw")


@case(RIGHT, "Cell 14 had become a cell of another kind; it is a code cell again.")
def check_turned_into_text(cells):
    cells[GRID_CHECK] = text("check(w1_grid)") | {"metadata": cells[GRID_CHECK]["metadata"]}


@case(RIGHT, "Cell 3 had become a cell of another kind; it is a markdown cell again.")
def text_turned_into_code(cells):
    cells[2] = code(cells[2]["source"])


@case("IPpSsGg#")
def notes_in_a_raw_cell(cells):
    cells.append(text("<script>alert(1)</script>", "raw"))


@case("IPpsg", "The answers to parallel_lines, w1_samples and w1_grid share cell 5; each is graded.")
def all_in_one_cell(cells):
    cells[LINES]["source"] = "\n\n\n".join(cells[i]["source"] for i in (LINES, SAMPLES, GRID))
    del cells[GRID], cells[SAMPLES]


@case(
    "IPpsg",
    "An empty w1_samples below the answer was left out.",
    "An empty w1_grid below the answer was left out.",
    "The answers to parallel_lines, w1_samples and w1_grid share cell 5; each is graded.",
)
def all_in_one_cell_above_the_stubs(cells):
    cells[LINES]["source"] = "\n\n\n".join(cells[i]["source"] for i in (LINES, SAMPLES, GRID))
    cells[SAMPLES], cells[GRID] = stub(SAMPLES), stub(GRID)


@case("IPpSsG.g", "The check of w1_grid shared its cell with other code; it has a cell of its own again.")
def more_code_beside_the_check(cells):
    cells[GRID_CHECK]["source"] = "print('now')\ncheck(w1_grid)"


@case("IPpSsGg", "The check of w1_grid shared its cell with other code; it has a cell of its own again.")
def check_in_the_cell_of_the_answer(cells):
    cells[GRID]["source"] += "\n\n\ncheck(w1_grid)"
    del cells[GRID_CHECK]


@case("IPpSsGg.")
def one_more_cell_that_checks_all(cells):
    cells.append(code("for f in (w1_grid, w1_samples):\n    check(f)\ncheck(w1_grid)"))


@case("IPpSsGg", "The check of w1_grid had been changed; it is back.")
def check_commented_out(cells):
    cells[GRID_CHECK]["source"] = "# check(w1_grid)"


@case("IPpSsG.g", "The check of w1_grid had been changed; it is back.")
def check_overwritten(cells):
    cells[GRID_CHECK]["source"] = "get_ipython().ast_transformers.clear()"


@case(RIGHT)
def check_written_otherwise(cells):
    cells[GRID_CHECK]["source"] = "  # the last one\ncheck( w1_grid );"


@case(RIGHT)
def a_magic_line_above_the_answer(cells):
    cells[GRID]["source"] = "%matplotlib inline\n!ls\n" + cells[GRID]["source"]


@case(RIGHT)
def a_timed_cell(cells):
    cells[GRID]["source"] = "%%time\n" + cells[GRID]["source"]


@case("IPpSsGg")
def a_syntax_error_in_an_answer(cells):
    cells[GRID]["source"] += "\n    return ((("


@case(RIGHT)
def an_answer_by_assignment(cells):
    cells[GRID]["source"] = "w1_grid = lambda p, q, grid: ((p - q).cumsum(-1)[..., :-1].abs() * grid.diff()).sum(-1)"


@case(RIGHT)
def an_answer_under_a_condition(cells):
    cells[GRID]["source"] = "try:\n    import numba\nexcept ImportError:\n    def w1_grid(p, q, grid):\n        return 1"


@case("IPpSs.g", "No cell defines w1_grid.")
def an_answer_inside_another_function(cells):
    cells[GRID] = code("def outer():\n    def w1_grid(p, q, grid):\n        return 1")


@case("IPpSsGg", "No cell defines w1_grid.")
def an_answer_under_another_name(cells):
    cells[GRID]["source"] = cells[GRID]["source"].replace("w1_grid", "W1_grid")


@case("IPpSs.g", "No cell defines w1_grid.")
def an_answer_from_a_file_beside(cells):
    cells[GRID] = code("from answers import *")


@case("IPpSsGg", "Cell 7 was a text, not a cell; it was left out.", "Cell 8 was nothing, not a cell; it was left out.")
def no_cells_among_the_cells(cells):
    cells[6], cells[7] = "cell", None


@case(
    "IPpSsGg..##",
    "The source of cell 15 was no text; it was made one.",
    "The source of cell 16 was not only text; the text was kept.",
)
def sources_of_all_kinds(cells):
    cells += [code(17), code(["x = 1", 3, None]), {"cell_type": "markdown", "source": None}, {"cell_type": "markdown", "source": "me"}]


@case("IPpSsGg..")
def ids_missing_and_twice(cells):
    del cells[GRID]["id"]
    cells[0]["id"], cells[2]["id"], cells[3]["id"] = cells[GRID_CHECK]["id"], "no id!", ["id"]
    cells += [code("x"), code("y")]


@case("IPpSsGg.", "Characters of cell 15 that no text may hold were replaced.")
def characters_that_are_none(cells):
    cells.append(code("x = '\0\ud800'"))


@case("IPpSsGg", "The attachments of 2 cells were removed.")
def attachments(cells):
    cells[0]["attachments"] = cells[2]["attachments"] = {"a.png": {"image/png": "AAAA"}}


@case("IPpSsGg.", "Cell 15 was longer than a million characters; it was left out.")
def a_cell_of_two_megabytes(cells):
    cells.append(code("x = 1\n" * 340_000))


@case("I" + "." * 2000 + "PpSsGg", "The notebook had 3015 cells; 1001 cells were left out.")
def thousands_of_cells(cells):
    cells[2:2] = [code("x = 1") for _ in range(2000)]
    cells += [code("y = 1") for _ in range(1001)]


@case(RIGHT)
def check_indented(cells):
    cells[GRID_CHECK]["source"] = "  check(w1_grid)"


@case("IPpSs.Gg")
def answer_in_two_steps(cells):
    cells[GRID]["source"] = "def w1_grid(p, q, grid):\n    return work(p, q, grid)"
    cells.insert(GRID, code("def work(p, q, grid):\n    return ((p - q).cumsum(-1)[..., :-1].abs() * grid.diff()).sum(-1)"))


@pytest.mark.parametrize("name", CASES)
def test_a_submission_is_put_in_order(name):
    damage, wanted, repairs = CASES[name]
    cells = submitted()
    damage(cells)
    intake = taken(as_bytes(cells))
    assert (intake.refused, intake.repairs) == ("", repairs)
    assert order(intake) == wanted


def refused(data):
    intake = take_in(Job("ps2", "ada", data), first_three("solutions"), first_three("assignments"))
    assert intake.cells == []
    return intake.refused


GOOD = as_bytes(submitted())
NO_NOTEBOOK = {
    "nothing": (b"", "The file is empty"),
    "blank": (b" \0\0\n", "The file is empty"),
    "truncated": (json.dumps(json.loads(right()), indent=1).encode()[:4000], "The notebook ends in the middle, at line"),
    "truncated within a bracket": (b'{"cells": [\n', "The notebook ends in the middle, at line 1:"),
    "damaged": (GOOD.replace(b'"cells":', b'"cells"', 1), "The notebook is damaged at line 1"),
    "git": (b'{\n<<<<<<< HEAD\n"cells": []\n=======\n>>>>>>> b\n}', "The file holds git's conflict marks"),
    "python": (b"import torch\n\ndef w1_grid(p, q, grid): ...\n", "The file is Python source"),
    "text": (b"Dear sir or madam,", "The file is text"),
    "html": (b"\n<!DOCTYPE html>\n<html></html>", "The file is a web page"),
    "zip": (b"PK\x03\x04rest", "The file is a zip archive"),
    "pickle": (b"\x80\x04\x95cos", "The file is a pickle"),
    "pdf": (b"%PDF-1.7", "The file is a PDF"),
    "list": (b"[1, 2]", "The file holds a list"),
    "string": (b'"cells"', "The file holds a text"),
    "number": (b"3", "The file holds a number"),
    "json": (b'{"a": 1}', "The file is JSON but no notebook"),
    "cells are no list": (b'{"nbformat": 4, "cells": {"0": 1}}', "The file is JSON but no notebook"),
    "deep": (b'{"cells": ' + b"[" * 100_000, "The file is nested too deeply"),
    "deep and closed": (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "The file is nested too deeply"),
    "future": (GOOD.replace(b'"nbformat": 4', b'"nbformat": 5'), "The notebook has format 5; at most 4 can be read."),
    "many parts": (b'{"cells": [' + b"[]," * 2_000_001, "The notebook has more than 2000000 parts"),
}


@pytest.mark.parametrize("name", NO_NOTEBOOK)
def test_what_is_no_notebook_is_refused_with_a_reason(name):
    data, reason = NO_NOTEBOOK[name]
    said = refused(data)
    assert said.startswith(reason)
    assert "Hand it in again" in said


def old_format() -> bytes:
    cells = []
    for cell in submitted():
        source = {"input": cell["source"], "language": "python", "prompt_number": 3} if cell["cell_type"] == "code" else cell
        cells.append({"cell_type": cell["cell_type"], "metadata": cell["metadata"]} | source)
    cells.append({"cell_type": "heading", "level": 2, "source": "The end"})
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}, 7]}).encode()


GRID_NOTE = "x = 'Zürich, a long way'"
NOTED = json.dumps(json.loads(right()) | {"cells": [*submitted(), code(GRID_NOTE)]}, ensure_ascii=False)
READABLE = {
    "utf-8": (NOTED.encode(), ()),
    "byte order mark": (NOTED.encode("utf-8-sig"), ("The file was written in UTF-8 with a byte order mark; it was read so.",)),
    "utf-16": (NOTED.encode("utf-16"), ("The file was written in UTF-16; it was read so.",)),
    "utf-16 without a mark": (NOTED.encode("utf-16-be"), ("The file was written in UTF-16; it was read so.",)),
    "utf-32": (NOTED.encode("utf-32"), ("The file was written in UTF-32; it was read so.",)),
    "latin-1": (NOTED.encode("latin-1"), ("The file was not written in UTF-8; it was read as Latin-1.",)),
    "nul": (NOTED.encode() + b"\0" * 99, ("NUL characters were removed from the file.",)),
    "something behind": (NOTED.encode() + b"\n{}", ("What came behind the end of the notebook was ignored.",)),
    "numbers": (NOTED.replace('"nbformat_minor": 5', f'"nbformat_minor": {"9" * 9999}, "a": NaN, "b": -Infinity, "c": 1e999').encode(), ()),
    "keys twice": (NOTED.replace('"nbformat": 4', '"nbformat": 9, "nbformat": 4').encode(), ()),
    "no format": (NOTED.replace('"nbformat": 4', '"format": 4').encode(), ()),
    "wild format": (NOTED.replace('"nbformat": 4', '"nbformat": [4]').encode(), ()),
}


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_file_is_read(name):
    data, repairs = READABLE[name]
    intake = taken(data)
    assert (intake.refused, intake.repairs) == ("", repairs)
    assert order(intake) == "IPpSsGg."
    assert intake.cells[-1].source == GRID_NOTE


def test_one_broken_character_spoils_no_other():
    intake = taken(NOTED.replace("a long", "ä long").encode().replace("ä".encode(), b"\xe4"))
    assert intake.repairs == ("1 character of the file could not be read and became \ufffd.",)
    assert intake.cells[-1].source == GRID_NOTE.replace("a long", "\ufffd long")


def test_an_old_format_is_upgraded():
    intake = taken(old_format())
    assert intake.repairs == ("The notebook had an old format; it was upgraded to format 4.",)
    assert order(intake) == "IPpSsGg#"
    assert intake.cells[-1].source == "## The end"


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, False),
        ("nonsense", False),
        ({"kernelspec": 3, "language_info": []}, False),
        ({"kernelspec": {"name": "conda-env-x-py", "language": "python"}}, False),
        ({"kernelspec": {"name": "my-own", "language": ["python"]}, "language_info": {"name": "python"}}, False),
        ({"kernelspec": {"name": "ir", "language": "R"}}, True),
    ],
)
def test_another_kernel_is_said_and_replaced(metadata, said):
    intake = taken(as_bytes(submitted(), metadata=metadata))
    assert intake.repairs == (("The notebook asked for another kernel than Python (R); Python ran it.",) if said else ())
    notebook = notebook_of(intake, first_three("assignments"))
    assert notebook.metadata.kernelspec == first_three("assignments").metadata.kernelspec


@pytest.mark.parametrize("name", ["ps1", "ps2", "ps3", "ps4", "ps5"])
def test_the_instructors_own_notebooks_need_no_repair(name):
    master, release = loaded("solutions", name), loaded("assignments", name)
    tasks = [cell.metadata.nbgrader.grade_id for cell in release.cells if cell.cell_type == "code" and cell.metadata.nbgrader.solution]
    for folder, untouched in (("solutions", ()), ("assignments", tuple(tasks))):
        submitted = loaded(folder, name)
        intake = take_in(Job(name, "ada", nbformat.writes(submitted).encode()), master, release)
        assert (intake.refused, intake.repairs, intake.untouched) == ("", (), untouched)
        assert [(cell.id, cell.source) for cell in intake.cells] == [(cell.id, cell.source) for cell in submitted.cells]
        marks = {cell.id: cell.metadata.nbgrader for cell in release.cells if cell.cell_type == "code"}
        kept = {cell.id: cell.metadata.nbgrader for cell in intake.cells if "nbgrader" in cell.metadata}
        assert kept == {name: m for name, m in marks.items() if m.solution or m.grade}


def test_no_line_of_a_solution_gets_in():
    """What is put back is the release's, also where the student's own cells are lost."""
    blank = [copy.deepcopy(cell) for cell in submitted() if cell["cell_type"] == "markdown"]
    for cells in ([], blank, [stub(GRID)], [stub(GRID_CHECK)]):
        held = json.dumps(taken(as_bytes(cells)), default=vars)
        assert "BEGIN SOLUTION" not in held
        assert "cumsum" not in held


def test_an_untouched_cell_is_known_also_with_other_whitespace():
    cells = submitted()
    cells[LINES], cells[GRID] = stub(LINES), stub(GRID)
    cells[GRID]["source"] += "\n\n  "
    assert taken(as_bytes(cells)).untouched == ("parallel_lines", "w1_grid")


def test_of_many_repairs_some_are_said():
    cells = [*submitted(), *(code({"no": "text"}) for _ in range(40))]
    repairs = taken(as_bytes(cells)).repairs
    assert len(repairs) == 31
    assert repairs[-1] == "... and 10 more repairs."


def test_what_the_folder_needed_is_said_first():
    job = Job("ps2", "ada", GOOD, repairs=("ps2.ipynb was handed in as a.ipynb.",))
    assert take_in(job, first_three("solutions"), first_three("assignments")).repairs == job.repairs
    refusal = Job("ps2", "ada", None, refused="The folder ps2 is a link.", repairs=("a",))
    intake = take_in(refusal, first_three("solutions"), first_three("assignments"))
    assert (intake.cells, intake.refused, intake.repairs) == ([], "The folder ps2 is a link.", ("a",))


def test_text_is_made_harmless_and_the_instructors_stays():
    cells = [*submitted(), text("<img src=x onerror=alert(1)>"), text("``` ```` <b>", "raw")]
    told = [cell.source for cell in taken(as_bytes(cells)).cells if cell.cell_type == "markdown"]
    assert told[:-2] == [cell.source for cell in first_three("assignments").cells if cell.cell_type == "markdown"]
    assert told[-2] == "&lt;img src=x onerror=alert(1)>"
    assert told[-1] == "`````text\n``` ```` <\u2060b>\n`````"


HOSTILE = {
    "brackets": "(" * 90_000 + "w1_grid",
    "signs": "-" * 90_000 + "w1_grid",
    "sums": "w1_grid" + "+1" * 45_000,
    "dots": "w1_grid" + ".a" * 45_000,
    "long": "def w1_grid(" + " " * 900_000,
    "lines": "w1_grid\n" * 100_000,
    "strings": "w1_grid = " + "'" * 90_001,
    "ifs": "if 1: pass\n" + "elif w1_grid: pass\n" * 4_000,
    "indented": "".join(" " * i + "if w1_grid:\n" for i in range(99)),
    "number": "w1_grid = " + "9" * 90_000,
    "escapes": "w1_grid = '\\d'",
    "formats": "w1_grid = f'" + "{" * 90_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_source_stops_nobody(name):
    cells = [*submitted(), code(HOSTILE[name])]
    intake = taken(as_bytes(cells))
    assert not intake.refused
    assert order(intake).startswith("IPpSsGg")


WILD = [
    None,
    3,
    -1.5,
    True,
    "",
    "code",
    [],
    ["a"],
    {},
    {"a": 1},
    "check(w1_grid)",
    "def w1_grid(",
    10**30,
    "w1_grid",
    {"nbgrader": {"grade_id": "w1_grid"}},
]


def shaken(draw: random.Random) -> bytes:
    """A right submission after a few accidents: cells and parts of cells lost, doubled, moved, replaced, cut."""
    cells = submitted()
    for _ in range(draw.randint(1, 6)):
        i, j = (draw.randrange(len(cells)) for _ in range(2))
        match draw.randrange(6), cells[i]:
            case 0, _:
                cells.insert(j, cells.pop(i))
            case 1, _:
                cells.insert(j, copy.deepcopy(cells[i]))
            case 2, _ if len(cells) > 2:
                del cells[i]
            case 3, dict():
                cells[i][draw.choice(["source", "metadata", "cell_type", "id", "outputs"])] = copy.deepcopy(draw.choice(WILD))
            case 4, dict(source=str(source)):
                at = draw.randint(0, len(source))
                cells[i]["source"] = source[:at]
                cells.insert(i + 1, code(source[at:]))
            case 5, _:
                cells[i] = copy.deepcopy(draw.choice(WILD))
    return as_bytes(cells)


def test_whatever_happens_every_check_is_there_once():
    draw = random.Random(0)
    for _ in range(60):
        data = shaken(draw)
        intake = taken(data)
        found = order(intake)
        assert not intake.refused
        assert all(found.count(letter) == 1 for letter in "psg"), found
        assert all(found.count(letter) <= 1 for letter in "PSG"), found
        assert take_in(Job("ps2", "ada", data), first_three("solutions"), first_three("assignments")) == intake

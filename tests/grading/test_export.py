import csv
import io
import re

import pytest
from a_class import SET, Pupil, class_in

from pgmkit.grading.results.export import FORMATS, export, guarded, number, write_whole
from pgmkit.grading.trouble import Trouble

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "'=1",
    '"=1+1',
    "\" '=1",
    "\x00=1",
    "\ufeff=1",
    "\uff1d1",
    "\tplain",
    "x;=1+1",
    "x\n=1+1",
    'x"\t@y',
]
HARMLESS = ["", "ada", "007", "-7", "+49123", "-3.5", "a-b", "o'neil", "ada@uni.example", "1=1", 'Zo\u00eb, "Z"', "two\nlines"]
STARTS = re.compile("[\\s'\"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_cell_is_a_formula(text):
    safe = guarded(text)
    assert safe[0] not in "=+-@\t\r\n\uff1d"
    for part in re.split("[;\t\r\n]", safe):
        assert part.startswith("'") or not STARTS.match(part), part


@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_harmless_cells_stay(text):
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["=1+1", "-1+1", "@x", "'=1", "  =1"])
def test_what_was_guarded_can_be_had_back(text):
    assert guarded(text) == f"'{text}"


def test_numbers_are_plain():
    assert [number(v) for v in (0.0, -0.0, 53.0, 1.25, 2 / 3, 1234567.5)] == ["0", "0", "53", "1.25", "0.6667", "1234567.5"]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Names that are formulas, an id that is a number, somebody late, somebody refused, somebody absent."""
    pupils = [
        Pupil("ada", first_name="Ada", last_name='=HYPERLINK("//evil")', email="ada@uni.example", penalty=2.0),
        Pupil("-7", share=0.0, first_name="Zo\u00eb", last_name='O"Hara,\nJr', email="@evil", repairs=("One cell was put back.", "=1+1")),
        Pupil("bob", refused="=The file; =is no notebook"),
        Pupil("zed", last_name="Points Possible", submitted=False),
    ]
    return class_in(tmp_path_factory.mktemp("class"), pupils)


def table(path):
    """A file as a reader of CSV sees it."""
    text = path.read_bytes().decode("utf-8")
    assert "\r\n" in text
    return list(csv.reader(io.StringIO(text, newline="")))


def exported(course, to):
    return table(export(course, SET, to))


def test_csv(course):
    path = export(course, SET, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,first_name")
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    by_id = {row["id"]: row for row in rows}
    assert list(by_id) == ["-7", "ada", "bob", "zed"]
    assert by_id["ada"]["total"] == "51"
    assert by_id["ada"]["max"] == "53"
    assert by_id["ada"]["late_penalty"] == "2"
    assert by_id["ada"]["critic_loss"] == "3"
    assert by_id["ada"]["last_name"] == '\'=HYPERLINK("//evil")'
    assert by_id["-7"]["repaired"] == "One cell was put back. =1+1"
    assert by_id["-7"]["last_name"] == 'O"Hara,\nJr'
    assert by_id["-7"]["email"] == "'@evil"
    assert (by_id["bob"]["total"], by_id["bob"]["refused"]) == ("0", "'=The file;' =is no notebook")
    assert (by_id["zed"]["total"], by_id["zed"]["submitted"], by_id["zed"]["critic_loss"]) == ("0", "no", "")


def test_canvas(course):
    rows = exported(course, "canvas")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps2"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "53"]
    assert [row[3] for row in rows[2:]] == ["-7", "ada", "bob", "zed"]
    assert [row[5] for row in rows[3:]] == ["51", "0", ""]
    assert [row[0] for row in rows[3:]] == ['\'=HYPERLINK("//evil"), Ada', "bob", "Points possible"]


def test_moodle(course):
    rows = exported(course, "moodle")
    assert rows[0] == ["Username", "ID number", "First name", "Last name", "Email address", "ps2", "Feedback comments"]
    by_id = {row[0]: row for row in rows[1:]}
    assert by_id["zed"][5:] == ["", ""]
    assert by_id["ada"][5:] == ["51", "Handed in late: 2 points less."]
    assert by_id["bob"][6] == "Not graded: =The file;' =is no notebook"
    assert "critic_loss: " in by_id["-7"][6]


@pytest.mark.parametrize("to", FORMATS)
def test_no_exported_cell_is_a_formula(course, to):
    for row in exported(course, to):
        for cell in row:
            assert re.fullmatch(r"-?\d+(\.\d+)?", cell) or not STARTS.match(cell) or cell.startswith("'"), cell


def test_a_crash_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    path.write_bytes(b"old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(Trouble, match=r"grades\.csv: full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_sets_and_formats_are_clear_errors(course, tmp_path):
    with pytest.raises(Trouble, match="csv, canvas, moodle"):
        export(course, SET, "xlsx")
    with pytest.raises(Trouble, match="no problem set ps9"):
        export(course, "ps9", "csv")
    assert export(course, SET, "csv", tmp_path / "a" / "b.csv").is_file()

"""From the bytes of a notebook to its cells, as far as they can be trusted: a kind, a source, and what nbgrader once wrote there."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from pgmkit.grading.submission.clean import clean_text
from pgmkit.grading.submission.collect import Refused

AGAIN = "Hand it in again: open it in JupyterLab, save it, and send the file that ends in .ipynb."
SIGNATURES = {
    b"PK\x03\x04": "a zip archive, or a document of an office program",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
    b"SQLite format 3": "a database",
    **{bytes([0x80, protocol]): "a pickle" for protocol in range(2, 6)},
}
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
BARE = {b"{\0": "utf-16-le", b"\0{": "utf-16-be"}
MOST_PARTS, MOST_CELLS, LONGEST_SOURCE, MOST_DIGITS = 2_000_000, 20_000, 1_000_000, 18
TOO_LONG = "# This cell was longer than a million characters. It was left out."
PYTHON = re.compile(r"^(?:import|from|def|class|@|#!|# %%|# coding)\b", re.M)


@dataclass
class Piece:
    """A cell as it was handed in.

    Args:
        kind: code, markdown, raw, or "unknown".
        source: its text.
        number: where it stood, from 1; 0 for a cell that the grading run put in.
        id: its id, which may be any text.
        marks: nbgrader's metadata, never trusted: a hint at where things are.
    """

    kind: str
    source: str
    number: int = 0
    id: str = ""
    marks: dict[str, Any] = field(default_factory=dict)

    @property
    def grade_id(self) -> str:
        """What nbgrader's metadata calls the cell."""
        found = self.marks.get("grade_id")
        return found if type(found) is str else ""


def pieces_of(data: bytes) -> tuple[list[Piece], list[str]]:
    """The cells of a notebook, and what had to be repaired to read them.

    Args:
        data: the bytes of the file.

    Raises:
        Refused: if this is no notebook; the message says what came.
    """
    text, repairs = decoded(data)
    notebook, more = parsed(text)
    repairs += more
    cells = cells_of(notebook, repairs)
    if len(cells) > MOST_CELLS:
        repairs.append(f"The notebook had {len(cells)} cells; only the first {MOST_CELLS} were read.")
        del cells[MOST_CELLS:]
    pieces = [piece for number, cell in enumerate(cells, 1) if (piece := piece_of(cell, number, repairs)) is not None]
    attached = sum(1 for cell in cells if type(cell) is dict and cell.get("attachments"))
    if attached:
        repairs.append(f"The attachments of {counted(attached, 'cell')} were removed.")
    return pieces, repairs + kernel(notebook.get("metadata"))


def counted(number: int, what: str) -> str:
    """1 cell, 2 cells."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def decoded(data: bytes) -> tuple[str, list[str]]:
    """Bytes to text; anything but UTF-8 is said."""
    if not data.strip(b"\0 \t\r\n"):
        raise Refused(f"The file is empty. {AGAIN}")
    for start, name in SIGNATURES.items():
        if data.startswith(start):
            raise Refused(f"The file is {name}, not a notebook. {AGAIN}")
    for start, encoding in (BOMS | BARE).items():
        if data.startswith(start):
            said = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be").upper()
            said = "UTF-8 with a byte order mark" if said == "UTF-8" else said
            return without_nul(data.decode(encoding, "replace"), [f"The file was written in {said}; it was read so."])
    try:
        return without_nul(data.decode("utf-8"), [])
    except UnicodeDecodeError:
        return without_nul(*foreign(data))


def foreign(data: bytes) -> tuple[str, list[str]]:
    """Text that is not UTF-8: with a few broken characters, or in a Western encoding of one byte per character."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if 2 * broken <= sum(1 for character in text if character > "\x7f"):
        return text, [f"{counted(broken, 'character')} of the file could not be read and became \ufffd."]
    try:
        return data.decode("cp1252"), ["The file was not written in UTF-8; it was read as Latin-1."]
    except UnicodeDecodeError:
        return data.decode("latin-1"), ["The file was not written in UTF-8; it was read as Latin-1."]


def without_nul(text: str, repairs: list[str]) -> tuple[str, list[str]]:
    """Text without NUL characters, which a crash of a disk leaves behind."""
    return (text.replace("\0", ""), [*repairs, "NUL characters were removed from the file."]) if "\0" in text else (text, repairs)


def parsed(text: str) -> tuple[dict[str, Any], list[str]]:
    """Text to JSON; the notebook is the first value, and what comes behind it is said."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.count("[") + text.count("{") > MOST_PARTS:
        raise Refused(f"The notebook has more than {MOST_PARTS} parts: its outputs are too large. Clear them. {AGAIN}")
    decoder = json.JSONDecoder(strict=False, parse_int=number, parse_constant=lambda name: None)
    try:
        found, end = decoder.raw_decode(text)
    except RecursionError:
        raise Refused(f"The file is nested too deeply to be a notebook. {AGAIN}") from None
    except json.JSONDecodeError as error:
        raise Refused(f"{what_came(text, error)} {AGAIN}") from None
    if type(found) is not dict:
        raise Refused(f"The file holds {kinds(found)}, not a notebook. {AGAIN}")
    return found, ["What came behind the end of the notebook was ignored."] if text[end:].strip() else []


def number(digits: str) -> int:
    """A whole number of JSON; one of absurd length becomes 0, because nothing here is counted by it."""
    return int(digits) if len(digits) <= MOST_DIGITS else 0


def kinds(value: Any) -> str:
    """A JSON value in words."""
    return {list: "a list", str: "a text", type(None): "nothing", bool: "true or false"}.get(type(value), "a number")


def what_came(text: str, error: json.JSONDecodeError) -> str:
    """What a text is that is no JSON."""
    start = text[:500].lower()
    if start.startswith(("<!doctype html", "<html", "<?xml", "<head", "<body")):
        return "The file is a web page, not a notebook."
    if re.search(r"^(?:<{7} |>{7} )", text, re.M):
        return "The file holds git's conflict marks: two versions were merged and the conflict was left."
    if not text.startswith(("{", "[")):
        return "The file is Python source, not a notebook." if PYTHON.search(text) else "The file is text, not a notebook."
    if error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()) - 1:
        last = text.rstrip().count("\n") + 1
        return f"The notebook ends in the middle, at line {last}: the rest of the file is missing."
    return f"The notebook is damaged at line {error.lineno}: this is not how a notebook is written."


def cells_of(notebook: dict[str, Any], repairs: list[str]) -> list[Any]:
    """The list of cells, of any version of the format that Jupyter ever wrote."""
    version = notebook.get("nbformat")
    if type(version) in (int, float) and version > 4:
        raise Refused(f"The notebook has format {version:g}; at most 4 can be read. {AGAIN}")
    match notebook:
        case {"cells": [*cells]}:
            return cells
        case {"worksheets": [*sheets]}:
            repairs.append("The notebook had an old format; it was upgraded to format 4.")
            lists = [sheet["cells"] for sheet in sheets if type(sheet) is dict and type(sheet.get("cells")) is list]
            return [cell for cells in lists for cell in cells]
    raise Refused(f"The file is JSON but no notebook: it has no list of cells. {AGAIN}")


def piece_of(cell: Any, number: int, repairs: list[str]) -> Piece | None:
    """One cell, normalised; None if it is none at all."""
    if type(cell) is not dict:
        repairs.append(f"Cell {number} was {kinds(cell)}, not a cell; it was left out.")
        return None
    source = source_of(cell.get("source", cell.get("input")), number, repairs)
    kind, metadata = cell.get("cell_type"), cell.get("metadata")
    if kind == "heading":
        level = cell.get("level")
        return Piece("markdown", "#" * (level if level in range(1, 7) else 1) + " " + source, number)
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if "outputs" in cell or "execution_count" in cell else "unknown"
    marks = metadata.get("nbgrader") if type(metadata) is dict else None
    name = cell.get("id")
    return Piece(kind, source, number, name if type(name) is str else "", marks if type(marks) is dict else {})


def source_of(value: Any, number: int, repairs: list[str]) -> str:
    """The text of a cell, whatever stands there."""
    match value:
        case str():
            text = value
        case list() if all(type(line) is str for line in value):
            text = "".join(value)
        case None:
            text = ""
        case list():
            text = "".join(line for line in value if type(line) is str)
            repairs.append(f"The source of cell {number} was not only text; the text was kept.")
        case _:
            text = str(value) if type(value) in (int, float) else ""
            repairs.append(f"The source of cell {number} was no text; it was made one.")
    if len(text) > LONGEST_SOURCE:
        repairs.append(f"Cell {number} was longer than a million characters; it was left out.")
        return TOO_LONG
    plain = re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\r\n", "\n").replace("\0", ""))
    if "\0" in text or plain.count("\ufffd") != text.count("\ufffd"):
        repairs.append(f"Characters of cell {number} that no text may hold were replaced.")
    return plain


def kernel(metadata: Any) -> list[str]:
    """What to say about the kernel that the notebook asks for; nothing if it is a Python."""
    parts = [metadata.get(name) for name in ("kernelspec", "language_info")] if type(metadata) is dict else []
    specs = [part for part in parts if type(part) is dict]
    said = [spec[key] for spec in specs for key in ("language", "name") if type(spec.get(key)) is str]
    if not said or any("py" in word.lower() for word in said):
        return []
    return [f"The notebook asked for another kernel than Python ({clean_text(said[0], 40)}); Python ran it."]

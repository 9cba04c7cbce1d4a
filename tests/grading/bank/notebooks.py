"""Notebooks whose metadata, cells or bytes are not as they should be: repaired or refused, and no point gained."""

import copy
import json

from nbformat.v4 import new_code_cell, new_markdown_cell

from bank.book import EXERCISES, TARGET, WRONG, Book, submission

CELLS, BYTES = "notebooks", "damaged"


@submission(CELLS, zero=TARGET)
def more_points_in_the_metadata(book: Book) -> None:
    """Points, locks and ids of the wrong exercise's cells are rewritten."""
    book.wrong()
    book.cell(f"check-{TARGET}").metadata["nbgrader"].update(points=1000.0, grade=True, locked=False)
    book.cell(TARGET).metadata["nbgrader"].update(solution=False, grade=True, points=50.0)


@submission(CELLS, zero=TARGET, free="discriminator_loss")
def ids_exchanged(book: Book) -> None:
    """The check of a right exercise claims to be that of the wrong one."""
    book.wrong()
    book.cell(f"check-{TARGET}").metadata["nbgrader"]["grade_id"] = "check-nothing"
    book.cell("check-discriminator_loss").metadata["nbgrader"]["grade_id"] = f"check-{TARGET}"


@submission(CELLS)
def no_metadata_at_all(book: Book) -> None:
    """All of nbgrader's metadata is gone; the answers are right."""
    for cell in book.notebook.cells:
        cell.metadata.pop("nbgrader", None)


@submission(CELLS, zero=TARGET)
def skip_tags(book: Book) -> None:
    """Tags ask for cells not to be executed, or for their failures to be forgiven."""
    book.wrong()
    for cell in book.notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    book.cell(f"check-{TARGET}").outputs = [
        {"output_type": "execute_result", "data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1}
    ]


@submission(CELLS)
def checks_deleted(book: Book) -> None:
    """All check cells are gone; the answers are right."""
    book.notebook.cells = [c for c in book.notebook.cells if not c.metadata.get("nbgrader", {}).get("grade_id", "").startswith("check-")]


@submission(CELLS, zero=TARGET)
def answer_deleted(book: Book) -> None:
    """One solution cell is gone."""
    del book.notebook.cells[book.place(TARGET)]


@submission(CELLS, zero=TARGET)
def answer_duplicated(book: Book) -> None:
    """The wrong answer stands twice, with one id."""
    book.wrong()
    book.notebook.cells.insert(book.place(TARGET), copy.deepcopy(book.cell(TARGET)))


@submission(CELLS, free="*")
def cells_reversed(book: Book) -> None:
    """All cells in reverse order."""
    book.notebook.cells.reverse()


@submission(CELLS, zero=TARGET)
def answer_retyped(book: Book) -> None:
    """The wrong answer became a raw cell, its check a markdown cell."""
    book.wrong()
    book.cell(TARGET)["cell_type"] = "raw"
    book.cell(f"check-{TARGET}")["cell_type"] = "markdown"


@submission(CELLS, free=TARGET)
def answer_split(book: Book) -> None:
    """A right answer in two cells: a helper in a new cell, the answer calls it."""
    source = book.cell(TARGET).source.replace("def js_divergence", "def helper")
    book.before(TARGET, source)
    book.answer(TARGET, "js_divergence = helper")


@submission(CELLS, zero=TARGET)
def thousands_of_cells(book: Book) -> None:
    """Three thousand cells that do nothing."""
    book.wrong()
    book.notebook.cells += [new_code_cell("0") if i % 10 == 0 else new_markdown_cell("x") for i in range(3000)]


@submission(CELLS)
def another_kernel(book: Book) -> None:
    """The notebook asks for a kernel that runs a program."""
    book.notebook.metadata["kernelspec"] = {"name": "../../evil", "display_name": "R", "language": "bash", "argv": ["touch", "/tmp/evil"]}
    book.notebook.metadata["language_info"] = {"name": "ruby"}


@submission(CELLS, zero=TARGET)
def metadata_with_odd_types(book: Book) -> None:
    """Metadata of wrong types, deep nesting and huge ids."""
    book.wrong()
    book.cell(f"check-{TARGET}").metadata["nbgrader"] = {"grade_id": {"$ne": 1}, "points": "1e999", "grade": "yes"}
    book.cell(TARGET).metadata["nbgrader"] = ["grade_id", TARGET]
    book.notebook.cells[0]["id"] = "x" * 5000
    book.notebook.metadata["deep"] = json.loads("[" * 200 + "]" * 200)


@submission(CELLS, zero="*")
def only_stubs(book: Book) -> None:
    """Nobody touched it."""
    for name in EXERCISES:
        book.answer(name, f"def {name}(*args, **kwargs):\n    raise NotImplementedError")


@submission(BYTES, zero="*", refused=True)
def truncated(book: Book) -> None:
    """The upload broke off."""
    book.raw = json.dumps(book.notebook).encode()[:5000]


@submission(BYTES, zero="*", refused=True)
def empty(book: Book) -> None:
    """No byte."""
    book.raw = b""


@submission(BYTES, zero="*", refused=True)
def a_picture(book: Book) -> None:
    """A PNG with the right name."""
    book.raw = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


@submission(BYTES, zero="*", refused=True)
def deep_nesting(book: Book) -> None:
    """JSON that a recursive parser does not survive."""
    book.raw = b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


@submission(BYTES, zero="*", refused=True)
def cells_are_no_cells(book: Book) -> None:
    """Valid JSON, odd values."""
    book.raw = (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": 3, "cells": [null, 7, {"cell_type": "code", "source": 3, "outputs": "x"}, {}]}'
    )


@submission(BYTES, zero="*", refused=True)
def no_notebook(book: Book) -> None:
    """Only another file was handed in."""
    book.name = ""
    book.files["answers.py"] = WRONG.encode()


@submission(BYTES)
def another_encoding(book: Book) -> None:
    """UTF-16 with a byte order mark, as some editors save it."""
    book.raw = json.dumps(book.notebook, ensure_ascii=False).encode("utf-16")


@submission(BYTES)
def a_mark_before_it(book: Book) -> None:
    """UTF-8 with a byte order mark and Windows line ends."""
    book.raw = b"\xef\xbb\xbf" + json.dumps(book.notebook, indent=1).replace("\n", "\r\n").encode()


@submission(BYTES)
def renamed(book: Book) -> None:
    """Handed in under another name."""
    book.name = "ps1 (final version).ipynb"


@submission(BYTES, free="*", refused=True)
def two_notebooks(book: Book) -> None:
    """The right name holds wrong answers, another one right answers."""
    book.files["ps1-copy.ipynb"] = json.dumps(book.notebook).encode()
    for name in EXERCISES:
        book.answer(name, f"def {name}(*args, **kwargs):\n    raise NotImplementedError")


@submission(BYTES, free="*", refused=True)
def not_a_number_in_json(book: Book) -> None:
    """NaN, Infinity and surrogates in the JSON."""
    text = json.dumps(book.notebook)
    book.raw = text.replace('"nbformat_minor": ', '"odd": [NaN, Infinity, "\\ud800"], "nbformat_minor": ', 1).encode()

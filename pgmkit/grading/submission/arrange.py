"""A student's cells made a page: every cell of its right kind, cut functions joined, the imports at the top, and not too many of them."""

import re

from pgmkit.grading.submission.instructor import Instructor, squeezed
from pgmkit.grading.submission.opening import Piece, counted
from pgmkit.grading.submission.places import Page
from pgmkit.grading.submission.sources import Reading, belongs, guessed, parse

MOST_CELLS, MOST_PARSED, MOST_CUTS = 2_000, 2_000_000, 20


def arranged(pieces: list[Piece], repairs: list[str], instructor: Instructor) -> Page:
    """The cells with their right kinds, cut functions joined, the imports at the top, and not too many of them."""
    pieces = limited(pieces, repairs, instructor)
    short = sum(len(piece.source) for piece in pieces) <= MOST_PARSED
    for piece in pieces:
        retype(piece, short, repairs, instructor)
    if short:
        pieces = joined(pieces, repairs, instructor.names)
    page = Page(pieces, [read(piece, short, instructor) for piece in pieces], repairs, instructor.names)
    put_back_answers(page, short, instructor)
    put_back_imports(page, instructor)
    return page


def read(piece: Piece, short: bool, instructor: Instructor) -> Reading:
    """What a cell does; a notebook that is too long to be parsed is read line by line."""
    if piece.kind != "code":
        return Reading()
    return instructor.read(piece.source) if short else guessed(piece.source, instructor.names)


def limited(pieces: list[Piece], repairs: list[str], instructor: Instructor) -> list[Piece]:
    """The cells without those that are too many; a cell that names an exercise at the beginning of a line always stays."""
    most = MOST_CELLS + 2 * len(instructor.tasks) + len(instructor.given)
    seen, kept = {True: 0, False: 0}, []
    named = re.compile(rf"^(?:def |async def |check\()?(?:{'|'.join(map(re.escape, instructor.names))})\b", re.M)
    for piece in pieces:
        is_code = piece.kind == "code"
        if seen[is_code] < most or (is_code and len(kept) < 3 * most and named.search(piece.source)):
            seen[is_code] += 1
            kept.append(piece)
    if len(kept) < len(pieces):
        repairs.append(f"The notebook had {len(pieces)} cells; {counted(len(pieces) - len(kept), 'cell')} were left out.")
    return kept


def retype(piece: Piece, short: bool, repairs: list[str], instructor: Instructor) -> None:
    """Give a cell the kind that it had in the release, where its text or its marks tell."""
    own = squeezed(piece.source)
    was_code = {squeezed(given.source) for given in instructor.given.values()} | {squeezed(t.stub) for t in instructor.tasks.values()}
    was_code |= {squeezed(task.check) for task in instructor.tasks.values()}
    ids = {*instructor.given, *instructor.tasks, *(task.check_marks["grade_id"] for task in instructor.tasks.values())}
    kind = piece.kind
    if kind == "code":
        kind = "markdown" if own in instructor.prose else "code"
    elif own in was_code or ((kind == "unknown" or piece.grade_id in ids) and own and short and is_python(piece.source)):
        kind = "code"
    elif kind == "unknown":
        kind = "markdown"
    if kind != piece.kind:
        repairs.append(f"Cell {piece.number} had become a cell of another kind; it is a {kind} cell again.")
        piece.kind = kind


def is_python(source: str) -> bool:
    """Whether a text is code, or wants to be."""
    return parse(source) is not None or bool(guessed(source, []).binds)


def joined(pieces: list[Piece], repairs: list[str], names: list[str]) -> list[Piece]:
    """The cells, with functions that were cut in two put together again."""
    begins = re.compile(rf"^(?:async[ \t]+)?def[ \t]+(?:{'|'.join(map(re.escape, names))})\b", re.M)
    kept: list[Piece] = []
    cuts = 0
    for piece in pieces:
        last = kept[-1] if kept else Piece("", "")
        code = last.kind == piece.kind == "code" and cuts < MOST_CUTS
        if code and begins.search(last.source) and belongs(last.source, piece.source, names):
            cuts += 1
            last.source += "\n" + piece.source
            last.marks = last.marks or piece.marks
            repairs.append(f"Cell {piece.number} was the rest of a function in cell {last.number}; the two were joined.")
        else:
            cuts = 0
            kept.append(piece)
    return kept


def put_back_answers(page: Page, short: bool, instructor: Instructor) -> None:
    """Turn text cells that hold the only answer to an exercise back into code."""
    for i, piece in enumerate(page.pieces):
        if piece.kind != "code" and short and any(name in piece.source for name in instructor.names) and parse(piece.source):
            found = instructor.read(piece.source)
            wanted = [name for name in instructor.names if name in found.binds and not page.where(name)]
            if wanted or (found.pure and not any(other.pure == found.pure for other in page.readings)):
                page.repairs.append(f"Cell {piece.number} had become a cell of another kind; it is a code cell again.")
                piece.kind, page.readings[i] = "code", found


def put_back_imports(page: Page, instructor: Instructor) -> None:
    """See to it that the instructor's first cell, which imports what the others use, runs before the first answer."""
    if instructor.imports is None:
        return
    grade_id, given = instructor.imports
    answers = [i for name in instructor.names for i in page.where(name)]
    first = min(answers, default=len(page.pieces))
    wanted = instructor.read(given.source).binds.keys()
    if wanted <= {name for found in page.readings[:first] for name in found.binds}:
        return
    here = [i for i, found in enumerate(page.readings) if found.binds and is_same(page.pieces[i], given, grade_id)]
    if here and here[0] <= first:
        return
    front = min([first, *(i for i, piece in enumerate(page.pieces) if piece.kind == "code")], default=0)
    said = "The first code cell, with the imports, was missing; it is back."
    moved, reading = Piece("code", given.source, id=given.id), instructor.read(given.source)
    if here:
        said = "The first code cell, with the imports, stood below an answer; it was moved to the top."
        moved, reading = page.pieces.pop(here[0]), page.readings.pop(here[0])
    page.repairs.append(said)
    page.pieces.insert(front, moved)
    page.readings.insert(front, reading)


def is_same(piece: Piece, given: Piece, grade_id: str) -> bool:
    """Whether a cell is a given one: by its text, by its marks, or because most of its lines are there."""
    lines = {line.strip() for line in given.source.splitlines() if line.strip()}
    theirs = {line.strip() for line in piece.source.splitlines()}
    return squeezed(piece.source) == squeezed(given.source) or piece.grade_id == grade_id or 5 * len(lines & theirs) >= 3 * len(lines)

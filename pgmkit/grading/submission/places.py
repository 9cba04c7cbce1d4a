"""Where the check of each exercise stands in a student's notebook, and which cell holds the answer."""

from dataclasses import dataclass, field

from pgmkit.grading.submission.instructor import Task, squeezed
from pgmkit.grading.submission.opening import Piece
from pgmkit.grading.submission.sources import Reading

MOST_HELPERS = 100


@dataclass
class Page:
    """A notebook on its way to be graded: its cells in the student's order, and what each code cell does.

    Args:
        pieces: the cells.
        readings: what they do; cells that are not code do nothing.
        repairs: what was repaired, one sentence each.
        names: the exercises.
    """

    pieces: list[Piece]
    readings: list[Reading]
    repairs: list[str]
    names: list[str]

    def where(self, name: str) -> list[int]:
        """The cells that define a name."""
        return [i for i, found in enumerate(self.readings) if name in found.binds]

    def exercises(self, i: int) -> set[str]:
        """The exercises that a cell answers or checks."""
        return self.readings[i].checks | (self.readings[i].binds.keys() & set(self.names))


@dataclass
class Place:
    """The place of an exercise.

    Args:
        check: the check stands behind this cell; -1 if it stands first.
        answer: the cell with the answer, or None.
        dropped: cells that are left out: the student's copies of the check, empty stubs below an answer.
    """

    check: int
    answer: int | None
    dropped: set[int] = field(default_factory=set)


def place(page: Page, task: Task, before: int) -> Place:
    """Find the place of an exercise; what is not as it was released is said in `page.repairs`.

    Args:
        page: the notebook.
        task: the exercise.
        before: the place of the exercise before it, for one of which nothing is left.
    """
    name = task.name
    defined = page.where(name)
    written = [i for i in defined if not page.readings[i].binds[name]]
    checks, pure = checks_of(page, task)
    spot = position(page, name, defined, written, checks, before)
    stubs = {i for i in defined if written and written[0] < i <= spot and squeezed(page.pieces[i].source) == squeezed(task.stub)}
    if stubs:
        page.repairs.append(f"An empty {name} below the answer was left out.")
    defined = [i for i in defined if i not in stubs]
    if len(defined) > 1:
        page.repairs.append(f"{name} is defined in {len(defined)} cells; the last one before its check counts.")
    before_check = [i for i in defined if i <= spot]
    return Place(below(page, name, spot, before_check), answer_of(page, task, defined, before_check), {*stubs, *pure})


def checks_of(page: Page, task: Task) -> tuple[list[int], set[int]]:
    """The cells where the student has the check, and those of them that hold nothing else; says what is wrong with them."""
    name, grade_id = task.name, task.check_marks["grade_id"]
    pure = [i for i, found in enumerate(page.readings) if found.pure == name]
    if len(pure) > 1:
        page.repairs.append(f"The check of {name} was there {len(pure)} times; one is left.")
    if pure:
        return pure, set(pure)
    mixed = [i for i, found in enumerate(page.readings) if name in found.checks]
    if mixed:
        page.repairs.append(f"The check of {name} shared its cell with other code; it has a cell of its own again.")
        return mixed, set()
    marked = [i for i, piece in enumerate(page.pieces) if piece.grade_id == grade_id and not page.readings[i].checks]
    said = "had been changed" if marked else "was missing"
    page.repairs.append(f"The check of {name} {said}; it is back.")
    return marked, {i for i in marked if page.readings[i].empty}


def position(page: Page, name: str, defined: list[int], written: list[int], checks: list[int], before: int) -> int:
    """Behind which cell the check stands: where the student had it, if the answer is above it, else behind the answer."""
    behind = [i for i in checks if any(j <= i for j in written or defined)]
    if behind:
        return behind[-1]
    if defined:
        if checks:
            page.repairs.append(f"The check of {name} stood above the answer; it was moved below it.")
        return (written or defined)[-1]
    page.repairs.append(f"No cell defines {name}.")
    marked = [i for i, piece in enumerate(page.pieces) if piece.grade_id == name and piece.kind == "code"]
    end = [len(page.pieces) - 1] if any(found.star for found in page.readings) else [before]
    return max(checks[-1:] + marked or end)


def below(page: Page, name: str, spot: int, defined: list[int]) -> int:
    """Behind the last cell that the answer needs: helper functions may stand further down."""
    if not defined or any(found.star for found in page.readings[: spot + 1]):
        return spot
    known = {bound for found in page.readings[: spot + 1] for bound in found.binds}
    wanted, lowest = page.readings[defined[-1]].needs - known, spot
    later = range(spot + 1, len(page.readings))
    for _ in range(MOST_HELPERS):
        fresh = next((i for i in later if wanted & page.readings[i].binds.keys()), None)
        if fresh is None:
            break
        known |= page.readings[fresh].binds.keys()
        wanted = (wanted | page.readings[fresh].needs) - known
        lowest = max(lowest, fresh)
    if lowest > spot:
        page.repairs.append(f"The check of {name} was moved below the cells that the answer uses.")
    return lowest


def answer_of(page: Page, task: Task, defined: list[int], before_check: list[int]) -> int | None:
    """The cell that gets the marks of the solution: the definition that counts, or else the cell that once held it."""
    marked = [i for i, piece in enumerate(page.pieces) if piece.grade_id == task.name and piece.kind == "code"]
    candidates = before_check or defined or [i for i in marked if not page.exercises(i)]
    return candidates[-1] if candidates else None

"""One page about a class: scores, difficulty, which mistake how many hold, what was repaired, where the time went."""

import ast
import json
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from markupsafe import Markup

from pgmkit.checks.judge import NOT_ATTEMPTED
from pgmkit.course.paths import Course
from pgmkit.grading.results.charts import difficulty, histogram
from pgmkit.grading.results.export import write_whole
from pgmkit.grading.results.marks import Mark, grade_ids, marks
from pgmkit.grading.results.pages import page
from pgmkit.grading.results.safe import code
from pgmkit.grading.run.records import Records
from pgmkit.grading.run.summary import exercise
from pgmkit.grading.trouble import Trouble
from pgmkit.grading.units import Graded

MOST_MISTAKES, MOST_LISTED = 40, 60
LONGEST_SOURCE, LONGEST_EXAMPLE = 10_000, 30
"""Characters of an answer that are looked at, and lines of one that is shown as an example."""


@dataclass(frozen=True)
class Hard:
    """How an exercise went: its points, the mean and its share of them, how many have all, and how many did not try."""

    name: str
    points: float
    mean: float
    share: float
    solved: int
    untried: int


@dataclass(frozen=True)
class Held:
    """A mistake, how many hold it, what share of the submissions that is, and an example."""

    exercise: str
    title: str
    count: int
    share: float
    example: Markup


def nameless(source: str) -> str:
    """A function without its comments and docstring, in which a student might have signed; empty if it is no Python or too long."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source[:LONGEST_SOURCE])
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest]):
                    node.body = rest or [ast.Pass()]
        text = ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return text if text.count("\n") < LONGEST_EXAMPLE else ""


def answer(record: Graded, name: str) -> str:
    """The solution cell of an exercise in a graded notebook, without comments."""
    for cell in json.loads(record.notebook)["cells"]:
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") == name:
            return nameless("".join(cell["source"]))
    return ""


def shortest(records: Sequence[Graded], name: str) -> Markup:
    """The shortest of some answers, as an example; empty if none can be shown."""
    return code(min(found, key=len)) if (found := [text for record in records[:20] if (text := answer(record, name))]) else Markup("")


def mistakes(records: Sequence[Graded], names: Sequence[str]) -> list[Held]:
    """Which mistake how many of the graded submissions hold, in the order of the exercises, the commonest first."""
    holders: dict[tuple[str, str], list[Graded]] = defaultdict(list)
    for record in records:
        for name, title in record.mistakes.items():
            if title != NOT_ATTEMPTED:
                holders[exercise(name), title].append(record)
    place = {name: i for i, name in enumerate(names)}
    keys = sorted(holders, key=lambda key: (place.get(key[0], len(place)), -len(holders[key]), key))
    shown = sorted(keys, key=lambda key: -len(holders[key]))[:MOST_MISTAKES]
    return [Held(*key, len(holders[key]), len(holders[key]) / len(records), shortest(holders[key], key[0])) for key in keys if key in shown]


def hardness(handed_in: Sequence[Mark], exercises: dict[str, float], records: Sequence[Graded]) -> list[Hard]:
    """How each exercise went, in the order of the problem set: the points from the gradebook, who tried from the grading run."""
    found = []
    untried = Counter(exercise(name) for record in records for name, title in record.mistakes.items() if title == NOT_ATTEMPTED)
    for grade_id, points in exercises.items():
        scores = [mark.exercises[grade_id].score for mark in handed_in if grade_id in mark.exercises]
        mean = sum(scores) / len(scores) if scores else 0.0
        solved = sum(score >= points for score in scores)
        found.append(Hard(exercise(grade_id), points, mean, mean / points if points else 0.0, solved, untried[exercise(grade_id)]))
    return found


def phases(records: Sequence[Graded]) -> list[tuple[str, float, float, float]]:
    """Seconds of each phase over the submissions: median, largest, sum; the whole comes last."""
    names = dict.fromkeys(phase for record in records for phase in record.seconds if phase != "total")
    columns = {name: [record.seconds.get(name, 0.0) for record in records] for name in names}
    columns["together"] = [record.seconds.get("total", sum(record.seconds.values())) for record in records]
    return [(name, median(values), max(values), sum(values)) for name, values in columns.items()] if names else []


def report_page(assignment: str, exercises: dict[str, float], everyone: Sequence[Mark], records: Sequence[Graded]) -> str:
    """The page.

    Args:
        assignment: the problem set.
        exercises: points by grade id, in order.
        everyone: the marks of all students.
        records: what the grading run said.
    """
    handed_in = [mark for mark in everyone if mark.submitted]
    if not handed_in:
        raise Trouble(f"nobody's {assignment} is graded yet: run `python -m pgmkit.course grade {assignment}` first.")
    totals, most = [mark.total for mark in handed_in], sum(exercises.values())
    graded = [record for record in records if not record.refused]
    hard = hardness(handed_in, exercises, graded)
    troubled = [record for record in records if record.repairs or record.refused]
    return page(
        "report",
        assignment=assignment,
        most=most,
        students=len(everyone),
        totals=totals,
        mean=sum(totals) / len(totals),
        median=median(totals),
        late=sum(mark.penalty > 0 for mark in handed_in),
        histogram=histogram(totals, most),
        difficulty=difficulty({line.name: line.share for line in hard}),
        hard=hard,
        mistakes=mistakes(graded, [line.name for line in hard]),
        graded=len(records),
        refused=[record for record in troubled if record.refused][:MOST_LISTED],
        repaired=[record for record in troubled if not record.refused][:MOST_LISTED],
        counts=(sum(bool(r.refused) for r in troubled), sum(not r.refused for r in troubled)),
        phases=phases(records),
    )


def report(course: Course, assignment: str, output: Path | None = None) -> Path:
    """Write the report on a problem set; returns the file.

    Args:
        course: the course directory.
        assignment: the problem set.
        output: the file; default: reports/<set>.html in the course directory.
    """
    records = [record.graded for record in Records(course.root, assignment).all()]
    text = report_page(assignment, grade_ids(course, assignment), marks(course, assignment), records)
    path = output or course.root / "reports" / f"{assignment}.html"
    write_whole(path, text.encode())
    return path

"""A class of ten goes through release, submission, collection, grading, feedback and export, with nbgrader's own commands."""

import csv
import re
from pathlib import Path

import nbformat
import pytest

from pgmkit.checks import PROBLEM_SETS
from pgmkit.checks.judge import judge

SET = "ps1"
EXAMS = PROBLEM_SETS[SET]
NAMES = [exam.name for exam in EXAMS]
FULL = {exam.name: exam.points for exam in EXAMS}
WRONG = {
    "discriminator_loss": "F.softplus(real).mean() + F.softplus(-fake).mean()",
    "generator_loss": "F.softplus(-fake).mean() if saturating else -F.softplus(fake).mean()",
    "js_divergence": "(torch.xlogy(p, 2 * p / (p + q)) + torch.xlogy(q, 2 * q / (p + q))).sum(-1) / (2 * torch.log(torch.tensor(2.0, dtype=p.dtype)))",
}


def answered(notebook, answers):
    """The released notebook with some answers typed in: exercise name to source."""
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return notebook


def without(notebook, *grade_ids):
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
    return notebook


def with_return(right, name, expression):
    """The released stub of an exercise with one line as its body."""
    head = right[name].split("    ### BEGIN SOLUTION")[0]
    return f"{head}    return {expression}\n"


def expected_of_wrong(name, expression):
    """What the judge gives that answer, outside nbgrader and at another seed."""
    space = {"torch": __import__("torch"), "F": __import__("torch").nn.functional}
    arguments = {"discriminator_loss": "real, fake", "generator_loss": "fake, *, saturating=False", "js_divergence": "p, q"}[name]
    exec(f"def {name}({arguments}):\n    return {expression}", space)
    exam = next(exam for exam in EXAMS if exam.name == name)
    score = judge(exam, space[name], seed=77, shut=[e.reference for e in EXAMS]).score
    assert 0 <= score < exam.points
    return score


def submissions(release, right):
    """Ten students, and kim with an empty notebook: what they hand in and what each exercise should earn."""
    half = len(NAMES) // 2
    first, second = NAMES[:half], NAMES[half:]
    hurt = NAMES[1]

    def fresh():
        return nbformat.read(release, as_version=4)

    def only(names):
        return answered(fresh(), {n: right[n] for n in names}), {n: FULL[n] if n in names else 0 for n in NAMES}

    people = {"ada": only(NAMES), "ben": (fresh(), dict.fromkeys(NAMES, 0)), "cai": only(first), "dee": only(second)}
    for student, (name, expression) in zip(["eva", "fay", "gus"], WRONG.items(), strict=True):
        book = answered(fresh(), right | {name: with_return(right, name, expression)})
        people[student] = book, FULL | {name: expected_of_wrong(name, expression)}
    people["hal"] = answered(fresh(), right | {hurt: right[hurt] + "\n    return ((\n"}), FULL | {hurt: 0}
    people["ivy"] = without(answered(fresh(), right), hurt), FULL | {hurt: 0}
    broken = answered(fresh(), right)
    broken.cells.insert(1, nbformat.v4.new_code_cell("import a_library_that_nobody_has\nimport torch.no_such_part"))
    people["jon"] = broken, dict(FULL)
    people["kim"] = nbformat.v4.new_notebook(metadata=fresh().metadata), dict.fromkeys(NAMES, 0)
    return people


@pytest.mark.cage
@pytest.mark.timeout(600)
def test_a_class_of_ten_from_release_to_export(copy, run, tmp_path_factory):
    root = copy.root
    exchange = f"--Exchange.root={tmp_path_factory.mktemp('exchange')}"
    run(root, "nbgrader", "generate_assignment", SET, "--force")
    run(root, "nbgrader", "release_assignment", SET, exchange)

    solution = nbformat.read(root / "solutions" / SET / f"{SET}.ipynb", as_version=4)
    right = {c.metadata.nbgrader.grade_id: c.source for c in solution.cells if c.metadata.get("nbgrader", {}).get("solution")}
    people = submissions(root / "assignments" / SET / f"{SET}.ipynb", right)
    home = tmp_path_factory.mktemp("student")
    run(home, "nbgrader", "fetch_assignment", SET, "--course=pgmkit", exchange)
    for student, (book, _) in people.items():
        nbformat.write(book, home / SET / f"{SET}.ipynb")
        run(home, "nbgrader", "submit", SET, "--course=pgmkit", f"--student={student}", exchange)
    run(root, "nbgrader", "collect", SET, exchange)
    run(root, "nbgrader", "autograde", SET)
    run(root, "nbgrader", "generate_feedback", SET)
    run(root, "nbgrader", "export")

    with open(root / "grades.csv") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file) if row["assignment"] == SET}
    assert totals == {student: pytest.approx(sum(scores.values())) for student, (_, scores) in people.items()}
    assert scores_by_exercise(root, people) == {student: pytest.approx(scores) for student, (_, scores) in people.items()}
    pages = {student: words(root / "feedback" / student / SET / f"{SET}.html") for student in people}
    assert all(re.search(rf"\b{name}: (\d|not attempted)", page) for student, page in pages.items() for name in NAMES if student != "kim")
    assert all("The grading run leaves it out" in page for student, page in pages.items() if student != "kim")
    assert "not attempted yet" in pages["ben"] and "not attempted yet" not in pages["ada"]
    assert "labels are swapped" in pages["eva"] and "labels are swapped" not in pages["ada"]


def words(page: Path) -> str:
    """The text of an HTML page."""
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


def scores_by_exercise(root: Path, people) -> dict[str, dict[str, float]]:
    """What the gradebook holds, cell by cell."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        for student in people:
            grades = book.find_submission_notebook(SET, SET, student).grades
            found[student] = {grade.name.removeprefix("check-"): grade.auto_score or 0 for grade in grades}
    return found

"""A course of one exercise and a grader that needs no kernel, for tests of everything around it."""

import nbformat
from fake_grade import grade, nothing
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from pgmkit.grading.run.classroom import Classroom, Orders, Work
from pgmkit.grading.run.register import open_book

SET = "tiny"
POINTS = {"check-add": 3.0, "check-half": 2.0}


def cell(grade_id, source, **more):
    fields = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": grade_id}
    return new_code_cell(source, metadata={"nbgrader": fields | more}, id=grade_id)


def instructor():
    """The instructor's notebook: two exercises with a check each."""
    cells = []
    for name in POINTS:
        exercise = name.removeprefix("check-")
        body = f"def {exercise}(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
        cells.append(cell(exercise, body, solution=True))
        cells.append(cell(name, f"check({exercise})", grade=True, locked=True, points=POINTS[name]))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def make_course(root, names=()):
    """A course directory with submissions of these students."""
    for step in ("solutions", "assignments"):
        (root / step / SET).mkdir(parents=True)
        nbformat.write(instructor(), root / step / SET / f"{SET}.ipynb")
    for name in names:
        hand_in(root, name)
    return root


def hand_in(root, student, text="", **files):
    """What a student hands in: the fake grader makes of the name and the text what it should do."""
    folder = root / "submitted" / student / SET
    folder.mkdir(parents=True, exist_ok=True)
    book = new_notebook(cells=[new_code_cell(text, id="said")])
    (folder / f"{SET}.ipynb").write_text(nbformat.writes(book))
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content)


def config_of(root, **sections):
    config = Config(sections)
    config.CourseDirectory.update(
        root=str(root), course_id="tiny course", source_directory="solutions", release_directory="assignments", assignment_id=SET
    )
    return config


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.total, self.steps, self.said = 0, 0, []

    def start(self, total):
        self.total = total

    def say(self, text):
        self.said.append(text)

    def step(self):
        self.steps += 1


FAKE = Work(grade, nothing, nothing, ())


def classroom(root, heard=None, config=None, how=FAKE, **orders):
    """A grading run of the little course."""
    config = config or config_of(root)
    coursedir = CourseDirectory(config=config)
    wanted = Orders(**{"assignment": SET, "workers": 2, "seed": 7} | orders)
    return Classroom(coursedir, wanted, heard or Heard(), lambda name: open_book(coursedir, config, name), how)

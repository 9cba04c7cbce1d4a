import re

import nbformat
import pytest

from pgmkit.checks import EXAMS
from pgmkit.course.build import build, cells_of, notebook, problem_set, write
from pgmkit.course.directives import BEGIN, END, split_body

SOURCE = """# Title

Text with $x$.

```{code-cell}
x = 1
```

```{code-cell}
:exercise: pgmkit.gan.losses.discriminator_loss
```

```{code-cell}
:check: discriminator_loss
```
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "ps9.md"
    path.write_text(SOURCE)
    return path


def test_directives_become_the_librarys_own_text(source):
    markdown, given, facts, answer, check = notebook(source).cells
    assert markdown.source == "# Title\n\nText with $x$."
    assert given.source == "x = 1"
    assert facts.source.startswith("*8 points, about")
    assert answer.source.startswith("def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:")
    assert check.source == "check(discriminator_loss)"
    assert check.metadata.nbgrader.points == EXAMS["discriminator_loss"].points == 8


def test_a_solution_region_runs_and_holds_no_boundary_check(source):
    answer = notebook(source).cells[3].source
    assert BEGIN in answer and END in answer and "want_" not in answer
    space = {}
    exec("import torch\nfrom torch import Tensor\nfrom torch.nn import functional as F\n" + answer, space)
    import torch

    real, fake = torch.randn(4), torch.randn(3)
    assert torch.equal(space["discriminator_loss"](real, fake), EXAMS["discriminator_loss"].reference(real, fake))


def test_ids_come_from_file_and_position_and_a_rebuild_changes_no_byte(source, tmp_path):
    first, second = notebook(source), notebook(source)
    assert nbformat.writes(first) == nbformat.writes(second)
    assert len({cell.id for cell in first.cells}) == len(first.cells)
    assert write(tmp_path / "x.ipynb", first) and not write(tmp_path / "x.ipynb", second)
    assert "jupytext" not in first.metadata


def test_code_that_is_not_an_answer_is_read_only_in_a_problem_set(source):
    kinds = {c.source.split("\n")[0]: c.metadata.nbgrader for c in problem_set(source).cells if c.cell_type == "code"}
    assert kinds["x = 1"].locked and not kinds["x = 1"].solution
    assert not kinds["def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:"].locked


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (":show: pgmkit.gan.no_such_thing", "full name of a library object"),
        (":exercise: pgmkit.gan.model.Implicit", "Implicit"),
        (":check: no_such_exam", "no_such_exam"),
        (":show: pgmkit.rng.rand\nx = 1", "stands alone"),
    ],
)
def test_a_wrong_directive_fails_and_names_the_file(tmp_path, cell, message):
    path = tmp_path / "ps9.md"
    path.write_text(f"```{{code-cell}}\n{cell}\n```\n")
    with pytest.raises(ValueError, match=rf"ps9\.md.*{message}"):
        cells_of(path)


def test_only_functions_with_a_docstring_are_exercises():
    with pytest.raises(ValueError, match="only a function"):
        split_body("class A:\n    pass")
    with pytest.raises(ValueError, match="needs a docstring"):
        split_body("def f(x):\n    return x")


def test_a_rebuild_of_the_problem_sets_changes_nothing(course):
    for source in course.problem_sets:
        assert build(course, only=source.stem) == []


def test_no_lecture_shows_what_a_problem_set_asks(course):
    for lecture in course.lectures:
        shown = re.findall(r"^:show: (\S+)", lecture.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not {name.rpartition(".")[2] for name in shown} & set(EXAMS), lecture.name

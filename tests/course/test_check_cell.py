"""The check cell in a real kernel: whatever the answer prints or warns, its value is one plain float that nbgrader reads."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from pgmkit.course.directives import nbgrader_cell
from pgmkit.course.execute import execute

SETUP = """
import logging, os, subprocess, sys, warnings, torch
from pgmkit.checks import check
logging.basicConfig(level=logging.INFO)
early = sys.stderr
"""
RIGHT = "return fake.mean() - real.mean()"
NOISES = {
    "prints": "print('hello ' * 100)",
    "writes to stderr": "print('hello', file=sys.stderr)",
    "holds the stream from before": "early.write('hello')",
    "logs": "logging.warning('hello')",
    "warns": "warnings.warn('hello')",
    "shows a progress bar": "from tqdm import tqdm; [None for _ in tqdm(range(3))]",
    "shows a notebook's progress bar": "from tqdm.auto import tqdm; [None for _ in tqdm(range(3))]",
    "writes to the file descriptor": "os.write(2, b'hello')",
    "starts a noisy process": "subprocess.run([sys.executable, '-c', 'import sys; sys.stderr.write(\"hello\")'])",
    "displays a figure": "from IPython.display import display; display('a figure')",
    "changes torch's defaults": "torch.set_default_dtype(torch.float32)",
}


NOTHING = {
    "untouched": "raise NotImplementedError",
    "nan": "return float('nan')",
    "zero": "return torch.zeros(())",
    "crash": "return 1 / 0",
    "None": "return None",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Every answer with its check cell, run in one kernel: answer's name -> executed check cell."""
    bodies = {name: f"{noise}\n    {RIGHT}" for name, noise in NOISES.items()} | NOTHING
    answers = {name: f"def critic_loss(real, fake):\n    {body}\n" for name, body in bodies.items()}
    answers["a lambda"] = "critic_loss = lambda real, fake: fake.mean() - real.mean()"
    book = new_notebook(cells=[new_code_cell(SETUP)])
    for answer in answers.values():
        check = new_code_cell("check(critic_loss)", metadata={"nbgrader": nbgrader_cell("check-critic_loss", points=3.0)})
        book.cells += [new_code_cell(answer), check]
    execute(book, tmp_path_factory.mktemp("check"), allow_errors=True)
    return dict(zip(answers, book.cells[2::2], strict=True))


@pytest.mark.parametrize("noise", [*NOISES, "a lambda"])
def test_noise_does_not_change_the_score(cells, noise):
    cell = cells[noise]
    assert determine_grade(cell) == (3.0, 3.0)
    assert [output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"] == ["3.0"]


@pytest.mark.parametrize("nothing", NOTHING)
def test_nothing_right_earns_a_plain_zero(cells, nothing):
    assert determine_grade(cells[nothing]) == (0.0, 3.0)
    assert cells[nothing].outputs[-1].data["text/plain"] == "0.0"

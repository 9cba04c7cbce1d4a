"""A student in JupyterLab: a wrong answer, the diagnosis, the correction, a green table."""

import pytest
from lab_page import Notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

WRONG = "def critic_loss(real, fake):\n    return real.mean() - fake.mean()\n"
RIGHT = "def critic_loss(real, fake):\n    return fake.mean() - real.mean()\n"


def test_a_wrong_answer_is_diagnosed_and_its_correction_turns_green(lab, page):
    book = Notebook(page, lab.url, "assignments/ps2/ps2.ipynb")
    book.run("from pgmkit.checks import check", seconds=120)

    book.run("def critic_loss(")
    table = book.run("check(critic_loss)").locator(".pgmkit-check")
    expect(table).to_contain_text("not attempted yet")

    book.type_over("def critic_loss(", WRONG)
    book.run("def critic_loss(")
    table = book.run("check(critic_loss)").locator(".pgmkit-check")
    expect(table).to_have_class("pgmkit-check pgmkit-wrong")
    expect(table).to_contain_text("sign")
    table.locator("summary", has_text="Hint 1").click()
    expect(table.locator("details p").first).to_be_visible()

    book.type_over("def critic_loss(", RIGHT)
    book.run("def critic_loss(")
    cell = book.run("check(critic_loss)")
    expect(cell.locator(".pgmkit-check")).to_have_class("pgmkit-check pgmkit-right")
    expect(cell.locator(".jp-OutputArea-executeResult")).to_contain_text("3.0")

    # JupyterLab has read nbgrader's configuration; still this is a student's kernel and no grading run.
    expect(book.run("if ready(")).to_contain_text("This cell waits for")

"""An instructor opens the formgrader inside JupyterLab, sees the problem sets, presses the buttons, and reads the score and the page."""

import shutil

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.cage]
SLOW = 120_000
"""Milliseconds for a grading run with its start."""


def test_the_formgrader_lists_the_problem_sets(lab, page):
    page.goto(f"{lab.url}/lab?reset")
    page.locator(".lm-MenuBar-item", has_text="Nbgrader").click()
    page.locator(".lm-Menu-item", has_text="Formgrader").first.click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("ps1")
    expect(frame.locator("body")).to_contain_text("ps2")


def press(page, button):
    """Press a button in ada's row, and close the message that says that it worked."""
    page.locator(f"tr .{button} a").click()
    box = page.locator(".modal.in")
    expect(box).to_contain_text("Success", timeout=SLOW)
    box.locator(".close, .btn").first.click()
    expect(box).to_have_count(0)


@pytest.mark.timeout(300)
def test_the_buttons_grade_a_submission_and_write_its_page(lab, page):
    target = lab.root / "submitted" / "ada" / "ps1"
    target.mkdir(parents=True)
    shutil.copy(lab.root / "solutions" / "ps1" / "ps1.ipynb", target)
    page.goto(f"{lab.url}/formgrader/manage_submissions/ps1")
    press(page, "autograde")
    expect(page.locator("td.score")).to_have_text("33 / 33")
    press(page, "generate-feedback")
    page.goto((lab.root / "feedback" / "ada" / "ps1" / "ps1.html").as_uri())
    expect(page.locator("h1")).to_have_text("ps1: 33 of 33 points")

    page.goto(f"{lab.url}/formgrader/gradebook/ps1/ps1")
    page.get_by_role("link", name="Submission #1").click()
    expect(page.locator(".pgmkit-check").first).to_be_visible()
    expect(page.locator("body")).to_contain_text("optimal_discriminator")

"""An instructor opens the formgrader inside JupyterLab and sees the problem sets."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")


def test_the_formgrader_lists_the_problem_sets(lab, page):
    page.goto(f"{lab.url}/lab?reset")
    page.locator(".lm-MenuBar-item", has_text="Nbgrader").click()
    page.locator(".lm-Menu-item", has_text="Formgrader").first.click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("ps1")
    expect(frame.locator("body")).to_contain_text("ps2")

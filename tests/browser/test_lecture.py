"""A student follows a lecture in JupyterLab: everything runs, a slider moves, the figure follows."""

import re

import pytest
from lab_page import Notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["03_wgan", "06_glow", "10_learnable_pr"])
def test_the_lecture_runs_and_a_slider_changes_its_figure(lab, page, name):
    book = Notebook(page, lab.url, f"lectures/{name}.ipynb")
    book.run_all(seconds=400)
    expect(page.locator('.jp-OutputArea [data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)
    expect(page.locator('.jp-OutputArea [data-mime-type="application/vnd.jupyter.stderr"]')).to_have_count(0)

    box = page.locator(".widget-vbox", has=page.locator(".widget-slider")).filter(has=page.locator("img")).first
    image, readout = box.locator("img").first, box.locator(".widget-readout").first
    assert image.get_attribute("alt").strip()
    before, value = image.get_attribute("src"), readout.inner_text()
    handle = box.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(readout).not_to_have_text(value)
    expect(image).not_to_have_attribute("src", before)

    page.get_by_role("button", name="a", exact=True).first.click()
    expect(page.locator(".widget-htmlmath", has_text=re.compile("Right|Not quite"))).to_have_count(1)

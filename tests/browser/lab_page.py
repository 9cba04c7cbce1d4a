"""What a student's hands do in JupyterLab, for playwright."""

from playwright.sync_api import Locator, Page, expect


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page, url: str, path: str):
        self.page = page
        page.goto(f"{url}/lab/tree/{path}?reset")
        expect(page.locator(".jp-Notebook")).to_be_visible()
        self.idle()

    def idle(self, seconds: float = 60) -> None:
        """Wait until the kernel has nothing to do."""
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=seconds * 1000)
        expect(self.page.locator(".jp-Notebook-ExecutionIndicator").first).to_have_attribute("data-status", "idle", timeout=seconds * 1000)

    def cell(self, text: str) -> Locator:
        """The code cell that holds a text."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".jp-InputArea-editor", has_text=text)).first

    def run(self, text: str, seconds: float = 60) -> Locator:
        """Run one cell and wait for it."""
        cell = self.cell(text)
        cell.locator(".cm-content").first.click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_timeout(300)
        self.idle(seconds)
        return cell

    def run_all(self, seconds: float) -> None:
        """Run all cells from the menu and wait for the last."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        self.page.wait_for_timeout(1000)
        self.idle(seconds)

    def type_over(self, text: str, source: str) -> None:
        """Replace the source of a cell by typing."""
        self.cell(text).locator(".cm-content").first.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(source)

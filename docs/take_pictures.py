"""Take the pictures of README and docs from the real thing: the demo model at its main job, in light and in dark.

Needs Chromium (CRUSH_CHROMIUM names one) and the built panel. Look at each picture before it is committed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, expect, sync_playwright

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.browser.lab_page import LabPage
from support.browser.lab_process import LabOptions, LabProcess

IMAGES = Path(__file__).parent / "images"
SIZE = ViewportSize(width=1360, height=940)
PANEL_WIDTH = 520
PROMPT = "Look at the data and tell me what is in it"


def main() -> None:
    names = (os.environ.get("CRUSH_CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as playwright:
        lab = LabProcess(Path(home), LabOptions())
        browser = playwright.chromium.launch(executable_path=next(filter(None, names), None), args=["--no-sandbox"])
        try:
            lab.start()
            context = browser.new_context(viewport=SIZE, device_scale_factor=1.5, locale="en-GB")
            take(LabPage(context.new_page(), lab.url, IMAGES))
        finally:
            browser.close()
            lab.kill()


def take(tab: LabPage) -> None:
    tab.open("lab/tree/penguins.ipynb")
    tab.open_panel()
    tab.page.keyboard.press("ControlOrMeta+b")
    tab.widen(PANEL_WIDTH)
    tab.send(PROMPT)
    expect(tab.card).to_contain_text("Run this")
    tab.allow()
    expect(tab.card).to_contain_text("Change penguins.ipynb?")
    shots(tab, "permission")
    tab.allow()
    expect(tab.card).to_contain_text("Run this")
    tab.card.get_by_role("button", name="Allow for session").click()
    tab.finished()
    plot = tab.page.locator(".jp-Notebook .jp-OutputArea-output img")
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_in_viewport()
    tab.turns.first.scroll_into_view_if_needed()
    tab.transcript.evaluate("node => { node.scrollTop = 0; }")
    shots(tab, "panel")


def shots(tab: LabPage, name: str) -> None:
    """In both themes, with the mouse over nothing."""
    tab.page.mouse.move(SIZE["width"] / 2, 2)
    for theme in ("Light", "Dark"):
        tab.use_theme(f"JupyterLab {theme}")
        tab.shot(f"{name}-{theme.lower()}")
    tab.use_theme("JupyterLab Light")


if __name__ == "__main__":
    main()

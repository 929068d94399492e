"""The same panel in Notebook 7."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    return LabOptions(app="notebook")


@pytest.mark.timeout(180)
def test_the_panel_works_beside_a_notebook(visit: Visit) -> None:
    tab = visit("notebooks/penguins.ipynb")
    tab.page.keyboard.press("ControlOrMeta+Shift+Enter")
    expect(tab.composer).to_be_focused()
    tab.has_state("ready")
    expect(tab.panel).to_contain_text("demo, offline")
    tab.send("run `echo from Notebook 7`")
    expect(tab.card).to_contain_text("echo from Notebook 7")
    tab.shot("1-asks")
    tab.allow()
    tab.finished()
    expect(tab.turns).to_contain_text("from Notebook 7")
    expect(tab.card).to_be_hidden()
    tab.shot("2-done")

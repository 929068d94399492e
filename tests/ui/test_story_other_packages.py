"""A tool and a model of another package, in the panel: the card says where the tool comes from, and its edit is reviewed like ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser.accessibility import grave_findings
from support.browser.lab_page import Visit
from support.browser.lab_process import REPOSITORY, LabOptions, LabProcess
from support.plugins.installing import install_example


@pytest.fixture(scope="module")
def lab_options(tmp_path_factory: pytest.TempPathFactory) -> LabOptions:
    site = install_example(tmp_path_factory.mktemp("site"))
    return LabOptions(environ={"PYTHONPATH": os.pathsep.join([str(site), str(REPOSITORY)])})


@pytest.mark.timeout(240)
def test_a_tool_of_another_package_is_shown_by_its_own_name_and_reviewed(visit: Visit, lab: LabProcess) -> None:
    tab = visit()
    tab.open_panel()
    tab.send("a fine day")
    expect(tab.card).to_contain_text("Change diary.md?")
    expect(tab.card).to_contain_text("With the tool write_diary from example-plugin")
    expect(tab.card).to_contain_text("a fine day")
    state = tab.turns.locator(".jcr-Line-held")
    expect(state).to_have_text("asks you")
    inside = "node => node.getBoundingClientRect().right <= node.closest('.jcr-Panel').getBoundingClientRect().right"
    tab.widen(250)
    assert state.evaluate(inside), "the state of the call is pushed out of the panel by a long name"
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        tab.use_theme(theme)
        assert not grave_findings(tab.page, ".jcr-Panel")
        tab.shot(f"1-card-{theme.split()[1].lower()}", tab.panel)
    tab.allow()
    tab.finished()
    line = tab.turns.locator("[data-tool=write_diary]")
    expect(line.locator(".jcr-Line-verb")).to_have_text("write_diary")
    expect(line.locator(".jcr-Line-from")).to_have_text("from example-plugin")
    expect(tab.turns.last).to_contain_text("Written, squawk.")
    tab.panel.get_by_role("button", name="Review changes").click()
    review = tab.panel.get_by_role("region", name="Changes")
    expect(review.locator(".jcr-ChangedFile")).to_have_count(1)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        tab.use_theme(theme)
        assert not grave_findings(tab.page, ".jcr-Panel")
        tab.shot(f"2-line-{theme.split()[1].lower()}", tab.panel)
    assert Path(lab.root, "diary.md").read_text() == "a fine day\n"
    review.get_by_role("button", name="Revert all").click()
    expect(review).to_contain_text("Nothing to review")
    assert not Path(lab.root, "diary.md").exists()

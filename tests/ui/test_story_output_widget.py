"""A cell that the agent runs prints inside an Output widget of its user's: it is seen there, and nowhere else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import NAME, cell, on_disk, save, write
from support.models.messages_api import Answer, Call, MessagesApi

CELLS = {
    "one": "from ipywidgets import Output\nout = Output()\nout",
    "two": "with out:\n    print('inside')\nprint('outside')",
    "three": "with out:\n    print('again')",
}


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.mark.timeout(240)
def test_what_the_agents_cell_captures_is_seen_in_the_widget_and_not_in_the_cell(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    write(lab.root, CELLS)
    api.when(lambda body: not body.get("tools"), "A title")
    tab = visit(f"lab/tree/{NAME}")
    expect(tab.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    expect(tab.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cell(tab, 1).locator(".cm-content").click()
    tab.page.keyboard.press("Shift+Enter")
    expect(cell(tab, 1).locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=30_000)
    widget = cell(tab, 1).locator(".jp-Cell-outputWrapper")
    session = workspace.create_session().id
    for name in ("two", "three"):
        api.script(Answer(Call("run_cell", {"path": NAME, "cell_id": name})), "Done.")
        run = workspace.prompt(session, f"Run {name}").run_id
        assert workspace.wait(run, timeout=90).state == "done"
    expect(widget.locator(".jp-OutputArea-output pre")).to_have_text("inside\nagain\n")
    expect(cell(tab, 2).locator(".jp-OutputArea-output")).to_have_text("outside\n")
    expect(cell(tab, 3).locator(".jp-OutputArea-output")).to_have_count(0)
    tab.shot("1-captured")
    save(tab)
    assert on_disk(lab.root)["three"]["outputs"] == []

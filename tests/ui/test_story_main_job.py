"""The main job, with no key: the demo model looks at real data in a real notebook, and goes on when nobody looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from jupyter_crush.wire import PermissionRequest
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabProcess

PROMPT = "Look at the data and tell me what is in it"
NOTEBOOK = "penguins.ipynb"


@pytest.mark.timeout(240)
def test_the_tab_is_closed_in_mid_turn_and_the_work_is_done(
    visit: Visit, lab: LabProcess, workspace: Workspace
) -> None:
    before = cells(lab)
    tab = visit(f"lab/tree/{NOTEBOOK}")
    only_the_notebook_and_the_panel(tab)
    expect(tab.panel).to_contain_text("demo, offline")
    tab.shot("1-before")
    tab.send(PROMPT)

    question = asked(tab, workspace, "Run this in your kernel?")
    assert question.params["code"] == source(before[1])
    assert tab.card.get_by_label("code").inner_text().rstrip() == source(before[1])
    tab.shot("2-asks-to-run")
    tab.allow()

    question = asked(tab, workspace, f"Change {NOTEBOOK}?")
    added = [edit["source"] for edit in question.params["edits"]]
    shown = tab.card.get_by_label("Changes").inner_text().split("\n")
    assert [line for line in shown if line.startswith("+")] == [
        f"+{line}" for cell in added for line in cell.split("\n")
    ]
    tab.shot("3-asks-to-edit")
    assert cells(lab)[2:] == [], "nothing is changed before it is allowed"
    tab.allow()

    question = asked(tab, workspace, "Run this in your kernel?")
    assert question.params["code"] == added[1] == source(cells(lab)[3])
    assert not cells(lab)[3]["outputs"], "nothing is run before it is allowed"
    tab.allow(for_session=True)
    expect(tab.card).to_be_hidden()

    question = asked(tab, workspace, "Run this in your kernel?")
    assert question.params["code"] == added[2], "other code than what was allowed for the session"
    tab.allow()
    expect(tab.card).to_be_hidden()
    tab.page.close()

    assert workspace.run(question.run_id).state == "active", "it works on while nobody looks"
    run = workspace.wait(question.run_id, timeout=90)
    assert (run.state, run.error) == ("done", None)
    assert run.text and "344 rows" in run.text
    after = cells(lab)
    assert after[0] == before[0]
    assert [source(cell) for cell in after] == [*map(source, before), *added]
    assert all(cell["execution_count"] and cell["outputs"] for cell in after if cell["cell_type"] == "code")
    assert "344 rows, 8 columns" in json.dumps(after[3]["outputs"])
    assert any("image/png" in output.get("data", {}) for output in after[4]["outputs"])

    again = visit(f"lab/tree/{NOTEBOOK}", context=tab.page.context)
    only_the_notebook_and_the_panel(again)
    again.finished()
    expect(again.turns).to_have_count(1)
    expect(again.turns.locator(".jcr-Words-text")).to_have_text(PROMPT)
    used = again.turns.locator("[data-tool]").evaluate_all("tools => tools.map(tool => tool.dataset.tool)")
    work = ["list_files", "read_file", "read_notebook", "run_cell", "edit_notebook", "run_cell", "run_cell"]
    assert [name for name in used if name != "update_plan"] == work
    assert used.count("update_plan") == 4
    expect(again.panel.locator(".jcr-Plan")).to_have_count(0)  # all of it is done
    expect(again.transcript).to_contain_text("344 rows")
    expect(again.endings).to_have_count(0)
    expect(again.card).to_be_hidden()
    picture = again.page.locator(".jp-Notebook .jp-OutputArea-output img")
    expect(picture).to_be_visible()
    expect(again.page.locator(".jp-Dialog")).to_have_count(0)
    picture.scroll_into_view_if_needed()
    again.shot("4-reopened")
    again.use_theme("JupyterLab Dark")
    again.shot("5-dark")


def only_the_notebook_and_the_panel(tab: LabPage) -> None:
    """As the pictures in README and docs show it, which this story takes."""
    tab.open_panel()
    browser = tab.page.get_by_role("region", name="File Browser Section")
    if browser.is_visible():
        tab.page.keyboard.press("ControlOrMeta+b")
        expect(browser).to_be_hidden()
    tab.widen(480)


def asked(tab: LabPage, workspace: Workspace, title: str) -> PermissionRequest:
    """The question that the card shows."""
    expect(tab.card).to_contain_text(title)
    (question,) = workspace.permissions()
    return question


def cells(lab: LabProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((lab.root / NOTEBOOK).read_text("utf-8"))["cells"]
    return found


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])

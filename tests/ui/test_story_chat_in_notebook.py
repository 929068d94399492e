"""The chat in Notebook 7: through the page's stream, and, where the page is not the server's, through the kernel."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from jupyter_crush.client import Workspace
from support.browser.chat_cell import NOTEBOOK, ChatCell, write_notebook
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess

CELLS = (
    "from jupyter_crush import Chat\nchat = Chat()\nchat",
    "import ipywidgets as w\nlabel = w.Label()\nw.dlink((chat, 'state'), (label, 'value'), lambda s: f'it is {s}')\nlabel",
)
SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
SAVED = """async () => {
  await window.jupyterapp.commands.execute('docmanager:save');
  return !window.jupyterapp.shell.currentWidget.context.model.dirty;
}"""
NO_PAGE = "Object.defineProperty(globalThis, 'jupyterCrush', { get: () => undefined, set: () => {} });"


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    return LabOptions(app="notebook")


def allow(cell: ChatCell, workspace: Workspace, way: str) -> None:
    """In the page with a click; through the kernel nothing can be approved, so the cell says where to, and a program does it."""
    if way == "page":
        cell.allow()
        return
    expect(cell.card).to_contain_text("Answer in the Crush panel or in a terminal")
    expect(cell.card.get_by_role("button")).to_have_count(0)
    assert workspace.answer(workspace.permissions()[0].id, "allow")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["page", "kernel"])
def test_a_prompt_in_the_cell_is_asked_answered_and_shown(
    visit: Visit, lab: LabProcess, workspace: Workspace, browser: Browser, way: str
) -> None:
    write_notebook(lab.root, *CELLS)
    session = workspace.create_session(f"Through the {way}")
    context = browser.new_context()
    if way == "kernel":
        context.add_init_script(NO_PAGE)
    tab = visit(f"notebooks/{NOTEBOOK}", context=context)
    cell = ChatCell(tab.page)
    cell.run_cells()
    assert ("nobody listens" if way == "page" else "attached") in cell.python("print(chat._relay)")
    cell.send("run `echo '<b>from</b> the shell'`")
    expect(cell.card).to_contain_text("echo '<b>from</b> the shell'")
    expect(tab.page.get_by_text("it is asking", exact=True)).to_be_visible()
    tab.shot(f"{way}-1-asks")
    allow(cell, workspace, way)
    expect(cell.card).to_have_count(0)
    expect(tab.page.get_by_text("it is idle", exact=True)).to_be_visible()
    expect(cell.log).to_contain_text("<b>from</b> the shell")
    assert cell.log.locator("b").count() == 0
    answer = workspace.run(workspace.messages(session.id).messages[0].run_id).text or ""
    assert "from" in answer
    tab.shot(f"{way}-2-answered")

    cell.send("run `sleep 60`")
    allow(cell, workspace, way)
    expect(cell.state).to_have_text("working")
    cell.stop.click()
    expect(cell.state).to_have_text("")
    assert workspace.messages(session.id).messages[-1].finish is not None
    context.close()


@pytest.mark.timeout(240)
def test_a_notebook_that_is_only_opened_shows_the_last_state_and_runs_nothing(
    visit: Visit, lab: LabProcess, workspace: Workspace
) -> None:
    write_notebook(lab.root, CELLS[0])
    session = workspace.create_session("Kept")
    workspace.wait(workspace.prompt(session.id, "which files are here?"), timeout=60)
    tab = visit(f"notebooks/{NOTEBOOK}")
    cell = ChatCell(tab.page)
    cell.run_cells()
    expect(cell.log).to_contain_text("penguins.csv")
    tab.page.evaluate(f"() => window.jupyterapp.commands.execute('{SAVE_STATE}')")
    tab.page.wait_for_function(SAVED)  # a live widget may change meanwhile
    assert "application/vnd.jupyter.widget-state+json" in (lab.root / NOTEBOOK).read_text("utf-8")
    tab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    again = visit(f"notebooks/{NOTEBOOK}", context=tab.page.context)
    expect(ChatCell(again.page).log).to_contain_text("penguins.csv")
    assert len(workspace.messages(session.id).messages) > 0
    assert not workspace.session(session.id).is_busy

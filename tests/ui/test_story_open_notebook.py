"""The user types in a notebook, unsaved, while the agent works in the same one, without real-time collaboration."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from jupyter_crush.documents.port import source_hash
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import (
    AFTER,
    BEFORE,
    NAME,
    cell,
    count_dialogs,
    no_dialog,
    on_disk,
    replacing,
    save,
    sources,
    text,
    write,
)
from support.models.messages_api import Answer, Call, Hold, MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def tab(visit: Visit, lab: LabProcess, api: MessagesApi) -> LabPage:
    """The notebook, open."""
    write(lab.root)
    api.when(lambda body: not body.get("tools"), "A title")
    opened = visit(f"lab/tree/{NAME}")
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    count_dialogs(opened)
    return opened


@pytest.mark.timeout(240)
def test_the_user_types_in_one_cell_while_the_agent_edits_and_runs_others(
    tab: LabPage, lab: LabProcess, workspace: Workspace, api: MessagesApi, gate: threading.Event
) -> None:
    keyboard = tab.page.keyboard
    text(tab, 2).click()
    keyboard.press("End")
    keyboard.type(" + 10")
    assert on_disk(lab.root)["two"]["source"] == BEFORE["two"], "it is unsaved"
    run_three = Call("run_cell", {"path": NAME, "cell_id": "three"})
    api.script(Answer(replacing("one", "three")), Answer(Hold(gate), run_three), "Done.")
    session = workspace.create_session()
    run = workspace.prompt(session.id, "Change one and three, and run three")

    expect(text(tab, 1)).to_have_text(AFTER["one"])
    expect(text(tab, 3)).to_have_text(AFTER["three"])
    keyboard.type(" + 100")
    tab.shot("1-edited")
    gate.set()
    keyboard.type(" + 1000")
    expect(cell(tab, 3).locator(".jp-OutputArea-output")).to_have_text("live")
    keyboard.type(" + 10000")
    ended = workspace.wait(run.run_id, timeout=60)
    assert (ended.state, ended.error) == ("done", None)
    expect(text(tab, 2)).to_have_text("mine = 2 + 10 + 100 + 1000 + 10000")
    tab.shot("2-run")

    save(tab)
    disk = on_disk(lab.root)
    assert sources(lab.root) == {**AFTER, "two": "mine = 2 + 10 + 100 + 1000 + 10000"}
    assert disk["three"]["outputs"][0]["text"] == ["live\n"]
    no_dialog(tab)

    text(tab, 1).click()
    keyboard.press("Control+z")
    expect(text(tab, 1)).to_have_text(BEFORE["one"])
    expect(text(tab, 2)).to_have_text("mine = 2 + 10 + 100 + 1000 + 10000")
    save(tab)
    assert on_disk(lab.root)["one"]["source"] == BEFORE["one"]
    no_dialog(tab)


@pytest.mark.timeout(240)
def test_an_edit_of_the_cell_that_the_user_changed_is_refused_and_the_agent_recovers(
    tab: LabPage, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    text(tab, 1).click()
    tab.page.keyboard.press("End")
    tab.page.keyboard.type(" # mine")
    expect(text(tab, 1)).to_have_text("total = 1 # mine")
    typed = source_hash("total = 1 # mine")
    again = {"op": "replace", "cell_id": "one", "expected_hash": typed, "source": "total = 41 # mine"}
    api.script(
        Answer(replacing("one")), Answer(Call("edit_notebook", {"path": NAME, "edits": [again]})), Answer("Done.")
    )
    session = workspace.create_session()
    run = workspace.prompt(session.id, "Change one")
    ended = workspace.wait(run.run_id, timeout=60)
    assert (ended.state, ended.error) == ("done", None)
    refused = json.dumps(api.bodies[-2]["messages"][-1])
    assert typed in refused
    assert "total = 1 # mine" in refused
    expect(text(tab, 1)).to_have_text("total = 41 # mine")
    assert on_disk(lab.root)["one"]["source"] == "total = 41 # mine"
    no_dialog(tab)

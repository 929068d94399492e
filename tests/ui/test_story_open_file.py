"""A text file is open in an editor, with unsaved changes, while the agent edits it."""

from __future__ import annotations

import json
import threading

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import count_dialogs, no_dialog, save
from support.models.messages_api import Answer, Call, Hold, MessagesApi

NAME = "shared.py"
BEFORE = "first = 1\nsecond = 2\nthird = 3\n"


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.mark.timeout(240)
def test_the_edit_goes_through_the_editor_and_nothing_unsaved_is_lost(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    file = lab.root / NAME
    file.write_text(BEFORE)
    api.when(lambda body: not body.get("tools"), "A title")
    tab = visit("lab")
    tab.page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)", NAME)
    content = tab.page.locator(".jp-FileEditor .cm-content")
    expect(content).to_contain_text("third = 3")
    count_dialogs(tab)
    line = content.locator(".cm-line").nth(1)
    line.click()
    tab.page.keyboard.press("End")
    tab.page.keyboard.type(" + 20")
    assert file.read_text() == BEFORE, "it is unsaved"

    api.script(
        Answer(Call("read_file", {"path": NAME})),
        Answer(Call("edit_file", {"path": NAME, "old": "first = 1", "new": "zeroth = 0\nfirst = 10"})),
        "Done.",
    )
    session = workspace.create_session()
    run = workspace.prompt(session.id, "Change the first line")
    ended = workspace.wait(run.run_id, timeout=60)
    assert (ended.state, ended.error) == ("done", None)
    expect(content).to_contain_text("first = 10")
    tab.page.keyboard.type(" + 200")
    expect(content.locator(".cm-line").nth(2)).to_have_text("second = 2 + 20 + 200")
    tab.shot("1-edited")
    save(tab)
    assert file.read_text() == "zeroth = 0\nfirst = 10\nsecond = 2 + 20 + 200\nthird = 3\n"
    no_dialog(tab)

    file_now = file.read_text()
    content.click()
    for _ in range(2):
        tab.page.keyboard.press("ControlOrMeta+z")
    expect(content).to_contain_text("first = 1")
    assert file.read_text() == file_now
    tab.shot("2-undone")


@pytest.mark.timeout(240)
def test_a_file_that_is_renamed_before_the_edit_is_edited_under_its_new_name(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    (lab.root / "old.py").write_text(BEFORE)
    tab = visit("lab")
    tab.page.evaluate(
        "path => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)", "old.py"
    )
    content = tab.page.locator(".jp-FileEditor .cm-content")
    content.click()
    tab.page.keyboard.press("ControlOrMeta+End")
    tab.page.keyboard.type("mine = 4")
    count_dialogs(tab)
    hold = threading.Event()
    old, new = (Call("edit_file", {"path": name, "old": "first", "new": "zeroth"}) for name in ("old.py", "new.py"))
    api.script(Answer(Call("read_file", {"path": "old.py"})), Answer(Hold(hold), old), Answer(new), "Done.")
    asked = len(api.bodies)
    run = workspace.prompt(workspace.create_session().id, "Change the first line")
    while len(api.bodies) < asked + 2:
        tab.page.wait_for_timeout(20)
    tab.page.evaluate("() => window.jupyterapp.serviceManager.contents.rename('old.py', 'new.py').then(() => null)")
    hold.set()
    assert workspace.wait(run.run_id, timeout=60).state == "done"
    told = json.dumps(api.bodies[-2]["messages"][-1])
    assert "old.py was renamed to new.py since you read it. Nothing was changed" in told
    expect(content).to_contain_text("zeroth = 1")
    tab.shot("3-renamed")
    assert (lab.root / "new.py").read_text() == BEFORE.replace("first", "zeroth") + "mine = 4"
    assert not (lab.root / "old.py").exists()
    no_dialog(tab)

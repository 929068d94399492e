"""The user types in one notebook while the agent creates another: it opens in the background, for those who want it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import BEFORE, NAME, count_dialogs, no_dialog, text, write
from support.models.messages_api import Answer, Call, Hold, MessagesApi

HIDE = "() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
SESSIONS = "() => window.jupyterapp.serviceManager.sessions.refreshRunning().then(() => null)"
RUNNING = """path => [...window.jupyterapp.serviceManager.sessions.running()].filter(one => one.path === path).length"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.timeout(240)
def test_it_opens_behind_the_notebook_that_the_user_types_in(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi, gate: threading.Event
) -> None:
    choose(lab, wanted=True)
    tab = reading(visit, lab, workspace)
    hidden = visit("lab", context=tab.page.context)
    hidden.open_panel()
    hidden.page.evaluate(HIDE)
    tab.page.bring_to_front()
    text(tab, 2).click()
    keyboard = tab.page.keyboard
    keyboard.press("End")
    keyboard.type(" + 10")
    using = Call("run_code", {"path": "made.ipynb", "code": "made = 1"})
    api.script(Answer(creating("made.ipynb")), Answer(Hold(gate), using), Answer(more("made.ipynb")), "It is made.")
    run = workspace.prompt(workspace.sessions()[0].id, "Make a notebook")
    keyboard.type(" + 100")
    expect(tab.turns.last).to_contain_text("made.ipynb")
    expect(document(tab, "made.ipynb")).to_have_count(0)
    gate.set()
    keyboard.type(" + 1000")
    assert workspace.wait(run.run_id, timeout=60).state == "done"
    expect(document(tab, "made.ipynb")).to_be_visible()
    keyboard.type(" + 10000")
    expect(text(tab, 2)).to_have_text("mine = 2 + 10 + 100 + 1000 + 10000")
    expect(document(tab, NAME)).to_have_attribute("aria-selected", "true")
    expect(document(tab, "made.ipynb")).to_have_count(1)
    no_dialog(tab)
    tab.shot("1-behind")
    expect(hidden.turns.last).to_contain_text("It is made.")
    expect(document(hidden, "made.ipynb")).to_have_count(0)

    document(tab, "made.ipynb").click()
    shown = tab.page.locator(".jp-Notebook:visible .cm-content")
    expect(shown).to_have_text(["made = 1", "more = 2"])
    tab.page.evaluate(SESSIONS)
    assert tab.page.evaluate(RUNNING, "made.ipynb") == 1
    assert sources(lab, "made.ipynb") == ["made = 1", "more = 2"]
    tab.shot("2-in-front")


@pytest.mark.timeout(240)
def test_it_does_not_open_for_those_who_do_not_want_it(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    choose(lab, wanted=False)
    tab = reading(visit, lab, workspace)
    api.script(Answer(creating("unwanted.ipynb")), "It is made.")
    workspace.wait(workspace.prompt(workspace.sessions()[0].id, "Make a notebook"), timeout=60)
    expect(tab.turns.last).to_contain_text("It is made.")
    assert sources(lab, "unwanted.ipynb") == ["made = 1"]
    expect(document(tab, "unwanted.ipynb")).to_have_count(0)


def choose(lab: LabProcess, *, wanted: bool) -> None:
    """As in JupyterLab's settings editor."""
    folder = lab.root.parent / "settings" / "@jupyter-crush" / "labextension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "panel.jupyterlab-settings").write_text(json.dumps({"openCreated": wanted}))


def reading(visit: Visit, lab: LabProcess, workspace: Workspace) -> LabPage:
    """A notebook is open, and beside it the panel with a new session."""
    write(lab.root)
    workspace.create_session("Made here")
    tab = visit(f"lab/tree/{NAME}")
    expect(tab.page.locator(".jp-Notebook .cm-content")).to_have_count(len(BEFORE))
    tab.open_panel()
    expect(tab.title).to_contain_text("Made here")
    count_dialogs(tab)
    return tab


def document(tab: LabPage, name: str) -> Locator:
    return tab.page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name=name)


def creating(path: str) -> Call:
    return Call(
        "edit_notebook",
        {"path": path, "create": True, "edits": [{"op": "insert", "after": "end", "source": "made = 1"}]},
    )


def more(path: str) -> Call:
    return Call("edit_notebook", {"path": path, "edits": [{"op": "insert", "after": "end", "source": "more = 2"}]})


def sources(lab: LabProcess, path: str) -> list[str]:
    cells = json.loads((lab.root / path).read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]

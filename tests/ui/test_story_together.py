"""Two people have one notebook open with real-time collaboration: one types while the agent edits and runs, both see all of it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from jupyter_crush.client import Workspace
from jupyter_crush.documents.port import source_hash
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import PEOPLE, LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi

NAME = "together.ipynb"
BEFORE = {"one": "total = 1", "two": "mine = 2", "three": "print(3)"}
AFTER = {"one": "total = 41", "three": "print('live')\ntotal = 42"}
COUNT_DIALOGS = """() => {
  window.dialogs = [];
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
    const dialog = node instanceof Element && (node.matches('.jp-Dialog') ? node : node.querySelector('.jp-Dialog'));
    if (dialog) window.dialogs.push(dialog.textContent);
  }))).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    options = scripted(api.url, config=PEOPLE, permission_mode="auto")
    static = {name: os.environ[name] for name in ("JUPYTERLAB_DIR",) if name in os.environ}
    return LabOptions(crush=options.crush, environ={**options.environ, **static}, config=options.config)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def tabs(visit: Visit, lab: LabProcess, api: MessagesApi) -> tuple[LabPage, LabPage]:
    """The notebook, open at Ana's and at Ben's."""
    cells = [new_code_cell(source, id=name) for name, source in BEFORE.items()]  # type: ignore[no-untyped-call]  # theirs
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / NAME)  # type: ignore[no-untyped-call]  # theirs
    api.when(lambda body: not body.get("tools"), "A title")
    ana, ben = visit(f"lab/tree/{NAME}", person="Ana"), visit(f"lab/tree/{NAME}", person="Ben")
    for tab in (ana, ben):
        expect(tab.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
        tab.page.evaluate(COUNT_DIALOGS)
    return ana, ben


def cell(tab: LabPage, number: int) -> Locator:
    return tab.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)


def says(tab: LabPage, number: int, text: str) -> None:
    expect(cell(tab, number).locator(".cm-content")).to_have_text(text.replace("\n", ""))


@pytest.mark.timeout(240)
def test_one_types_while_the_agent_edits_and_runs_and_both_see_it(
    tabs: tuple[LabPage, LabPage], lab: LabProcess, workspace: Workspace, api: MessagesApi, gate: threading.Event
) -> None:
    ana, _ = tabs
    keyboard = ana.page.keyboard
    cell(ana, 2).locator(".cm-content").click()
    keyboard.press("End")
    keyboard.type(" + 10")
    edits = [
        {"op": "replace", "cell_id": name, "expected_hash": source_hash(BEFORE[name]), "source": AFTER[name]}
        for name in ("one", "three")
    ]
    running = Call("run_cell", {"path": NAME, "cell_id": "three"})
    api.script(Answer(Call("edit_notebook", {"path": NAME, "edits": edits})), Answer(Hold(gate), running), "Done.")
    run = workspace.prompt(workspace.create_session().id, "Change one and three, and run three")
    keyboard.type(" + 100")
    for tab in tabs:
        says(tab, 1, AFTER["one"])
        says(tab, 3, AFTER["three"])
    keyboard.type(" + 1000")
    gate.set()
    keyboard.type(" + 10000")
    for tab in tabs:
        expect(cell(tab, 3).locator(".jp-OutputArea-output")).to_have_text("live")
        expect(cell(tab, 3).locator(".jp-InputPrompt").first).to_have_text("[1]:")
    keyboard.type(" + 100000")
    ended = workspace.wait(run.run_id, timeout=60)
    assert (ended.state, ended.error) == ("done", None)
    typed = "mine = 2 + 10 + 100 + 1000 + 10000 + 100000"
    for tab, name in zip(tabs, ("ana", "ben"), strict=True):
        says(tab, 2, typed)
        tab.shot(f"1-{name}")
    keyboard.press("Control+s")
    expect(ana.page.locator(".jp-mod-dirty")).to_have_count(0)
    end = time.monotonic() + 30
    while "100000" not in (text := (lab.root / NAME).read_text("utf-8")):  # the provider saves a little later
        assert time.monotonic() < end, text
        ana.page.wait_for_timeout(50)
    disk = {one["id"]: one for one in json.loads(text)["cells"]}
    assert {name: "".join(one["source"]) for name, one in disk.items()} == {**AFTER, "two": typed}
    assert disk["three"]["outputs"][0]["text"] == ["live\n"]
    for tab in tabs:
        assert tab.page.evaluate("() => window.dialogs") == []

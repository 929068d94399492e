"""A notebook of an older format stays one: the agent works in its file and in the tab that has it open; a person reverts a cell."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from jupyter_crush.documents.cells import ids_of
from jupyter_crush.documents.port import source_hash
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import cell, count_dialogs, no_dialog, save, text
from support.documents.managers import code, got, notebook, put
from support.models.messages_api import Answer, Call, MessagesApi

NAME = "older.ipynb"
SOURCES = ("total = 1", "mine = 2", "print(3)")


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


def replacing(cell_id: str, before: str, after: str) -> Call:
    edit = {"op": "replace", "cell_id": cell_id, "expected_hash": source_hash(before), "source": after}
    return Call("edit_notebook", {"path": NAME, "edits": [edit]})


def without_ids(lab: LabProcess) -> list[str]:
    """The sources in the file, whose format is as it was."""
    content = got(lab.root, NAME)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 4)
    assert '"id"' not in json.dumps(content["cells"])
    return ["".join(one["source"]) for one in content["cells"]]


@pytest.mark.timeout(240)
def test_cells_without_ids_are_found_in_every_tab_and_get_none(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    content = notebook(*(code(None, source) for source in SOURCES), minor=4, kernelspec=kernel)
    put(lab.root, NAME, content)
    one, two, three = ids_of(content)
    opened = visit("lab")
    opened.open_panel()
    opened.new_session()
    api.script(Answer(Call("read_notebook", {"path": NAME}), replacing(one, SOURCES[0], "total = 41")), "Done.")
    opened.send("Change the first cell")
    opened.finished()
    assert without_ids(lab) == ["total = 41", *SOURCES[1:]]

    opened.open(f"lab/tree/{NAME}", is_first=False)
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    opened.open_panel()  # JupyterLab remembers that it was open a second or two late
    count_dialogs(opened)
    text(opened, 1).click()
    opened.page.keyboard.press("Escape")
    opened.page.keyboard.press("a")  # a person inserts a cell above
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(4)
    run = Call("run_cell", {"path": NAME, "cell_id": three})
    api.script(Answer(replacing(two, SOURCES[1], "mine = 20"), run), "Done too.")
    opened.send("Change the second, run the third")
    opened.finished()
    expect(text(opened, 3)).to_have_text("mine = 20")
    expect(cell(opened, 4).locator(".jp-OutputArea-output")).to_have_text("3")
    assert without_ids(lab) == ["", "total = 41", "mine = 20", "print(3)"]
    expect(cell(opened, 3).locator(".jcr-ChangeBar")).to_have_count(1)
    expect(opened.page.locator(".jp-Notebook .jcr-ChangeBar")).to_have_count(2)
    opened.shot("1-changed")
    no_dialog(opened)
    save(opened)

    opened.page.reload()  # JupyterLab calls its cells otherwise from now on
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(4)
    opened.open_panel()
    expect(cell(opened, 3).locator(".jcr-ChangeBar")).to_have_count(1)
    cell(opened, 3).get_by_role("button", name="Revert").focus()
    opened.page.keyboard.press("Enter")
    expect(text(opened, 3)).to_have_text("mine = 2")
    expect(cell(opened, 3).locator(".jcr-ChangeBar")).to_have_count(0)
    opened.shot("2-reverted")
    assert without_ids(lab) == ["", "total = 41", "mine = 2", "print(3)"]

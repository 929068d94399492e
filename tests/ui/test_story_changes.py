"""The agent changes a notebook and two files; a person looks at what it did, cell by cell, and keeps one thing and reverts another."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from jupyter_crush.client import Workspace
from jupyter_crush.documents.port import source_hash
from support.browser.accessibility import grave_findings
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, MessagesApi

NAME = "sales.ipynb"
BEFORE = {
    "load": "import csv\nrows = list(csv.reader(open('sales.csv')))",
    "clean": "clean = rows[1:]",
    "plot": "len(clean)",
}
AFTER = {
    "load": "import csv\nwith open('sales.csv') as file:\n    rows = list(csv.reader(file))",
    "clean": "clean = rows",
}


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.fixture
def tab(visit: Visit, lab: LabProcess, api: MessagesApi) -> LabPage:
    """The notebook, open, with the panel beside it."""
    cells = [new_code_cell(source, id=name) for name, source in BEFORE.items()]  # type: ignore[no-untyped-call]  # theirs
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / NAME)  # type: ignore[no-untyped-call]  # theirs
    (lab.root / "sales.csv").write_text("day,sum\n1,2\n")
    (lab.root / "notes.md").unlink(missing_ok=True)
    api.when(lambda body: not body.get("tools"), "A title")
    api.script(
        Answer(
            Call("edit_notebook", {"path": NAME, "edits": edits()}),
            Call("write_file", {"path": "notes.md", "content": "# Notes\n\nThe header is a row too.\n"}),
        ),
        "I closed the file, kept the header, and made a note of it.",
    )
    opened = visit(f"lab/tree/{NAME}")
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    opened.open_panel()
    opened.new_session()
    opened.send("Clean this up")
    opened.finished()
    return opened


def edits() -> list[dict[str, Any]]:
    replaced = [
        {"op": "replace", "cell_id": name, "expected_hash": source_hash(BEFORE[name]), "source": source}
        for name, source in AFTER.items()
    ]
    return [*replaced, {"op": "insert", "after": "plot", "source": "clean[:5]"}]


def cell(tab: LabPage, number: int) -> Locator:
    return tab.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)


def text(tab: LabPage, number: int) -> Locator:
    return cell(tab, number).locator(".cm-content")


def on_disk(lab: LabProcess) -> list[str]:
    return ["".join(one["source"]) for one in json.loads((lab.root / NAME).read_text("utf-8"))["cells"]]


@pytest.mark.timeout(240)
def test_a_person_keeps_one_cell_reverts_another_and_undoes_the_rest(tab: LabPage, lab: LabProcess) -> None:
    line = tab.panel.locator(".jcr-TurnChanges")
    expect(line).to_contain_text("2 files changed")
    tab.shot("1-turn")
    line.click()
    review = tab.panel.get_by_role("region", name="Changes")
    expect(review.locator(".jcr-ChangedFile")).to_have_count(2)
    expect(review.locator(".jcr-ChangedCell")).to_have_count(3)
    for theme in ("Light", "Dark"):
        tab.use_theme(f"JupyterLab {theme}")
        tab.shot(f"2-review-{theme}")
        assert grave_findings(tab.page, ".jcr-Panel") == []
        tab.widen(300)
        tab.shot(f"3-narrow-{theme}", tab.panel)
        assert tab.panel.evaluate("node => node.scrollWidth <= node.clientWidth")
        tab.widen(520)
    tab.use_theme("JupyterLab Light")

    review.get_by_role("button", name="Keep cell 1").click()
    expect(review.locator(".jcr-ChangedCell")).to_have_count(2)
    review.get_by_role("button", name="Go to cell 2").click()
    expect(cell(tab, 2)).to_have_class(re.compile("jp-mod-active"))
    review.get_by_role("button", name="Revert cell 2").click()
    expect(text(tab, 2)).to_have_text(BEFORE["clean"])
    expect(review.locator(".jcr-ChangedCell")).to_have_count(1)
    assert on_disk(lab)[:2] == [AFTER["load"], BEFORE["clean"]]

    note = tab.page.get_by_role("tab", name="notes.md")
    review.get_by_role("button", name="Open notes.md").click()
    expect(note).to_be_visible()
    tab.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.isReady")
    review.get_by_role("button", name="Revert all").click()
    expect(note).to_have_count(0)
    expect(review).to_contain_text("Nothing to review")
    expect(tab.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    assert on_disk(lab) == [AFTER["load"], BEFORE["clean"], BEFORE["plot"]]
    assert not (lab.root / "notes.md").exists()
    tab.page.keyboard.press("Escape")
    expect(tab.turns).to_have_count(1)


@pytest.mark.timeout(240)
def test_what_the_person_typed_since_is_reverted_only_when_confirmed(tab: LabPage) -> None:
    text(tab, 2).click()
    tab.page.keyboard.press("End")
    tab.page.keyboard.type("  # mine")
    tab.panel.get_by_role("button", name="Review changes").click()
    review = tab.panel.get_by_role("region", name="Changes")
    expect(review).to_contain_text("Somebody else changed this too")
    review.get_by_role("button", name="Revert cell 2").click()
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{NAME} (cell 2)")
    tab.shot("4-conflict")
    dialog.get_by_role("button", name="Cancel").click()
    expect(text(tab, 2)).to_have_text(f"{AFTER['clean']}  # mine")
    review.get_by_role("button", name="Revert cell 2").click()
    dialog.get_by_role("button", name="Revert anyway").click()
    expect(text(tab, 2)).to_have_text(BEFORE["clean"])


@pytest.mark.timeout(240)
def test_changed_cells_are_marked_in_the_notebook_and_decided_on_there(tab: LabPage, api: MessagesApi) -> None:
    bars = tab.page.get_by_role("group", name="The agent changed this cell")
    expect(bars).to_have_count(3)
    cell(tab, 1).locator(".jcr-ChangeBar-line").hover()
    expect(bars.first.get_by_role("button", name="Keep")).to_be_visible()
    for theme in ("Light", "Dark"):
        tab.use_theme(f"JupyterLab {theme}")
        cell(tab, 1).locator(".jcr-ChangeBar-line").hover()
        tab.shot(f"5-bars-{theme}")
        assert grave_findings(tab.page, ".jcr-ChangeBar") == []
    tab.use_theme("JupyterLab Light")
    bars.nth(1).get_by_role("button", name="Revert").focus()
    tab.page.keyboard.press("Enter")
    expect(text(tab, 2)).to_have_text(BEFORE["clean"])
    expect(bars).to_have_count(2)
    cell(tab, 1).locator(".jcr-ChangeBar-line").click()
    expect(bars).to_have_count(1)
    api.script("Nothing more to do.")
    tab.send("And now?")
    tab.finished()
    expect(bars).to_have_count(0)
    expect(tab.panel.get_by_role("button", name="Review changes")).to_be_visible()


@pytest.mark.timeout(240)
def test_another_client_reverts_the_panel_sees_it_and_rewinds_the_rest(
    tab: LabPage, lab: LabProcess, workspace: Workspace
) -> None:
    expect(tab.panel.locator(".jcr-TurnChanges")).to_contain_text("2 files changed")
    session = workspace.sessions()[0]
    assert workspace.revert(session.id, NAME, "load") == (NAME,)
    expect(text(tab, 1)).to_contain_text("rows = list(csv.reader(open('sales.csv')))")
    tab.panel.get_by_role("button", name="Review changes").click()
    expect(tab.panel.locator(".jcr-ChangedCell")).to_have_count(2)
    tab.page.keyboard.press("Escape")

    tab.turns.first.hover()
    tab.turns.first.get_by_title("From here").click()
    tab.turns.first.get_by_role("menuitem", name="Rewind files to before it").click()
    expect(tab.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    expect(text(tab, 2)).to_have_text(BEFORE["clean"])
    expect(tab.panel.locator(".jcr-TurnChanges")).to_have_count(0)
    assert on_disk(lab) == list(BEFORE.values())
    assert not (lab.root / "notes.md").exists()

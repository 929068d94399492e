"""A notebook of three cells that somebody has open while an agent works in it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from jupyter_crush.documents.port import source_hash
from support.browser.lab_page import LabPage
from support.models.messages_api import Call

NAME = "shared.ipynb"
BEFORE = {"one": "total = 1", "two": "mine = 2", "three": "print(3)"}
AFTER = {"one": "total = 41", "three": "print(total + 1 if 'total' in dir() else 'live')"}
_COUNT_DIALOGS = """() => {
  window.dialogs = 0;
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
    if (node instanceof Element && (node.matches('.jp-Dialog') || node.querySelector('.jp-Dialog'))) window.dialogs++;
  }))).observe(document.body, { childList: true, subtree: true });
}"""


def write(root: Path, sources: dict[str, str] | None = None) -> None:
    cells = [new_code_cell(source, id=name) for name, source in (sources or BEFORE).items()]  # type: ignore[no-untyped-call]  # theirs
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / NAME)  # type: ignore[no-untyped-call]  # theirs


def on_disk(root: Path) -> dict[str, dict[str, Any]]:
    """The cells, by id. While JupyterLab writes the file it is empty or half there for a moment."""
    end = time.monotonic() + 10
    while True:
        try:
            cells = json.loads((root / NAME).read_text("utf-8"))["cells"]
        except json.JSONDecodeError:
            assert time.monotonic() < end, "no whole notebook is written"
            time.sleep(0.02)
        else:
            return {one["id"]: {**one, "source": "".join(one["source"])} for one in cells}


def sources(root: Path) -> dict[str, str]:
    return {name: cell["source"] for name, cell in on_disk(root).items()}


def cell(tab: LabPage, number: int) -> Locator:
    return tab.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)


def text(tab: LabPage, number: int) -> Locator:
    return cell(tab, number).locator(".cm-content")


def type_in(tab: LabPage, number: int, words: str) -> None:
    """At the cell's end."""
    text(tab, number).click()
    tab.page.keyboard.press("ControlOrMeta+End")
    tab.page.keyboard.type(words)


def save(tab: LabPage) -> None:
    tab.page.keyboard.press("ControlOrMeta+s")
    expect(tab.page.locator(".jp-mod-dirty")).to_have_count(0)


def replacing(*names: str) -> Call:
    edits = [
        {"op": "replace", "cell_id": name, "expected_hash": source_hash(BEFORE[name]), "source": AFTER[name]}
        for name in names
    ]
    return Call("edit_notebook", {"path": NAME, "edits": edits})


def count_dialogs(tab: LabPage) -> None:
    tab.page.evaluate(_COUNT_DIALOGS)


def no_dialog(tab: LabPage) -> None:
    assert tab.page.evaluate("() => window.dialogs") == 0

"""Whichever version of JupyterLab it is: it takes the panel for compatible, and a cell is asked for, allowed, run and seen.

This module alone is also run with older versions (scripts/test-versions), where the rest of the stories would look for today's menus.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import REPOSITORY, LabOptions, LabProcess

APP = os.environ.get("CRUSH_APP", "jupyterlab")
"""``notebook`` is Notebook 7."""
NOTEBOOK = "penguins.ipynb"


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    return LabOptions(app=APP)


def test_jupyterlab_takes_the_panel_for_compatible(lab: LabProcess) -> None:
    said = re.sub(r"\x1b\[\d*m", "", lab.labextensions())
    assert f"JupyterLab v{importlib.metadata.version('jupyterlab')}" in said
    assert re.search(r"@jupyter-crush/labextension v\S+ +enabled +OK", said), said
    assert "X @jupyter-crush" not in said


def test_what_is_asked_of_jupyterlab_is_said_the_same_twice() -> None:
    """To pip and to ``labextension list`` (dependencies), and to the page that loads it (sharedPackages)."""
    package: dict[str, Any] = json.loads((REPOSITORY / "labextension" / "package.json").read_text("utf-8"))
    asked = {name: one for name, one in package["dependencies"].items() if name.startswith("@jupyterlab/")}
    shared = package["jupyterlab"]["sharedPackages"]
    assert {name: one["requiredVersion"] for name, one in shared.items()} == asked


@pytest.mark.timeout(240)
def test_the_main_job_is_done_in_the_notebook(visit: Visit, lab: LabProcess, workspace: Workspace) -> None:
    tab = visit(f"lab/tree/{NOTEBOOK}" if APP == "jupyterlab" else f"notebooks/{NOTEBOOK}")
    tab.page.keyboard.press("ControlOrMeta+Shift+Enter")
    expect(tab.composer).to_be_focused()
    tab.has_state("ready")
    tab.shot(f"{APP}-1-before")
    tab.send("Look at the data and tell me what is in it")
    expect(tab.card).to_contain_text("Run this in your kernel?")
    tab.shot(f"{APP}-2-asks")
    (waiting,) = workspace.permissions()
    tab.allow()
    while workspace.run(waiting.run_id).state in {"queued", "active"}:
        for request in workspace.permissions():
            workspace.answer(request.id, "allow")
    assert workspace.run(waiting.run_id).state == "done"
    tab.finished()
    cells = json.loads((lab.root / NOTEBOOK).read_text("utf-8"))["cells"]
    assert sum(1 for cell in cells if cell["cell_type"] == "code" and cell["outputs"]) >= 2
    written = "".join(cells[2]["source"]).splitlines()[0].lstrip("# ")
    expect(tab.page.locator(".jp-Notebook")).to_contain_text(written)
    tab.shot(f"{APP}-3-done")

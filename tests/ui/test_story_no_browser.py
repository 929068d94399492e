"""Jobs that are done while no browser is open anywhere: afterwards JupyterLab shows the result, and asks nothing."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess
from support.browser.open_notebook import count_dialogs, no_dialog

BROKEN = (
    "import pandas as pd",
    'df = pd.read_csv("penguins.csv")',
    'print(df.groupby("specie")["body_mass_g"].mean().round())',
    'print("the end")',
)


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    return LabOptions(crush={"permission_mode": "auto"})


def cells(lab: LabProcess, name: str) -> list[dict[str, Any]]:
    notebook = nbformat.read(lab.root / name, as_version=4)  # type: ignore[no-untyped-call]  # theirs
    nbformat.validate(notebook)
    found: list[dict[str, Any]] = json.loads((lab.root / name).read_text("utf-8"))["cells"]
    return found


def done(workspace: Workspace, prompt: str) -> None:
    run = workspace.prompt(workspace.create_session().id, prompt)
    ended = workspace.wait(run.run_id, timeout=150)
    assert (ended.state, ended.error) == ("done", None)
    assert not any(one.attached_clients for one in workspace.sessions()), "nobody looks"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["penguins.ipynb", "broken.ipynb"])
def test_a_notebook_is_worked_on_where_there_is_no_browser_and_opens_without_a_question(
    visit: Visit, lab: LabProcess, workspace: Workspace, name: str
) -> None:
    if name == "penguins.ipynb":
        done(workspace, "Look at the data and tell me what is in it")
        expected = "344 rows, 8 columns"
    else:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
        failing = new_notebook(cells=[new_code_cell(source) for source in BROKEN], metadata=kernel)  # type: ignore[no-untyped-call]  # theirs
        nbformat.write(failing, lab.root / name)  # type: ignore[no-untyped-call]  # theirs
        done(workspace, f"Fix the failing notebook {name}")
        expected = "Gentoo"
        assert 'groupby("species")' in "".join(cells(lab, name)[2]["source"])
    code = [cell for cell in cells(lab, name) if cell["cell_type"] == "code"]
    assert expected in json.dumps([cell["outputs"] for cell in code])
    assert all(cell["execution_count"] for cell in code)
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]

    tab = visit(f"lab/tree/{name}")
    count_dialogs(tab)
    expect(tab.page.locator(".jp-Notebook")).to_contain_text(expected)
    expect(tab.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    expect(tab.page.locator(".jp-Dialog")).to_have_count(0)
    tab.shot(f"{name.partition('.')[0]}")
    no_dialog(tab)

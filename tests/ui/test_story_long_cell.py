"""A cell that the agent runs for long shows what it prints while it prints it, in the notebook, as if its user had run it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import (
    NAME,
    cell,
    count_dialogs,
    no_dialog,
    on_disk,
    save,
    sources,
    text,
    type_in,
    write,
)
from support.models.messages_api import Answer, Call, MessagesApi

STEPS = """import pathlib, time
for step in range(3):
    print("step", step)
    while not pathlib.Path(f"go{step}").exists():
        time.sleep(0.01)
"all done\""""
KNOWS_KERNEL = "() => window.jupyterapp.shell.currentWidget.model.getMetadata('language_info')?.version"
"""JupyterLab notes the kernel's language, which makes the notebook dirty."""
CELLS = {"one": "total = 1", "two": "mine = 2", "three": STEPS}


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.fixture(autouse=True)
def notebook(lab: LabProcess, api: MessagesApi) -> None:
    for step in lab.root.glob("go*"):
        step.unlink()
    write(lab.root, CELLS)
    api.when(lambda body: not body.get("tools"), "A title")
    api.script(Answer(Call("run_cell", {"path": NAME, "cell_id": "three"})))


def prompt(workspace: Workspace) -> str:
    return workspace.prompt(workspace.create_session().id, "Run three").run_id


def opened(visit: Visit) -> LabPage:
    tab = visit(f"lab/tree/{NAME}")
    expect(tab.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    count_dialogs(tab)
    return tab


def shows(tab: LabPage, *steps: str, sign: str = "*") -> None:
    expect(cell(tab, 3).locator(".jp-OutputArea-output").first).to_have_text("\n".join(steps))
    expect(cell(tab, 3).locator(".jp-InputPrompt")).to_have_text(f"[{sign}]:")


@pytest.mark.timeout(240)
def test_what_a_running_cell_prints_is_seen_in_the_notebook_and_saved_at_its_end(
    visit: Visit, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    api.script("Done.")
    tab = opened(visit)
    tab.page.wait_for_function(KNOWS_KERNEL)
    save(tab)
    run = prompt(workspace)
    shows(tab, "step 0")
    expect(tab.page.locator(".jp-mod-dirty")).to_have_count(0)
    assert on_disk(lab.root)["three"]["outputs"] == []
    type_in(tab, 2, " + 10")
    (lab.root / "go0").touch()
    shows(tab, "step 0", "step 1")
    tab.page.keyboard.type(" + 100")
    tab.shot("1-running")
    (lab.root / "go1").touch()
    (lab.root / "go2").touch()
    ended = workspace.wait(run, timeout=90)
    assert (ended.state, ended.error) == ("done", None)
    shows(tab, "step 0", "step 1", "step 2", sign="1")
    expect(cell(tab, 3).locator(".jp-OutputArea-output").last).to_have_text("'all done'")
    expect(text(tab, 2)).to_have_text("mine = 2 + 10 + 100")
    tab.shot("2-ended")
    save(tab)
    assert sources(lab.root) == {**CELLS, "two": "mine = 2 + 10 + 100"}
    printed, result = on_disk(lab.root)["three"]["outputs"]
    assert printed["text"] == ["step 0\n", "step 1\n", "step 2\n"]
    assert result["data"] == {"text/plain": ["'all done'"]}
    assert on_disk(lab.root)["three"]["execution_count"] == 1
    no_dialog(tab)


@pytest.mark.timeout(240)
def test_who_opens_the_notebook_while_it_runs_sees_it_and_stops_it(
    visit: Visit, lab: LabProcess, workspace: Workspace
) -> None:
    run = prompt(workspace)
    tab = opened(visit)
    shows(tab, "step 0")
    (lab.root / "go0").touch()
    shows(tab, "step 0", "step 1")
    tab.open_panel()
    tab.panel.get_by_title("Stop", exact=False).first.click()
    assert workspace.wait(run, timeout=90).state == "cancelled"
    expect(cell(tab, 3)).to_contain_text("KeyboardInterrupt")
    expect(tab.endings).to_have_text("Stopped by you; cell 3 was interrupted.")
    shows(tab, "step 0", "step 1", sign=str(on_disk(lab.root)["three"]["execution_count"]))
    tab.shot("3-stopped")
    kept = on_disk(lab.root)["three"]["outputs"]
    assert kept[0]["text"] == ["step 0\n", "step 1\n"]
    no_dialog(tab)


@pytest.mark.timeout(240)
def test_behind_its_users_own_run_the_agent_waits_and_touches_nothing(
    visit: Visit, lab: LabProcess, workspace: Workspace
) -> None:
    tab = opened(visit)
    expect(tab.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    text(tab, 3).click()
    tab.page.keyboard.press("Control+Enter")
    shows(tab, "step 0")
    run = prompt(workspace)
    tab.open_panel()
    tab.title.click()
    tab.panel.locator(".jcr-SessionRow").first.click()
    tab.has_state("working")
    (lab.root / "go0").touch()
    shows(tab, "step 0", "step 1")  # it is still theirs
    tab.stop.click()
    assert workspace.wait(run, timeout=90).state == "cancelled"
    expect(tab.endings).to_have_text("Stopped by you; cell 3 had not begun.")
    tab.shot("4-theirs-goes-on")
    (lab.root / "go1").touch()
    (lab.root / "go2").touch()
    expect(cell(tab, 3).locator(".jp-OutputArea-output").last).to_have_text("'all done'")
    expect(cell(tab, 3).locator(".jp-OutputArea-output").first).to_have_text("step 0\nstep 1\nstep 2")
    text(tab, 2).click()
    save(tab)
    assert on_disk(lab.root)["three"]["outputs"][0]["text"] == ["step 0\n", "step 1\n", "step 2\n"]
    no_dialog(tab)

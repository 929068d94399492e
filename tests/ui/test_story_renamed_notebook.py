"""The user renames or deletes what the agent is working in, in the JupyterLab that has it open, unsaved."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect

from jupyter_crush.client import Workspace
from jupyter_crush.wire import PermissionMode
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import (
    AFTER,
    BEFORE,
    NAME,
    cell,
    count_dialogs,
    no_dialog,
    replacing,
    save,
    text,
    type_in,
    write,
)
from support.models.messages_api import Answer, Call, Hold, MessagesApi

pytestmark = pytest.mark.timeout(240)
NEW = "renamed.ipynb"
WAITING = """\
import pathlib, time
print("begun", flush=True)
pathlib.Path("began").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
print("went", flush=True)"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.fixture
def agent(workspace: Workspace, api: MessagesApi) -> Agent:
    return Agent(workspace, api)


@pytest.fixture
def tab(visit: Visit, lab: LabProcess, agent: Agent) -> LabPage:
    """The notebook, open, with words in its second cell that are not saved; the panel shows the agent's session."""
    for name in (NEW, "began", "go"):
        (lab.root / name).unlink(missing_ok=True)
    write(lab.root, {**BEFORE, "three": WAITING})
    opened = visit(f"lab/tree/{NAME}")
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    opened.open_panel()
    type_in(opened, 2, " + 10")
    count_dialogs(opened)
    return opened


class Agent:
    """One turn of an agent in a new session."""

    def __init__(self, workspace: Workspace, api: MessagesApi) -> None:
        self._workspace, self._api = workspace, api
        self._session = workspace.create_session()

    def begin(self, *says: Answer, mode: PermissionMode = "auto") -> None:
        self._api.script(*says, "Done.")
        self._workspace.update_session(self._session.id, permission_mode=mode)
        self._run = self._workspace.prompt(self._session.id, "Go on")

    def told(self, back: int = 1, state: str = "done") -> str:
        """What it was told before its last answer, or ``back`` answers ago."""
        assert self._workspace.wait(self._run.run_id, timeout=90).state == state
        return json.dumps(self._api.bodies[-back]["messages"][-1])


def rename(tab: LabPage, old: str = NAME, new: str = NEW) -> None:
    """Begin it, as the file browser does when the new name is typed."""
    tab.page.evaluate("([old, name]) => void window.jupyterapp.serviceManager.contents.rename(old, name)", [old, new])


def is_called(tab: LabPage, name: str) -> None:
    expect(tab.page.get_by_role("main").get_by_role("tab", name=name)).to_be_visible()


def delete(tab: LabPage) -> None:
    """In the file browser, which asks."""
    tab.page.locator(".jp-DirListing-item", has_text=NAME).click()
    tab.page.keyboard.press("Delete")
    tab.page.locator(".jp-Dialog .jp-mod-accept").click()


def is_gone(tab: LabPage, lab: LabProcess) -> None:
    for shown in (".jp-Dialog", f".lm-TabBar-tab :text('{NAME}')", f".jp-DirListing-item :text('{NAME}')"):
        expect(tab.page.locator(shown)).to_have_count(0)
    assert not (lab.root / NAME).exists()


def until(tab: LabPage, condition: Callable[[], bool]) -> None:
    while not condition():
        tab.page.wait_for_timeout(20)


def began(tab: LabPage, lab: LabProcess) -> None:
    until(tab, (lab.root / "began").exists)
    (lab.root / "began").unlink()


@contextmanager
def held_save(tab: LabPage) -> Iterator[Callable[[], None]]:
    """Saves do not reach the server until the block ends. What is yielded waits for one."""
    held: list[Route] = []
    address = f"**/api/contents/{NAME}*"
    tab.page.route(address, lambda it: held.append(it) if it.request.method == "PUT" else it.continue_())
    yield lambda: until(tab, lambda: bool(held))
    tab.page.unroute(address)  # lets those go that wait


def both_words(tab: LabPage, lab: LabProcess) -> None:
    """One file, to be reviewed, with the agent's words and the person's, and JupyterLab asks nothing about it, now or later."""
    expect(tab.panel).to_contain_text("1 file changed")
    expect(tab.page.locator(".jcr-ChangeBar")).to_have_count(1)
    type_in(tab, 2, " + 100")
    save(tab)
    assert not (lab.root / NAME).exists()
    cells = json.loads((lab.root / NEW).read_text("utf-8"))["cells"]
    assert ["".join(cell["source"]) for cell in cells[:2]] == [AFTER["one"], "mine = 2 + 10 + 100"]
    no_dialog(tab)


def test_an_edit_that_waited_for_leave_is_made_in_the_renamed_notebook(
    tab: LabPage, lab: LabProcess, agent: Agent
) -> None:
    agent.begin(Answer(replacing("one")), mode="ask")
    expect(tab.card).to_be_visible()
    tab.page.evaluate("() => void window.jupyterapp.commands.execute('docmanager:rename')")
    tab.page.locator(".jp-Dialog input").fill(NEW)
    tab.page.keyboard.press("Enter")
    is_called(tab, NEW)
    count_dialogs(tab)
    tab.shot("1-asked")
    tab.allow()
    assert f"{NAME} was renamed to {NEW} meanwhile: go on with that name" in agent.told()
    expect(text(tab, 1)).to_have_text(AFTER["one"])
    tab.shot("2-edited")
    both_words(tab, lab)


def test_a_rename_in_mid_save_leaves_one_notebook_with_both_words(tab: LabPage, lab: LabProcess, agent: Agent) -> None:
    with held_save(tab) as until_held:
        agent.begin(Answer(replacing("one")))
        until_held()
        rename(tab)
    assert "is_error" not in agent.told()
    is_called(tab, NEW)
    tab.shot("3-renamed-in-mid-save")
    both_words(tab, lab)


def test_a_notebook_deleted_while_the_card_waits_stays_deleted(tab: LabPage, lab: LabProcess, agent: Agent) -> None:
    agent.begin(Answer(replacing("one")), mode="ask")
    expect(tab.card).to_be_visible()
    delete(tab)
    is_gone(tab, lab)
    tab.allow()
    assert f"{NAME} was deleted meanwhile; nothing was changed" in agent.told()
    tab.shot("4-deleted")
    is_gone(tab, lab)


def test_a_notebook_deleted_in_mid_save_does_not_come_back(tab: LabPage, lab: LabProcess, agent: Agent) -> None:
    with held_save(tab) as until_held:
        agent.begin(Answer(replacing("one")))
        until_held()
        delete(tab)
    assert "is_error" not in agent.told(), "it was saved before it was deleted"
    is_gone(tab, lab)


def test_the_outputs_of_a_cell_land_under_the_new_name_and_stop_goes_on_working(
    tab: LabPage, lab: LabProcess, agent: Agent
) -> None:
    hold = threading.Event()
    cells = [Call("run_cell", {"path": name, "cell_id": "three"}) for name in (NAME, NEW)]
    agent.begin(Answer(cells[0]), Answer(Hold(hold), cells[1]))
    began(tab, lab)
    rename(tab)
    is_called(tab, NEW)
    (lab.root / "go").touch()
    outputs = cell(tab, 3).locator(".jp-OutputArea-output").first
    expect(outputs).to_contain_text("went")
    tab.shot("5-outputs")
    (lab.root / "go").unlink()
    hold.set()
    began(tab, lab)
    rename(tab, NEW, NAME)
    is_called(tab, NAME)
    tab.stop.click()
    assert f"renamed to {NEW} meanwhile" in agent.told(state="cancelled")
    expect(cell(tab, 3)).to_contain_text("KeyboardInterrupt")
    tab.shot("6-stopped")
    save(tab)
    assert not (lab.root / NEW).exists()
    no_dialog(tab)

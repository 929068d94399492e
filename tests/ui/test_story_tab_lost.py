"""The tab that has the notebook open, with unsaved changes, freezes, dies or is closed while the agent wants to edit it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Error, Request, Route, expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.browser.open_notebook import (
    AFTER,
    BEFORE,
    NAME,
    count_dialogs,
    no_dialog,
    replacing,
    save,
    sources,
    text,
    type_in,
    write,
)
from support.models.messages_api import Answer, MessagesApi

FREEZE = """() => void setTimeout(() => {
  for (let status = 0; status !== 200; ) {
    for (const end = Date.now() + 250; Date.now() < end; );
    const look = new XMLHttpRequest();
    look.open('GET', `/files/thaw?${Date.now()}`, false);
    look.send();
    status = look.status;
  }
})"""
"""Nothing else runs in the tab until there is a file of that name."""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, permission_mode="auto")


@pytest.fixture
def tab(visit: Visit, lab: LabProcess, api: MessagesApi) -> LabPage:
    """The notebook, open, with words in its second cell that are not saved."""
    write(lab.root)
    api.when(lambda body: not body.get("tools"), "A title")
    opened = visit(f"lab/tree/{NAME}")
    expect(opened.page.locator(".jp-Notebook .cm-content")).to_have_count(3)
    count_dialogs(opened)
    with opened.page.expect_request(_says_dirty):
        type_in(opened, 2, " + 10")
    return opened


def _says_dirty(request: Request) -> bool:
    return "/presence" in request.url and '"dirty":true' in (request.post_data or "")


def edit(workspace: Workspace, api: MessagesApi) -> str:
    """Have the agent edit the first cell; what it was told."""
    api.script(Answer(replacing("one")), "Done.")
    session = workspace.create_session()
    ended = workspace.wait(workspace.prompt(session.id, "Change one").run_id, timeout=120)
    assert (ended.state, ended.error) == ("done", None)
    return json.dumps(api.bodies[-1]["messages"][-1])


@pytest.mark.timeout(300)
def test_nothing_is_written_behind_a_frozen_tab_and_it_goes_on_when_it_is_back(
    tab: LabPage, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    tab.page.evaluate(FREEZE)
    told = edit(workspace, api)
    assert "unsaved changes" in told
    assert sources(lab.root) == BEFORE
    (lab.root / "thaw").touch()
    tab.page.keyboard.type(" + 100")
    expect(text(tab, 2)).to_have_text("mine = 2 + 10 + 100")
    tab.open_panel()
    tab.title.click()
    tab.panel.locator(".jcr-SessionRow").first.click()
    tab.open_all_lines()
    expect(tab.turns.locator("[data-tool=edit_notebook]").get_by_label("Changes")).to_contain_text(f"+{AFTER['one']}")
    tab.shot("1-the-proposal")
    api.script(Answer(replacing("one")), "Done.")
    tab.panel.get_by_role("button", name="Try again").click()
    expect(text(tab, 1)).to_have_text(AFTER["one"])
    tab.finished()
    tab.shot("2-back")
    assert sources(lab.root) == {**BEFORE, "one": AFTER["one"], "two": "mine = 2 + 10 + 100"}
    save(tab)
    no_dialog(tab)


@pytest.mark.timeout(300)
def test_nothing_is_written_behind_a_tab_that_died(
    tab: LabPage, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    with pytest.raises(Error, match="crash"):
        tab.page.goto("chrome://crash")
    told = edit(workspace, api)
    assert "unsaved changes" in told
    assert sources(lab.root) == BEFORE
    tab.page.close()


@pytest.mark.timeout(300)
def test_an_edit_that_a_closed_tab_did_not_save_is_made_in_the_file_or_said_not_to_be(
    tab: LabPage, lab: LabProcess, workspace: Workspace, api: MessagesApi
) -> None:
    held: list[Route] = []
    tab.page.route(
        f"**/api/contents/{NAME}*", lambda route: held.append(route) if _is_save(route) else route.continue_()
    )
    api.script(Answer(replacing("one")), "Done.")
    session = workspace.create_session()
    run = workspace.prompt(session.id, "Change one")
    expect(text(tab, 1)).to_have_text(AFTER["one"])
    assert sources(lab.root) == BEFORE, "it was not saved"
    tab.page.close()
    ended = workspace.wait(run.run_id, timeout=120)
    assert (ended.state, ended.error) == ("done", None)
    found = sources(lab.root)
    assert found.pop("two").removesuffix(" + 10") == BEFORE["two"], (
        "the browser may have let the save go when it closed the tab"
    )
    told = json.dumps(api.bodies[-1]["messages"][-1])
    if (
        '"is_error": true' in told
    ):  # that the tab went away was noticed too late, and the agent knows that it has to look again
        assert found in ({"one": kept["one"], "three": BEFORE["three"]} for kept in (BEFORE, AFTER)), told
    else:
        assert found == {"one": AFTER["one"], "three": BEFORE["three"]}


def _is_save(route: Route) -> bool:
    return route.request.method == "PUT"

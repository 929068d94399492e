"""Several conversations: begin, go to and fro, rename, find, delete, think again; in every tab the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


def rows(tab: LabPage) -> Locator:
    return tab.panel.locator(".jcr-SessionRow")


@pytest.mark.timeout(180)
def test_conversations_are_kept_apart(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    api.script("Apples are red.", "Pears are green.", "Apples again.")
    tab, other = visit(), visit()
    for one in (tab, other):
        one.open_panel()
    tab.send("Tell me about apples")
    expect(tab.title).to_contain_text("Tell me about apples")
    expect(tab.turns).to_contain_text("Apples are red.")
    tab.finished()
    tab.composer.fill("a draft about apples")
    tab.new_session()
    expect(tab.composer).to_have_value("")
    tab.send("Tell me about pears")
    expect(tab.turns).to_contain_text("Pears are green.")
    expect(tab.turns).to_have_count(1)
    tab.finished()

    tab.title.click()
    expect(rows(tab)).to_contain_text(["Tell me about pears", "Tell me about apples"])
    tab.shot("1-the-list")
    rows(tab).filter(has_text="apples").locator(".jcr-SessionRow-title").click()
    expect(tab.turns).to_contain_text("Apples are red.")
    expect(tab.turns).not_to_contain_text("Pears")
    expect(tab.composer).to_have_value("a draft about apples")
    tab.send("More")
    expect(tab.turns.last).to_contain_text("Apples again.")
    assert "pears" not in str(api.bodies[-1]["messages"]).lower(), "the model hears of one conversation only"

    tab.panel.get_by_title("More", exact=True).click()
    tab.panel.get_by_role("menuitem", name="Rename").click()
    tab.page.keyboard.type("Fruit")
    tab.page.keyboard.press("Enter")
    expect(tab.title).to_contain_text("Fruit")
    other.title.click()
    expect(rows(other).filter(has_text="Fruit")).to_be_visible()
    assert {session.title for session in workspace.sessions()} == {"Fruit", "Tell me about pears"}


@pytest.mark.timeout(180)
def test_a_deletion_can_be_undone_until_it_is_done(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    kept = [workspace.create_session(f"Number {number}").id for number in range(6)]
    tab, other = visit(), visit()
    for one in (tab, other):
        one.open_panel()
        one.title.click()
        expect(rows(one).filter(has_text="Number 3")).to_be_visible()
    tab.panel.get_by_role("searchbox", name="Search sessions").fill("number 3")
    expect(rows(tab)).to_have_count(1)
    rows(tab).get_by_title("Delete").click()
    expect(rows(tab)).to_have_count(0)
    tab.page.keyboard.press("Escape")
    deleted = tab.panel.get_by_role("status").filter(has_text="“Number 3” is deleted.")
    tab.shot("2-deleted-a-moment-ago")
    deleted.get_by_role("button", name="Undo").click()
    expect(tab.title).to_contain_text("Number 3")
    assert {session.id for session in workspace.sessions()} >= set(kept)

    tab.panel.get_by_title("More", exact=True).click()
    tab.panel.get_by_role("menuitem", name="Delete").click()
    expect(tab.title).not_to_contain_text("Number 3")
    expect(rows(other).filter(has_text="Number 3")).to_have_count(0)
    assert kept[3] not in {session.id for session in workspace.sessions()}

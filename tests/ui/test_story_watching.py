"""Who may not prompt or approve sees that before they try, and whom to ask; and who allowed something, and where."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from support.browser.chat_cell import NOTEBOOK, ChatCell, write_notebook
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import PEOPLE, LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    """Ana's server: Cleo prompts, too, and Ben watches."""
    return scripted(api.url, config=PEOPLE, prompters="ana,cleo", approvers="ana")


def open_tab(visit: Visit, person: str) -> LabPage:
    tab = visit(person=person)
    tab.open_panel()
    return tab


def watching(tab: LabPage) -> Locator:
    return tab.panel.get_by_role("note")


def opened(tab: LabPage) -> None:
    """The newest session, as somebody opens it who did not begin it."""
    tab.title.click()
    tab.panel.locator(".jcr-SessionRow-title").first.click()


@pytest.mark.timeout(180)
def test_a_viewer_is_told_whom_to_ask_and_is_shown_no_button(visit: Visit, api: MessagesApi) -> None:
    api.script(Answer(Call("run_command", {"command": "echo from the shell"})), "It printed a line.")
    ana, ben = open_tab(visit, "Ana"), open_tab(visit, "Ben")
    expect(watching(ben)).to_have_text("You are watching. Ask ana or cleo to let you prompt.")
    expect(ben.panel.get_by_role("textbox")).to_have_count(0)
    expect(watching(ana)).to_have_count(0)
    ana.send("Run something")
    expect(ana.card).to_contain_text("echo from the shell")
    opened(ben)
    expect(ben.card).to_contain_text("echo from the shell")
    expect(ben.card).to_contain_text("This waits for ana.")
    expect(ben.card.get_by_role("button")).to_have_count(0)
    expect(ben.panel.get_by_title("Permission mode")).to_be_disabled()
    expect(ben.turns.locator(".jcr-Line-held")).to_have_text("waits for an answer")
    for refused in ("New session", "From here"):
        expect(ben.panel.get_by_title(refused)).to_have_count(0)
    ben.title.click()
    expect(ben.panel.locator(".jcr-SessionRow").get_by_role("button")).to_have_count(1)
    ben.page.keyboard.press("Escape")
    ben.panel.get_by_title("More").click()
    expect(ben.panel.get_by_role("menuitem")).to_have_text([re.compile("^Export as")] * 3)
    ben.page.keyboard.press("Escape")
    ben.card.click()
    for key in ("Control+Enter", "Enter", "s", "Escape"):
        ben.page.keyboard.press(key)
    ben.shot("watching-1-light")
    ben.use_theme("JupyterLab Dark")
    ben.shot("watching-2-dark")
    expect(ana.card).to_be_visible()
    ana.allow()
    expect(ben.turns).to_contain_text("It printed a line.")
    expect(ben.panel.locator(".jcr-mod-error")).to_have_count(0)


@pytest.mark.timeout(180)
def test_a_prompter_who_may_not_approve_waits_for_who_may(visit: Visit, api: MessagesApi) -> None:
    api.script(Answer(Call("run_command", {"command": "echo for cleo"})), "Done for Cleo.")
    ana, cleo = open_tab(visit, "Ana"), open_tab(visit, "Cleo")
    cleo.new_session()
    cleo.send("Run something")
    expect(cleo.card).to_contain_text("This waits for ana.")
    expect(cleo.card.get_by_role("button")).to_have_count(0)
    expect(watching(cleo)).to_have_count(0)
    cleo.shot("watching-3-prompter")
    cleo.title.click()
    deletes = cleo.panel.locator(".jcr-SessionRow").get_by_title("Delete")
    expect(deletes).to_have_count(1)  # her own, and not Ana's
    cleo.shot("watching-5-sessions", cleo.panel)
    cleo.page.keyboard.press("Escape")
    opened(ana)
    ana.allow()
    expect(cleo.card).to_be_hidden()
    expect(cleo.turns).to_contain_text("Done for Cleo.")
    expect(cleo.panel.locator(".jcr-mod-error")).to_have_count(0)


@pytest.mark.timeout(240)
def test_the_chat_in_a_viewers_cell_watches_too(visit: Visit, lab: LabProcess, api: MessagesApi) -> None:
    """The page's own rights count, not those of the kernel that the widget comes from."""
    api.script(Answer(Call("run_command", {"command": "echo in a cell"})), "It ran.")
    ana = open_tab(visit, "Ana")
    ana.new_session()
    ana.send("Run something")
    expect(ana.card).to_contain_text("echo in a cell")
    write_notebook(lab.root, "from jupyter_crush import Chat\nchat = Chat()\nchat")
    ben = visit(f"lab/tree/{NOTEBOOK}", person="Ben")
    cell = ChatCell(ben.page)
    cell.run()
    expect(cell.composer).to_have_attribute("placeholder", "You are watching. Ask ana or cleo to let you prompt.")
    expect(cell.composer).to_be_disabled()
    expect(cell.card).to_contain_text("echo in a cell")
    expect(cell.card).to_contain_text("This waits for ana.")
    expect(cell.root.get_by_role("button")).to_have_count(0)
    ben.shot("watching-4-cell")
    ana.allow()
    expect(cell.log).to_contain_text("It ran.")

"""A person who uses only the keyboard: prompts, new lines, answers, stop, and the way to the panel and back."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import TO_PANEL, LabPage, Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


def shell(command: str) -> Answer:
    return Answer(Call("run_command", {"command": command}))


def answer_by_key(tab: LabPage, question: str, *keys: str) -> None:
    """Go to the card, and press these keys in it."""
    expect(tab.card).to_contain_text(question)
    tab.go_to_card()
    for key in keys:
        tab.page.keyboard.press(key)


@pytest.mark.timeout(180)
def test_prompts_answers_and_stop_need_no_mouse(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    tab = visit("lab/tree/penguins.ipynb")
    keys = tab.page.keyboard
    keys.press(TO_PANEL)
    expect(tab.composer).to_be_focused()
    tab.has_state("ready")

    api.script(shell("echo one"), shell("echo two"), shell("ls"), "All three were answered.")
    keys.type("Do three things")
    keys.press("Shift+Enter")
    keys.type("one by one")
    keys.press("Enter")
    expect(tab.turns.locator(".jcr-Words-text")).to_have_text("Do three things\none by one")
    answer_by_key(tab, "echo one", "Enter", "s", "ControlOrMeta+Enter")
    answer_by_key(tab, "echo two", "Tab", "Tab", "Tab", "Space")
    answer_by_key(tab, "ls", "Escape")
    expect(tab.turns).to_contain_text("All three were answered.")
    tab.finished()
    results = [block for body in api.bodies[-1:] for message in body["messages"] for block in results_in(message)]
    assert [bool(result.get("is_error")) for result in results] == [False, False, True], "the third was denied"
    assert [grant.scope for grant in workspace.grants()] == ["exactly “echo two” in the workspace"]
    expect(tab.composer).to_be_focused()
    tab.shot("1-answered-by-key")

    keys.press("ArrowUp")
    expect(tab.composer).to_have_value("Do three things\none by one")
    keys.press("ArrowDown")
    expect(tab.composer).to_have_value("")

    api.script(shell("echo two"), Answer("It goes on and on", Hold(threading.Event())))
    keys.type("Go on for ever")
    keys.press("Enter")
    expect(tab.turns.last).to_contain_text("It goes on and on")
    expect(tab.card).to_be_hidden()
    keys.press("Escape")
    expect(tab.endings).to_have_text("Stopped by you after 1 step.")
    tab.finished()

    keys.press(TO_PANEL)
    expect(tab.composer).not_to_be_focused()
    expect(tab.page.locator(".jp-Notebook")).to_contain_class("jp-mod-commandMode")
    assert tab.page.evaluate("() => Boolean(document.activeElement.closest('.jp-NotebookPanel'))")


@pytest.mark.timeout(180)
def test_a_question_does_not_take_the_keys_of_somebody_who_writes(visit: Visit, api: MessagesApi) -> None:
    gate = threading.Event()
    api.script(Answer(Hold(gate), Call("run_command", {"command": "echo dangerous"})), "It was not allowed.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Ask me while I write")
    tab.has_state("working")
    tab.composer.press_sequentially("Half a senten")
    gate.set()
    expect(tab.card).to_contain_text("echo dangerous")
    expect(tab.composer).to_be_focused()
    tab.page.keyboard.type("ce, sss")
    expect(tab.panel.locator(".jcr-Composer-hint")).to_have_text("Enter refuses with these words")
    expect(tab.panel.get_by_role("button", name="Refuse with these words")).to_be_enabled()
    tab.page.keyboard.press("Enter")
    expect(tab.turns.last).to_contain_text("It was not allowed.")
    tab.finished()
    expect(tab.composer).to_have_value("")
    (result,) = results_in(api.bodies[-1]["messages"][-1])
    assert "Half a sentence, sss" in str(result["content"]), "the model is told why"


def results_in(message: dict[str, object]) -> list[dict[str, object]]:
    content = message["content"]
    blocks = content if isinstance(content, list) else []
    return [block for block in blocks if block["type"] == "tool_result"]

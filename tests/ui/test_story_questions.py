"""The agent asks, people answer: by keyboard, from another browser, or with a refusal that says why."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.accessibility import grave_findings
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import PEOPLE, LabOptions, scripted
from support.models.messages_api import Answer, Call, MessagesApi

THEMES = ("JupyterLab Light", "JupyterLab Dark")
STEPS = ("Find the tables", "Load the one that is meant", "Fit the model", "Plot it", "Say what it shows")
WHICH = {
    "text": "There are two tables of sales. Which one do you mean?",
    "choices": [
        {"label": "sales_2024.csv", "description": "344 rows, one for each order"},
        {"label": "sales_all.csv", "description": "12,080 rows, monthly sums since 2016"},
        {"label": "Both, joined by month"},
    ],
}
COLUMNS = {
    "text": "Which columns may I drop?",
    "choices": [{"label": "comment"}, {"label": "source"}, {"label": "checked_by"}],
    "multiple": True,
    "free_text": False,
}
NAME = {"text": "What shall the new notebook be called?"}


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, config=PEOPLE)


def plan(done: int) -> Call:
    """The first ``done`` steps are behind it, the next one is being worked on."""
    states = ["done"] * done + ["in_progress"] + ["pending"] * len(STEPS)
    steps = [{"text": text, "state": state} for text, state in zip(STEPS, states, strict=False)]
    return Call("update_plan", {"steps": steps})


def asks(*questions: dict[str, Any]) -> Call:
    return Call("ask_user", {"questions": list(questions)})


def told(api: MessagesApi) -> str:
    """What the model was told last."""
    return str(api.bodies[-1]["messages"][-1])


def in_both_themes(tab: LabPage, name: str) -> None:
    """A picture of each, in which axe-core finds nothing serious."""
    for theme in reversed(THEMES):
        tab.use_theme(theme)
        assert not grave_findings(tab.page, ".jcr-Panel")
        tab.shot(f"{name}-{theme.split()[1].lower()}")


@pytest.mark.timeout(240)
def test_questions_are_answered_from_the_keyboard(visit: Visit, api: MessagesApi) -> None:
    tab = visit(person="Ana")
    tab.open_panel()
    keys = tab.page.keyboard
    api.script(
        Answer("I look for the tables first.", plan(1), asks(WHICH, COLUMNS, NAME)),
        Answer(plan(2), asks({"text": "Shall I plot it, too?"})),
        "I fitted it without a plot.",
    )
    tab.composer.click()
    tab.send("Fit a model to the sales")
    expect(tab.card).to_contain_text("Which one do you mean?")
    tab.go_to_card()
    tab.has_state("asks you")
    expect(tab.page.locator(".jcr-Status")).to_contain_text("asks you")
    expect(tab.panel.locator(".jcr-Plan")).to_contain_text("1 of 5")
    expect(tab.card).to_contain_text("1 of 3")
    expect(tab.card.get_by_role("button", name="Next")).to_be_disabled()
    keys.press("1")
    expect(tab.card.get_by_role("radio", name="sales_2024.csv")).to_be_checked()
    keys.press("ArrowDown")
    expect(tab.card.get_by_role("radio", name="sales_all.csv")).to_be_checked()
    expect(tab.card.get_by_role("radio", name="sales_2024.csv")).not_to_be_checked()
    in_both_themes(tab, "1-a-choice")
    tab.card.get_by_role("radio", name="sales_all.csv").press("Enter")  # a change of theme may take the focus

    expect(tab.card).to_contain_text("2 of 3")
    expect(tab.card.get_by_role("button", name="None of these")).to_be_enabled()
    keys.press("3")
    keys.press("1")
    keys.press("Enter")
    expect(tab.card).to_contain_text("3 of 3")
    words = tab.card.get_by_role("textbox", name="Your own words")
    expect(words).to_be_focused()
    keys.type("model 1")
    keys.press("Enter")

    expect(tab.card).to_contain_text("Shall I plot it, too?")
    tab.go_to_card()
    answer = "→ sales_all.csv\\n\\nWhich columns may I drop?\\n→ comment, checked_by\\n\\nWhat shall"
    assert answer in told(api), told(api)
    assert "→ model 1" in told(api) and "Ana answered." in told(api)
    tab.panel.locator(".jcr-Plan").get_by_role("button").click()
    expect(tab.panel.locator(".jcr-Plan")).to_contain_text("2 of 5")
    expect(tab.panel.get_by_role("list", name="Plan").get_by_role("listitem")).to_have_text(list(STEPS))
    in_both_themes(tab, "2-the-plan")
    tab.card.get_by_role("textbox").press("Escape")
    expect(tab.turns).to_contain_text("I fitted it without a plot.")
    assert "does not want to answer" in told(api)
    tab.finished()
    expect(tab.composer).to_be_focused()
    expect(tab.card).to_have_count(0)
    expect(tab.turns.locator("[data-tool=ask_user]").first).to_contain_text("sales_all.csv · There are two")
    in_both_themes(tab, "3-answered")


@pytest.mark.timeout(240)
def test_a_question_is_answered_in_another_browser(visit: Visit, api: MessagesApi) -> None:
    ana = visit(person="Ana")
    ana.open_panel()
    ana.new_session()
    api.script(Answer(asks(WHICH)), Answer(Call("run_command", {"command": "sleep 3; echo Both"})), "Both, then.")
    ana.send("Look at the sales")
    expect(ana.card).to_contain_text("Which one do you mean?")
    ben = visit(person="Ben")
    ben.open_panel()
    ben.widen(300)
    expect(ben.card.get_by_role("radio")).to_have_count(3)
    ben.card.get_by_role("radio", name="Both, joined by month").click()
    ben.shot("4-narrow")
    ben.card.get_by_role("button", name="Send").click()
    expect(ana.card).to_contain_text("Run this command?")
    assert "Ben answered." in told(api) and "Both, joined by month" in told(api)
    ben.allow()
    expect(ana.card).to_have_count(0)
    expect(ana.panel.locator(".jcr-Notice")).to_contain_text("Allowed by Ben in the panel.")
    ana.shot("5-allowed-by-ben")
    expect(ana.turns).to_contain_text("Both, then.")


@pytest.mark.timeout(240)
def test_a_refusal_says_why_and_a_grant_can_be_taken_back(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    tab = visit(person="Ana")
    tab.open_panel()
    tab.new_session()
    api.handler = lambda body: f"I understand: {reason_in(body)}"
    api.script(Answer(Call("run_command", {"command": "rm old.csv"})))
    tab.send("Tidy up")
    expect(tab.card).to_contain_text("rm old.csv")
    tab.read_card()
    tab.composer.press_sequentially("Move it to archive/ instead")
    in_both_themes(tab, "6-a-reason")
    tab.composer.press("Enter")
    expect(tab.turns).to_contain_text("I understand: Ana did not allow this and said: Move it to archive/ instead")
    tab.finished()

    api.script(Answer(Call("run_command", {"command": "ls archive"})), "Listed.")
    tab.send("List it")
    tab.allow(for_session=True)
    expect(tab.turns.last).to_contain_text("Listed.")
    tab.finished()
    assert len(workspace.grants()) == 1
    tab.panel.get_by_title("Permission mode").click()
    menu = tab.panel.locator(".jcr-Popup")
    expect(menu).to_contain_text("Reads freely, asks before it changes or runs anything")
    expect(menu.get_by_role("list", name="Allowed in this session")).to_contain_text("ls")
    tab.shot("7-modes-and-grants")
    menu.get_by_title("Take back").click()
    expect(menu.get_by_title("Take back")).to_have_count(0)
    tab.page.keyboard.press("Escape")
    api.script(Answer(Call("run_command", {"command": "ls archive"})), "Once more.")
    tab.send("List it again")
    expect(tab.card).to_contain_text("ls archive")
    assert workspace.grants() == []
    tab.allow()
    expect(tab.turns.last).to_contain_text("Once more.")


def reason_in(body: dict[str, Any]) -> str:
    """What the last tool result says."""
    block = body["messages"][-1]["content"][0]
    content = block["content"]
    return str(content if isinstance(content, str) else content[0]["text"])

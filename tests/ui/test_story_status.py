"""What the panel says beside the conversation: the context and its cost, the keys, a try that is awaited, a link to it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Call, Fail, MessagesApi

PRICED = """
c.CrushApp.models = [{"id": "claude-opus-5-5", "price": {"input": 4, "output": 20}}, {"id": "unpriced"}]
"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, config=PRICED)


@pytest.mark.timeout(180)
def test_the_context_its_cost_and_the_keys_are_a_press_away(visit: Visit, api: MessagesApi) -> None:
    api.script(Answer("Read.", usage={"input_tokens": 120_000, "output_tokens": 500}))
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Read all of it")
    tab.finished()
    meter = tab.panel.get_by_title("Context and cost")
    expect(meter).to_contain_text(re.compile(r"\d+%"))
    meter.click()
    opened = tab.panel.get_by_role("dialog", name="Context and cost")
    expect(opened).to_contain_text(re.compile(r"12[01]K of [\d.]+[KM] tokens"))
    expect(opened).to_contain_text("Answered500")
    expect(opened).to_contain_text("Cost$0.49")  # 120,000 for 4 and 500 for 20 USD a million
    expect(meter).to_contain_text("$0.49")
    tab.shot("1-context", tab.panel)
    tab.page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(meter).to_be_focused()

    tab.transcript.focus()
    tab.page.keyboard.press("?")
    keys = tab.panel.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Ctrl/⌘+Shift+Enter")
    tab.shot("2-keys", tab.panel)
    tab.page.keyboard.press("Escape")
    tab.composer.press("?")
    expect(tab.composer).to_have_value("?")
    expect(keys).to_be_hidden()


@pytest.mark.timeout(180)
def test_of_a_model_without_a_price_no_cost_is_said(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    api.script(Answer("Read.", usage={"input_tokens": 120_000, "output_tokens": 500}))
    session = workspace.create_session("Free of prices")
    workspace.update_session(session.id, model="unpriced")
    workspace.wait(workspace.prompt(session.id, "Read all of it"), timeout=60)
    tab = visit()
    tab.page.goto(f"{tab.url}/lab?crush-session={session.id}")
    meter = tab.panel.get_by_title("Context: ")
    expect(meter).to_contain_text("tokens")
    meter.click()
    opened = tab.panel.get_by_role("dialog", name="Context: ")
    expect(opened).to_contain_text("Answered500")
    expect(opened).not_to_contain_text("Cost")
    tab.shot("1b-context-without-a-price", tab.panel)


@pytest.mark.timeout(180)
def test_a_turn_that_is_summarized_in_its_middle_shows_what_came_before_and_after(
    visit: Visit, api: MessagesApi, workspace: Workspace
) -> None:
    look = Call("list_files", {"path": "."})
    api.script(
        Answer("I look.", look, usage={"input_tokens": 900_000}),
        "I looked once.",
        Answer("I look on.", look),
        "Found it.",
    )
    session = workspace.create_session("A long turn")
    workspace.wait(workspace.prompt(session.id, "Look until you find it"), timeout=60)
    tab = visit()
    tab.page.goto(f"{tab.url}/lab?crush-session={session.id}")
    expect(tab.turns).to_have_count(3)
    expect(tab.turns.nth(0)).to_contain_text("I look.")
    expect(tab.turns.nth(1)).to_contain_text("I looked once.")
    expect(tab.turns.nth(2)).to_contain_text("Found it.")
    tab.shot("4-summarized", tab.panel)


@pytest.mark.timeout(180)
def test_a_try_that_is_awaited_counts_down_and_can_be_stopped(visit: Visit, api: MessagesApi) -> None:
    api.script(Fail(429, "rate_limit_error", "Slow down", headers={"retry-after": "50"}))
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Ask too fast")
    waits = tab.panel.get_by_role("status").filter(has_text="Trying again in")
    expect(waits.locator(".jcr-Countdown")).to_have_text(re.compile(r"^[1-4]\ds$"))
    tab.shot("3-waits", tab.panel)
    waits.get_by_role("button", name="Stop").click()
    tab.finished()
    expect(tab.endings).to_have_text("Stopped by you.")
    expect(waits).to_be_hidden()


@pytest.mark.timeout(180)
def test_a_link_shows_its_session(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    api.script("Apples are red.", "Pears are green.")
    apples, pears = workspace.create_session("Apples"), workspace.create_session("Pears")
    for session in (apples, pears):
        workspace.wait(workspace.prompt(session.id, "Tell me"), timeout=60)
    tab = visit()
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.goto(f"{tab.url}/lab?crush-session={apples.id}")
    expect(tab.title).to_contain_text("Apples")
    expect(tab.turns).to_contain_text("Apples are red.")
    expect(tab.page).not_to_have_url(re.compile("crush-session"))
    tab.page.evaluate("() => window.jupyterapp.commands.execute('crush:copy-link')")
    tab.page.wait_for_function("() => navigator.clipboard.readText().then(text => text.includes('crush-session='))")
    link = tab.page.evaluate("() => navigator.clipboard.readText()")
    assert link.endswith(f"crush-session={apples.id}")
    assert "token" not in link

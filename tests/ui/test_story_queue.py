"""While it works, what is sent waits its turn: it is seen, moved, removed, edited, and run in order."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(180)
def test_what_waits_can_be_seen_changed_and_is_done_in_order(visit: Visit, api: MessagesApi) -> None:
    gate = threading.Event()
    api.script(Answer("Busy with the first.", Hold(gate)), "Answer to the third.", "Answer to the second.")
    tab, other = visit(), visit()
    for one in (tab, other):
        one.open_panel()
    tab.send("first")
    expect(tab.turns).to_contain_text("Busy with the first.")
    for prompt in ("second", "third", "fourth", "fifth"):
        tab.send(prompt)
        expect(tab.queue.last).to_contain_text(prompt)
    expect(tab.stop).to_be_visible()
    assert len(api.requests) == 1, "none of them disturbs the turn"

    tab.queue.filter(has_text="third").get_by_title("Earlier").click()
    tab.queue.filter(has_text="fourth").get_by_title("Remove").click()
    tab.queue.filter(has_text="fifth").get_by_title("Edit").click()
    expect(tab.composer).to_have_value("fifth")
    for one in (tab, other):
        expect(one.queue).to_have_text(["Next:third", "second"])
    tab.shot("1-two-wait")

    gate.set()
    for one in (tab, other):
        one.finished()
        expect(one.queue).to_have_count(0)
        answers = one.turns.filter(has_text="Answer to")
        expect(answers).to_have_count(2)
        expect(answers.nth(0)).to_contain_text("third")
        expect(answers.nth(0)).to_contain_text("Answer to the third.")
        expect(answers.nth(1)).to_contain_text("Answer to the second.")
    expect(tab.turns.filter(has_text="fourth")).to_contain_text("Stopped by you.")
    tab.shot("2-done-in-order")


@pytest.mark.timeout(180)
def test_stop_gives_the_words_of_what_waited_back(visit: Visit, api: MessagesApi) -> None:
    api.script(Answer("Busy.", Hold(threading.Event())))
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("first")
    expect(tab.turns).to_contain_text("Busy.")
    for prompt in ("then this", "and that"):
        tab.send(prompt)
        expect(tab.queue.last).to_contain_text(prompt)
    tab.composer.press("Escape")
    tab.finished()
    expect(tab.composer).to_have_value("then this\n\nand that")
    expect(tab.queue).to_have_count(0)
    expect(tab.turns.first).to_contain_text("Stopped by you.")


@pytest.mark.timeout(180)
def test_what_waits_can_be_sent_now_and_enter_does_what_was_chosen(visit: Visit, api: MessagesApi) -> None:
    gate = threading.Event()
    look = Answer("I look.", Hold(gate), Call("list_files", {"path": "."}))
    api.script(look, "Both at once.", "And the last.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("first")
    expect(tab.turns).to_contain_text("I look.")
    tab.send("soon")
    expect(tab.queue).to_contain_text("soon")
    tab.send("much later")
    expect(tab.queue).to_have_count(2)
    tab.queue.filter(has_text="soon").get_by_title("Send now").click()
    expect(tab.queue.filter(has_text="soon")).to_contain_text("steers")
    tab.panel.get_by_role("button", name="queues").click()
    expect(tab.panel.get_by_role("button", name="steers")).to_be_visible()
    tab.composer.fill("a thought that was not sent")
    tab.shot("3-one-is-sent-now", tab.panel)
    tab.page.reload()
    expect(tab.composer).to_have_value("a thought that was not sent")
    expect(tab.panel.get_by_role("button", name="steers")).to_be_visible()
    tab.panel.get_by_role("button", name="steers").click()
    tab.composer.fill("")
    tab.composer.press("ArrowUp")
    expect(tab.composer).to_have_value("much later")
    tab.composer.fill("")

    gate.set()
    tab.finished()
    expect(tab.turns.filter(has_text="Both at once.")).to_contain_text("soon")
    expect(tab.turns.last).to_contain_text("And the last.")
    assert "soon" in str(api.bodies[-2]["messages"][-1]), "it was heard in the first turn"

"""While it works, what is sent waits its turn: it is seen, moved, removed, edited, and run in order."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from lab_page import Visit
from lab_process import LabOptions, scripted
from messages_api import Answer, Hold, MessagesApi


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

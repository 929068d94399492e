"""Two people, two browsers, one session: both see the same, either may answer or stop, and nobody sees an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import PEOPLE, LabOptions, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi, Text

WORDS = [f"word{number} " for number in range(200)]


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url, config=PEOPLE)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def open_tab(visit: Visit, person: str) -> LabPage:
    tab = visit(person=person)
    tab.open_panel()
    return tab


def no_error_is_seen(tab: LabPage) -> None:
    expect(tab.panel.get_by_role("alert")).to_have_count(0)
    expect(tab.panel.locator(".jcr-mod-error")).to_have_count(0)


@pytest.mark.timeout(180)
def test_the_second_stops_what_the_first_began(visit: Visit, api: MessagesApi, gate: threading.Event) -> None:
    first, second = open_tab(visit, "Ana"), open_tab(visit, "Ben")
    api.script(Answer(Text(WORDS, delay=0.01), Hold(gate)))
    first.send("Tell me a long story")
    for tab in (first, second):
        expect(tab.turns).to_contain_text(WORDS[-1].strip())
        expect(tab.turns.locator(".jcr-Words-author")).to_have_text("Ana")
        tab.has_state("working")
    first.shot("1-first-while-it-works")

    second.stop.click()
    for tab in (first, second):
        expect(tab.endings).to_have_text("Stopped by Ben.")
        tab.has_state("ready")
        assert tab.turns.inner_text().count("word0 ") == 1
        no_error_is_seen(tab)
    first.shot("2-first-after-it-was-stopped")
    assert api.requests[-1].state == "left", "the model is not kept talking"

    api.script("And a short one.")
    first.send("Another")
    for tab in (first, second):
        expect(tab.turns.last).to_contain_text("And a short one.")
        tab.finished()
        no_error_is_seen(tab)


@pytest.mark.timeout(180)
def test_a_question_is_asked_of_both_and_answered_by_one(visit: Visit, api: MessagesApi) -> None:
    api.script(Answer(Call("run_command", {"command": "echo from the shell"})), "It printed a line.")
    first, second = open_tab(visit, "Ana"), open_tab(visit, "Ben")
    first.new_session()
    first.send("Run something")
    expect(first.card).to_contain_text("echo from the shell")
    second.title.click()
    second.panel.locator(".jcr-SessionRow-title").first.click()
    expect(second.card).to_contain_text("echo from the shell")
    second.shot("3-second-is-asked-too")

    second.allow()
    for tab in (first, second):
        expect(tab.card).to_be_hidden()
        expect(tab.turns).to_contain_text("It printed a line.")
        tab.finished()
        no_error_is_seen(tab)
    first.shot("4-first-after-the-second-answered")

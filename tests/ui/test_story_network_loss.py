"""The network goes away in mid-answer, and the server too: the panel says so, comes back by itself, and loses nothing."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Hold, MessagesApi, Text
from support.servers.cut_proxy import CutProxy

WORDS = [f"word{number} " for number in range(400)]
WHOLE = "".join(WORDS).strip()

WATCH = """whole => {
  const panel = document.querySelector('.jcr-Panel');
  window.wrong = [];
  new MutationObserver(() => {
    const shown = panel.querySelector('.jcr-Turn .jcr-Markdown')?.textContent.trim() ?? '';
    if (!whole.startsWith(shown)) window.wrong.push(shown);
  }).observe(panel, { childList: true, subtree: true, characterData: true });
}"""
"""Note every text that the panel ever shows and that is not how the answer begins."""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(180)
def test_an_answer_goes_on_where_the_network_cut_it(
    visit: Visit, api: MessagesApi, wire: CutProxy, workspace: Workspace
) -> None:
    api.script(Answer(Text(WORDS, delay=0.02)))
    tab = visit(url=wire.url)
    tab.open_panel()
    tab.page.evaluate(WATCH, WHOLE)
    tab.send("Tell me a long story")
    expect(tab.turns).to_contain_text("word50 ")

    wire.cut()
    tab.has_state("reconnecting")
    expect(tab.panel.get_by_role("status").filter(has_text="No connection")).to_be_visible()
    tab.shot("1-while-it-is-cut")
    (session,) = workspace.sessions()
    seen_before = len(wire.requests)
    while "word200 " not in workspace.messages(session.id).drafts[0].text:
        pass  # each look is a request: the agent goes on without a browser
    assert "word200 " not in tab.turns.inner_text()
    wire.mend()

    expect(tab.turns.locator(".jcr-Markdown")).to_have_text(WHOLE)
    tab.finished()
    expect(tab.panel.get_by_role("status").filter(has_text="No connection")).to_be_hidden()
    assert tab.page.evaluate("() => window.wrong") == [], "no text was lost or doubled at any moment"
    again = [request for request in wire.requests[seen_before:] if request.is_stream]
    assert again and all("last-event-id" in request.headers for request in again), "resumed by its cursor"
    tab.shot("2-after-it-was-mended")


@pytest.mark.timeout(180)
def test_a_turn_that_ended_meanwhile_is_there_whole(
    visit: Visit, api: MessagesApi, wire: CutProxy, workspace: Workspace
) -> None:
    gate = threading.Event()
    api.script(Answer(Text(WORDS[:50]), Hold(gate), Text(WORDS[50:])))
    tab = visit(url=wire.url)
    tab.open_panel()
    tab.new_session()
    tab.send("Tell me a story and end it while I am away")
    expect(tab.turns).to_contain_text("word49")
    wire.cut()
    tab.has_state("reconnecting")
    gate.set()
    run_id = tab.turns.get_attribute("data-run")
    assert run_id is not None
    assert workspace.wait(run_id, timeout=30).state == "done"
    wire.mend()
    tab.finished()
    expect(tab.turns.locator(".jcr-Markdown")).to_have_text(WHOLE)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("end", "words"), [("stop", "The server was stopped."), ("kill", "Interrupted")])
def test_a_restarted_server_offers_to_continue(
    visit: Visit, api: MessagesApi, lab: LabProcess, end: str, words: str
) -> None:
    api.script(Answer(Text(WORDS[:150], delay=0.01), Hold(threading.Event())))
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Do something long")
    expect(tab.turns).to_contain_text("word149")
    getattr(lab, end)()
    tab.has_state("reconnecting")
    tab.shot(f"3-{end}-while-the-server-is-away")
    lab.start()

    expect(tab.endings).to_contain_text(words)
    tab.finished()
    expect(tab.turns).to_contain_text("word20 ")
    tab.shot(f"4-{end}-after-the-restart")
    api.script("The other half.")
    tab.endings.get_by_role("button", name="Continue").click()
    expect(tab.turns.last).to_contain_text("The other half.")
    tab.finished()
    expect(tab.turns).to_have_count(2)

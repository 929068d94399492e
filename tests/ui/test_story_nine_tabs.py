"""Nine tabs of one browser: one stream for all of them, all see everything, and JupyterLab stays as quick as it was."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Hold, MessagesApi, Text
from support.servers.cut_proxy import CutProxy

TABS = 9
FIRST = [f"word{number} " for number in range(60)]
LAST = "and the last words."
STATUS_MS = 1000

TIME_STATUS = """async () => {
  const begun = performance.now();
  const answer = await fetch('/api/status', { cache: 'no-store' });
  await answer.json();
  return performance.now() - begun;
}"""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(300)
def test_nine_tabs_share_one_stream_and_the_server_stays_quick(visit: Visit, api: MessagesApi, wire: CutProxy) -> None:
    gate = threading.Event()
    api.script(Answer(Text(FIRST, delay=0.01), Hold(gate), LAST))
    first = visit(url=wire.url)
    first.open_panel()
    first.send("Say something to all")
    tabs = [first, *(another(visit, first, wire) for _ in range(TABS - 1))]
    for tab in tabs:
        expect(tab.turns).to_contain_text(FIRST[-1].strip())
        tab.has_state("working")
    assert wire.streams == 1
    for tab in tabs:
        taken = min(tab.page.evaluate(TIME_STATUS) for _ in range(3))  # nine tabs and their server have two cores
        assert taken < STATUS_MS, f"/api/status took {taken:.0f} ms"

    gate.set()
    for tab in tabs:
        expect(tab.turns.locator(".jcr-Markdown")).to_have_text("".join(FIRST) + LAST)
        tab.finished()
    assert wire.streams == 1
    tabs[-1].shot("ninth-tab")

    first.page.close()
    api.script("To the eight that are left.")
    tabs[1].send("And again")
    for tab in tabs[1:]:
        expect(tab.turns.last).to_contain_text("To the eight that are left.")
    assert wire.streams == 1, "the stream does not belong to the tab that began it"


def another(visit: Visit, first: LabPage, wire: CutProxy) -> LabPage:
    tab = visit(context=first.page.context, url=wire.url)
    tab.open_panel()
    return tab

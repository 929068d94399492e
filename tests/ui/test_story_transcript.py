"""Reading: who reads stays where they are, what is long comes page by page, and every line leads to what it is about."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi

CODE = "Here it is:\n\n```python\ntotal = 40 + 2\nprint(total)\n```"
LONG = "\n\n".join(f"Paragraph {number} of the answer." for number in range(40))
SLOW = "import time\nfor number in range(600):\n    print('tick', number, flush=True)\n    time.sleep(0.1)"
NOTEBOOK = {
    "cells": [
        {"id": "title", "cell_type": "markdown", "metadata": {}, "source": "# Slow"},
        {"id": "quick", "cell_type": "code", "metadata": {}, "source": "1 + 1", "outputs": [], "execution_count": None},
        {"id": "slow", "cell_type": "code", "metadata": {}, "source": SLOW, "outputs": [], "execution_count": None},
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
TOP = "node => node.getBoundingClientRect().top"


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.timeout(180)
def test_who_reads_stays_where_they_are(visit: Visit, api: MessagesApi, gate: threading.Event) -> None:
    first, second = threading.Event(), threading.Event()
    api.script(Answer(LONG, Hold(first), "\n\nMore came.\n\n" + LONG, Hold(second), "\n\nAnd the end.", Hold(gate)))
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Tell me a lot")
    expect(tab.turns).to_contain_text("Paragraph 39")
    expect(tab.turns.get_by_text("Paragraph 39")).to_be_in_viewport()
    to_end = tab.panel.get_by_title("To the end")
    expect(to_end).to_be_hidden()

    tab.transcript.hover()
    tab.page.mouse.wheel(0, -600)
    expect(to_end).to_have_text("↓")
    read = tab.turns.get_by_text("Paragraph 20 ")
    read.scroll_into_view_if_needed()
    before = read.evaluate(TOP)
    first.set()
    expect(tab.turns).to_contain_text("More came.")
    expect(to_end).to_have_text("↓ new")
    assert read.first.evaluate(TOP) == pytest.approx(before, abs=1)
    tab.shot("1-reads-while-it-writes")

    to_end.click()
    expect(tab.turns.get_by_text("Paragraph 39").last).to_be_in_viewport()
    second.set()
    expect(tab.turns.get_by_text("And the end.")).to_be_in_viewport()
    expect(to_end).to_be_hidden()
    gate.set()
    tab.finished()


@pytest.mark.timeout(240)
def test_a_long_session_comes_page_by_page(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    session = workspace.create_session("Long")
    api.handler = lambda _body: "An answer\n\nof several\n\nparagraphs."
    for number in range(130):
        workspace.wait(workspace.prompt(session.id, f"Prompt {number}."), timeout=60)
    tab = visit()
    tab.open_panel()
    expect(tab.title).to_contain_text("Long")
    expect(tab.turns.last).to_contain_text("Prompt 129.")
    assert tab.turns.count() < 40, "what is far away is not in the page"
    tab.transcript.focus()
    pressed = 0
    while not tab.turns.first.get_by_text("Prompt 0.", exact=True).is_visible():
        tab.page.keyboard.press("PageUp")
        pressed += 1
        assert pressed < 400
    assert tab.turns.count() < 40
    tab.page.keyboard.press("Home")
    expect(tab.turns.first).to_be_in_viewport()
    expect(tab.turns.first).to_contain_text("Prompt 0.")
    tab.page.keyboard.press("Alt+ArrowDown")
    expect(tab.turns.nth(1)).to_be_in_viewport()
    tab.shot("2-the-first-of-many")
    tab.page.keyboard.press("End")
    expect(tab.turns.last).to_contain_text("Prompt 129.")
    expect(tab.panel.get_by_title("To the end")).to_be_hidden()


@pytest.mark.timeout(180)
def test_code_of_an_answer_goes_where_its_buttons_say(visit: Visit, api: MessagesApi) -> None:
    api.script(CODE)
    tab = visit("lab/tree/penguins.ipynb")
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.open_panel()
    tab.new_session()
    tab.send("Write code")
    tab.finished()
    block = tab.turns.locator(".jcr-CodeBlock")
    cells = tab.page.locator(".jp-Notebook .jp-Cell")
    expect(cells).to_have_count(2)
    block.hover()
    tab.shot("3-code")
    block.get_by_role("button", name="Copy").click()
    assert tab.page.evaluate("() => navigator.clipboard.readText()") == "total = 40 + 2\nprint(total)"
    block.get_by_role("button", name="Insert").click()
    expect(cells).to_have_count(3)
    expect(cells.nth(1)).to_contain_text("total = 40 + 2")
    cells.nth(2).click()
    block.hover()
    block.get_by_role("button", name="Replace").click()
    expect(cells.nth(2)).to_contain_text("total = 40 + 2")
    expect(cells).to_have_count(3)
    block.hover()
    block.get_by_role("button", name="Run").click()
    expect(cells).to_have_count(4)
    expect(cells.nth(3).locator(".jp-OutputArea-output")).to_have_text("42")


@pytest.mark.timeout(180)
def test_a_line_says_what_runs_how_long_and_leads_to_its_cell(visit: Visit, lab: LabProcess, api: MessagesApi) -> None:
    (lab.root / "slow.ipynb").write_text(json.dumps(NOTEBOOK))
    tab = visit("lab/tree/slow.ipynb")
    tab.open_panel()
    tab.new_session()
    tab.panel.get_by_title("Permission mode").click()
    tab.panel.get_by_role("menuitemradio", name="auto").click()
    api.script(
        Answer(Call("read_file", {"path": "penguins.csv"}), Call("read_notebook", {"path": "slow.ipynb"})),
        Answer(Call("run_cell", {"path": "slow.ipynb", "cell_id": "quick"})),
        Answer(Call("run_cell", {"path": "slow.ipynb", "cell_id": "slow"})),
    )
    tab.send("Read it and run it")
    expect(tab.turns).to_contain_text("Read 2 files")
    runs = tab.turns.locator("[data-tool=run_cell]")
    expect(runs.first).to_contain_text("cell 2 · slow.ipynb")
    running = runs.nth(1)
    expect(running).to_contain_text("cell 3 · slow.ipynb")
    expect(running.locator(".jcr-Tail")).to_contain_text("tick")
    expect(running.locator(".jcr-Line-time")).to_have_text(re.compile(r"^[3-9]s$"))
    expect(tab.page.locator(".jcr-StatusItem")).to_contain_text("Crush: working on cell 3")
    tab.shot("4-runs")

    running.hover()
    running.get_by_role("button", name="Go to the cell").click()
    expect(tab.page.locator(".jp-Notebook .jp-Cell").nth(2)).to_contain_class("jp-mod-active")
    tab.page.locator(".jcr-StatusItem").get_by_role("button", name="Stop").click()
    tab.finished()
    expect(tab.endings).to_have_text("Stopped by you after 2 steps; cell 3 was interrupted.")
    tab.shot("5-stopped")

"""One session, four clients at once: the panel, a widget in a cell, a terminal, and a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from jupyter_crush.wire import Event, Text
from support.browser.chat_cell import NOTEBOOK, ChatCell, write_notebook
from support.browser.lab_page import Visit
from support.browser.lab_process import TOKEN, LabProcess
from support.terminals.crush_terminal import Terminal


@pytest.fixture
def terminal(lab: LabProcess, workspace: Workspace, tmp_path: Path) -> Iterator[Terminal]:
    """Attached to the newest session."""
    workspace.create_session("Together")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    opened = Terminal(
        "attach", environ={**environ, "CRUSH_URL": lab.url, "CRUSH_TOKEN": TOKEN, "NO_COLOR": "1"}, cwd=tmp_path
    )
    opened.until("Write to it")
    yield opened
    opened.close()


@pytest.mark.timeout(240)
def test_four_clients_in_one_session_see_ask_answer_and_cancel_the_same(
    visit: Visit, lab: LabProcess, workspace: Workspace, terminal: Terminal
) -> None:
    write_notebook(lab.root, "from jupyter_crush import Chat\nchat = Chat()\nchat")
    session = workspace.sessions()[0]
    cursor = workspace.messages(session.id).cursor
    tab = visit(f"lab/tree/{NOTEBOOK}")
    tab.open_panel()
    tab.widen(420)
    cell = ChatCell(tab.page)
    cell.run_cells()
    expect(tab.title).to_contain_text("Together")
    assert "nobody listens" in cell.python("print(chat._relay)"), "the browser has one stream, which the cell shares"

    cell.send("run `echo from the shell`")
    expect(tab.card).to_be_visible()
    expect(cell.card).to_contain_text("echo from the shell")
    terminal.until("n deny")
    tab.shot("1-asked-everywhere")
    terminal.type("y")
    expect(tab.card).to_be_hidden()
    expect(cell.card).to_have_count(0)
    tab.finished()
    run_id = workspace.messages(session.id).messages[0].run_id
    answer = workspace.wait(run_id, timeout=30).text
    assert answer
    first_line = answer.split("\n")[0]
    terminal.until("— done")
    assert first_line in terminal.seen
    expect(tab.transcript).to_contain_text("from the shell")
    expect(cell.log).to_contain_text("from the shell")
    tab.shot("2-answered-from-the-terminal")

    tab.send("run `sleep 60`")
    expect(cell.card).to_contain_text("sleep 60")
    cell.allow()
    expect(tab.card).to_be_hidden()
    expect(cell.state).to_have_text("working")
    terminal.type("which files are here?")
    expect(cell.queue).to_contain_text("which files are here?")
    cell.stop.click()
    terminal.until("— Cancelled.")
    tab.finished()
    expect(cell.state).to_have_text("")
    expect(cell.stop).to_be_hidden()
    tab.shot("3-cancelled-from-the-widget")

    snapshot = workspace.messages(session.id)
    said = [
        part.text for one in snapshot.messages if one.role == "user" for part in one.parts if isinstance(part, Text)
    ]
    assert said == ["run `echo from the shell`", "run `sleep 60`", "which files are here?"]
    expect(tab.turns).to_have_count(3)
    assert cell.root.locator(".crush-said").all_inner_texts() == said
    assert "agent_event" not in published(workspace, session.id, cursor), "a cancel is a normal ending"


def published(workspace: Workspace, session_id: str, cursor: str) -> list[str]:
    """The types of all that was published, up to the end of the third run."""
    found: list[str] = []
    for event in workspace.events(session_id, cursor=cursor):
        assert isinstance(event, Event)
        found.append(event.type)
        if found.count("run_complete") == 3:
            break
    return found


@pytest.mark.timeout(240)
def test_a_magic_cell_answers_in_place_and_the_kernels_stop_cancels_its_run(
    visit: Visit, lab: LabProcess, workspace: Workspace
) -> None:
    write_notebook(
        lab.root, "%load_ext jupyter_crush", "%%crush\nwhich files are here?", "_crush.ok", "%%crush\nrun `sleep 60`"
    )
    tab = visit(f"lab/tree/{NOTEBOOK}")
    tab.page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.context?.isReady")
    tab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
    tab.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    outputs = tab.page.locator(".jp-OutputArea-output")
    expect(outputs.filter(has_text="penguins.csv").locator("li, code").first).to_be_visible()
    expect(outputs.filter(has_text="True")).to_be_visible()
    expect(outputs.filter(has_text="sleep 60")).to_be_visible()
    session = next(one for one in workspace.sessions() if one.is_busy)
    tab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    expect(outputs.filter(has_text="Cancelled.")).to_be_visible()
    run_id = workspace.messages(session.id).messages[-1].run_id
    assert workspace.wait(run_id, timeout=20).state == "cancelled"
    tab.shot("4-magic")


@pytest.mark.timeout(240)
def test_a_question_is_answered_in_the_cell_and_a_refusal_says_why(visit: Visit, lab: LabProcess) -> None:
    rows = "".join(f"{number},{number % 7}\n" for number in range(50))
    (lab.root / "gulls.csv").write_text(f"nest,eggs\n{rows}", "utf-8")
    write_notebook(lab.root, "from jupyter_crush import Chat\nchat = Chat()\nchat")
    tab = visit(f"lab/tree/{NOTEBOOK}")
    cell = ChatCell(tab.page)
    cell.run_cells()
    cell.send("Look at the data")
    expect(cell.card).to_contain_text("Which table shall I look at?")
    expect(cell.state).to_have_text("asking")
    cell.card.get_by_role("radio", name="gulls.csv").check()
    tab.shot("5-a-question")
    cell.card.get_by_role("button", name="Send").click()
    expect(cell.card).to_contain_text("Change ")
    expect(cell.card.get_by_role("button", name="Deny")).to_be_enabled()
    cell.composer.fill("Only tell me")
    tab.shot("6-a-reason")
    cell.composer.press("Enter")
    expect(cell.log).to_contain_text("said: Only tell me")
    expect(cell.state).to_have_text("")
    expect(cell.log).to_contain_text("There is gulls.csv.")
    (lab.root / "gulls.csv").unlink()

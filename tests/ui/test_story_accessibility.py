"""What axe-core says of the panel in all its states, light and dark: nothing serious."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from support.browser.accessibility import grave_findings
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, scripted
from support.models.messages_api import Answer, Call, Fail, Hold, MessagesApi, Think

ANSWER = "**Done.** See [the manual](https://example.org/).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n$x^2$"
CONTENT = "import pandas as pd\n"


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["Light", "Dark", "Dark High Contrast"])
def test_axe_finds_nothing_serious(visit: Visit, api: MessagesApi, theme: str) -> None:
    gate = threading.Event()
    api.script(
        Answer(Think("I look first."), Call("list_files", {"path": "."}), Call("read_file", {"path": "nowhere"})),
        Answer("I write a file.", Call("write_file", {"path": f"{theme}.py", "content": CONTENT})),
        Answer(Call("run_command", {"command": "echo granted"})),
        Answer(Call("run_command", {"command": "echo one; echo two"})),
        Answer(ANSWER, Hold(gate)),
        Fail(400, "invalid_request_error", "No."),
    )
    tab = visit("lab/tree/penguins.ipynb")
    tab.use_theme(f"JupyterLab {theme}")
    tab.open_panel()
    tab.new_session()
    is_accessible(tab, "empty")
    tab.send("Do it")
    expect(tab.card).to_contain_text(f"Change {theme}.py?")
    is_accessible(tab, "asks to change")
    tab.allow()
    expect(tab.card).to_contain_text("echo granted")
    tab.allow(for_session=True)
    expect(tab.card).to_contain_text("echo two")
    tab.read_card()
    is_accessible(tab, "asks to run")
    tab.allow()
    expect(tab.turns).to_contain_text("Done.")
    tab.send("And then this")
    expect(tab.queue).to_have_count(1)
    is_accessible(tab, "working")
    tab.shot(f"{theme}-working")
    tab.composer.fill("")
    tab.composer.press_sequentially("@pen")
    expect(tab.panel.get_by_role("listbox")).to_contain_text("penguins.csv")
    is_accessible(tab, "the completions")
    tab.shot(f"{theme}-completions")
    tab.composer.fill("")
    gate.set()
    tab.finished()
    expect(tab.endings).to_contain_text("No.")
    tab.open_all_lines()
    is_accessible(tab, "all opened")
    for title in ("Sessions", "More", "Model", "Permission mode", "Context:", "Keys", "From here"):
        tab.panel.get_by_title(title).first.click()
        expect(tab.panel.locator(".jcr-Popup")).to_be_visible()
        if title == "Permission mode":
            expect(tab.panel.get_by_role("list", name="Allowed in this session")).to_contain_text("echo")
        is_accessible(tab, f"the popup {title}")
        tab.shot(f"{theme}-{title}")
        tab.page.keyboard.press("Escape")
    tab.shot(f"{theme}-done")


def is_accessible(tab: LabPage, state: str) -> None:
    assert grave_findings(tab.page, ".jcr-Panel") == [], state
    assert grave_findings(tab.page, ".jcr-StatusItem") == [], state

"""A tab that nobody looks at: the system tells of a question and of the end, if that was chosen, and leads back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, MessagesApi

NOTIFIED = """
window.told = [];
window.Notification = class {
  static permission = 'granted';
  constructor(title, options) { this.title = title; this.body = options.body; window.told.push(this); }
};
"""
"""A system that shows nothing, and notes what it was told to show: a browser without a screen has none."""
HIDE = """isHidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
TOLD = "() => window.told.map(one => [one.title, one.body])"


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("chosen", [True, False])
def test_a_question_and_the_end_are_told_when_that_was_chosen(
    visit: Visit, browser: Browser, lab: LabProcess, api: MessagesApi, *, chosen: bool
) -> None:
    choose(lab, notify=chosen)
    api.script(Answer(Call("run_command", {"command": "echo one"})), "It is done.")
    context = browser.new_context()
    context.add_init_script(NOTIFIED)
    tab = visit(context=context)
    tab.open_panel()
    tab.new_session()
    tab.page.evaluate(HIDE, True)
    tab.send("Do it while I am away")
    expect(tab.card).to_contain_text("echo one")
    if chosen:
        tab.page.wait_for_function("() => window.told.length === 1")
    tab.allow()
    tab.finished()
    if chosen:
        tab.page.wait_for_function("() => window.told.length === 2")
    title = "Do it while I am away"
    expected = [["Crush asks you", title], ["Crush is done", title]] if chosen else []
    assert tab.page.evaluate(TOLD) == expected
    leads_back(tab) if chosen else None
    tab.page.evaluate(HIDE, False)
    api.script("Seen as it came.")
    tab.send("And now while I look")
    expect(tab.turns.last).to_contain_text("Seen as it came.")
    tab.finished()
    assert tab.page.evaluate(TOLD) == expected, "who looks is not told"
    context.close()


def choose(lab: LabProcess, *, notify: bool) -> None:
    """As in JupyterLab's settings editor."""
    folder = lab.root.parent / "settings" / "@jupyter-crush" / "labextension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "panel.jupyterlab-settings").write_text(f'{{"notify": {str(notify).lower()}}}')


def leads_back(tab: LabPage) -> None:
    tab.page.get_by_role("tab", name="Crush").click()
    expect(tab.panel).to_be_hidden()
    tab.page.evaluate("() => window.told[0].onclick()")
    expect(tab.composer).to_be_focused()

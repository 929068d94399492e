"""What the model, files and tools say is text: nothing of it runs, loads, hides, or works JupyterLab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Workspace
from support.browser.hostile_markdown import EVIL, PWN, corpus
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, Fail, MessagesApi, Text, Think

IMAGE = f"<img src=x onerror={PWN}>"

TRAPS = """() => {
  const panel = document.querySelector('.jcr-Panel');
  const found = [];
  for (const node of panel.querySelectorAll('.jcr-Transcript *, .jcr-Card *, .jcr-Queue *, .jcr-Header *')) {
    for (const { name, value } of node.attributes) {
      const isTrap = /^on|^srcdoc$|^srcset$|^poster$|^data-commandlinker|^formaction$|^ping$/i.test(name)
        || /^\\s*(javascript|vbscript|data:text)/i.test(value);
      if (isTrap) found.push(`${node.localName} ${name}=${value}`);
    }
    const isForeign = 'src' in node && /^https?:/.test(node.src) && !node.src.startsWith(location.origin);
    if (isForeign || /^(script|iframe|object|embed|base|meta|link|form|style)$/.test(node.localName)) {
      found.push(node.outerHTML.slice(0, 200));
    }
    if (node.localName === 'a' && !(node.target === '_blank' && /noopener/.test(node.rel))) {
      found.push(node.outerHTML.slice(0, 200));
    }
  }
  return found;
}"""
"""Whatever in the panel could run, load, or act, by how it looks in the page."""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


def is_harmless(tab: LabPage) -> None:
    assert tab.page.evaluate(TRAPS) == []
    assert tab.page.evaluate("() => window.__pwned") is None
    assert len(tab.page.context.pages) == 1, "nothing opened a window"
    assert tab.page.evaluate("() => document.body.dataset.jpThemeLight") == "true", "no command was run"
    tab.is_sound()


@pytest.mark.timeout(180)
def test_nothing_that_the_model_says_runs_or_loads_anything(visit: Visit, api: MessagesApi) -> None:
    said = corpus()
    blocks = [f"{block}\n\nmark{number}\n\n" for number, block in enumerate(said)]
    whole = "".join(blocks)
    pieces = [whole[start : start + 11] for start in range(0, len(whole), 11)]
    api.script(Answer(Think(f"I think {IMAGE}"), Text([*pieces, "\n\nThe very end."])))
    tab = visit()
    tab.open_panel()
    tab.send(f"Say it. {IMAGE}")
    expect(tab.turns).to_contain_text("The very end.")
    tab.finished()
    assert len(said) > 120
    is_harmless(tab)
    tab.open_all_lines()
    expect(tab.turns).to_contain_text(f"I think {IMAGE}")
    for link in tab.turns.locator("a, [role=link]").all():
        link.dispatch_event("mouseover")
        link.focus()
    is_harmless(tab)
    tab.shot("1-live")

    again = visit()
    again.open_panel()
    expect(again.turns).to_contain_text("The very end.")
    is_harmless(again)


@pytest.mark.timeout(180)
def test_nothing_that_tools_and_files_say_runs_or_loads_anything(
    visit: Visit, api: MessagesApi, lab: LabProcess
) -> None:
    name = f"<img src=x onerror={PWN.replace('/', '')}>.md"
    (lab.root / name).write_text("\n\n".join(corpus()), "utf-8")
    calls = [Call("list_files", {"path": "."}), Call("read_file", {"path": name}), Call(IMAGE, {IMAGE: IMAGE})]
    api.script(Answer(*calls), Fail(400, "invalid_request_error", f"No. {IMAGE} {EVIL}"))
    tab = visit(path="lab")
    tab.open_panel()
    tab.new_session()
    tab.send("Read it")
    expect(tab.endings).to_contain_text("onerror")
    tab.finished()
    tab.open_all_lines()
    expect(tab.turns).to_contain_text("<svg onload=")
    is_harmless(tab)
    tab.shot("2-tools")


@pytest.mark.timeout(180)
def test_a_question_hides_nothing(visit: Visit, api: MessagesApi, workspace: Workspace) -> None:
    padding = " ".join(f"part{number}" for number in range(400))
    command = f"echo safe \u202egnihtemos\u202c zero\u200bwidth {IMAGE} {padding} && echo the-last-of-it"
    api.script(Answer(Call("run_command", {"command": command})), "Well.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Run it")
    shown = tab.card.get_by_label("command")
    expect(shown).to_contain_text("⟨U+202E⟩gnihtemos⟨U+202C⟩ zero⟨U+200B⟩width")
    expect(shown).to_contain_text(f"{IMAGE} {padding} && echo the-last-of-it")
    assert not set(tab.card.inner_text()) & set("\u202e\u202c\u200b")
    (question,) = workspace.permissions()
    assert question.params["command"] == command
    is_harmless(tab)
    tab.shot("3-question")
    tab.deny()
    tab.finished()


@pytest.mark.timeout(180)
def test_no_line_of_a_change_passes_for_a_header(visit: Visit, api: MessagesApi) -> None:
    content = "-- a comment\n++ print('hidden?')\n@@ -1 +1 @@\n"
    api.script(Answer(Call("write_file", {"path": "query.sql", "content": content})), "Well.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Write it")
    changes = tab.card.get_by_label("Changes")
    for line in content.splitlines():
        expect(changes.locator(".jcr-mod-add").get_by_text(f"+{line}", exact=True)).to_be_visible()
    tab.deny()
    tab.finished()

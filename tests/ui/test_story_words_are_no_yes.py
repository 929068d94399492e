"""Whoever types while cards arrive approves nothing: the words are refusals, prompts, or still in the composer."""

from __future__ import annotations

import random
import secrets
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from jupyter_crush.client import Workspace
from jupyter_crush.wire import Text
from support.browser.chat_cell import NOTEBOOK, ChatCell, write_notebook
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import Answer, Call, MessagesApi

SENTENCES = (
    "stop! do not do that",
    "s",
    "yes is not what I say",
    "sorry, 1 2 3 and so on",
    "no",
    "y",
    "as I said: use the other folder",
    "allow me to say something else first",
    "a",
    "please stop, S means stop",
)
CLICKS_WHATEVER_COMES = """() => {
  window.clicked = 0;
  new MutationObserver(() => {
    const card = document.querySelector('.jcr-Card');
    if (card?.textContent.includes('echo two') && window.clicked < 9) {
      for (const button of card.querySelectorAll('button')) { button.click(); window.clicked++; }
    }
  }).observe(document.querySelector('.jcr-Panel'), { subtree: true, childList: true });
}"""
"""As a click that was meant for the card before: in the moment in which the next one is there."""


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


def asks_for_ever(api: MessagesApi) -> Callable[[dict[str, Any]], Answer]:
    """A model that wants to run a command, whatever it is told; each would leave a file."""

    def answer(_body: dict[str, Any]) -> Answer:
        return Answer(Call("run_command", {"command": f"touch approved-{len(api.bodies)}"}))

    return answer


def types_at_random(composer: Locator, page: LabPage, sentences: list[str], chance: random.Random) -> None:
    """As people do: with pauses before a sentence and between its letters, and Enter after it."""
    expect(composer).to_be_focused()
    for number, sentence in enumerate(sentences):
        page.page.wait_for_timeout(chance.randrange(0, 900))
        page.page.keyboard.type(f"({number}) {sentence} .", delay=chance.randrange(0, 40))
        page.page.keyboard.press("Enter")


def words_kept(workspace: Workspace, session_id: str, composer: Locator) -> str:
    """All that was said: refusals that the model was told of, prompts, and what is in the composer."""
    kept = [composer.input_value(), *(run.prompt for run in workspace.queue(session_id))]
    for message in workspace.messages(session_id).messages:
        for part in message.parts:
            if isinstance(part, Text) and message.role == "user":
                kept.append(part.text)
            kept.append(str(getattr(part, "content", "")))
    return "\n".join(kept)


def is_unapproved(lab: LabProcess, workspace: Workspace, kept: str, sentences: list[str]) -> None:
    assert list(lab.root.glob("approved-*")) == []
    assert workspace.grants() == []
    lost = [sentence for number, sentence in enumerate(sentences) if f"({number}) {sentence} ." not in kept]
    assert lost == []


@pytest.mark.timeout(300)
def test_twenty_sentences_against_arriving_cards_approve_nothing(
    visit: Visit, api: MessagesApi, lab: LabProcess, workspace: Workspace
) -> None:
    seed = secrets.randbelow(10**6)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    api.handler = asks_for_ever(api)
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Do what you like")
    sentences = chance.choices(SENTENCES, k=20)
    types_at_random(tab.composer, tab, sentences, chance)
    expect(tab.card).to_contain_text("touch approved-")
    expect(tab.composer).to_be_focused()
    session = workspace.sessions()[0]
    kept = words_kept(workspace, session.id, tab.composer)
    is_unapproved(lab, workspace, kept, sentences)
    assert kept.count("did not allow this and said: ") >= 5, "cards did arrive, and were refused with words"
    tab.composer.press("Escape")
    tab.finished()


@pytest.mark.timeout(300)
def test_the_widget_takes_words_for_words(
    visit: Visit, api: MessagesApi, lab: LabProcess, workspace: Workspace
) -> None:
    seed = secrets.randbelow(10**6)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    workspace.create_session("In a cell")
    write_notebook(lab.root, "from jupyter_crush import Chat\nchat = Chat()\nchat")
    api.handler = asks_for_ever(api)
    tab = visit(f"lab/tree/{NOTEBOOK}")
    cell = ChatCell(tab.page)
    cell.run_cells()
    cell.composer.click()
    cell.send("Do what you like")
    sentences = chance.choices(SENTENCES, k=8)
    types_at_random(cell.composer, tab, sentences, chance)
    expect(cell.card).to_contain_text("touch approved-")
    expect(cell.composer).to_be_focused()
    session = workspace.sessions()[0]
    kept = words_kept(workspace, session.id, cell.composer)
    is_unapproved(lab, workspace, kept, sentences)
    assert kept.count("did not allow this and said: ") >= 2, "cards did arrive, and were refused with words"
    cell.stop.click()
    expect(cell.state).to_have_text("")


@pytest.mark.timeout(240)
def test_a_second_click_does_not_answer_the_card_that_comes_next(
    visit: Visit, api: MessagesApi, workspace: Workspace
) -> None:
    api.script(*(Answer(Call("run_command", {"command": f"echo {word}"})) for word in ("one", "two")), "Well.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.send("Two things")
    tab.read_card()
    tab.page.evaluate(CLICKS_WHATEVER_COMES)
    tab.allow()
    tab.page.wait_for_function("() => window.clicked > 1")
    expect(tab.card).to_contain_text("echo two")
    (waiting,) = workspace.permissions()
    assert waiting.params["command"] == "echo two"
    tab.deny()
    tab.finished()

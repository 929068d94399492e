"""``Chat`` as Python sees it: traits that follow the session, and a comm that answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from jupyter_crush.notebook.talk import Talk
from jupyter_crush.notebook.widget import Chat
from jupyter_crush.wire import Run, Usage
from support.servers.crush_loopback import Loopback


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.fixture
def chat(talk: Talk, loopback: Loopback) -> Iterator[Chat]:
    made = Chat(talk=talk)
    wait_for(lambda: len(loopback.streams) == 1)
    yield made
    made.close()


def test_traits_follow_the_session_and_can_be_observed(chat: Chat, loopback: Loopback) -> None:
    seen: list[str] = []
    chat.observe(lambda change: seen.append(change["new"]), "state")

    def on_prompt(run: Run) -> None:
        active = msgspec.structs.replace(run, state="active")
        loopback.runs[run.run_id] = active
        loopback.publish(active)
        loopback.message(active, "344.", finished=True)
        loopback.end(active, text="344.", usage=Usage(input_tokens=5))

    loopback.on_prompt = on_prompt
    run = chat.ask("how many?")
    wait_for(lambda: chat.answer == "344.")
    wait_for(lambda: chat.state == "idle")
    assert run.session_id == chat.session_id
    assert seen == ["working", "idle"]
    assert [part["text"] for part in chat.transcript[-1]["parts"][:1]] == ["344."]


def test_a_chat_shows_the_newest_session_or_the_one_named(talk: Talk, loopback: Loopback) -> None:
    first = talk.workspace.create_session("first")
    second = talk.workspace.create_session("second")
    chats = [Chat(talk=talk), Chat(session=first.id, talk=talk)]
    assert [chat.session_id for chat in chats] == [second.id, first.id]
    for chat in chats:
        chat.close()


def test_a_prompt_is_handed_over_at_once_and_cancelled(talk: Talk, loopback: Loopback) -> None:
    chat = Chat(prompt="hello", talk=talk)
    assert [run.prompt for run in loopback.runs.values()] == ["hello"]
    assert chat.cancel() == tuple(loopback.runs)
    chat.close()


def test_values_can_go_along_and_need_no_words(chat: Chat, loopback: Loopback) -> None:
    chat.ask("", {"a": 1}, limit=3)
    (body,) = [msgspec.json.decode(body) for method, path, body, _ in loopback.requests if path.endswith("/agent")]
    assert body["prompt"] == ""
    assert [(one["label"], one["text"]) for one in body["attachments"]] == [
        ("value", "dict, length 1:\n{'a': 1}"),
        ("limit", "int:\n3"),
    ]


def test_the_view_is_answered_over_the_comm(chat: Chat, loopback: Loopback, talk: Talk) -> None:
    sent: list[Any] = []
    chat._relay._send = sent.append
    request = {"type": "request", "id": 7, "method": "GET", "path": ["sessions", chat.session_id]}
    chat._received(chat, request, [])
    wait_for(lambda: bool(sent))
    assert (sent[0]["id"], sent[0]["body"]["id"]) == (7, chat.session_id)


def test_closing_stops_following_and_leaves_the_run(talk: Talk, loopback: Loopback) -> None:
    chat = Chat(prompt="hello", talk=talk)
    wait_for(lambda: len(loopback.streams) == 1)
    chat.close()
    wait_for(lambda: not loopback.streams)
    assert [run.state for run in loopback.runs.values()] == ["queued"]


def test_what_a_notebook_saves_holds_no_token_and_no_address(chat: Chat, loopback: Loopback) -> None:
    saved = str({name: value for name, value in chat.get_state().items() if not name.startswith("_")})
    assert "loopback-token" not in saved
    assert str(loopback.port) not in saved

"""The comm's other end: a view asks through the kernel, and only what a view may."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_crush.client import AsyncClient, Connected, Lost, Resynced
from jupyter_crush.client.errors import CannotConnect
from jupyter_crush.notebook.relay import Relay
from jupyter_crush.wire import Change, Event, MessageDelta
from support.servers.crush_loopback import TOKEN, Loopback


async def relayed(loopback: Loopback) -> tuple[Relay, list[dict[str, Any]], str]:
    workspace = await AsyncClient(loopback.url, TOKEN).open()
    session = await workspace.create_session("S")
    sent: list[dict[str, Any]] = []
    return Relay(workspace, session.id, sent.append), sent, session.id


async def test_a_view_prompts_and_cancels_through_the_kernel(loopback: Loopback) -> None:
    relay, sent, sid = await relayed(loopback)
    body = {"session_id": sid, "prompt": "hello", "run_id": "mine"}
    await relay.receive({"type": "request", "id": 1, "method": "POST", "path": ["agent"], "body": body})
    assert (sent[0]["id"], sent[0]["ok"], sent[0]["body"]["run_id"]) == (1, True, "mine")
    path = ["agent", "sessions", sid, "cancel"]
    await relay.receive({"type": "request", "id": 2, "method": "POST", "path": path, "body": {}})
    assert sent[1]["body"] == {"cancelled": ["mine"]}


async def test_what_the_server_refuses_is_told(loopback: Loopback) -> None:
    relay, sent, sid = await relayed(loopback)
    loopback.do(lambda: loopback.sessions.pop(sid))
    await relay.receive({"type": "request", "id": 1, "method": "GET", "path": ["sessions", sid]})
    assert sent == [{"type": "response", "id": 1, "ok": False, "body": sent[0]["body"]}]
    assert sent[0]["body"]["reason"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ["sessions"]),
        ("GET", ["sessions", "other"]),
        ("DELETE", ["sessions", "SID"]),
        ("GET", ["config"]),
        ("POST", ["agent", "sessions", "other", "cancel"]),
        ("GET", ["sessions", "SID", "messages", "..", ".."]),
        ("GET", []),
    ],
)
async def test_a_view_reaches_its_own_session_and_nothing_else(
    loopback: Loopback, method: str, path: list[str]
) -> None:
    relay, sent, sid = await relayed(loopback)
    before = len(loopback.requests)
    said = {
        "type": "request",
        "id": 1,
        "method": method,
        "path": [part.replace("SID", sid) for part in path],
        "body": {},
    }
    await relay.receive(said)
    assert sent[0]["ok"] is False
    assert len(loopback.requests) == before


async def test_a_view_prompts_only_in_its_own_session(loopback: Loopback) -> None:
    relay, sent, _ = await relayed(loopback)
    body = {"session_id": "other", "prompt": "hello"}
    await relay.receive({"type": "request", "id": 1, "method": "POST", "path": ["agent"], "body": body})
    assert sent[0]["ok"] is False
    assert not loopback.runs


@pytest.mark.parametrize(
    "said", [None, 5, {}, {"type": "request"}, {"type": "request", "id": "x", "method": "PUT", "path": []}]
)
async def test_other_messages_on_the_comm_are_ignored(loopback: Loopback, said: object) -> None:
    relay, sent, _ = await relayed(loopback)
    await relay.receive(said)
    assert sent == []


async def test_events_are_passed_on_once_a_view_listens(loopback: Loopback) -> None:
    relay, sent, sid = await relayed(loopback)
    delta = MessageDelta(message_id="m", session_id=sid, part=0, offset=0, text="Hi")
    event: Event[Any] = Event(type="message_delta", payload=Change(type="updated", payload=delta))
    relay.pass_on(event)
    assert sent == []
    await relay.receive({"type": "attach"})
    for item in (event, Lost(CannotConnect(), 1.0), Connected(), Resynced("too_old", None)):
        relay.pass_on(item)
    assert [(one["type"], one.get("state"), one.get("fresh")) for one in sent] == [
        ("state", "live", True),
        ("frames", None, None),
        ("state", "waiting", None),
        ("state", "live", False),
        ("state", "live", True),
    ]
    assert sent[1]["frames"][0]["data"]["payload"]["payload"]["text"] == "Hi"

"""A long answer is made and sent in pieces, and is the same bytes."""

from __future__ import annotations

import json

from crush_http import Http
from jupyter_crush.handlers.base import PIECE
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.wire import Message, Snapshot, Text, encode, encode_snapshot

LONG = "Größe " * 60_000


async def test_long_messages_are_fetched_and_exported_whole(http: Http, model: ScriptedModel) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    async with await http.open("GET", f"workspaces/{wid}/events?session_id={sid}") as stream:
        await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": LONG})
        await stream.until(b'"run_complete"')
    assert len(model.requests) == 1
    path = f"workspaces/{wid}/sessions/{sid}"
    fetched = await http("GET", f"{path}/messages")
    assert len(fetched.body) == int(fetched.headers["content-length"]) > PIECE
    assert fetched.headers["content-type"].startswith("application/json")
    assert fetched.json()["messages"][0]["parts"] == [{"type": "text", "text": LONG}]
    exported = await http("GET", f"{path}/export")
    assert exported.headers["content-type"] == "text/markdown; charset=utf-8"
    assert LONG.strip() in exported.body.decode()
    assert json.loads((await http("GET", f"{path}/export?format=json")).body)["messages"][1]["role"] == "assistant"


def test_a_snapshot_made_in_pieces_is_the_same_json() -> None:
    made = [
        Message(
            id=f"m{n}",
            session_id="s",
            run_id="r",
            seq=n,
            role="user",
            parts=(Text(text="ü"),),
            created_at=1,
            updated_at=1,
        )
        for n in range(3)
    ]
    for count in range(4):
        snapshot = Snapshot(messages=tuple(made[:count]), drafts=tuple(made[:1]), cursor="e:1", has_more=True)
        assert encode_snapshot(snapshot) == encode(snapshot)

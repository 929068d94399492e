"""A long answer is made and sent in pieces, and is the same bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.export import ExportFormat, document, notebook
from jupyter_crush.handlers.base import PIECE
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.text.pieces import in_pieces
from jupyter_crush.wire import Message, Session, Snapshot, Text, encode, encode_snapshot
from support.servers.crush_http import Http

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
        assert b"".join(encode_snapshot(snapshot)) == encode(snapshot)


def long_session() -> tuple[Message, ...]:
    return tuple(
        Message(
            id=f"m{n}",
            session_id="s",
            run_id="r",
            seq=n,
            role="user" if n % 2 else "assistant",
            parts=(Text(text="ü" * 50_000),),
            created_at=1,
            updated_at=1,
        )
        for n in range(40)
    )


@pytest.mark.parametrize("form", ["markdown", "ipynb", "json"])
def test_no_more_than_a_message_is_copied_at_once_of_what_is_exported(form: ExportFormat) -> None:
    """Copying fifty megabytes holds up every thread of the server for a tenth of a second and more."""
    made = document(Session(id="s", title="Long", created_at=1, updated_at=1), long_session(), form)
    assert max(map(len, made.parts)) < 2 * len("ü".encode()) * 50_000
    assert made.content == b"".join(made.parts)
    if form == "json":
        assert [one["id"] for one in json.loads(made.content)["messages"]] == [f"m{n}" for n in range(40)]
    if form == "ipynb":
        assert json.loads(made.content) == notebook(
            Session(id="s", title="Long", created_at=1, updated_at=1), long_session()
        )


def test_no_more_than_a_message_is_copied_at_once_of_what_is_fetched() -> None:
    parts = encode_snapshot(Snapshot(messages=long_session(), cursor="e:1"))
    assert max(map(len, parts)) < 2 * len("ü".encode()) * 50_000


@given(parts=st.lists(st.binary(max_size=40), max_size=20), size=st.integers(min_value=1, max_value=17))
def test_bytes_in_pieces_are_the_same_bytes(parts: list[bytes], size: int) -> None:
    *pieces, rest = in_pieces(parts, size)
    assert b"".join((*pieces, rest)) == b"".join(parts)
    assert {len(piece) for piece in pieces} <= {size}
    assert len(rest) < size

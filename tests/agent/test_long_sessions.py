"""A long session costs what is new in it: what is not wanted is not read, and nothing is decoded on the event loop.

No clock is asked (``python -m bench long`` does). What must not be read cannot be: its rows are no JSON any more.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from jupyter_crush.errors import StoreError
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.store.sqlite.sessions import SESSIONS
from jupyter_crush.store.sqlite.table import Table
from jupyter_crush.wire import Attachment, CreateSession, ForkSession, PromptRequest, SummarizeSession
from support.workspace.workbench import ANA, Desk, desk

MESSAGES = 400
ROW = "id, session_id, run_id, seq, role, parts, created_at, updated_at, is_summary, in_context, finished"
TEXT = '[{"type": "text", "text": "word"}]'
ANSWER = '[{"type": "text", "text": "word"}, {"type": "finish", "reason": "end_turn"}]'


def sql(folder: Path, statement: str, *rows: tuple[Any, ...]) -> None:
    [store] = folder.rglob("store.sqlite")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.executemany(statement, rows or [()])


def grow(folder: Path, session_id: str, messages: int = MESSAGES) -> None:
    """A session gets a past, as if it had been talked in for long."""
    rows = [
        (f"{session_id}.{seq}", session_id, "r", seq, role, parts, 1, 1, 0, 1, 1)
        for seq in range(-messages, 0)
        for role, parts in [("user", TEXT) if seq % 2 == 0 else ("assistant", ANSWER)]
    ]
    sql(folder, f"INSERT INTO messages ({ROW}) VALUES ({', '.join('?' * 11)})", *rows)


def spoil(folder: Path, where: str) -> None:
    """Whoever reads these messages fails from now on."""
    sql(folder, f"UPDATE messages SET parts = 'spoiled' WHERE {where}")


@contextmanager
def decoded_here() -> Iterator[list[str]]:
    """The rows that are decoded in this thread, by their table."""
    found: list[str] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is Table.read.__code__:
            found.append(repr(frame.f_locals["self"]))

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


async def ask(work: Desk, text: str = "Go on.") -> None:
    ended = await work.ended(await work.prompt(text))
    assert {end.error for end in ended} == {None}


async def test_a_session_that_is_at_work_is_read_once(tmp_path: Path) -> None:
    steps = [says(call("list_files", {"path": "."}, id=f"c{number}")) for number in range(3)]
    model = ScriptedModel([says("Yes."), *steps, says("Done."), says("No.")])
    async with desk(tmp_path, model) as work:
        grow(tmp_path, work.session.id)
        await ask(work)
        assert len(model.requests[0].messages) == MESSAGES + 1
        spoil(tmp_path, "true")
        with pytest.raises(StoreError):
            await work.workspace.messages(work.session.id)
        await ask(work, "Four steps.")
        await ask(work, "And one.")
        assert len(model.requests[-1].messages) == MESSAGES + 11


async def test_what_stands_before_the_summary_is_not_read(tmp_path: Path) -> None:
    model = ScriptedModel([says("In short."), says("After it.")])
    async with desk(tmp_path, model) as work:
        grow(tmp_path, work.session.id)
        await work.ended(await work.workspace.runs.summarize(SummarizeSession(), work.session.id, ANA))
        spoil(tmp_path, "seq < 0")
        long_ago = work.session.id
    async with desk(tmp_path, model) as again:
        run = await again.workspace.runs.prompt(PromptRequest(session_id=long_ago, prompt="Go on."), ANA)
        assert {end.error for end in await again.ended(run)} == {None}
        assert len(model.requests[-1].messages) == 2


async def test_of_another_session_only_the_end_is_read(tmp_path: Path) -> None:
    model = ScriptedModel([says("Two."), says("Yes.")])
    async with desk(tmp_path, model) as work:
        grow(tmp_path, work.session.id)
        await ask(work, "How many?")
        spoil(tmp_path, "seq < -30")
        other = await work.workspace.create_session(CreateSession(), ANA)
        body = PromptRequest(session_id=other.id, prompt="Go on", attachments=(Attachment(session=work.session.id),))
        await work.ended(await work.workspace.runs.prompt(body, ANA))
        said = str(model.requests[-1].messages)
        assert "The last prompt:\\nHow many?\\n\\nThe last answer:\\nTwo." in said


async def test_no_message_is_decoded_on_the_event_loop(tmp_path: Path) -> None:
    model = ScriptedModel([says("Yes."), says("In short.")])
    async with desk(tmp_path, model) as work:
        grow(tmp_path, work.session.id)
        with decoded_here() as decoded:
            await ask(work)
            assert len((await work.workspace.messages(work.session.id)).messages) == MESSAGES + 2
            for form in ("markdown", "ipynb", "json"):
                assert (await work.workspace.export(work.session.id, form)).content
            await work.workspace.fork_session(work.session.id, ForkSession(), ANA)
            await work.ended(await work.workspace.runs.summarize(SummarizeSession(), work.session.id, ANA))
        assert decoded == []
        with decoded_here() as decoded:
            SESSIONS.read(SESSIONS.row(work.session)[: len(SESSIONS.select.split(","))])
        assert len(decoded) == 1, "it would have been seen"
    with decoded_here() as decoded:
        async with desk(tmp_path, model):
            pass
    assert decoded == []

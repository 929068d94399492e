"""What is deleted is erased, from the file too; what is older or more than is kept is deleted."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_crush.concurrency.clock import DAY_MS
from jupyter_crush.config import Retention
from jupyter_crush.conversation.erasure import Erasure
from jupyter_crush.conversation.sessions import Live, Sessions
from jupyter_crush.errors import NotFound, StoreError
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.store.records import AcceptedPrompt, Deletion
from jupyter_crush.store.sqlite.migrations import SCHEMA, newest
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import Attachment, Change, CreateSession, PromptRequest, Session
from support.store.store_samples import change, checkpoint, clock, message, prompt, run, session
from support.workspace.workbench import ANA, Desk, desk, workspaces

CANARY = "canary-5f1c"


def stored(folder: Path) -> bytes:
    """All that is on disk of the stores beneath a folder, the WAL included."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("store.sqlite*")))


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def said(work: Desk, text: str) -> None:
    """A turn with a file, a tool, a checkpoint and an answer, all of which hold the text."""
    content = base64.b64encode(text.encode() * 1000).decode()
    attached = Attachment(name="notes.txt", mime_type="text/plain", content=content)
    body = PromptRequest(session_id=work.session.id, prompt=text * 100, attachments=(attached,))
    await work.ended(await work.workspace.runs.prompt(body, ANA))


async def test_no_byte_of_a_deleted_session_is_left_and_the_file_gives_its_room_back(tmp_path: Path) -> None:
    written = says(call("write_file", {"path": "a.txt", "content": CANARY * 1000}, id="c1"))
    model = ScriptedModel([written, says(CANARY * 100), says("short")])
    async with desk(tmp_path, model, permission_mode="auto", retention=Retention(undo=0)) as work:
        kept = await work.workspace.create_session(CreateSession(title="kept"), ANA)
        await said(work, CANARY)
        assert CANARY.encode() in stored(tmp_path / "data")
        await work.workspace.delete_session(work.session.id, "Ana")
        await settled(lambda: CANARY.encode() not in stored(tmp_path / "data"))
        with pytest.raises(NotFound):
            await work.workspace.restore_session(work.session.id)
        assert [one.id for one in await work.workspace.sessions()] == [kept.id]
        await work.workspace.runs.prompt(PromptRequest(session_id=kept.id, prompt="and on"), ANA)
    [file] = (tmp_path / "data").rglob("store.sqlite")
    with closing(sqlite3.connect(file)) as store:
        [pages], [free] = (
            store.execute("PRAGMA page_count").fetchone(),
            store.execute("PRAGMA freelist_count").fetchone(),
        )
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert free <= 0.2 * pages


async def test_what_was_deleted_can_be_brought_back_after_a_restart_within_its_time(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        sid = work.session.id
        await said(work, "Hi")
        await work.workspace.delete_session(sid, "Ana")
    again = workspaces(tmp_path, [ScriptedModel()])
    workspace, _ = await again.open(None, None)
    assert await workspace.sessions() == ()
    assert (await workspace.restore_session(sid)).id == sid
    assert len((await workspace.messages(sid)).messages) == 2
    await again.close()


class Room:
    """A store with some sessions, and a clock."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.now = 1000 * DAY_MS
        self.off = 0
        """By which somebody set the clock, in ms."""
        self.deleted: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def erasure(self, *rows: Session, **retention: float) -> Erasure:
        self.sessions = Sessions(
            rows,
            {},
            live=lambda name: Live(is_busy=name.startswith("busy")),
            now=lambda: self.now + self.off,
            new_id=str,
            clock=lambda: self.now / 1000,
        )

        async def delete(session_id: str) -> None:
            self.deleted.append(session_id)
            self.meanwhile()
            await self.remove(session_id)

        return Erasure(
            self.store,
            self.sessions,
            Retention(**retention),  # type: ignore[arg-type]
            delete=delete,
            now=lambda: self.now + self.off,
            clock=lambda: self.now / 1000,
        )

    async def remove(self, session_id: str) -> None:
        row = self.sessions.deleting(session_id)
        await self.store.write([Change(type="updated", payload=Deletion(id=row.id, deleted_at=row.deleted_at))])
        self.sessions.remove(row)


async def test_old_sessions_are_deleted_and_erased_later_but_not_those_that_work(tmp_path: Path) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    old, new = room.now - 40 * DAY_MS, room.now - 2 * DAY_MS
    rows = [session("old", updated_at=old), session("new", updated_at=new), session("busy", updated_at=old)]
    await room.store.write(change("created", *rows))
    erasure = room.erasure(*rows, days=30)
    assert await erasure.sweep() == 0 and room.deleted == ["old"]
    room.now += 3_599_000
    assert await erasure.sweep() == 0
    room.now += 2_000
    assert await erasure.sweep() == 1
    assert {row.id for row in await room.store.sessions.all()} == {"new", "busy"}
    await room.store.close()


async def test_a_store_that_is_too_large_loses_the_sessions_that_were_changed_longest_ago(tmp_path: Path) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    rows = [session(f"s{number}", updated_at=number + 1) for number in range(10)]
    large = [checkpoint(f"{row.id}.bin", b"x" * 300_000, run_id=f"r{row.id}") for row in rows]
    runs = [run(f"r{row.id}", row.id) for row in rows]
    await room.store.write(change("created", *rows, *runs))
    for row, one in zip(rows, large, strict=True):
        await room.store.write(change("created", replace(one, session_id=row.id)))
    erasure = room.erasure(*rows, bytes=1_000_000)
    assert await erasure.sweep() == 8
    assert [row.id for row in room.sessions.all()] == ["s9", "s8"]
    assert await room.store.live_bytes() <= 1_000_000
    assert (tmp_path / "store.sqlite").stat().st_size <= 1_200_000
    await room.store.close()


async def test_a_store_of_a_former_version_is_made_to_give_room_back(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as old:
        for number in range(1, newest(SCHEMA) + 1):
            old.executescript((SCHEMA / f"{number:04}.sql").read_text())
        old.execute(f"PRAGMA user_version = {newest(SCHEMA)}")
        old.execute("CREATE TABLE left_over (text TEXT)")
        old.execute("INSERT INTO left_over VALUES (?)", (CANARY * 1000,))
        old.execute("DELETE FROM left_over")
        old.execute("DROP TABLE left_over")
        old.commit()
        assert old.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    await room.erasure().sweep()
    assert CANARY.encode() not in stored(tmp_path)
    assert await room.store.is_compacting()
    await room.store.close()


async def test_what_could_not_be_erased_is_erased_later(tmp_path: Path) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    row = session("s1")
    await room.store.write(change("created", row, run(), message(1), prompt_of()))
    erasure = room.erasure(row, undo=0)
    await room.remove("s1")
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked|busy|another"):
            await erasure.sweep()
    assert room.sessions.deleted
    assert await erasure.sweep() == 1
    assert await room.store.sessions.all() == ()
    await room.store.close()


def prompt_of() -> object:
    return AcceptedPrompt(run_id="r1", request=prompt())


async def test_streams_go_on_while_a_large_session_is_erased(tmp_path: Path) -> None:
    """Erasing is many small transactions: a run in another session writes between them."""
    gate = asyncio.Event()
    model = ScriptedModel([says("a" * 1000)] * 30 + [[TextDelta("x"), gate, Stop("end_turn")]])
    async with desk(tmp_path, model, retention=Retention(undo=0)) as work:
        for _ in range(30):
            await work.ended(await work.prompt("more"))
        other = await work.workspace.create_session(CreateSession(), ANA)
        run = await work.workspace.runs.prompt(PromptRequest(session_id=other.id, prompt="go"), ANA)
        await work.workspace.delete_session(work.session.id, "Ana")
        gate.set()
        [terminal] = await work.ended(run)
        assert terminal.state == "done"
        file = next((tmp_path / "data").rglob("store.sqlite"))
        await settled(lambda: b"aaaaaaaaaaaaaaaa" not in stored(file.parent))


async def test_a_session_that_somebody_opens_while_others_are_deleted_stays(tmp_path: Path) -> None:
    """The first deletion takes a while: what was old and idle before it need not be so after it."""
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    old = room.now - 40 * DAY_MS
    rows = [session("old", updated_at=old + 1), session("used", updated_at=old)]
    await room.store.write(change("created", *rows))
    erasure = room.erasure(*rows, days=30)
    room.meanwhile = lambda: room.sessions.update("used", title="used again")
    await erasure.sweep()
    assert room.deleted == ["old"]
    assert [row.id for row in room.sessions.all()] == ["used"]
    await room.store.close()


async def test_a_session_that_somebody_else_deletes_at_that_moment_stops_no_sweep(tmp_path: Path) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    old = room.now - 40 * DAY_MS
    rows = [session("first", updated_at=old + 1), session("second", updated_at=old)]
    await room.store.write(change("created", *rows))
    erasure = room.erasure(*rows, days=30)

    def gone() -> None:
        room.meanwhile = lambda: None
        room.sessions.remove(room.sessions.deleting("first"))
        raise NotFound("There is no such session.")

    room.meanwhile = gone
    await erasure.sweep()
    assert room.sessions.all() == ()
    await room.store.close()


@pytest.mark.parametrize("jump", [-DAY_MS, 3_600_000, 365 * DAY_MS], ids=["back", "an hour", "a year"])
async def test_a_clock_that_is_set_makes_nothing_older_than_it_is(tmp_path: Path, jump: int) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    new = room.now - 2 * DAY_MS
    rows = [session("kept", updated_at=new), session("deleted", updated_at=new)]
    await room.store.write(change("created", *rows))
    erasure = room.erasure(*rows, days=30)
    await room.remove("deleted")
    room.off = jump
    assert await erasure.sweep() == 0 and room.deleted == []
    room.now += 3_599_000
    assert await erasure.sweep() == 0
    room.now += 2_000
    assert await erasure.sweep() == 1, "the time that has passed counts"
    room.now += 28 * DAY_MS
    room.off = 0
    await erasure.sweep()
    assert room.deleted == ["kept"]
    await room.store.close()


async def test_what_a_former_server_deleted_is_as_old_as_the_clock_says_at_the_start(tmp_path: Path) -> None:
    room = Room(await SqliteStore.open(tmp_path, now=clock))
    ages = {"old": 3_601_000, "new": 1_000, "ahead": -DAY_MS}
    rows = [replace(session(name), deleted_at=room.now - age) for name, age in ages.items()]
    await room.store.write(change("created", *rows))
    erasure = room.erasure(*rows)
    assert await erasure.sweep() == 1
    assert {row.id for row in await room.store.sessions.all()} == {"new", "ahead"}
    room.now += 3_601_000
    assert await erasure.sweep() == 2
    await room.store.close()

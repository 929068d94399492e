from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from functools import partial
from pathlib import Path

import msgspec
import pytest

from jupyter_crush.errors import StoreError, StoreInUse, StoreRefused
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.sql import held, sql
from support.store.store_samples import EVERY_PART, change, clock, integrity, message, run, session

INSERT = "INSERT INTO sessions (id, title, created_at, updated_at, usage, message_count) VALUES (?, ?, 1, 1, '{}', 0)"


async def titles(store: SqliteStore) -> set[str]:
    return {each.title for each in await store.sessions.all()}


async def test_what_was_written_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    first = await SqliteStore.open(tmp_path, now=clock)
    await first.write(change("created", session(), run(), message(1, parts=EVERY_PART)))
    await first.close()
    second = await SqliteStore.open(tmp_path, now=clock)
    assert await second.messages.list("s1") == (message(1, parts=EVERY_PART),)
    assert await second.runs.unfinished() == (run(),)
    await second.close()


async def test_a_row_that_cannot_be_read_is_a_typed_error(store: SqliteStore) -> None:
    await store.write(change("created", session(), message(1)))
    await sql(store, "UPDATE messages SET parts = '[{\"type\":'")
    with pytest.raises(StoreError, match="cannot be read"):
        await store.messages.list("s1")


async def test_a_rollback_of_one_task_loses_nothing_of_another(store: SqliteStore) -> None:
    def fails(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("bad", "bad"))
        raise LookupError

    async with held(store):
        others = [
            asyncio.ensure_future(store.write(change("created", session(f"s{n}", title=f"t{n}")))) for n in range(20)
        ]
        failing = [asyncio.ensure_future(store.transact(fails)) for _ in range(3)]
        looking = asyncio.ensure_future(store.sessions.all())
    assert [type(one) for one in await asyncio.gather(*failing, return_exceptions=True)] == [LookupError] * 3
    await asyncio.gather(*others, looking)
    assert await titles(store) == {f"t{n}" for n in range(20)}


async def test_what_a_transaction_has_read_is_still_so_when_it_writes(store: SqliteStore) -> None:
    """Many at once, each reading a counter and writing it back: a lost update would show."""
    await store.write(change("created", msgspec.structs.replace(session(), message_count=0)))

    def count(connection: sqlite3.Connection, *, fail: bool) -> None:
        [(before,)] = connection.execute("SELECT message_count FROM sessions").fetchall()
        connection.execute("UPDATE sessions SET message_count = ?", (before + 1,))
        if fail:
            raise LookupError

    asked = (store.transact(partial(count, fail=n % 3 == 0)) for n in range(60))
    ended = await asyncio.gather(*asked, return_exceptions=True)
    counted = await store.sessions.get("s1")
    assert counted is not None
    assert counted.message_count == sum(each is None for each in ended) == 40


async def test_what_is_cancelled_before_it_began_is_not_done(store: SqliteStore) -> None:
    async with held(store):
        waiting = asyncio.ensure_future(store.write(change("created", session())))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert await store.sessions.all() == ()
    await store.write(change("created", session()))


@pytest.mark.parametrize("cancels", [1, 2, 3])
@pytest.mark.parametrize("after", range(12))
async def test_a_cancelled_write_is_whole_or_undone_and_blocks_nobody(
    store: SqliteStore, after: int, cancels: int
) -> None:
    """Cancelled before, while, and after it is done."""
    writing = asyncio.ensure_future(store.write(change("created", session(), run(), message(1))))
    following = asyncio.ensure_future(store.write(change("created", session("s2", title="next"))))
    for _ in range(after):
        await asyncio.sleep(0.0001)  # a hop to SQLite's thread and back is about 0.1 ms
    for _ in range(cancels):
        writing.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([writing])
    await asyncio.wait_for(following, 10)
    assert not await store.read(lambda connection: connection.in_transaction)
    whole = await store.sessions.get("s1") is not None
    assert len(await store.messages.list("s1")) == len(await store.runs.list("s1")) == int(whole)
    assert "next" in await titles(store)


async def test_a_failed_commit_leaves_no_open_transaction(store: SqliteStore) -> None:
    orphan = "INSERT INTO prompts (run_id, request) VALUES ('no such run', '{}')"
    with pytest.raises(StoreRefused):
        await store.transact(lambda connection: connection.execute(orphan).rowcount)
    assert not await store.read(lambda connection: connection.in_transaction)


async def test_a_transaction_that_swallows_an_error_of_sqlite_still_ends(store: SqliteStore) -> None:
    def swallows(connection: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("INSERT INTO nowhere VALUES (1)")
        connection.execute(INSERT, ("a", "kept"))

    await store.transact(swallows)
    assert await titles(store) == {"kept"}


async def test_a_transaction_that_was_undone_inside_does_not_pass_for_committed(store: SqliteStore) -> None:
    """SQLite itself undoes one when the disk is full."""
    with pytest.raises(StoreError, match="no transaction is active"):
        await store.transact(lambda connection: connection.rollback())
    await store.write(change("created", session()))


async def test_all_statements_of_a_write_are_one_hop_to_the_thread(store: SqliteStore) -> None:
    """A hop takes longer than most statements do; and what is asked next would come in between."""
    look = "SELECT count(*) FROM messages"
    async with held(store):
        writing = asyncio.ensure_future(store.write(change("created", session(), *(message(seq) for seq in range(9)))))
        looking = asyncio.ensure_future(store.read(lambda raw: (raw.in_transaction, raw.execute(look).fetchone())))
    assert (await asyncio.gather(writing, looking))[1] == (False, (9,))


async def test_closing_is_idempotent_and_what_comes_later_is_refused(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    await store.write(change("created", session()))
    await asyncio.gather(store.close(), store.close())
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.write(change("created", session("s2")))
    with pytest.raises(StoreError, match="closed"):
        await store.sessions.all()
    assert "closed" in repr(store)
    assert integrity(tmp_path / "store.sqlite") == "ok"


async def test_what_was_asked_for_before_closing_is_done_first(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    async with held(store):
        writing = asyncio.ensure_future(store.write(change("created", session(title="kept"))))
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(store.close())
        await asyncio.sleep(0)
    await asyncio.gather(writing, closing)
    again = await SqliteStore.open(tmp_path, now=clock)
    assert await titles(again) == {"kept"}
    await again.close()


async def test_closing_is_bounded_and_nobody_else_comes_in_before_the_file_is_closed(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    async with held(store):
        await asyncio.wait_for(store.close(), 5)
        assert repr(store).endswith("closing>")
        with pytest.raises(StoreInUse):
            await SqliteStore.open(tmp_path, now=clock)
    await store.close()
    again = await SqliteStore.open(tmp_path, now=clock)
    assert await again.sessions.all() == ()
    await again.close()


def test_it_says_what_it_is(store: SqliteStore) -> None:
    assert repr(store) == f"<SqliteStore {store.path}: wal, open>"

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from jupyter_crush.errors import StoreError, StoreRefused
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import AgentEvent, Change, RunComplete, ToolCall
from support.store.store_samples import change, clock, integrity, message, run, session

INSERT = "INSERT INTO sessions (id, title, created_at, updated_at, usage, message_count) VALUES (?, ?, 1, 1, '{}', 0)"


async def titles(store: SqliteStore) -> set[str]:
    return {each.title for each in await store.sessions.all()}


async def test_payloads_without_a_table_are_skipped(store: SqliteStore) -> None:
    ephemeral = [
        RunComplete(run_id="r1", session_id="s1", state="done"),
        AgentEvent(type="notice", session_id="s1", run_id=None, message="hello"),
    ]
    await store.write(change("created", *ephemeral, session()))
    await store.write(change("created", *ephemeral))
    await store.write([])
    assert await store.sessions.all() == (session(),)


async def test_a_write_is_all_or_nothing(store: SqliteStore) -> None:
    with pytest.raises(StoreRefused, match="FOREIGN KEY"):
        await store.write(change("created", session(), message(1), message(1, "missing")))
    assert await store.sessions.all() == ()
    await store.write(change("created", session(), message(1)))
    assert len(await store.messages.list("s1")) == 1


async def test_a_write_has_the_effect_of_its_changes_in_order(store: SqliteStore) -> None:
    changes: list[Change[object]] = [
        *change("created", session(), message(1), session("s2")),
        *change("deleted", session()),
        *change("created", session(title="again"), message(2)),
        *change("updated", session(title="once more")),
        *change("deleted", message(2)),
        *change("created", message(3)),
    ]
    await store.write(changes)
    assert await titles(store) == {"once more", "A title"}
    assert [each.seq for each in await store.messages.list("s1")] == [3]


async def test_updating_a_session_keeps_what_hangs_on_it(store: SqliteStore) -> None:
    await store.write(change("created", session(), message(1)))
    await store.write(change("updated", session(title="new")))
    assert len(await store.messages.list("s1")) == 1


@pytest.mark.parametrize(
    "broken",
    [
        message(1, text="half a character: \ud800"),
        session(title="half a character: \udcff"),
        msgspec.structs.replace(message(1), seq=2**63),
    ],
    ids=["json", "text", "integer"],
)
async def test_what_cannot_be_stored_is_refused_with_a_typed_error(store: SqliteStore, broken: object) -> None:
    with pytest.raises(StoreRefused, match="cannot be stored"):
        await store.write(change("created", session("s2"), session(), broken))
    assert await store.sessions.all() == ()
    await store.write(change("created", session()))


async def test_endless_nesting_is_refused_with_a_typed_error(store: SqliteStore) -> None:
    nested: dict[str, object] = {}
    for _ in range(100_000):
        nested = {"a": nested}
    with pytest.raises(StoreRefused, match="cannot be stored"):
        await store.write(change("created", session(), message(1, parts=(ToolCall(id="t", name="n", input=nested),))))
    while nested:  # or the interpreter recurses to free it
        nested = nested.pop("a")  # type: ignore[assignment]  # each holds the next
    assert await store.sessions.all() == ()


async def test_a_row_that_cannot_be_read_is_a_typed_error(store: SqliteStore) -> None:
    await store.write(change("created", session(), message(1)))
    async with store.transaction() as connection:
        await connection.execute("UPDATE messages SET parts = '[{\"type\":'")
    with pytest.raises(StoreError, match="cannot be read"):
        await store.messages.list("s1")


async def test_a_rollback_in_one_task_loses_nothing_of_another(store: SqliteStore) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        async with store.transaction() as connection:
            await connection.execute(INSERT, ("bad", "bad"))
            entered.set()
            await leave.wait()
            raise LookupError

    failing = asyncio.ensure_future(fails())
    await entered.wait()
    others = [asyncio.ensure_future(store.write(change("created", session(f"s{n}", title=f"t{n}")))) for n in range(20)]
    looking = asyncio.ensure_future(store.sessions.all())
    leave.set()
    with pytest.raises(LookupError):
        await failing
    await asyncio.gather(*others)
    await looking
    assert await titles(store) == {f"t{n}" for n in range(20)}


async def test_many_transactions_at_once_do_not_interleave(store: SqliteStore) -> None:
    """Each reads a counter, lets others run, and writes it back: a lost update would show."""
    await store.write(change("created", msgspec.structs.replace(session(), message_count=0)))

    async def count(*, fail: bool) -> None:
        async with store.transaction() as connection:
            [(before,)] = await connection.execute_fetchall("SELECT message_count FROM sessions")
            await asyncio.sleep(0)
            await connection.execute("UPDATE sessions SET message_count = ?", (before + 1,))
            await asyncio.sleep(0)
            if fail:
                raise LookupError

    ended = await asyncio.gather(*(count(fail=n % 3 == 0) for n in range(60)), return_exceptions=True)
    counted = await store.sessions.get("s1")
    assert counted is not None
    assert counted.message_count == sum(each is None for each in ended) == 40


async def test_a_waiter_that_is_cancelled_leaves_the_lock_free(store: SqliteStore) -> None:
    async with store.transaction():
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
    """Cancelled at each of its awaits, also while it cleans up."""
    writing = asyncio.ensure_future(store.write(change("created", session(), run(), message(1))))
    following = asyncio.ensure_future(store.write(change("created", session("s2", title="next"))))
    for _ in range(after):
        await asyncio.sleep(0.0002)  # a hop to SQLite's thread and back is about 0.1 ms
    for _ in range(cancels):
        writing.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([writing])
    await asyncio.wait_for(following, 10)
    async with store.reading() as connection:
        assert not connection.in_transaction
    whole = await store.sessions.get("s1") is not None
    assert len(await store.messages.list("s1")) == len(await store.runs.list("s1")) == int(whole)
    assert "next" in await titles(store)


async def test_a_failed_commit_leaves_no_open_transaction(store: SqliteStore) -> None:
    with pytest.raises(StoreRefused):
        async with store.transaction() as connection:
            await connection.execute("INSERT INTO prompts (run_id, request) VALUES ('no such run', '{}')")
    async with store.reading() as connection:
        assert not connection.in_transaction


async def test_a_transaction_that_swallows_an_error_of_sqlite_still_ends(store: SqliteStore) -> None:
    async with store.transaction() as connection:
        with contextlib.suppress(sqlite3.Error):
            await connection.execute("INSERT INTO nowhere VALUES (1)")
        await connection.execute(INSERT, ("a", "kept"))
    assert await titles(store) == {"kept"}


async def test_a_transaction_that_was_undone_inside_does_not_pass_for_committed(store: SqliteStore) -> None:
    """SQLite itself undoes one when the disk is full."""
    with pytest.raises(StoreError, match="no transaction is active"):
        async with store.transaction() as connection:
            await connection.rollback()
    await store.write(change("created", session()))


async def test_nesting_is_an_error_and_not_a_deadlock(store: SqliteStore) -> None:
    async with store.transaction():
        with pytest.raises(RuntimeError, match="nest"):
            await store.sessions.all()
    await store.write(change("created", session()))


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


async def test_closing_waits_for_a_transaction_that_is_about_to_end(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.transaction() as connection:
            await connection.execute(INSERT, ("a", "kept"))
            entered.set()
            await leave.wait()

    writing = asyncio.ensure_future(slow())
    await entered.wait()
    closing = asyncio.ensure_future(store.close())
    await asyncio.sleep(0)
    leave.set()
    await asyncio.gather(writing, closing)
    again = await SqliteStore.open(tmp_path, now=clock)
    assert await titles(again) == {"kept"}
    await again.close()


async def test_closing_is_bounded_and_undoes_a_transaction_that_never_ends(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        async with store.transaction() as connection:
            await connection.execute(INSERT, ("a", "lost"))
            entered.set()
            await leave.wait()
            await connection.execute(INSERT, ("b", "lost"))

    writing = asyncio.ensure_future(stuck())
    await entered.wait()
    await asyncio.wait_for(store.close(), 5)
    again = await SqliteStore.open(tmp_path, now=clock)
    leave.set()
    with pytest.raises(StoreError, match="closed"):
        await writing
    assert await again.sessions.all() == ()
    await again.close()


async def test_it_says_what_it_is(store: SqliteStore) -> None:
    assert repr(store) == f"<SqliteStore {store.path}: wal, idle>"
    async with store.transaction():
        assert repr(store).endswith("busy>")

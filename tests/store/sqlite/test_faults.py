from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import StoreError
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import Change
from support.store.sql import sql
from support.store.store_samples import change, child, clock, integrity, message, run, said, session

LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from jupyter_crush.errors import StoreError
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, clock, message, session

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def fill():
    store = await SqliteStore.open(Path(sys.argv[1]), now=clock)
    await store.write(change("created", session()))
    limit(Path(sys.argv[1], "store.sqlite-wal").stat().st_size + 100_000)
    refused = None
    seq = 0
    while refused is None:
        try:
            await store.write(change("created", message(seq, text="x" * 5000)))
            seq += 1
        except StoreError as error:
            refused = error
    assert "disk has room" in refused.message or "room left" in refused.message, refused.message
    assert refused.retryable
    assert len(await store.messages.list("s1")) == seq
    limit(resource.RLIM_INFINITY)
    await store.write(change("created", message(seq, text="again")))
    print(seq + 1)
    await store.close()

asyncio.run(fill())
"""
UNPRIVILEGED = """
import asyncio, os, sys, tempfile
from pathlib import Path
from jupyter_crush.errors import StoreError
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import clock

async def attempt(folder):
    store = await SqliteStore.open(folder, now=clock)
    await store.close()

with tempfile.TemporaryDirectory() as writable:
    asyncio.run(attempt(Path(writable)))  # what is imported late may not be readable for the other user

folder, user = Path(sys.argv[1]), int(sys.argv[2])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)

try:
    asyncio.run(attempt(folder))
except StoreError as error:
    print(type(error).__name__, error.message)
"""
NOBODY = 65534


async def test_without_room_a_write_fails_whole_and_works_again_after(store: SqliteStore) -> None:
    """Fails at each number of free pages until it fits; every failure leaves the rows as they were."""
    await store.write(change("created", session(), run()))
    batch = change("created", *(message(seq, text="x" * 9000) for seq in range(5)))
    [(pages,)] = await sql(store, "PRAGMA page_count")
    failures = 0
    while failures < 40 and not await fits(store, batch, pages + failures):
        failures += 1
        assert await store.messages.list("s1") == ()
        await store.write(change("updated", session(title=f"still works {failures}")))
        assert not await store.read(lambda connection: connection.in_transaction)
        assert await sql(store, "PRAGMA integrity_check") == [("ok",)]
    assert 5 < failures < 40
    assert len(await store.messages.list("s1")) == 5


async def fits(store: SqliteStore, batch: list[Change[Any]], pages: int) -> bool:
    await sql(store, f"PRAGMA max_page_count = {pages}")
    try:
        await store.write(batch)
    except StoreError as error:
        if "Free some disk space" in error.message:
            return False
        raise
    return True


async def test_a_full_disk_is_a_typed_error_and_no_restart_is_needed(tmp_path: Path) -> None:
    """The operating system's own limit, on whichever file reaches it."""
    count = int(said(child(LIMITED, tmp_path)))
    assert count > 1
    assert integrity(tmp_path / "store.sqlite") == "ok"
    store = await SqliteStore.open(tmp_path, now=clock)
    assert len(await store.messages.list("s1")) == count
    await store.close()


@pytest.mark.parametrize("case", ["folder", "file", "foreign folder", "parent"])
async def test_what_cannot_be_written_is_a_typed_error_that_says_what_to_do(case: str) -> None:
    """As a user without privileges: root may write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = place / "store"
        store = await SqliteStore.open(folder, now=clock)
        await store.write(change("created", session()))
        await store.close()
        user = hand_over(place, case)
        opened = folder / "deeper" if case == "parent" else folder
        message = said(child(UNPRIVILEGED, opened, user))
        assert message.startswith("StoreError"), message
        assert "CrushApp.data_dir" in message
        restore(place)
        store = await SqliteStore.open(folder, now=clock)
        assert await store.sessions.all() == (session(),)
        await store.close()


def hand_over(place: Path, case: str) -> int:
    """Give the folder to a user who may not write in it. Who runs the tests is that user already, unless it is root."""
    user = os.getuid() or NOBODY
    place.chmod(0o755)
    folder = place / "store"
    if os.getuid() == 0 and case != "foreign folder":
        for path in (folder, *folder.iterdir()):
            os.chown(path, user, user)
    if case == "file":
        (folder / "store.sqlite").chmod(0o400)
    else:
        folder.chmod(0o500)
    return user


def restore(place: Path) -> None:
    folder = place / "store"
    folder.chmod(0o700)
    for path in (folder, *folder.iterdir()):
        os.chown(path, os.getuid(), os.getgid())
    (folder / "store.sqlite").chmod(0o600)


async def test_a_file_that_another_program_keeps_locked_is_a_typed_error_and_ends_with_the_lock(
    store: SqliteStore,
) -> None:
    await store.write(change("created", session()))
    await sql(store, "PRAGMA busy_timeout = 50")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as refusal:
        await store.write(change("updated", session(title="late")))
    assert refusal.value.retryable
    assert await store.sessions.all() == (session(),)
    other.close()
    await store.write(change("updated", session(title="now")))


async def test_a_lock_that_is_given_back_in_time_is_waited_for(store: SqliteStore) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.ensure_future(store.write(change("created", session())))
    done, _ = await asyncio.wait([writing], timeout=0.2)
    assert not done
    other.close()
    await writing
    assert await store.sessions.all() == (session(),)

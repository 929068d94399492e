from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreInUse
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, child, clock, integrity, kill, line_of, said, session

HOLD = """
import asyncio, sys
from pathlib import Path
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, clock, session

async def hold():
    store = await SqliteStore.open(Path(sys.argv[1]), now=clock)
    await store.write(change("created", session()))
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""
TRY = """
import asyncio, sys
from pathlib import Path
from jupyter_crush.errors import StoreInUse
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import clock

async def attempt():
    try:
        await SqliteStore.open(Path(sys.argv[1]), now=clock)
    except StoreInUse as error:
        print(error.message)

asyncio.run(attempt())
"""


async def test_a_second_open_in_the_same_process_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StoreInUse, match="This server has"):
        await SqliteStore.open(store.path.parent, now=clock)
    await store.write(change("created", session()))


async def test_a_second_open_in_another_process_is_refused_and_names_the_holder(store: SqliteStore) -> None:
    message = said(child(TRY, store.path.parent))
    assert "Another Jupyter server" in message
    assert "CrushApp.data_dir" in message
    assert str(os.getpid()) in message
    await store.write(change("created", session()))


async def test_a_killed_holder_leaves_a_store_that_opens_with_all_it_committed(tmp_path: Path) -> None:
    holder = child(HOLD, tmp_path)
    assert line_of(holder) == "open"
    with pytest.raises(StoreInUse, match=f"process {holder.pid} "):
        await SqliteStore.open(tmp_path, now=clock)
    kill(holder)
    store = await SqliteStore.open(tmp_path, now=clock)
    assert store.moved_aside is None
    assert await store.sessions.all() == (session(),)
    await store.close()
    assert integrity(tmp_path / "store.sqlite") == "ok"


async def test_the_lease_is_free_again_after_closing_and_after_a_failed_open(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    for _ in range(2):
        with pytest.raises(Exception, match="not a plain file"):
            await SqliteStore.open(tmp_path, now=clock)
    (tmp_path / "store.sqlite").rmdir()
    for _ in range(2):
        store = await SqliteStore.open(tmp_path, now=clock)
        await store.close()


async def test_the_lock_file_tells_people_who_holds_it(store: SqliteStore) -> None:
    text = store.path.with_name("store.lock").read_text()
    assert text.startswith(f"pid {os.getpid()}\nboot ")


async def test_nonsense_in_the_lock_file_is_not_repeated(tmp_path: Path) -> None:
    holder = child(HOLD, tmp_path)
    assert line_of(holder) == "open"
    (tmp_path / "store.lock").write_bytes(b"pid \xff<script>\n")
    with pytest.raises(StoreInUse) as refusal:
        await SqliteStore.open(tmp_path, now=clock)
    assert "script" not in refusal.value.message
    kill(holder)

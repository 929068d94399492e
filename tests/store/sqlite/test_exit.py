from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, child, clock, integrity, session

LEAVE = """
import asyncio, sys, threading
from pathlib import Path
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, clock, session

kept, begun = [], threading.Event()

def never_ends(connection):
    connection.execute("UPDATE sessions SET title = 'lost'")
    begun.set()
    connection.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n").fetchall()

async def leave():
    store = await SqliteStore.open(Path(sys.argv[1]), now=clock)
    kept.append(store)
    await store.write(change("created", session()))
    if sys.argv[2] == "transaction":
        kept.append(asyncio.ensure_future(store.transact(never_ends)))
        while not begun.is_set():
            await asyncio.sleep(0)
    if sys.argv[2] == "crash":
        raise LookupError("crashed")
    if sys.argv[2] == "interrupt":
        raise KeyboardInterrupt
    if sys.argv[2] == "busy":
        import sqlite3
        other = sqlite3.connect(store.path, isolation_level=None)
        kept.append(other)
        other.execute("BEGIN IMMEDIATE")
        kept.append(asyncio.ensure_future(store.write(change("created", session("s2")))))
        await asyncio.sleep(0.2)

asyncio.run(leave())
"""
IMPORTED = """
import sys
import jupyter_crush.store.sqlite.store
print(" ".join(sorted(sys.modules)))
"""


@pytest.mark.parametrize("way", ["quietly", "crash", "interrupt", "transaction", "busy"])
async def test_an_unclosed_store_never_keeps_the_interpreter_alive(tmp_path: Path, way: str) -> None:
    process = child(LEAVE, tmp_path, way)
    process.communicate(timeout=30)
    assert (process.returncode == 0) == (way not in ("crash", "interrupt"))
    store = await SqliteStore.open(tmp_path, now=clock)
    assert store.moved_aside is None
    assert await store.sessions.all() == (session(),)
    await store.write(change("updated", session(title="goes on")))
    await store.close()
    assert integrity(store.path) == "ok"


def test_the_store_imports_neither_a_model_nor_a_server() -> None:
    out, _ = child(IMPORTED).communicate(timeout=60)
    loaded = set(out.split())
    assert "jupyter_crush.store.sqlite.store" in loaded
    assert not loaded & {"anthropic", "tornado", "jupyter_server", "httpx"}

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreError, StoreTooNew
from jupyter_crush.store.sqlite.migrations import newest
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import Finish, Text
from support.store.sql import sql
from support.store.store_samples import (
    EVERY_PART,
    SCHEMA,
    change,
    checkpoint,
    child,
    clock,
    file_change,
    grant,
    integrity,
    kill,
    message,
    permission,
    prompt,
    question,
    run,
    session,
    touch,
    wait_until,
)

GOLDEN = Path(__file__).parent / "data"
"""One dump of a store for each version that was ever written; ``PRAGMA`` lines are part of it."""

MIGRATE = """
import asyncio, sys
from pathlib import Path
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import clock
asyncio.run(SqliteStore.open(Path(sys.argv[1]), now=clock, schema=Path(sys.argv[2])))
"""
SLOW = """
CREATE TABLE big AS
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 1000000000)
SELECT n, randomblob(4000) AS noise FROM counter;
"""


def restore(version: int, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / "store.sqlite")
    connection.executescript((GOLDEN / f"v{version}.sql").read_text("utf-8"))
    connection.close()


def version_of(folder: Path) -> int:
    connection = sqlite3.connect(folder / "store.sqlite")
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def later_schema(folder: Path, *scripts: str) -> Path:
    """The package's migrations, and more after them."""
    shutil.copytree(SCHEMA, folder)
    for number, script in enumerate(scripts, newest(SCHEMA) + 1):
        (folder / f"{number:04}.sql").write_text(script)
    return folder


def test_migrations_are_numbered_without_a_gap() -> None:
    assert sorted(file.name for file in SCHEMA.iterdir()) == [f"{n:04}.sql" for n in range(1, newest(SCHEMA) + 1)]


def test_there_is_a_golden_store_of_every_version() -> None:
    assert sorted(file.name for file in GOLDEN.iterdir()) == sorted(f"v{n}.sql" for n in range(1, newest(SCHEMA) + 1))


@pytest.mark.parametrize("version", range(1, newest(SCHEMA) + 1))
async def test_a_store_of_any_version_opens_with_all_that_was_in_it(tmp_path: Path, version: int) -> None:
    restore(version, tmp_path)
    store = await SqliteStore.open(tmp_path, now=clock)
    assert store.moved_aside is None
    assert await store.sessions.all() == (session(title="From an older version"),)
    assert await store.runs.list("s1") == (run(state="done"), run("r2"))
    assert await store.runs.unfinished() == (run("r2"),)
    assert await store.messages.list("s1") == (message(1, parts=EVERY_PART), message(2, text="half an ans"))
    assert await store.prompts.get("r1") == prompt()
    assert await store.grants.all() == ((grant(),) if version >= 6 else ()), "older grants covered more than they said"
    assert await store.permissions.pending() == (permission(),)
    assert await store.files.get("s1", file_change().path) == (file_change() if version >= 2 else None)
    assert await store.checkpoints.get("r1", checkpoint().path) == (checkpoint() if version >= 2 else None)
    assert await store.questions.pending() == ((question(),) if version >= 4 else ())
    assert await store.touches.of_session("s1") == ((touch(),) if version >= 3 else ())
    done = message(2, parts=(Text(text="half an answer"), Finish(reason="interrupted")))
    await store.write(change("updated", done, file_change("b.py"), checkpoint("b.py")))
    with pytest.raises(StoreError, match="has ended"):
        await store.write(change("updated", run(state="active")))
    await store.close()
    assert version_of(tmp_path) == newest(SCHEMA)
    assert integrity(tmp_path / "store.sqlite") == "ok"


async def test_a_new_store_and_a_migrated_one_have_the_same_schema(tmp_path: Path) -> None:
    restore(1, tmp_path / "old")
    schemas = []
    for folder in (tmp_path / "old", tmp_path / "new"):
        store = await SqliteStore.open(folder, now=clock)
        schemas.append(await sql(store, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"))
        await store.close()
    assert schemas[0] == schemas[1]


def snapshot(store: SqliteStore, folder: Path) -> None:
    """The files of an open store, as a kill -9 leaves them."""
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{store.path}{suffix}", folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "store.lock"}


async def test_a_store_of_a_newer_version_is_refused_and_not_a_byte_is_changed(tmp_path: Path) -> None:
    newer = later_schema(tmp_path / "schema", "ALTER TABLE sessions ADD COLUMN mood TEXT;")
    store = await SqliteStore.open(tmp_path / "store", now=clock, schema=newer)
    await store.close()
    store = await SqliteStore.open(tmp_path / "store", now=clock, schema=newer)
    await store.write(change("created", session()))
    folder = tmp_path / "killed"
    snapshot(store, folder)
    await store.close()
    before = content(folder)
    assert before["store.sqlite-wal"]
    for _ in range(2):
        with pytest.raises(StoreTooNew):
            await SqliteStore.open(folder, now=clock)
    assert content(folder) == before
    store = await SqliteStore.open(folder, now=clock, schema=newer)
    assert await store.sessions.all() == (session(),)
    await store.close()


async def test_a_newer_version_that_is_still_in_the_wal_is_refused(tmp_path: Path) -> None:
    newer = later_schema(tmp_path / "schema", "ALTER TABLE sessions ADD COLUMN mood TEXT;")
    store = await SqliteStore.open(tmp_path / "two", now=clock)
    await store.close()
    store = await SqliteStore.open(tmp_path / "two", now=clock, schema=newer)
    snapshot(store, tmp_path / "three")
    assert content(tmp_path / "three")["store.sqlite-wal"]
    with pytest.raises(StoreTooNew):
        await SqliteStore.open(tmp_path / "three", now=clock)
    await store.close()
    store = await SqliteStore.open(tmp_path / "three", now=clock, schema=newer)
    assert store.moved_aside is None
    await store.close()


async def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    restore(1, tmp_path / "store")
    broken = later_schema(tmp_path / "schema", "CREATE TABLE extra (a);", "DROP TABLE messages; SELECT nonsense;")
    for _ in range(2):
        with pytest.raises(StoreError):
            await SqliteStore.open(tmp_path / "store", now=clock, schema=broken)
        assert version_of(tmp_path / "store") == newest(SCHEMA) + 1
    assert [path.name for path in (tmp_path / "store").glob("*corrupt*")] == []
    (broken / f"{newest(SCHEMA) + 2:04}.sql").write_text("CREATE TABLE mended (a);")
    store = await SqliteStore.open(tmp_path / "store", now=clock, schema=broken)
    assert len(await store.messages.list("s1")) == 2
    await store.close()


async def test_a_migration_may_rebuild_a_table_that_others_refer_to(tmp_path: Path) -> None:
    restore(1, tmp_path / "store")
    rebuild = """
        CREATE TABLE fresh AS SELECT * FROM sessions;
        DROP TABLE sessions;
        ALTER TABLE fresh RENAME TO sessions;
        CREATE UNIQUE INDEX sessions_id ON sessions (id);
    """
    store = await SqliteStore.open(tmp_path / "store", now=clock, schema=later_schema(tmp_path / "schema", rebuild))
    assert len(await store.messages.list("s1")) == 2
    await store.close()


async def test_a_migration_killed_half_way_has_not_happened(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    restore(1, folder)
    slow = later_schema(tmp_path / "schema", SLOW)
    process = child(MIGRATE, folder, slow)
    wal = folder / "store.sqlite-wal"
    wait_until(lambda: process.poll() is not None or (wal.exists() and wal.stat().st_size > 16 * 1024 * 1024))
    assert process.poll() is None, process.communicate()
    kill(process)
    assert version_of(folder) == newest(SCHEMA)
    store = await SqliteStore.open(folder, now=clock)
    assert store.moved_aside is None
    assert len(await store.messages.list("s1")) == 2
    await store.write(change("created", session("s2")))
    await store.close()
    assert integrity(store.path) == "ok"

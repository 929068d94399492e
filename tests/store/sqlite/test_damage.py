from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreError, StoreTooNew
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.sql import sql
from support.store.store_samples import EVERY_PART, change, checkpoint, clock, integrity, message, run, session

SEED = 20261121


async def filled(folder: Path) -> SqliteStore:
    store = await SqliteStore.open(folder, now=clock)
    written = [message(seq, parts=EVERY_PART) for seq in range(60)]
    await store.write(change("created", session(), run(), *written, checkpoint(content=bytes(20_000))))
    return store


@pytest.fixture
def sound(jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Path:
    """A closed store's file."""
    store = jp_asyncio_loop.run_until_complete(filled(tmp_path / "sound"))
    jp_asyncio_loop.run_until_complete(store.close())
    return store.path


def read(path: Path) -> bytes:
    return path.read_bytes()


def replace(path: Path, content: bytes) -> None:
    """The only thing in its folder, from now on."""
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    path.write_bytes(content)


def overwrite(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * (path.stat().st_size - offset))


def moved_aside(folder: Path) -> dict[str, bytes]:
    return {path.name.rpartition("-")[2]: path.read_bytes() for path in folder.glob("*.corrupt-*[0-9]")}


def found(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name.startswith("store.sqlite")}


async def assert_moved_aside(folder: Path, content: bytes) -> None:
    """The old file is kept, a new store is open and works, and the caller can tell."""
    store = await SqliteStore.open(folder, now=clock)
    assert store.moved_aside == folder / f"store.sqlite.corrupt-{clock()}"
    assert store.moved_aside.read_bytes() == content
    assert await store.sessions.all() == ()
    await store.write(change("created", session()))
    await store.close()
    again = await SqliteStore.open(folder, now=clock)
    assert again.moved_aside is None
    assert await again.sessions.all() == (session(),)
    await again.close()


@pytest.mark.parametrize("size", [0, 1, 15, 50, 99, 100, 512, 4095, 4096, 5000, 30_000, -4096])
async def test_a_truncated_store_is_moved_aside(sound: Path, size: int) -> None:
    content = read(sound)[:size]
    replace(sound, content)
    await assert_moved_aside(sound.parent, content)


@pytest.mark.parametrize("size", [1, 100, 4096, 100_000])
async def test_random_bytes_are_moved_aside(tmp_path: Path, size: int) -> None:
    content = random.Random(SEED).randbytes(size)
    (tmp_path / "store.sqlite").write_bytes(content)
    await assert_moved_aside(tmp_path, content)


async def test_a_store_with_a_random_second_half_is_moved_aside(sound: Path) -> None:
    whole = read(sound)
    content = whole[: len(whole) // 2] + random.Random(SEED).randbytes(len(whole) - len(whole) // 2)
    replace(sound, content)
    await assert_moved_aside(sound.parent, content)


async def test_a_database_of_another_program_is_moved_aside(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    connection.executescript("CREATE TABLE sessions (a); INSERT INTO sessions VALUES (1); PRAGMA user_version = 99")
    connection.close()
    await assert_moved_aside(tmp_path, (tmp_path / "store.sqlite").read_bytes())


@pytest.mark.parametrize("statement", ["DROP TABLE grants", "ALTER TABLE runs RENAME COLUMN prompt TO promqt"])
async def test_a_store_without_its_tables_is_moved_aside(sound: Path, statement: str) -> None:
    connection = sqlite3.connect(sound)
    connection.execute(statement)
    connection.close()
    store = await SqliteStore.open(sound.parent, now=clock)
    assert store.moved_aside is not None
    await store.write(change("created", session()))
    await store.close()
    assert integrity(store.moved_aside) == "ok"


async def test_the_wal_of_a_damaged_store_goes_with_it_byte_for_byte(tmp_path: Path) -> None:
    """As after a kill -9: the file is broken, and its WAL holds what was not yet copied into it."""
    store = await filled(tmp_path / "live")
    await store.close()
    store = await SqliteStore.open(tmp_path / "live", now=clock)
    await store.write(change("created", session("in the wal")))
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        shutil.copy(f"{store.path}{suffix}", tmp_path / "copy")
    await store.close()
    broken = tmp_path / "copy" / "store.sqlite"
    broken.write_bytes(broken.read_bytes()[:-20_000] + bytes(20_000))
    before = found(tmp_path / "copy")
    assert before["store.sqlite-wal"]
    store = await SqliteStore.open(tmp_path / "copy", now=clock)
    assert store.moved_aside is not None
    name = store.moved_aside.name
    assert store.moved_aside.read_bytes() == before["store.sqlite"]
    assert store.moved_aside.with_name(f"{name}-wal").read_bytes() == before["store.sqlite-wal"]
    assert store.moved_aside.with_name(f"{name}-shm").exists()
    assert await store.sessions.all() == ()
    await store.close()


async def test_an_orphaned_wal_is_not_replayed_into_a_new_store(tmp_path: Path) -> None:
    store = await filled(tmp_path / "live")
    (tmp_path / "copy").mkdir()
    shutil.copy(f"{store.path}-wal", tmp_path / "copy")
    await store.close()
    content = (tmp_path / "copy" / "store.sqlite-wal").read_bytes()
    store = await SqliteStore.open(tmp_path / "copy", now=clock)
    assert store.moved_aside is not None
    assert store.moved_aside.read_bytes() == content
    assert await store.sessions.all() == ()
    await store.close()


async def test_a_wal_of_another_store_is_not_copied_over_ours(sound: Path, tmp_path: Path) -> None:
    other = await SqliteStore.open(tmp_path / "other", now=clock)
    await other.write(change("created", session("foreign")))
    shutil.copy(f"{other.path}-wal", sound.parent)
    await other.close()
    before = found(sound.parent)
    store = await SqliteStore.open(sound.parent, now=clock)
    assert store.moved_aside is not None
    assert read(store.moved_aside) == before["store.sqlite"]
    assert read(store.moved_aside.with_name(f"{store.moved_aside.name}-wal")) == before["store.sqlite-wal"]
    assert await store.sessions.all() == ()
    await store.close()


@pytest.mark.parametrize("checkpointed", [False, True])
async def test_a_wal_of_its_own_is_replayed(tmp_path: Path, checkpointed: bool) -> None:
    store = await filled(tmp_path / "live")
    if checkpointed:
        await store.close()
        store = await SqliteStore.open(tmp_path / "live", now=clock)
    await store.write(change("created", session("in the wal")))
    (tmp_path / "copy").mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{store.path}{suffix}", tmp_path / "copy")
    await store.close()
    store = await SqliteStore.open(tmp_path / "copy", now=clock)
    assert store.moved_aside is None
    assert {each.id for each in await store.sessions.all()} == {"s1", "in the wal"}
    await store.close()


async def test_a_second_damage_at_the_same_time_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / f"store.sqlite.corrupt-{clock() + 1}-wal").write_bytes(b"older still")
    for number in range(3):
        (tmp_path / "store.sqlite").write_bytes(b"broken %d" % number)
        store = await SqliteStore.open(tmp_path, now=clock)
        await store.close()
    kept = moved_aside(tmp_path)
    names = [str(clock() + n) for n in (0, 2, 3)]
    assert kept == dict(zip(names, [b"broken 0", b"broken 1", b"broken 2"], strict=True))


async def test_a_creation_that_was_cut_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite.new").write_bytes(b"")
    (tmp_path / "store.sqlite.new-journal").write_bytes(bytes(512))
    store = await SqliteStore.open(tmp_path, now=clock)
    assert store.moved_aside is None
    assert list(found(tmp_path)) == ["store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]
    await store.close()


async def survives(path: Path, content: bytes) -> str:
    """Open a broken file: whatever happens is typed, and loses nothing. Says what happened."""
    replace(path, content)
    try:
        store = await SqliteStore.open(path.parent, now=clock)
    except StoreTooNew:
        assert read(path) == content
        return "refused"
    except StoreError:  # a version number that is too low: its migrations are there already
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM sessions").fetchone() > (0,)
        return "refused"
    if store.moved_aside is not None:
        assert store.moved_aside.read_bytes() == content
        assert await store.sessions.all() == ()
    for look in (store.sessions.all(), store.runs.list("s1"), store.messages.list("s1")):
        with contextlib.suppress(StoreError):
            await look
    outcome = "opened" if store.moved_aside is None else "moved aside"
    await store.close()
    return outcome


async def test_any_flipped_bit_is_survived(sound: Path) -> None:
    """One of each byte of the header, and 200 of the rest. What no check can see (a letter in a text) stays open."""
    whole = read(sound)
    chance = random.Random(SEED)
    header = [8 * byte + chance.randrange(8) for byte in range(100)]
    bits = [*header, *(chance.randrange(800, len(whole) * 8) for _ in range(200))]
    outcomes: dict[str, int] = {}
    for bit in bits:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        outcome = await survives(sound, bytes(content))
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes["moved aside"] > 50
    assert outcomes["opened"] > 50
    assert outcomes.get("refused", 0) <= 4  # the version number


async def test_damage_that_shows_itself_later_is_a_typed_error(sound: Path) -> None:
    """A file over the limit of the check at the start, or a disk that goes bad."""
    store = await SqliteStore.open(sound.parent, now=clock)
    await sql(store, "PRAGMA cache_size = 0")
    overwrite(sound, 8192)
    with pytest.raises(StoreError, match="damaged"):
        await store.messages.list("s1")
    await store.close()

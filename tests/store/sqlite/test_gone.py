"""A store whose files are taken away while it is open: SQLite would go on writing to what nobody finds again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreGone
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, clock, session


@pytest.mark.parametrize("lost", ["store.sqlite", "store.sqlite-wal", "."])
async def test_a_store_that_is_deleted_refuses_what_it_could_not_keep(store: SqliteStore, lost: str) -> None:
    folder = store.path.parent
    await store.write(change("created", session()))
    if lost == ".":
        shutil.rmtree(folder)
    else:
        (folder / lost).unlink()
    with pytest.raises(StoreGone, match="was deleted or moved") as refusal:
        await store.write(change("updated", session(title="late")))
    assert (refusal.value.status, refusal.value.reason, refusal.value.retryable) == (503, "store_gone", False)
    with pytest.raises(StoreGone):
        await store.erase("s1")
    assert await store.sessions.all() == (session(),), "what was refused has changed nothing"


async def test_a_store_that_was_moved_takes_everything_again_when_it_is_put_back(
    store: SqliteStore, tmp_path: Path
) -> None:
    folder = store.path.parent
    await store.write(change("created", session()))
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreGone):
        await store.write(change("updated", session(title="late")))
    (tmp_path / "elsewhere").rename(folder)
    await store.write(change("updated", session(title="back")))
    assert [row.title for row in await store.sessions.all()] == ["back"]


async def test_a_copy_in_its_place_is_another_store(store: SqliteStore, tmp_path: Path) -> None:
    """A back-up that is put back under a running server: that server must not write over what it has never read."""
    await store.write(change("created", session()))
    shutil.copy2(store.path, tmp_path / "copy")
    (tmp_path / "copy").rename(store.path)
    with pytest.raises(StoreGone, match="was replaced"):
        await store.write(change("updated", session(title="late")))


async def test_after_it_was_closed_a_new_one_can_be_made_in_its_place(store: SqliteStore) -> None:
    folder = store.path.parent
    await store.write(change("created", session()))
    shutil.rmtree(folder)
    with pytest.raises(StoreGone):
        await store.write(change("updated", session()))
    await store.close()
    again = await SqliteStore.open(folder, now=clock)
    await again.write(change("created", session(title="new")))
    assert [row.title for row in await again.sessions.all()] == ["new"]
    await again.close()

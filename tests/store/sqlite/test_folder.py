from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreError
from jupyter_crush.store.sqlite.mounts import MOUNTS, on_network
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.sql import sql
from support.store.store_samples import change, clock, session


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def share(folder: Path, file: Path) -> None:
    folder.chmod(0o755)
    file.chmod(0o644)


async def test_all_that_is_kept_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = await SqliteStore.open(tmp_path / "deep" / "store", now=clock)
        await store.write(change("created", session()))
    finally:
        os.umask(before)
    assert modes(store.path.parent) == {
        "store": 0o700,
        "store.lock": 0o600,
        "store.sqlite": 0o600,
        "store.sqlite-wal": 0o600,
        "store.sqlite-shm": 0o600,
    }
    await store.close()


async def test_what_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path, now=clock)
    await store.close()
    share(tmp_path, store.path)
    store = await SqliteStore.open(tmp_path, now=clock)
    assert modes(tmp_path)["store.sqlite"] == 0o600
    assert modes(tmp_path)[tmp_path.name] == 0o700
    await store.close()


@pytest.mark.parametrize("kind", ["link", "dangling link", "fifo", "folder", "wal link"])
async def test_what_is_no_plain_file_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "store" / "store.sqlite", tmp_path / "target"
    path.parent.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        if kind != "dangling link":
            target.write_bytes(b"precious")
        path = path.with_name("store.sqlite-wal") if kind == "wal link" else path
        path.symlink_to(target)
    before = path.lstat().st_mode
    with pytest.raises(StoreError, match="not a plain file"):
        await SqliteStore.open(tmp_path / "store", now=clock)
    assert path.lstat().st_mode == before
    assert target.exists() == (kind in ("link", "wal link"))
    assert not target.exists() or target.read_bytes() == b"precious"


async def test_a_linked_lock_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "store.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        await SqliteStore.open(tmp_path / "store", now=clock)
    assert not (tmp_path / "elsewhere").exists()


async def test_a_file_where_the_folder_should_be_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match=r"CrushApp\.data_dir"):
        await SqliteStore.open(tmp_path / "store", now=clock)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("server:/home {} nfs4 rw 0 0", True),
        ("//server/share {} cifs rw 0 0", True),
        ("host: {} fuse.sshfs rw 0 0", True),
        ("share {} 9p rw 0 0", True),
        ("mds:/ {} lustre rw 0 0", True),
        ("/dev/sda1 {} ext4 rw 0 0", False),
        ("/dev/sdb1 {} fuseblk rw 0 0", False),
        ("overlay {} overlay rw 0 0", False),
        ("broken", False),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(tmp_path: Path, line: str, expected: bool) -> None:
    home = tmp_path / "a home"
    (home / "store").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    point = str(home).replace(" ", "\\040")
    mounts.write_text(f"/dev/root / ext4 rw 0 0\n{line.format(point)}\n/dev/sdc1 {point}2 nfs rw 0 0\n")
    assert on_network(home / "store", mounts) is expected
    assert on_network(home, mounts) is expected
    assert on_network(tmp_path, mounts) is False


def test_the_last_mount_on_a_point_counts_and_links_are_followed(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / nfs rw 0 0\n/dev/root / ext4 rw 0 0\nserver:/x {tmp_path}/far nfs rw 0 0\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    assert not on_network(tmp_path, mounts)
    assert on_network(tmp_path / "link", mounts)


def test_without_a_list_of_mounts_a_folder_is_local(tmp_path: Path) -> None:
    assert not on_network(tmp_path, tmp_path / "missing")
    assert not on_network(Path("/proc"), MOUNTS)


async def test_on_a_network_there_is_no_wal_and_a_store_can_move_there_and_back(tmp_path: Path) -> None:
    far = tmp_path / "mounts"
    far.write_text(f"server:/home {tmp_path} nfs4 rw 0 0\n")
    folder = tmp_path / "store"
    for mounts, mode, count in ((far, "delete", 1), (MOUNTS, "wal", 2), (far, "delete", 3)):
        store = await SqliteStore.open(folder, now=clock, mounts=mounts)
        await store.write(change("created", session(f"s{count}")))
        assert len(await store.sessions.all()) == count
        assert repr(store) == f"<SqliteStore {store.path}: {mode}, open>"
        assert store.path.with_name("store.sqlite-wal").exists() == (mode == "wal")
        await store.close()


@pytest.mark.parametrize("network", [False, True])
async def test_a_commit_is_synced(tmp_path: Path, network: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/home {tmp_path} {'nfs4' if network else 'ext4'} rw 0 0\n")
    store = await SqliteStore.open(tmp_path / "store", now=clock, mounts=mounts)
    names = ("synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
    assert [await sql(store, f"PRAGMA {name}") for name in names] == [
        [(3 if network else 2,)],
        [(1,)],
        [(5000,)],
        [(0,)],
    ]
    await store.close()

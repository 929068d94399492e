from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_crush.store.places import Places, read_marker, workspace_id_of
from jupyter_crush.store.sqlite.store import SqliteStore


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", SqliteStore.copy)


def project(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / "home" / name
    folder.mkdir(parents=True)
    return folder


def opened(places: Places, folder: Path, tmp_path: Path) -> str:
    """A workspace that has conversations."""
    found = places.find(folder)
    places.keep(found, folder)
    with closing(sqlite3.connect(tmp_path / "data" / found / "store.sqlite")) as store:
        store.execute("CREATE TABLE IF NOT EXISTS identity (id TEXT)")
        store.execute("CREATE TABLE IF NOT EXISTS said (text TEXT)")
        store.execute("INSERT INTO identity SELECT 'first' WHERE NOT EXISTS (SELECT 1 FROM identity)")
        store.commit()
    return found


def test_a_folder_that_was_only_looked_at_is_left_as_it_is(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    assert places.find(folder) == workspace_id_of(folder)
    assert not list(folder.iterdir())


def test_a_project_keeps_its_store_when_it_is_renamed_moved_and_moved_back(places: Places, tmp_path: Path) -> None:
    first = project(tmp_path, "a")
    known = opened(places, first, tmp_path)
    second = first.rename(tmp_path / "home" / "b")
    assert places.find(second) == known
    third = second.rename(project(tmp_path, "deep") / "c")
    assert places.find(third) == known
    assert places.find(third.rename(first)) == known


def test_a_store_from_before_there_were_markers_is_found_by_its_path(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    (tmp_path / "data" / workspace_id_of(folder)).mkdir(parents=True)
    known = opened(places, folder, tmp_path)
    assert known == workspace_id_of(folder)
    assert places.find(folder.rename(tmp_path / "home" / "b")) == known


def test_a_new_folder_at_a_moved_projects_path_begins_anew(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    known = opened(places, folder, tmp_path)
    moved = folder.rename(tmp_path / "home" / "b")
    assert places.find(moved) == known
    assert places.find(project(tmp_path, "a")) != known


def test_two_projects_that_change_places_keep_their_own(places: Places, tmp_path: Path) -> None:
    a, b = project(tmp_path, "a"), project(tmp_path, "b")
    known = {name: opened(places, folder, tmp_path) for name, folder in (("a", a), ("b", b))}
    a.rename(tmp_path / "home" / "c")
    b.rename(a)
    assert places.find(a) == known["b"]
    assert places.find(tmp_path / "home" / "c") == known["a"]


def test_a_copy_gets_a_copy_of_the_conversations_and_both_go_their_own_way(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    known = opened(places, folder, tmp_path)
    with closing(sqlite3.connect(tmp_path / "data" / known / "store.sqlite")) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("INSERT INTO said VALUES ('before')")
        writing.commit()
        copy = Path(shutil.copytree(folder, tmp_path / "home" / "copy"))
        copied = places.find(copy)
    assert copied != known and places.find(copy) == copied and places.find(folder) == known
    assert read_marker(copy) != read_marker(folder)
    with closing(sqlite3.connect(tmp_path / "data" / copied / "store.sqlite")) as store:
        assert store.execute("SELECT text FROM said").fetchall() == [("before",)]
        assert store.execute("SELECT id FROM identity").fetchall() != [("first",)]


def test_a_marker_that_is_not_known_here_is_taken_up_and_not_overwritten(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "shared")
    mine = opened(places, folder, tmp_path)
    token = read_marker(folder)
    theirs = Places(tmp_path / "others data", SqliteStore.copy)
    found = theirs.find(folder)
    theirs.keep(found, folder)
    assert read_marker(folder) == token
    moved = folder.rename(tmp_path / "home" / "moved")
    assert places.find(moved) == mine and theirs.find(moved) == found


@pytest.mark.parametrize("marker", ["", "x" * 32, "../" * 20, "0123456789abcdef" * 4, "\0" * 32])
def test_a_marker_that_is_no_token_is_none(places: Places, tmp_path: Path, marker: str) -> None:
    folder = project(tmp_path, "a")
    (folder / ".crush").mkdir()
    (folder / ".crush" / "workspace").write_text(marker)
    assert read_marker(folder) is None
    assert places.find(folder) == workspace_id_of(folder)


def test_a_marker_behind_a_link_is_not_read_and_not_written(places: Places, tmp_path: Path) -> None:
    known = project(tmp_path, "a")
    opened(places, known, tmp_path)
    other = project(tmp_path, "b")
    (other / ".crush").symlink_to(known / ".crush")
    before = read_marker(known)
    assert places.find(other) == workspace_id_of(other)
    places.keep(workspace_id_of(other), other)
    assert read_marker(known) == before


def test_a_damaged_place_file_is_as_good_as_none(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    known = opened(places, folder, tmp_path)
    (tmp_path / "data" / known / "place.json").write_text("{")
    assert places.find(folder) == known


def test_version_control_is_told_to_leave_the_marker_alone(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path, "a")
    opened(places, folder, tmp_path)
    assert (folder / ".crush" / ".gitignore").read_text().splitlines() == ["/workspace", "/.gitignore"]

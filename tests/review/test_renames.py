"""What the agent changed in a file that was renamed, moved or deleted since: review follows, and brings nothing back unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_crush.errors import ChangedSince
from jupyter_crush.wire import KeepChanges, Rewind
from support.review.review_room import ReviewRoom

OLD, NEW = "a.ipynb", "b.ipynb"
REPLACE = {"op": "replace", "cell_id": "one", "source": "x = 10"}


@pytest.fixture
def room(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[ReviewRoom]:
    made = ReviewRoom(tmp_path)
    jp_asyncio_loop.run_until_complete(made.__aenter__())
    yield made
    jp_asyncio_loop.run_until_complete(made.__aexit__())


async def edited(room: ReviewRoom, path: str = OLD) -> bytes:
    """The notebook as it was before the agent edited it."""
    before = room.notebook(path, one="x = 1", two="y")
    await room.edit(path, REPLACE)
    return before


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_changes_of_a_renamed_notebook_are_listed_and_reverted_under_its_new_name(
    room: ReviewRoom, restarted: bool
) -> None:
    before = await edited(room)
    await room.told()
    await room.rename(OLD, NEW)
    assert {(file.path, file.additions) for file in await room.told()} == {(OLD, 0), (NEW, 1)}
    if restarted:
        await room.restart()
    changed = await room.changed()
    assert list(changed) == [NEW]
    assert [cell.cell_id for cell in changed[NEW].cells] == ["one"]
    assert not changed[NEW].changed_since
    assert await room.revert() == (NEW,)
    assert room.read(NEW) == before, "to the byte"
    assert room.read(OLD) is None


async def test_a_text_file_in_a_renamed_folder_is_followed(room: ReviewRoom) -> None:
    room.put("in/t.py", "x = 1\n")
    await room.write("in/t.py", "x = 2\n")
    await room.rename("in", "out")
    await room.revert(path="out/t.py")
    assert room.read("out/t.py") == b"x = 1\n"
    assert room.read("in/t.py") is None


async def test_what_a_run_goes_on_with_under_the_new_name_is_one_change(room: ReviewRoom) -> None:
    before = await edited(room)
    await room.rename(OLD, NEW)
    await room.edit(NEW, {"op": "replace", "cell_id": "two", "source": "z"}, {**REPLACE, "source": "x = 100"})
    assert {cell.cell_id for cell in (await room.changed())[NEW].cells} == {"one", "two"}
    await room.revert()
    assert room.read(NEW) == before


async def test_a_rewind_puts_the_renamed_file_back_and_not_another_one_of_the_old_name(room: ReviewRoom) -> None:
    before = await edited(room)
    await room.review.keep("s1", KeepChanges())
    await room.rename(OLD, NEW)
    other = room.notebook(OLD, one="x = 10", two="theirs")
    await room.review.rewind("s1", Rewind(message_id="m-r1"))
    assert (room.read(NEW), room.read(OLD)) == (before, other)


async def test_two_names_that_are_swapped_do_not_swap_what_is_reverted(room: ReviewRoom) -> None:
    before = {path: await edited(room, path) for path in (OLD, NEW)}
    for old, new in ((OLD, "c.ipynb"), (NEW, OLD), ("c.ipynb", NEW)):
        await room.rename(old, new)
    await room.revert(path=NEW)
    assert room.read(NEW) == before[OLD]
    assert (await room.cells(OLD))["one"] == "x = 10"


@pytest.mark.parametrize("path", [OLD, "t.py"])
async def test_what_its_user_deleted_comes_back_only_when_that_is_confirmed(room: ReviewRoom, path: str) -> None:
    if path == OLD:
        before = await edited(room)
    else:
        before = room.put(path, "x = 1\n")
        await room.write(path, "x = 2\n")
    await room.delete(path)
    assert (await room.changed())[path].kind == "deleted"
    with pytest.raises(ChangedSince):
        await room.revert()
    with pytest.raises(ChangedSince):
        await room.review.rewind("s1", Rewind(message_id="m-r1"))
    assert room.read(path) is None
    await room.revert(confirm=True)
    assert room.read(path) == before


async def test_what_the_agent_made_and_its_user_deleted_is_no_change_any_more(room: ReviewRoom) -> None:
    await room.edit(OLD, {"op": "insert", "after": None, "cell_type": "code", "source": "x"}, create=True)
    await room.delete(OLD)
    assert await room.changed() == {}
    await room.revert()
    assert room.read(OLD) is None


async def test_keeping_what_was_deleted_takes_it_off_the_list(room: ReviewRoom) -> None:
    await edited(room)
    await room.delete(OLD)
    await room.review.keep("s1", KeepChanges())
    assert await room.changed() == {}
    assert room.read(OLD) is None


async def test_what_a_shell_renamed_is_refused_until_it_is_confirmed(room: ReviewRoom) -> None:
    await edited(room)
    (room.root / OLD).rename(room.root / NEW)
    now = room.read(NEW)
    with pytest.raises(ChangedSince):
        await room.revert()
    assert (room.read(OLD), room.read(NEW)) == (None, now)


async def test_cells_are_reverted_in_the_tab_that_has_the_renamed_notebook_open(room: ReviewRoom) -> None:
    await edited(room)
    tab = await room.tab(OLD)
    tab.type(1, " typed")
    await room.known(tab.rename(NEW))
    await room.revert(path=NEW, cell_id="one")
    assert [cell["source"] for cell in tab.cells] == ["x = 1", "y typed"]
    assert (tab.dialogs, room.read(OLD)) == (0, None)


async def test_outputs_that_land_after_a_rename_are_part_of_the_same_change(room: ReviewRoom) -> None:
    room.notebook(OLD, one="x = 1")
    room.room.planned.during = lambda: room.rename(OLD, NEW)
    await room.execute(OLD, "one", "1\n")
    changed = await room.changed()
    assert [cell.outputs_changed for cell in changed[NEW].cells] == [True]
    await room.revert()
    assert not (await room.documents.read_notebook(NEW)).cells[0].outputs

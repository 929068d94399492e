"""A tab that lets a request lie, frozen or too busy: it is waited for once, until it says something again."""

from __future__ import annotations

import pytest

from jupyter_crush.documents.port import ReplaceCell, source_hash
from jupyter_crush.errors import NotFound, ToolError
from jupyter_crush.wire import ClaimDocument
from support.documents.attached_room import PATH, Room

EDIT = ReplaceCell(id="a", expected=source_hash("1"), source="10")


async def test_a_mute_tab_is_waited_for_once(room: Room) -> None:
    tab = await room.tab().open()
    tab.type(1, " typed")
    tab.deaf = True
    for _ in range(3):
        assert (await room.documents.read_notebook(PATH)).cells[1].source == "2", (
            "what is on disk is all there is to read"
        )
        with pytest.raises(ToolError, match=r"unsaved changes.*Nothing was (written|changed)"):
            await room.documents.edit_notebook(PATH, [EDIT])
    assert len(tab.asked) == 1
    assert room.disk()["a"] == "1"


async def test_a_mute_tab_that_says_something_is_asked_again(room: Room) -> None:
    tab = await room.tab().open()
    tab.type(1, " typed")
    tab.deaf = True
    await room.documents.read_notebook(PATH)
    tab.deaf = False
    tab.say()
    assert (await room.documents.read_notebook(PATH)).cells[1].source == "2 typed"


async def test_a_claim_that_comes_too_late_is_a_word_too(room: Room) -> None:
    tab = await room.tab().open()
    tab.type(1, " typed")
    tab.deaf = True
    await room.documents.read_notebook(PATH)
    tab.deaf = False
    with pytest.raises(NotFound):
        room.attached.claim(tab.asked[0].id, ClaimDocument(tab_id="tab"))
    await room.documents.edit_notebook(PATH, [EDIT])
    assert room.disk() == {"a": "10", "b": "2 typed", "c": "3"}


async def test_a_mute_tab_that_is_still_at_an_edit_is_not_forgotten(room: Room) -> None:
    tab = await room.tab().open()
    tab.step.clear()
    with pytest.raises(ToolError, match="took the edit"):
        await room.documents.edit_notebook(PATH, [EDIT])
    await room.documents.read_notebook(PATH)  # it does not answer to that either, and is mute
    with pytest.raises(ToolError, match="still at an edit"):
        await room.documents.edit_notebook(PATH, [EDIT])
    tab.step.set()
    await tab.idle()
    assert room.disk()["a"] == "10"


async def test_an_edit_that_is_still_on_its_way_is_known_under_a_new_name(room: Room) -> None:
    tab = await room.tab().open()
    tab.step.clear()
    with pytest.raises(ToolError, match="took the edit"):
        await room.documents.edit_notebook(PATH, [EDIT])
    room.renames.took(PATH, "b.ipynb")
    with pytest.raises(ToolError, match=r"b\.ipynb open is still at an edit"):
        await room.documents.edit_notebook("b.ipynb", [EDIT])

"""What is renamed and deleted through the server is known by its former name, and by nobody's guess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.attached import Patience
from jupyter_crush.documents.port import InsertCell, ReplaceCell, source_hash
from jupyter_crush.documents.renames import Renames
from jupyter_crush.files.safe_path import NotThere
from support.documents.attached_room import PATH, Room, until
from support.documents.managers import large, plain

NEW = "folder/b.ipynb"
EDIT = ReplaceCell(id="a", expected=source_hash("1"), source="10")


@pytest.fixture
def patience(tmp_path: Path) -> Patience:
    (tmp_path / "folder").mkdir()
    return Patience(claim=5, answer=5, back=0.03)


class TestWhatIsKnown:
    def test_a_path_is_followed_from_name_to_name_and_through_its_folders(self) -> None:
        renames = Renames()
        before = renames.mark
        renames.took("a.ipynb", "b.ipynb")
        renames.took("b.ipynb", "in/b.ipynb")
        renames.took("/in", "out/")
        assert renames.since("a.ipynb", before) == "out/b.ipynb"
        assert renames.since("a.ipynb", renames.mark) == "a.ipynb"
        assert renames.since("in.ipynb", before) == "in.ipynb", "a name that only begins like the folder's"

    def test_a_name_that_another_file_has_now_leads_to_the_one_that_had_it_then(self) -> None:
        renames = Renames()
        before = renames.mark
        renames.took("a.ipynb", "b.ipynb")
        between = renames.mark
        renames.took("c.ipynb", "a.ipynb")
        renames.took("a.ipynb", "d.ipynb")
        assert renames.since("a.ipynb", before) == "b.ipynb"
        assert renames.since("c.ipynb", between) == "d.ipynb"
        assert renames.last("a.ipynb") == "d.ipynb"

    def test_what_was_deleted_is_nowhere(self) -> None:
        renames = Renames()
        renames.took("a", "b")
        renames.took("b", None)
        assert renames.since("a", 0) is None
        assert renames.last("a") is None
        assert renames.last("other") == "other"

    @pytest.mark.parametrize("made", [plain, large])
    async def test_a_contents_manager_tells_it(self, tmp_path: Path, made: Callable[[Path], Any]) -> None:
        (tmp_path / "a.txt").write_text("a")
        (tmp_path / "gone.txt").write_text("a")
        manager, renames = made(tmp_path), Renames()
        told: list[tuple[str, str]] = []
        renames.moved.append(lambda old, new: told.append((old, new)))
        renames.listen(manager)
        for done in (manager.rename("a.txt", "b.txt"), manager.delete("gone.txt")):
            if done is not None:
                await done
        await until(lambda: renames.mark == 2)
        assert (renames.last("a.txt"), renames.last("gone.txt")) == ("b.txt", None)
        assert told == [("a.txt", "b.txt")]

    def test_a_manager_that_tells_nothing_is_no_error(self) -> None:
        Renames().listen(object())


class TestOpenDocuments:
    async def test_a_tab_that_claimed_the_edit_makes_it_under_the_new_name(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.step.clear()
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [EDIT]))
        await until(lambda: bool(tab.asked))
        await room.rename(tab, NEW)
        await asyncio.sleep(0)
        tab.step.set()
        assert [cell.source for cell in (await asking).cells] == ["10", "2 typed", "3"]
        assert room.disk(NEW) == {"a": "10", "b": "2 typed", "c": "3"}
        assert not (room.folder / PATH).exists()
        assert tab.dialogs == 0

    async def test_presence_follows_the_rename(self, room: Room) -> None:
        tab = await room.tab().open()
        await room.rename(tab, NEW)
        assert not room.attached.has(PATH)
        assert room.attached.has(NEW)
        await room.documents.edit_notebook(NEW, [EDIT])
        assert len(tab.did) == 1

    async def test_nothing_is_written_behind_a_tab_that_has_not_said_yet_that_its_document_was_renamed(
        self, room: Room
    ) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        await room.known(room.manager.rename(PATH, NEW))
        tab.path = NEW  # it knows; its word is on the way
        await room.documents.edit_notebook(NEW, [EDIT])
        assert room.disk(NEW) == {"a": "10", "b": "2 typed", "c": "3"}
        assert (len(tab.did), tab.dialogs) == (1, 0)

    async def test_a_rename_before_the_claim_is_refused_and_nothing_comes_back(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.deaf = True
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [EDIT]))
        await until(lambda: bool(tab.asked))
        await room.rename(tab, NEW)
        with pytest.raises(NotThere, match=r"no file a\.ipynb"):
            await asking
        assert room.disk(NEW)["a"] == "1"
        assert not (room.folder / PATH).exists()

    async def test_a_tab_that_finds_its_file_gone_writes_nothing_and_the_agent_hears_it(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        (room.folder / PATH).unlink()
        with pytest.raises(NotThere, match=r"deleted or renamed meanwhile\. Nothing was written"):
            await room.documents.edit_notebook(PATH, [EDIT])
        assert not (room.folder / PATH).exists()
        assert [cell["source"] for cell in tab.cells] == ["1", "2 typed", "3"], "what is unsaved is still there"

    async def test_that_an_edit_may_be_made_is_said_too_when_its_tab_and_its_file_are_gone(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.dumb = True
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [EDIT]))
        await until(lambda: bool(tab.did))
        await tab.idle()
        (room.folder / PATH).unlink()
        tab.close()
        with pytest.raises(NotThere, match=r"may be made already.*no file a\.ipynb"):
            await asking
        assert not (room.folder / PATH).exists()


class TestFiles:
    async def test_a_notebook_that_is_removed_is_not_made_by_an_edit(self, room: Room) -> None:
        (room.folder / PATH).unlink()
        insert = InsertCell(id="n", cell_type="code", source="", after=None)
        with pytest.raises(NotThere, match="There is no file"):
            await room.documents.edit_notebook(PATH, [insert])
        assert not (room.folder / PATH).exists()

    async def test_a_text_file_that_is_removed_is_not_made_by_an_edit(self, room: Room) -> None:
        seen = await room.documents.read_text("t.py")
        (room.folder / "t.py").unlink()
        with pytest.raises(NotThere, match="There is no file"):
            await room.documents.write_text("t.py", "new", seen.version)
        assert not (room.folder / "t.py").exists()

"""The user renames, moves or deletes what the agent is working in: between its calls, while a card waits, and while a cell runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.port import source_hash
from jupyter_crush.errors import Renamed, Stale, ToolError
from jupyter_crush.kernels.kernels import Execution
from support.documents.managers import code, got, notebook, put
from support.tools.tools_room import Room

OLD, NEW = "a.ipynb", "b.ipynb"
REPLACE = {"op": "replace", "cell_id": "one", "expected_hash": source_hash("x = 1"), "source": "x = 10"}
INSERT = {"op": "insert", "after": None, "cell_type": "code", "source": "new"}
PRINTED = {"output_type": "stream", "name": "stdout", "text": "1\n"}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    put(tmp_path, OLD, notebook(code("one", "x = 1")))
    (tmp_path / "t.py").write_text("x = 1\n")
    return Room(tmp_path)


def sources(room: Room, path: str) -> list[str]:
    return ["".join(cell["source"]) for cell in got(room.root, path)["cells"]]


class TestBetweenTwoCalls:
    async def test_the_agent_is_told_the_new_name_and_goes_on_in_one_step(self, room: Room) -> None:
        await room.call("read_notebook", path=OLD)
        await room.rename(OLD, NEW)
        with pytest.raises(Renamed, match=r"a\.ipynb was renamed to b\.ipynb since you read it.*Nothing was changed"):
            await room.prepare("edit_notebook", path=OLD, edits=[REPLACE])
        await room.call("edit_notebook", path=NEW, edits=[REPLACE])
        assert sources(room, NEW) == ["x = 10"]
        assert not (room.root / OLD).exists()

    async def test_a_text_file_that_was_read_need_not_be_read_again_under_its_new_name(self, room: Room) -> None:
        await room.call("read_file", path="t.py")
        await room.rename("t.py", "u.py")
        with pytest.raises(Renamed, match=r"u\.py"):
            await room.prepare("edit_file", path="t.py", old="1", new="2")
        await room.call("edit_file", path="u.py", old="1", new="2")
        assert room.texts(["u.py"]) == ["x = 2\n"]
        assert not (room.root / "t.py").exists()

    async def test_no_edit_lands_in_another_notebook_that_has_the_name_now(self, room: Room) -> None:
        put(room.root, "c.ipynb", notebook(code("theirs", "theirs")))
        await room.call("read_notebook", path=OLD)
        await room.rename(OLD, NEW)
        await room.rename("c.ipynb", OLD)
        with pytest.raises(Renamed, match=r"b\.ipynb"):
            await room.prepare("edit_notebook", path=OLD, edits=[INSERT])
        await room.call("read_notebook", path=OLD)
        await room.call("edit_notebook", path=OLD, edits=[INSERT])
        assert sources(room, OLD) == ["new", "theirs"], "it knows this one now"
        assert sources(room, NEW) == ["x = 1"]

    @pytest.mark.parametrize(
        ("path", "read", "tool", "given"),
        [
            (OLD, "read_notebook", "edit_notebook", {"edits": [INSERT], "create": True}),
            ("t.py", "read_file", "write_file", {"content": "new"}),
        ],
    )
    async def test_what_the_user_deleted_is_not_made_again_unasked(
        self, room: Room, path: str, read: str, tool: str, given: dict[str, Any]
    ) -> None:
        await room.call(read, path=path)
        await room.delete(path)
        with pytest.raises(
            Stale, match=r"was deleted since you read it; nothing was changed\..*only if the user wants"
        ):
            await room.prepare(tool, path=path, **given)
        assert not (room.root / path).exists()
        await room.call(tool, path=path, **given)
        assert (room.root / path).exists(), "the user wanted it back"

    @pytest.mark.parametrize(
        ("tool", "given"),
        [
            ("read_notebook", {}),
            ("run_cell", {"cell_id": "one"}),
            ("run_code", {"code": "1"}),
            ("read_variables", {}),
            ("edit_notebook", {"edits": [REPLACE]}),
        ],
    )
    async def test_every_tool_names_the_new_place_and_a_folders_too(
        self, room: Room, tool: str, given: dict[str, Any]
    ) -> None:
        put(room.root, f"in/{OLD}", notebook(code("one", "x = 1")))
        await room.rename("in", "out")
        with pytest.raises(Renamed, match=r"in/a\.ipynb was renamed to out/a\.ipynb"):
            await (await room.prepare(tool, path=f"in/{OLD}", **given)).perform()

    async def test_what_a_shell_renamed_is_only_missed(self, room: Room) -> None:
        await room.call("read_notebook", path=OLD)
        (room.root / OLD).rename(room.root / "aa.ipynb")
        with pytest.raises(ToolError, match=r"a\.ipynb does not exist\. Did you mean: aa\.ipynb"):
            await room.prepare("edit_notebook", path=OLD, edits=[REPLACE])

    async def test_a_file_that_left_the_workspace_is_not_named(self, tmp_path: Path) -> None:
        room = Room(tmp_path / "work", tmp_path)
        put(tmp_path, f"work/{OLD}", notebook(code("one", "x = 1")))
        await room.rename(f"work/{OLD}", "secret.ipynb")
        with pytest.raises(Renamed, match="moved out of the workspace") as refused:
            await room.prepare("edit_notebook", path=OLD, edits=[REPLACE])
        assert "secret" not in refused.value.message


class TestWhileACardWaits:
    async def test_the_edit_that_was_allowed_is_made_under_the_new_name_and_the_agent_hears_it(
        self, room: Room
    ) -> None:
        prepared = await room.prepare("edit_notebook", path=OLD, edits=[REPLACE, INSERT])
        await room.rename(OLD, NEW)
        put(room.root, "c.ipynb", notebook(code("one", "x = 1")))
        await room.rename("c.ipynb", OLD)
        output = await prepared.perform()
        assert "a.ipynb was renamed to b.ipynb meanwhile: go on with that name" in output.content
        assert output.metadata["path"] == NEW
        assert (sources(room, NEW), sources(room, OLD)) == (["new", "x = 10"], ["x = 1"])

    async def test_a_text_file_is_written_under_its_new_name(self, room: Room) -> None:
        await room.call("read_file", path="t.py")
        prepared = await room.prepare("edit_file", path="t.py", old="1", new="2")
        await room.rename("t.py", "u.py")
        assert "u.py" in (await prepared.perform()).content
        assert room.texts(["u.py"]) == ["x = 2\n"]
        assert not (room.root / "t.py").exists()

    @pytest.mark.parametrize("path", [OLD, "t.py"])
    async def test_what_is_deleted_stays_deleted(self, room: Room, path: str) -> None:
        await room.call("read_notebook" if path == OLD else "read_file", path=path)
        if path == OLD:
            prepared = await room.prepare("edit_notebook", path=path, edits=[INSERT])
        else:
            prepared = await room.prepare("edit_file", path=path, old="1", new="2")
        await room.delete(path)
        with pytest.raises(Stale, match="was deleted meanwhile; nothing was changed"):
            await prepared.perform()
        assert not (room.root / path).exists()

    @pytest.mark.parametrize("name", [".vscode/a.ipynb", "a.json"])
    async def test_it_is_not_followed_where_other_leave_is_needed_or_it_is_no_notebook_any_more(
        self, room: Room, name: str
    ) -> None:
        (room.root / ".vscode").mkdir()
        room.manager.allow_hidden = True
        prepared = await room.prepare("edit_notebook", path=OLD, edits=[REPLACE])
        await room.rename(OLD, name)
        with pytest.raises(Renamed, match="Nothing was changed"):
            await prepared.perform()
        assert sources(room, name) == ["x = 1"]


class TestWhileACellRuns:
    async def run(self, room: Room, during: Callable[[], Any]) -> str:
        room.planned.plan.append(Execution(status="ok", outputs=(PRINTED,), execution_count=1, duration=0.1))
        room.planned.during = during
        return (await room.call("run_cell", path=OLD, cell_id="one")).content

    async def test_its_outputs_land_in_the_renamed_notebook(self, room: Room) -> None:
        content = await self.run(room, lambda: room.rename(OLD, NEW))
        assert "a.ipynb was renamed to b.ipynb meanwhile" in content
        assert got(room.root, NEW)["cells"][0]["outputs"][0]["text"] == ["1\n"]
        assert not (room.root / OLD).exists()

    async def test_that_they_were_not_written_is_said_when_it_was_deleted(self, room: Room) -> None:
        content = await self.run(room, lambda: room.delete(OLD))
        assert "The outputs were not written: a.ipynb was deleted meanwhile" in content
        assert "1" in content.split("\n")[-1], "the agent sees them all the same"
        assert not (room.root / OLD).exists()

    async def test_they_do_not_land_in_another_notebook_that_took_the_name(self, room: Room) -> None:
        async def swap() -> None:
            await room.rename(OLD, NEW)
            put(room.root, OLD, notebook(code("one", "x = 1")))

        await self.run(room, swap)
        assert got(room.root, OLD)["cells"][0]["outputs"] == []
        assert got(room.root, NEW)["cells"][0]["outputs"] != []

    async def test_nothing_comes_back_that_a_shell_removed(self, room: Room) -> None:
        async def remove() -> None:
            (room.root / OLD).unlink()

        assert "could not be written into the notebook: There is no file a.ipynb" in await self.run(room, remove)
        assert not (room.root / OLD).exists()

"""What the agent did to text files: listed, kept, reverted, rewound."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from jupyter_crush.errors import ChangedSince, NotFound, NotUndoable, SessionBusy, ToolError
from jupyter_crush.wire import KeepChanges, Rewind
from support.review.review_room import ReviewRoom


async def test_an_edit_is_listed_with_its_diff_and_reverted_to_the_byte_after_a_restart(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("a.txt", b"one\r\ntwo\r\nthree")
        await room.write("a.txt", "one\r\nTWO\r\nthree")
        (event,) = await room.told()
        assert (event.path, event.version, event.additions, event.deletions, event.run_id) == ("a.txt", 1, 1, 1, "r1")
        await room.restart()
        file = (await room.changed())["a.txt"]
        assert (file.kind, file.type, file.changed_since, file.undoable) == ("changed", "file", False, True)
        assert "-two\n+TWO" in file.diff and (file.additions, file.deletions) == (1, 1)
        assert await room.revert(path="a.txt") == ("a.txt",)
        assert room.read("a.txt") == before
        assert await room.changed() == {}


async def test_what_a_run_made_is_removed_and_what_it_found_comes_back(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("old.txt", "old\n")
        await room.write("sub/new.txt", "new\n")
        await room.write("old.txt", "changed\n")
        assert {path: file.kind for path, file in (await room.changed("r1")).items()} == {
            "old.txt": "changed",
            "sub/new.txt": "created",
        }
        assert await room.revert(run_id="r1") == ("old.txt", "sub/new.txt")
        assert room.read("old.txt") == before and room.read("sub/new.txt") is None


async def test_a_persons_later_change_is_not_reverted_without_confirmation(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("a.txt", "a\n")
        await room.write("a.txt", "agent\n")
        mine = room.put("a.txt", "agent\nmine\n")
        with pytest.raises(ChangedSince) as refused:
            await room.revert(path="a.txt")
        assert (refused.value.status, [file.path for file in refused.value.changed]) == (409, ["a.txt"])
        assert room.read("a.txt") == mine
        await room.revert(path="a.txt", confirm=True)
        assert room.read("a.txt") == before


async def test_a_change_between_two_of_the_agents_counts_as_a_persons(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put("a.txt", "a\n")
        await room.write("a.txt", "agent\n")
        room.put("a.txt", "agent\nmine\n")
        await room.write("a.txt", "agent\nmine\nagain\n")
        assert (await room.changed())["a.txt"].changed_since
        with pytest.raises(ChangedSince):
            await room.revert()
        assert room.read("a.txt") == b"agent\nmine\nagain\n"


async def test_several_runs_are_one_change_of_the_session_and_each_can_be_undone_from_the_last(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("a.txt", "0\n")
        await room.write("a.txt", "1\n")
        await room.begin("r2")
        await room.write("a.txt", "2\n")
        assert (await room.changed())["a.txt"].diff.endswith("-0\n+2")
        assert (await room.changed("r2"))["a.txt"].diff.endswith("-1\n+2")
        with pytest.raises(ChangedSince):
            await room.revert(run_id="r1")
        await room.revert(run_id="r2")
        assert room.read("a.txt") == b"1\n"
        await room.revert(run_id="r1")
        assert room.read("a.txt") == before


async def test_a_rewind_goes_back_to_before_a_message_over_what_was_kept(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("a.txt", "0\n")
        await room.begin("r2")
        await room.write("a.txt", "2\n")
        await room.write("b.txt", "b\n")
        await room.review.keep("s1", KeepChanges(path="a.txt"))
        assert list(await room.changed()) == ["b.txt"]
        await room.begin("r3")
        await room.write("a.txt", "3\n")
        await room.restart()
        assert (await room.review.rewind("s1", Rewind(message_id="m-r3"))).paths == ("a.txt",)
        assert room.read("a.txt") == b"2\n"
        assert (await room.review.rewind("s1", Rewind(message_id="m-r1"))).paths == ("a.txt", "b.txt")
        assert room.read("a.txt") == before and room.read("b.txt") is None


async def test_a_rewind_waits_for_the_agent_and_knows_its_messages(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        with pytest.raises(NotFound):
            await room.review.rewind("s1", Rewind(message_id="m-else"))
        room.is_busy = True
        with pytest.raises(SessionBusy):
            await room.review.rewind("s1", Rewind(message_id="m-r1"))


async def test_keeping_takes_a_change_off_the_list_for_good(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        await room.write("a.txt", "a\n")
        assert (await room.review.keep("s1", KeepChanges(run_id="r1"))).paths == ("a.txt",)
        await room.restart()
        assert await room.changed() == {} and await room.revert() == ()
        assert room.read("a.txt") == b"a\n"
        await room.write("a.txt", "b\n")
        assert (await room.changed())["a.txt"].diff.endswith("-a\n+b")
        await room.revert()
        assert room.read("a.txt") == b"a\n"


async def test_what_is_too_large_to_be_kept_says_so_and_is_not_reverted(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path, limit=10) as room:
        room.put("a.txt", "more than ten bytes\n")
        await room.call("read_file", path="a.txt")
        output = await room.call("write_file", path="a.txt", content="new\n")
        assert output.metadata["undoable"] is False
        file = (await room.changed())["a.txt"]
        assert not file.undoable and file.problem is not None and "too large" in file.problem
        with pytest.raises(NotUndoable):
            await room.revert()
        assert room.read("a.txt") == b"new\n"


async def test_what_old_runs_kept_goes_first(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path, keep=20) as room:
        for number in range(5):
            room.put(f"{number}.txt", "ten bytes\n")
            await room.begin(f"run{number}")
            await room.write(f"{number}.txt", "new\n")
        assert list(await room.changed()) == ["2.txt", "3.txt", "4.txt"]


async def test_a_refused_edit_leaves_no_trace(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put("a.txt", "a\n")
        await room.call("read_file", path="a.txt")
        context = room.room.having(documents=room.documents, run_id="r1", ledger=room.ledger.of("s1", "r1"))
        prepared = await room.room.tool_prepare("write_file", context, path="a.txt", content="agent\n")
        room.put("a.txt", "mine\n")
        with pytest.raises(ToolError):
            await prepared.perform()
        assert await room.changed() == {} and await room.store.touches.of_session("s1") == ()


async def test_an_intent_that_a_crash_left_behind_is_no_change(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put("a.txt", "a\n")
        place = room.ledger.contents.place("a.txt")
        with contextlib.suppress(KeyboardInterrupt):
            async with room.ledger.of("s1", "r1").file(place, "a\n", "agent\n"):
                raise KeyboardInterrupt
        await room.restart()
        assert await room.changed() == {}
        await room.revert()
        assert room.read("a.txt") == b"a\n"


async def test_an_open_editor_is_changed_and_not_its_file_behind_it(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put("a.txt", "a\n")
        tab = await room.tab("a.txt")
        await room.write("a.txt", "agent\n")
        assert tab.text == "agent\n"
        await room.revert()
        assert (tab.text, tab.dialogs, room.read("a.txt")) == ("a\n", 0, b"a\n")


async def test_what_is_typed_and_not_saved_is_not_reverted(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put("a.txt", "a\n")
        tab = await room.tab("a.txt")
        await room.write("a.txt", "agent\n")
        tab.text, tab.dirty = "agent\nmine\n", True
        tab.say()
        with pytest.raises(ChangedSince):
            await room.revert()
        assert tab.text == "agent\nmine\n"


async def test_a_hidden_file_is_kept_and_put_back_too(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put(".gitignore", "*.csv\n")
        await room.write(".gitignore", "*.tsv\n")
        assert (await room.changed())[".gitignore"].undoable
        await room.revert()
        assert room.read(".gitignore") == before


async def test_a_file_that_a_person_removed_comes_back_only_when_confirmed(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put("a.txt", "a\n")
        await room.write("a.txt", "agent\n")
        (room.root / "a.txt").unlink()
        assert (await room.changed())["a.txt"].kind == "deleted"
        with pytest.raises(ChangedSince):
            await room.revert()
        await room.revert(confirm=True)
        assert room.read("a.txt") == before

"""read_file, write_file and edit_file, on real files through the real contents manager."""

from __future__ import annotations

import asyncio
import base64
import stat
from pathlib import Path

import pytest

from jupyter_crush.errors import Stale, ToolError
from jupyter_crush.permissions.asks import Ask
from jupyter_crush.tools import limits
from jupyter_crush.tools.port import Prepared
from support.tools.tools_room import Room

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x05\0\0\0\x06" + b"0" * 50


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def asked(prepared: Prepared) -> Ask:
    assert prepared.ask is not None
    return prepared.ask


# --- read_file ---


async def test_lines_come_with_their_numbers(room: Room) -> None:
    room.put("a.txt", "one\n\tzwei\r\ndr\u00e9i")
    output = await room.call("read_file", path="a.txt")
    assert output.content == "     1\tone\n     2\t\tzwei\n     3\tdr\u00e9i"
    assert output.metadata == {"summary": "a.txt · 3 lines", "path": "a.txt"}


async def test_reading_needs_no_leave(room: Room) -> None:
    room.put("a.txt", "x")
    assert (await room.prepare("read_file", path="a.txt")).ask is None


async def test_a_part_says_how_much_more_there_is(room: Room) -> None:
    room.put("a.txt", "".join(f"{index}\n" for index in range(1, 101)))
    output = await room.call("read_file", path="a.txt", offset=11, limit=2)
    assert output.content == "    11\t11\n    12\t12\n[88 more lines; go on with offset 13]"
    assert output.metadata["summary"] == "a.txt · lines 11–12 of 100"
    assert (await room.call("read_file", path="a.txt", offset=100)).content == "   100\t100"
    with pytest.raises(ToolError, match="has 100 lines"):
        await room.call("read_file", path="a.txt", offset=101)


async def test_a_long_file_comes_in_pieces_that_fit_and_miss_nothing(room: Room) -> None:
    lines = [f"{index} " + "ü" * 200 for index in range(1000)]
    room.put("a.txt", "\n".join(lines) + "\n")
    offset, got = 1, []
    while True:
        content = (await room.call("read_file", path="a.txt", offset=offset)).content
        assert len(content.encode()) <= 64 * 1024
        rows = content.split("\n")
        more = rows.pop() if rows[-1].startswith("[") else None
        got += [row.split("\t", 1)[1] for row in rows]
        if more is None:
            break
        offset = int(more.rstrip("]").rpartition(" ")[2])
    assert got == lines


async def test_a_long_line_is_cut_and_counted(room: Room) -> None:
    room.put("a.txt", "ä" * 5000)
    assert (await room.call("read_file", path="a.txt")).content == f"     1\t{'ä' * 2000} … (3,000 more characters)"


@pytest.mark.parametrize(("text", "content"), [("", "(empty file)"), ("\n", "     1\t"), ("\ufeffa", "     1\ta")])
async def test_odd_files_are_read(text: str, content: str, room: Room) -> None:
    room.put("a.txt", text)
    assert (await room.call("read_file", path="a.txt")).content == content


async def test_a_picture_comes_as_a_picture(room: Room) -> None:
    room.put("p.png", PNG)
    output = await room.call("read_file", path="p.png")
    assert output.content == "p.png: image/png, 5 × 6, 74 B"
    (image,) = output.images
    assert (image.mime_type, image.name, base64.b64decode(image.content)) == ("image/png", "p.png", PNG)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.bin", b"a\0b", "binary file"),
        ("a.csv", b"caf\xe9", "not UTF-8 text"),
        ("a.ipynb", b"{}", "Use read_notebook"),
        ("A.IPYNB", b"{}", "Use read_notebook"),
        ("p.png", PNG[:16] + b"\0\1\0\0\0\1\0\0" + b"0" * 20, "too large a picture"),
        ("q.png", PNG + b"0" * limits.IMAGE_BYTES, "too large"),
        ("b.txt", b"x" * (limits.TEXT_BYTES + 1), "search_text"),
        ("folder/x", b"", "is a folder"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_read_gets_advice(name: str, data: bytes, reason: str, room: Room) -> None:
    room.put(name, data)
    with pytest.raises(ToolError, match=reason):
        await room.call("read_file", path=name.split("/", maxsplit=1)[0])


@pytest.mark.parametrize("path", ["dir/none.txt", "a.txt/b", "dir/none/none.txt"])
async def test_what_is_not_there_is_explained(path: str, room: Room) -> None:
    room.put("a.txt", "x")
    room.root.joinpath("dir").mkdir()
    with pytest.raises(ToolError, match=r"does not exist|file is where a folder"):
        await room.call("read_file", path=path)


async def test_hidden_files_are_read_and_edited_though_the_server_hides_them(room: Room) -> None:
    file = room.put(".github/workflows/ci.yml", "on: push\n")
    assert "on: push" in (await room.call("read_file", path=".github/workflows/ci.yml")).content
    await room.call("edit_file", path=".github/workflows/ci.yml", old="push", new="pull_request")
    await room.call("write_file", path=".github/new/x.yml", content="a: 1\n")
    await room.call("edit_file", path=".github/new/x.yml", old="1", new="2")
    assert file.read_text() == "on: pull_request\n"
    assert (room.root / ".github/new/x.yml").read_text() == "a: 2\n"
    file.write_text("on: merge\n")
    with pytest.raises(Stale):
        await room.prepare("edit_file", path=".github/workflows/ci.yml", old="pull_request", new="x")


# --- write_file ---


async def test_a_new_file_is_made_with_its_folders(room: Room) -> None:
    prepared = await room.prepare("write_file", path="src/new/a.py", content="a = 1\nb = 2\n")
    ask = asked(prepared)
    assert not (room.root / "src").exists()
    assert (ask.path, ask.key, ask.scope) == (
        "src/new/a.py",
        ("edit", "src/new/a.py"),
        "edits of src/new/a.py",
    )
    assert ask.description == "Create src/new/a.py (+2 −0 lines)"
    assert ask.params["diff"] == "--- /dev/null\n+++ src/new/a.py\n@@ -0,0 +1,2 @@\n+a = 1\n+b = 2"
    output = await prepared.perform()
    assert (room.root / "src/new/a.py").read_text() == "a = 1\nb = 2\n"
    assert output.content == "Created src/new/a.py (+2 −0 lines)."
    assert (output.metadata["additions"], output.metadata["deletions"]) == (2, 0)


async def test_a_file_that_was_written_can_be_edited_without_reading_it_again(room: Room) -> None:
    await room.call("write_file", path="a.py", content="a = 1\n")
    await room.call("edit_file", path="a.py", old="1", new="2")
    await room.call("write_file", path="a.py", content="a = 3\n")
    assert room.texts(["a.py"]) == ["a = 3\n"]


async def test_an_existing_file_must_be_read_first(room: Room) -> None:
    room.put("a.py", "a = 1\n")
    with pytest.raises(ToolError, match="Use read_file first"):
        await room.prepare("write_file", path="a.py", content="x")
    with pytest.raises(ToolError, match="Use read_file first"):
        await room.prepare("edit_file", path="a.py", old="a", new="x")


async def test_a_file_that_changed_since_it_was_read_is_shown_and_not_touched(room: Room) -> None:
    file = room.put("a.py", "a = 1\n")
    await room.call("read_file", path="a.py")
    file.write_text("a = 2\n")
    with pytest.raises(Stale, match="a = 2"):
        await room.prepare("write_file", path="a.py", content="x\n")
    assert file.read_text() == "a = 2\n"
    await room.call("edit_file", path="a.py", old="2", new="3")
    assert file.read_text() == "a = 3\n"


async def test_a_file_that_changed_too_much_to_be_shown_must_be_read_again(room: Room) -> None:
    file = room.put("a.py", "a\n")
    await room.call("read_file", path="a.py")
    file.write_text("b\n" * limits.STALE_CHARS)
    for _ in range(2):
        with pytest.raises(Stale):
            await room.prepare("write_file", path="a.py", content="x\n")


async def test_what_changes_between_leave_and_use_is_refused(room: Room) -> None:
    file = room.put("a.py", "a = 1\n")
    await room.call("read_file", path="a.py")
    edit = await room.prepare("edit_file", path="a.py", old="1", new="2")
    gone = await room.prepare("edit_file", path="a.py", old="1", new="3")
    made = await room.prepare("write_file", path="b.py", content="mine")
    file.write_text("a = 1  # theirs\n")
    room.put("b.py", "theirs")
    with pytest.raises(Stale):
        await edit.perform()
    file.unlink()
    with pytest.raises(Stale):
        await gone.perform()
    with pytest.raises(Stale):
        await made.perform()
    assert not file.exists()
    assert room.texts(["b.py"]) == ["theirs"]


async def test_of_two_edits_prepared_at_once_the_second_is_refused(room: Room) -> None:
    room.put("a.py", "a = 1\nb = 1\n")
    await room.call("read_file", path="a.py")
    first = await room.prepare("edit_file", path="a.py", old="a = 1", new="a = 2")
    second = await room.prepare("edit_file", path="a.py", old="b = 1", new="b = 2")
    results = await asyncio.gather(first.perform(), second.perform(), return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["Output", "Stale"]
    assert room.texts(["a.py"]) == ["a = 2\nb = 1\n"]


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("", "x", "the workspace itself"),
        ("folder", "x", "is a folder"),
        ("a.ipynb", "x", "Use edit_notebook"),
        ("a.txt/b", "x", "file is where a folder"),
        ("b.txt", "x" * (limits.WRITE_CHARS + 1), "too much"),
        ("b.txt", "\ud800", "surrogate"),
    ],
)
async def test_what_cannot_be_written_gets_advice(path: str, content: str, reason: str, room: Room) -> None:
    room.put("folder/x", "")
    room.put("a.txt", "x")
    with pytest.raises(ToolError, match=reason):
        await room.call("write_file", path=path, content=content)


async def test_writing_what_is_there_is_said_to_change_nothing(room: Room) -> None:
    await room.call("write_file", path="a.txt", content="x")
    with pytest.raises(ToolError, match="has this content already"):
        await room.prepare("write_file", path="a.txt", content="x")


async def test_a_file_keeps_its_mode(room: Room) -> None:
    for name in ("run.sh", ".run.sh"):
        file = room.put(name, "a\n")
        file.chmod(0o750)
        await room.call("read_file", path=name)
        await room.call("edit_file", path=name, old="a", new="b")
        assert stat.S_IMODE(file.stat().st_mode) == 0o750


async def test_another_name_of_a_file_outside_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    outside = tmp_path / "outside.txt"
    outside.write_text("canary\n")
    (tmp_path / "root/a.txt").hardlink_to(outside)
    (tmp_path / "root/.a.txt").hardlink_to(outside)
    room = Room(tmp_path / "root")
    for name in ("a.txt", ".a.txt"):
        await room.call("read_file", path=name)
        await room.call("edit_file", path=name, old="canary", new="overwritten")
    assert outside.read_text() == "canary\n"


async def test_paths_are_told_to_the_server_from_its_root(tmp_path: Path) -> None:
    (tmp_path / "team/project").mkdir(parents=True)
    room = Room(tmp_path / "team/project", tmp_path)
    prepared = await room.prepare("write_file", path="a.py", content="x")
    assert asked(prepared).path == "team/project/a.py"
    assert (await prepared.perform()).metadata["path"] == "team/project/a.py"
    assert (tmp_path / "team/project/a.py").read_text() == "x"


# --- edit_file ---


async def test_an_exact_piece_is_replaced(room: Room) -> None:
    room.put("a.py", "def f():\n    return 1\n\ndef g():\n    return 1\n")
    await room.call("read_file", path="a.py")
    prepared = await room.prepare("edit_file", path="a.py", old="def g():\n    return 1", new="def g():\n    return 2")
    assert asked(prepared).params["diff"].split("\n")[-2:] == ["-    return 1", "+    return 2"]
    await prepared.perform()
    assert room.texts(["a.py"]) == ["def f():\n    return 1\n\ndef g():\n    return 2\n"]


async def test_a_piece_that_is_there_twice_is_refused_with_its_lines(room: Room) -> None:
    room.put("a.py", "x\ny\nx\n")
    await room.call("read_file", path="a.py")
    with pytest.raises(ToolError, match=r"2 times in a\.py \(lines 1, 3\)"):
        await room.prepare("edit_file", path="a.py", old="x", new="z")
    await room.call("edit_file", path="a.py", old="x", new="z", replace_all=True)
    assert room.texts(["a.py"]) == ["z\ny\nz\n"]


@pytest.mark.parametrize(
    ("old", "hint"),
    [
        ("     2\t    total = 1", "line numbers"),
        ("total  =  1\n  print(total)", "only blanks differ"),
        ("    totel = 1", "closest line is 2"),
        ("nothing like it at all", "copy the text exactly"),
        ("", "old is empty"),
        ("def f():", "the same"),
    ],
)
async def test_a_piece_that_is_not_there_gets_a_hint(old: str, hint: str, room: Room) -> None:
    room.put("a.py", "def f():\n    total = 1\n    print(total)\n")
    await room.call("read_file", path="a.py")
    with pytest.raises(ToolError, match=hint):
        await room.prepare("edit_file", path="a.py", old=old, new="def f():")


async def test_line_ends_of_the_file_are_kept(room: Room) -> None:
    room.put("a.txt", "one\r\ntwo\r\nthree\r\n")
    await room.call("read_file", path="a.txt")
    await room.call("edit_file", path="a.txt", old="one\ntwo", new="1\n2\n2.5")
    assert (room.root / "a.txt").read_bytes() == b"1\r\n2\r\n2.5\r\nthree\r\n"


async def test_a_file_that_is_not_there_is_not_edited(room: Room) -> None:
    room.put("sales.csv", "x")
    with pytest.raises(ToolError, match=r"Did you mean: sales\.csv\?"):
        await room.prepare("edit_file", path="sale.csv", old="x", new="y")


async def test_hidden_characters_show_in_the_diff_and_are_written_as_they_are(room: Room) -> None:
    prepared = await room.prepare("write_file", path="a.py", content="x = '\u202e'\n")
    assert "+x = '⟨U+202E⟩'" in asked(prepared).params["diff"]
    await prepared.perform()
    assert room.texts(["a.py"]) == ["x = '\u202e'\n"]


async def test_all_of_a_large_change_is_shown(room: Room) -> None:
    content = "".join(f"line {index}\n" for index in range(50_000))
    ask = asked(await room.prepare("write_file", path="a.txt", content=content))
    assert [line[1:] for line in ask.params["diff"].split("\n")[3:]] == content.rstrip("\n").split("\n")

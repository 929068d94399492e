"""list_files, find_files and search_text."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyter_crush.errors import ToolError
from jupyter_crush.files.walk import Walk
from jupyter_crush.tools import limits
from jupyter_crush.tools.port import Output
from jupyter_crush.tools.search_text import SearchText, SearchTextArgs
from support.tools.tools_room import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    room.put("README.md", "# Sales\n")
    room.put("data/sales.csv", "month,total\n" + "jan,1\n" * 2500)
    room.put("data/raw/old.csv", "month,total\nfeb,2\n")
    room.put("data/raw/deep/er/x.txt", "total\n")
    room.put(".gitignore", "*.log\nbuild/\n!keep.log\n")
    room.put("a.log", "total\n")
    room.put("keep.log", "total\n")
    room.put("build/out.csv", "total\n")
    room.put("data/.gitignore", "raw/*.csv\n")
    room.put(".git/config", "total\n")
    (room.root / "link").symlink_to("data")
    return room


# --- list_files ---


async def test_list_files_shows_two_levels_with_sizes(room: Room) -> None:
    output = await room.call("list_files")
    assert output.content.split("\n") == [
        ".gitignore  23 B",
        "README.md  8 B",
        "data/",
        "data/.gitignore  10 B",
        "data/raw/",
        "data/sales.csv  14.7 KB",
        "keep.log  6 B",
        "link  (link)",
        "[3 ignored entries are not shown]",
    ]


async def test_list_files_goes_as_deep_as_asked_from_where_asked(room: Room) -> None:
    assert "data/raw/deep/er/x.txt  6 B" in (await room.call("list_files", path="data", depth=4)).content.split("\n")
    assert "deep" not in (await room.call("list_files", path="data", depth=1)).content


async def test_an_ignored_folder_that_is_named_is_shown(room: Room) -> None:
    assert "build/out.csv  6 B" in (await room.call("list_files", path="build")).content


async def test_list_files_says_when_there_is_more(room: Room) -> None:
    for index in range(limits.LIST_ENTRIES + 20):
        room.put(f"many/{index}", "")
    lines = (await room.call("list_files", path="many")).content.split("\n")
    assert len(lines) == limits.LIST_ENTRIES + 1
    assert lines[-1] == "[only the first 1,000 entries; list a folder, or use find_files]"


async def test_an_empty_folder_is_empty(room: Room) -> None:
    (room.root / "void").mkdir()
    assert (await room.call("list_files", path="void")).content == "(empty)"


@pytest.mark.parametrize(("path", "reason"), [("README.md", "folder is needed"), ("dta", r"Did you mean: data\?")])
async def test_list_files_explains_what_is_no_folder(path: str, reason: str, room: Room) -> None:
    with pytest.raises(ToolError, match=reason):
        await room.call("list_files", path=path)


async def test_names_with_hidden_characters_are_shown_visibly(room: Room) -> None:
    room.put(os.fsdecode(b"void/a\x1b[31m\n\xff"), "x")
    content = (await room.call("list_files", path="void")).content
    assert content == "void/a⟨U+001B⟩[31m⟨U+000A⟩⟨U+DCFF⟩  1 B"


def test_a_walk_ends_when_it_takes_too_long(room: Room) -> None:
    ticks = iter(range(10_000))
    for index in range(200):
        room.put(f"many/{index}", "")
    walk = Walk(room.root, "many", seconds=0.5, clock=lambda: next(ticks))
    assert len(list(walk)) < 200
    assert walk.ended == "it took too long"


def test_a_hostile_gitignore_takes_no_time(room: Room) -> None:
    room.put("odd/.gitignore", "\n".join(["*a" * 60 + "b", "**/a/" * 60 + "b", "[", "!", "\\", "x" * 10_000, "*.tmp"]))
    for name in ("a" * 250, "b.tmp", "c.txt"):
        room.put(f"odd/{name}", "")
    began = time.monotonic()
    assert [entry.relative for entry in Walk(room.root, "odd")] == ["odd/.gitignore", f"odd/{'a' * 250}", "odd/c.txt"]
    assert time.monotonic() - began < 10


# --- find_files ---


async def test_find_files_shows_the_newest_first(room: Room) -> None:
    room.put("b.csv", "x")
    os.utime(room.root / "data/sales.csv", (1e9, 1e9))
    output = await room.call("find_files", pattern="*.csv")
    assert output.content == "b.csv  1 B\ndata/sales.csv  14.7 KB"


async def test_find_files_starts_where_it_is_told(room: Room) -> None:
    assert (
        await room.call("find_files", pattern="*/deep/**/*.txt", path="data")
    ).content == "data/raw/deep/er/x.txt  6 B"
    assert (await room.call("find_files", pattern="deep/**", path="data")).content.startswith("no files match")


async def test_find_files_follows_no_link(room: Room) -> None:
    assert "link/" not in (await room.call("find_files", pattern="**/*.csv")).content


async def test_find_files_says_when_there_are_more(room: Room) -> None:
    for index in range(limits.FIND_MATCHES + 5):
        room.put(f"many/{index}.x", "")
    lines = (await room.call("find_files", pattern="*.x")).content.split("\n")
    assert lines[-1] == "[the newest 200 of 205; use a narrower pattern]"
    assert len(lines) == limits.FIND_MATCHES + 1


# --- search_text ---


@pytest.fixture(params=["ripgrep", "python"])
def search(request: pytest.FixtureRequest, room: Room) -> Any:
    tool = SearchText() if request.param == "ripgrep" else SearchText(ripgrep="")
    assert tool._ripgrep or request.param == "python"

    async def call(**given: Any) -> Output:
        return await (await tool.prepare(msgspec.convert(given, SearchTextArgs), room.context)).perform()

    return call


async def test_search_text_shows_path_line_and_text(search: Any) -> None:
    output = await search(pattern="^feb|er$|^# S")
    assert output.content == "README.md:1: # Sales"
    assert (await search(pattern="month", path="data")).content == "data/sales.csv:1: month,total"


async def test_search_text_respects_gitignore_unless_the_place_is_named(search: Any) -> None:
    assert (await search(pattern="^total$")).content.split("\n") == [
        "data/raw/deep/er/x.txt:1: total",
        "keep.log:1: total",
    ]
    assert (await search(pattern="total", path="a.log")).content == "a.log:1: total"
    assert (await search(pattern="total", path="build")).content == "build/out.csv:1: total"


async def test_search_text_takes_plain_text(search: Any, room: Room) -> None:
    room.put("x.py", "a(b\n")
    assert (await search(pattern="a(b", literal=True)).content == "x.py:1: a(b"
    with pytest.raises(ToolError, match="literal"):
        await search(pattern="a(b")


@pytest.mark.parametrize("include", ["*.txt", "data/**/*.txt", "*.{txt,none}", "data/raw/deep/er/x.txt"])
async def test_search_text_looks_into_included_files_only(include: str, search: Any) -> None:
    assert (await search(pattern="total", include=include)).content == "data/raw/deep/er/x.txt:1: total"


async def test_search_text_passes_over_binary_files_and_secrets(search: Any, room: Room) -> None:
    room.put("b.bin", b"\0total\n")
    room.put(".env", "total=1\n")
    room.put(".ssh/id_rsa", "total\n")
    content = (await search(pattern="total")).content
    assert ".env" not in content
    assert "id_rsa" not in content
    assert "b.bin" not in content


async def test_search_text_limits_matches_and_lines(search: Any, room: Room) -> None:
    content = (await search(pattern="jan")).content
    assert content.count("\n") == limits.SEARCH_PER_FILE - 1
    for index in range(6):
        room.put(f"many/{index}.txt", "jan\n" * 60)
    lines = (await search(pattern="jan")).content.split("\n")
    assert len(lines) == limits.SEARCH_MATCHES + 1
    assert lines[-1].startswith("[only the first 200 matches")


async def test_a_long_line_is_shown_around_the_match(search: Any, room: Room) -> None:
    room.put("long.txt", "ä" * 100_000 + "needle" + "ö" * 100_000)
    content = (await search(pattern="needle")).content
    assert "needle" in content
    assert content.endswith("… (200,006 characters)")
    assert len(content) < 400


async def test_lines_are_shown_as_they_are(search: Any, room: Room) -> None:
    room.put("odd.txt", b"needle \xe9\x0c|\r\nx\x85\xe2\x80\xa8needle\n")
    assert (await search(pattern="needle", path="odd.txt")).content == (
        "odd.txt:1: needle \ufffd\x0c|\nodd.txt:2: x\ufffd\u2028needle"
    )


@pytest.mark.parametrize("pattern", ["", "a\nb", "x" * 1001, "a\0b"])
async def test_search_text_refuses_what_is_no_pattern(pattern: str, search: Any) -> None:
    with pytest.raises(ToolError, match="pattern"):
        await search(pattern=pattern)


@pytest.mark.parametrize("pattern", ["--files", "-e", "--pre=id", "-"])
async def test_a_pattern_is_no_option(pattern: str, search: Any, room: Room) -> None:
    room.put("x.txt", f"{pattern}\n")
    assert f"x.txt:1: {pattern}" in (await search(pattern=pattern, include="*.txt")).content


async def test_a_name_is_no_option(search: Any, room: Room) -> None:
    room.put("--files", "needle\n")
    assert (await search(pattern="needle", path="--files")).content == "--files:1: needle"
    assert (await search(pattern="needle")).content == "--files:1: needle"


async def test_a_regular_expression_that_never_ends_is_stopped_and_holds_nobody_up(room: Room) -> None:
    room.put("x.txt", "a" * 5000 + "!\n")
    tool = SearchText(ripgrep="", seconds=1)
    began, worst = time.monotonic(), 0.0
    call = asyncio.ensure_future(
        (await tool.prepare(SearchTextArgs(pattern="(a+)+$", path="x.txt"), room.context)).perform()
    )
    while not call.done():
        turn = time.monotonic()
        await asyncio.sleep(0.01)
        worst = max(worst, time.monotonic() - turn)
    assert "it took too long" in call.result().content
    assert time.monotonic() - began < 20
    assert worst < 2


def test_the_searcher_is_found_also_where_its_environment_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert SearchText()._ripgrep.endswith("rg")

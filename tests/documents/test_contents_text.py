"""Text files through real contents managers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.storage import TEXT_LIMIT
from jupyter_crush.errors import Stale, ToolError
from support.documents.managers import MANAGERS, large

Make = Callable[[Path], Any]
every_manager = pytest.mark.parametrize("make", MANAGERS.values(), ids=MANAGERS)


@every_manager
async def test_text_is_read_and_written_as_it_is(make: Make, tmp_path: Path) -> None:
    text = "first\r\nsecond\n\tä😀\x00\n"
    backend = ContentsBackend(make(tmp_path))
    written = await backend.write_text("f/a.txt", text, None)
    assert (tmp_path / "f" / "a.txt").read_bytes() == text.encode()
    read = await backend.read_text("f/a.txt")
    assert (read.text, read.version) == (text, written.version)
    again = await backend.write_text("f/a.txt", "other", read.version)
    assert again.version != read.version
    assert (await backend.read_text("f/a.txt")).version == again.version


@every_manager
async def test_a_stale_write_is_refused_and_nothing_changes(make: Make, tmp_path: Path) -> None:
    backend = ContentsBackend(make(tmp_path))
    seen = await backend.write_text("a.txt", "seen", None)
    (tmp_path / "a.txt").write_text("somebody else's")
    with pytest.raises(Stale, match=r"changed since you read it"):
        await backend.write_text("a.txt", "ours", seen.version)
    assert (tmp_path / "a.txt").read_text() == "somebody else's"


async def test_text_beyond_the_limit_and_half_characters_are_refused(tmp_path: Path) -> None:
    backend = ContentsBackend(large(tmp_path))
    with pytest.raises(ToolError, match=r"more than 20 MB"):
        await backend.write_text("a.txt", "x" * (TEXT_LIMIT + 1), None)
    with pytest.raises(ToolError, match=r"surrogate"):
        await backend.write_text("a.txt", "\ud800", None)
    (tmp_path / "big.txt").write_bytes(b"x" * (TEXT_LIMIT + 1))
    with pytest.raises(ToolError, match=r"at most 20 MB"):
        await backend.read_text("big.txt")
    assert not (tmp_path / "a.txt").exists()


async def test_a_folder_that_may_not_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ToolError, match=r"file"):
        await ContentsBackend(large(tmp_path)).write_text("file/a.txt", "x", None)

"""A room that is opened just when the agent writes the file: its provider would take the new file over, and what was typed until then
would be gone. So the agent writes no file that a room may have read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import ReplaceCell, source_hash
from support.documents.managers import code, got, notebook, put
from support.documents.shared_client import PATIENCE_S, SharedClient

NOTEBOOKS = 30
"""One after the other, the agent comes a little later."""
TYPED = 20

Join = Callable[[str], Awaitable[SharedClient]]


async def test_what_is_typed_into_a_room_that_opens_while_its_file_is_written_is_kept(
    documents: Documents, root: Path, join: Join
) -> None:
    await asyncio.gather(*(_contest(documents, root, join, number) for number in range(NOTEBOOKS)))


async def _contest(documents: Documents, root: Path, join: Join, number: int) -> None:
    path = f"{number}.ipynb"
    put(root, path, notebook(code("a", "1"), code("b", "2")))
    writing = asyncio.ensure_future(_write_late(documents, path, number))
    person = await join(path)
    for _ in range(TYPED):
        person.type(".", "b")
        await asyncio.sleep(0.001)
    await writing
    wanted = {"a": "10", "b": f"2{'.' * TYPED}"}
    await person.sees(wanted)
    async with asyncio.timeout(PATIENCE_S):
        while _sources(root, path) != wanted:
            await asyncio.sleep(0.01)
    assert person.sources == wanted


async def _write_late(documents: Documents, path: str, turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    await documents.edit_notebook(path, [ReplaceCell(id="a", expected=source_hash("1"), source="10")])


def _sources(root: Path, path: str) -> dict[str, str] | None:
    """None while the provider writes it."""
    if not (root / path).read_text():
        return None
    return {cell["id"]: "".join(cell["source"]) for cell in got(root, path)["cells"]}

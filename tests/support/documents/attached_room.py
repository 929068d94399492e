"""A folder with a notebook of three cells, and tabs that have it open."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_crush.documents.attached import AttachedBackend, Patience
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import ReplaceCell, source_hash
from jupyter_crush.documents.renames import Renames
from support.documents.front_end import FrontEnd
from support.documents.managers import large

PATH = "a.ipynb"
QUICK = Patience(claim=0.05, answer=0.2, back=0.03)


class Room:
    """A folder with a notebook of three cells, both back ends, and a clock that can be put forward."""

    def __init__(self, folder: Path, patience: Patience = QUICK) -> None:
        self.folder = folder
        self.manager = large(folder)
        self.now = 0.0
        ids = itertools.count()
        self.renames = Renames()
        self.renames.listen(self.manager)
        self.attached = AttachedBackend(
            lambda: f"r{next(ids)}",
            clock=lambda: self.now + time.monotonic(),
            patience=patience,
            renames=self.renames,
        )
        contents = ContentsBackend(self.manager, interest=self.attached.interest)
        self.documents = Documents([self.attached, contents], self.renames)
        self.tabs: list[FrontEnd] = []
        cells = [new_code_cell(source, id=name) for name, source in (("a", "1"), ("b", "2"), ("c", "3"))]  # type: ignore[no-untyped-call]  # theirs
        nbformat.write(new_notebook(cells=cells), folder / PATH)  # type: ignore[no-untyped-call]  # theirs
        (folder / "t.py").write_text("x = 1\n")

    def tab(self, name: str = "tab", path: str = PATH) -> FrontEnd:
        made = FrontEnd(self.attached, self.manager, path, name)
        self.tabs.append(made)
        return made

    async def rename(self, tab: FrontEnd, path: str) -> None:
        """In the tab that has it open."""
        await self.known(tab.rename(path))

    async def known(self, done: Awaitable[None]) -> None:
        """Done, and heard of."""
        mark = self.renames.mark
        await done
        while self.renames.mark == mark:
            await asyncio.sleep(0)

    async def leave(self) -> None:
        """End what the tabs still do."""
        for tab in self.tabs:
            tab.step.set()
            await tab.end()

    def disk(self, path: str = PATH) -> dict[str, str]:
        notebook = nbformat.read(self.folder / path, as_version=4)  # type: ignore[no-untyped-call]  # theirs
        return {cell.id: cell.source for cell in notebook.cells}


@pytest.fixture
def patience() -> Patience:
    """A module of tests overrides this."""
    return QUICK


@pytest.fixture
def room(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop, patience: Patience) -> Iterator[Room]:
    made = Room(tmp_path, patience)
    yield made
    jp_asyncio_loop.run_until_complete(made.leave())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def replace(cell: str, before: str, after: str) -> ReplaceCell:
    return ReplaceCell(id=cell, expected=source_hash(before), source=after)

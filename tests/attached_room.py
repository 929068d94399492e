"""A folder with a notebook of three cells, and tabs that have it open."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from front_end import FrontEnd
from jupyter_crush.documents.attached import AttachedBackend, Patience
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from managers import large

PATH = "a.ipynb"
QUICK = Patience(claim=0.05, answer=0.2, back=0.03)


class Room:
    """A folder with a notebook of three cells, both back ends, and a clock that can be put forward."""

    def __init__(self, folder: Path, patience: Patience = QUICK) -> None:
        self.folder = folder
        self.manager = large(folder)
        self.now = 0.0
        ids = itertools.count()
        self.attached = AttachedBackend(
            lambda: f"r{next(ids)}", clock=lambda: self.now + time.monotonic(), patience=patience
        )
        self.documents = Documents([self.attached, ContentsBackend(self.manager, interest=self.attached.interest)])
        self.tabs: list[FrontEnd] = []
        cells = [new_code_cell(source, id=name) for name, source in (("a", "1"), ("b", "2"), ("c", "3"))]  # type: ignore[no-untyped-call]  # theirs
        nbformat.write(new_notebook(cells=cells), folder / PATH)  # type: ignore[no-untyped-call]  # theirs
        (folder / "t.py").write_text("x = 1\n")

    def tab(self, name: str = "tab", path: str = PATH) -> FrontEnd:
        made = FrontEnd(self.attached, self.manager, path, name)
        self.tabs.append(made)
        return made

    async def leave(self) -> None:
        """End what the tabs still do."""
        for tab in self.tabs:
            tab.step.set()
            await tab.end()

    def disk(self) -> dict[str, str]:
        notebook = nbformat.read(self.folder / PATH, as_version=4)  # type: ignore[no-untyped-call]  # theirs
        return {cell.id: cell.source for cell in notebook.cells}

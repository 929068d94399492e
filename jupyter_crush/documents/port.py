"""One way to read and change a notebook or a text file, wherever it is open.

A :class:`Backend` knows one place where a document can live: a collaborative room, an attached front end, or the contents
manager. :class:`~jupyter_crush.documents.documents.Documents` picks one for each call; tools see only ``Documents``. Cells are
addressed by id and by the hash of the source that the caller has seen, so that no edit lands on what somebody else wrote.

Paths are API paths: relative to the server's root, with ``/``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from ..errors import ToolError
from ..wire import CellEdit, CellType, DeleteCell, InsertCell, MoveCell, ReplaceCell, SetOutputs

__all__ = [
    "Backend",
    "Cell",
    "CellEdit",
    "CellType",
    "DeleteCell",
    "Elsewhere",
    "InsertCell",
    "MoveCell",
    "Notebook",
    "ReplaceCell",
    "SetOutputs",
    "TextFile",
    "source_hash",
]


def source_hash(source: str) -> str:
    """What names a version of a cell's source: 12 hex digits, short enough for a model to repeat."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Cell(Struct, frozen=True, kw_only=True):
    """One cell as it is now. ``outputs`` is nbformat's list (code cells only)."""

    id: str
    cell_type: CellType
    source: str
    execution_count: int | None = None
    outputs: Sequence[dict[str, Any]] = ()

    @property
    def hash(self) -> str:
        return source_hash(self.source)


class Notebook(Struct, frozen=True, kw_only=True):
    """A notebook as it is now. ``version`` is the back end's opaque name of this state."""

    path: str
    cells: tuple[Cell, ...]
    version: str
    kernel_name: str | None = None
    language: str | None = None

    def cell(self, cell_id: str) -> Cell | None:
        return next((cell for cell in self.cells if cell.id == cell_id), None)

    def index(self, cell_id: str) -> int:
        """Position, for people and as a hint; -1 when there is no such cell."""
        return next((index for index, cell in enumerate(self.cells) if cell.id == cell_id), -1)


class TextFile(Struct, frozen=True, kw_only=True):
    path: str
    text: str
    version: str


class Elsewhere(ToolError):
    """The document is not open any more. Try again."""

    reason = "elsewhere"

    def __init__(self, *, unsure: bool = False) -> None:
        super().__init__()
        self.unsure = unsure
        """The edit may have been made before its place went away."""


class Backend(Protocol):
    """Where documents live. Each method is all or nothing, and raises Elsewhere when the next back end is to be asked."""

    name: str

    def has(self, path: str) -> bool:
        """Whether this back end is the one to ask for ``path`` now."""

    async def read_notebook(self, path: str) -> Notebook:
        """Raises ToolError when there is none or it is not a notebook."""

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit]) -> Notebook:
        """Apply all edits, or raise Stale (with the current source) or ToolError and change nothing."""

    async def show(self, path: str, outputs: SetOutputs) -> None:
        """Have those who see the notebook see what a cell has printed so far. Nothing is written, nobody is waited for long."""

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:
        """An empty notebook where nothing is. Raises ToolError when something is there."""

    async def read_text(self, path: str) -> TextFile:
        """Raises ToolError when there is none or it is not text."""

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        """Write whole. ``expected`` is the version that the caller saw; None: nothing may be there. Raises Stale."""

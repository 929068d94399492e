"""One way to read and change a notebook or a text file, wherever it is open.

A :class:`Backend` knows one place where a document can live: a collaborative room, an attached front end, or the contents
manager. :class:`~jupyter_crush.documents.documents.Documents` picks one for each call; tools see only ``Documents``. Cells are
addressed by id and by the hash of the source that the caller has seen, so that no edit lands on what somebody else wrote.

Paths are API paths: relative to the server's root, with ``/``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

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
    "NeedsConversion",
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
    """A notebook as it is now. ``version`` is the back end's opaque name of this state.

    ``virtual``: ids that are ours and not in the file (:mod:`.identities`); ``shown_as``: how a front end calls such a cell, where
    it has it open under another id. ``old_format``: the major version (below 4) of the file, which any edit converts as a whole."""

    path: str
    cells: tuple[Cell, ...]
    version: str
    kernel_name: str | None = None
    language: str | None = None
    virtual: frozenset[str] = frozenset()
    shown_as: Mapping[str, str] = field(default_factory=dict)
    old_format: int | None = None

    def cell(self, cell_id: str) -> Cell | None:
        """The cell with this id, which may be that of a front end that shows it."""
        called = self.id_of(cell_id)
        return next((cell for cell in self.cells if cell.id == called), None)

    def id_of(self, cell_id: str) -> str:
        """The id of a cell that a front end may call so."""
        if not self.shown_as or any(cell.id == cell_id for cell in self.cells):
            return cell_id
        return next((called for called, shown in self.shown_as.items() if shown == cell_id), cell_id)

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


class NeedsConversion(ToolError):
    """An edit would convert the whole file, and nobody was told."""

    def __init__(self, path: str, old_format: int) -> None:
        super().__init__(
            f"{path} is a notebook of format {old_format}, and any edit converts the whole file to format 4. Nothing was changed. "
            "Read it, and repeat the call: the user is then asked whether to convert it."
        )


class Backend(Protocol):
    """Where documents live. Each method is all or nothing, and raises Elsewhere when the next back end is to be asked."""

    name: str

    def has(self, path: str) -> bool:
        """Whether this back end is the one to ask for ``path`` now."""

    async def read_notebook(self, path: str) -> Notebook:
        """Raises ToolError when there is none or it is not a notebook."""

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:
        """Apply all edits, or raise Stale (with the current source) or ToolError and change nothing. Without ``convert`` a file of
        an older format is not written, for all of it would be."""

    async def show(self, path: str, outputs: SetOutputs) -> None:
        """Have those who see the notebook see what a cell has printed so far. Nothing is written, nobody is waited for long."""

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:
        """An empty notebook where nothing is. Raises ToolError when something is there."""

    async def read_text(self, path: str) -> TextFile:
        """Raises ToolError when there is none or it is not text."""

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        """Write whole. ``expected`` is the version that the caller saw; None: nothing may be there. Raises Stale."""

"""What is kept and never said over the wire: rows of the store beside the wire's own entities."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ..wire import CellType, JsonObject, PromptRequest, Wire


class Deletion(Struct, frozen=True, kw_only=True):
    """A session is deleted (ms), or brought back (None). It is a change of its own: whatever else is written about a session at that
    moment, by a turn that ends or somebody who renames it, does not bring it back."""

    id: str
    deleted_at: int | None


class AcceptedPrompt(Wire, frozen=True, kw_only=True):
    """What was asked, as it was asked: makes a repeated ``run_id`` comparable and an interrupted run resumable. When the run has
    ended its user's message says it, and the ``digest`` of the request is left here."""

    run_id: str
    request: PromptRequest | None = None
    digest: str | None = None


class Checkpoint(Wire, frozen=True, kw_only=True):
    """A file or notebook as it was before a run first touched it; ``content`` None: it was not there."""

    run_id: str
    session_id: str
    path: str
    content: bytes | None
    created_at: int


class CellState(Wire, frozen=True, kw_only=True):
    """A cell as it was. ``above``: the ids of the cells above it, the nearest first. ``outputs`` None: too large to be kept."""

    cell_type: CellType
    source: str
    above: tuple[str, ...] = ()
    outputs: tuple[JsonObject, ...] | None = None
    execution_count: int | None = None


class CellName(Wire, frozen=True, kw_only=True):
    """How a cell is called whose file has no ids, and what it said then."""

    id: str
    cell_type: str
    hash: str


class Touch(Wire, frozen=True, kw_only=True):
    """What a run did to one cell, or to a file itself (``cell_id`` is empty). ``was`` and ``became`` are hashes of what was there
    before its first change and after its last; None: nothing."""

    run_id: str
    session_id: str
    path: str
    cell_id: str = ""
    before: CellState | None = None
    was: str | None
    became: str | None
    outputs_hash: str | None = None
    is_mixed: bool = False
    """Somebody else changed it between two changes of the run."""
    is_moved: bool = False
    has_run: bool = False
    is_undoable: bool = True
    """A file: whether what was there is kept."""
    names: tuple[CellName, ...] = ()
    """A notebook's file that has no ids: how its cells are called."""
    state: Literal["open", "kept", "reverted"] = "open"
    created_at: int

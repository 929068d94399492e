"""What is kept: rows that are never said over the wire, and which rows of the wire are kept beside them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from ..wire import (
    CellType,
    FileChange,
    Grant,
    JsonObject,
    Message,
    PermissionRequest,
    PromptRequest,
    QuestionRequest,
    Run,
    Session,
    Wire,
)


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


class Kept(NamedTuple):
    """How rows of a kind are kept."""

    key: tuple[str, ...]
    """The fields that make a row the same."""
    left_out: frozenset[str] = frozenset()
    """Fields that are read as their defaults."""
    once: frozenset[str] = frozenset()
    """Fields that are written with a new row only."""
    keeps_first: bool = False
    """A second row of the same key is skipped, instead of taking the place of the first."""
    part_of: type[Struct] | None = None
    """Changes rows of that kind where they are, and makes none."""


LIVE = frozenset({"is_busy", "queued", "queue", "attached_clients"})
"""What only the living know."""
IN_THE_CALL = frozenset({"says", "origin"})
"""What the agent said about a call, and where its tool comes from, stands in the call, and nobody is asked again after a restart."""
KEPT: dict[type[Struct], Kept] = {
    Session: Kept(("id",), LIVE, frozenset({"deleted_at"})),
    Deletion: Kept(("id",), part_of=Session),
    Run: Kept(("run_id",)),
    Message: Kept(("id",)),
    AcceptedPrompt: Kept(("run_id",)),
    Grant: Kept(("id",)),
    PermissionRequest: Kept(("id",), IN_THE_CALL),
    QuestionRequest: Kept(("id",)),
    FileChange: Kept(("session_id", "path"), frozenset({"created"})),
    Checkpoint: Kept(("run_id", "path"), keeps_first=True),
    Touch: Kept(("run_id", "path", "cell_id")),
}
"""All are of a session, and go with it; a prompt by way of its run."""

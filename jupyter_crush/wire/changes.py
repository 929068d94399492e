"""What the agent changed in files and notebooks, and what a person says to it: keep, revert, rewind."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .answers import ErrorBody
from .documents import CellType
from .entities import FileChange, Wire
from .requests import Body

Scope = Annotated[str, Meta(min_length=1, max_length=4096)]


# --- what is told ---


class CellChange(Wire, frozen=True, kw_only=True):
    """A cell that the agent changed. ``index`` is its place now; None: it is not there. ``diff`` is of its source, from what it
    was before the agent's first change to what it is now."""

    cell_id: str
    index: int | None
    cell_type: CellType
    kind: Literal["added", "deleted", "changed", "moved"]
    shown_as: str | None = None
    """How a front end that has the notebook open calls the cell, where its file has no ids; None: as `cell_id` says."""
    diff: str = ""
    additions: int = 0
    deletions: int = 0
    outputs_changed: bool = False
    """The agent ran it, and what it printed is not what stood there before."""
    changed_since: bool = False
    """Somebody else changed it too: reverting wants ``confirm``."""
    run_ids: tuple[str, ...] = ()


class ChangedFile(FileChange, frozen=True, kw_only=True):
    """A file or notebook as the agent has changed it: a text file with its diff, a notebook with its cells."""

    type: Literal["file", "notebook"]
    kind: Literal["created", "changed", "deleted"]
    diff: str = ""
    cells: tuple[CellChange, ...] = ()
    changed_since: bool = False
    """Somebody else changed it too: reverting wants ``confirm``."""
    undoable: bool = True
    problem: str | None = None
    """Why it cannot be shown or undone."""
    run_ids: tuple[str, ...] = ()


class Reviewed(Wire, frozen=True, kw_only=True):
    """The files that a keep, a revert or a rewind was about."""

    paths: tuple[str, ...]


class ConflictBody(ErrorBody, frozen=True, kw_only=True):
    """The error of a revert that would lose what somebody else wrote: where."""

    changed: tuple[ChangedFile, ...]


# --- what is asked ---


class KeepChanges(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes: of one cell of ``path``, of one file, of one run, or, without any of these, of the session."""

    path: Scope | None = None
    cell_id: Scope | None = None
    run_id: Scope | None = None


class RevertChanges(KeepChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    confirm: bool = False
    """Revert also what somebody else changed since."""


class Rewind(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files and notebooks go back to what they were before the run of that message."""

    message_id: Scope
    confirm: bool = False

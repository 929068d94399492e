"""What the server and a front end that has a document open say to each other: who has what open, what to do, how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from .entities import JsonObject, Wire
from .requests import Body

CellType = Literal["code", "markdown", "raw"]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Path = Annotated[str, Meta(min_length=1, max_length=4096)]


# --- edits ---


class InsertCell(Wire, frozen=True, kw_only=True, tag_field="op", tag="insert"):
    """Put a new cell after `after` (a cell id; None: at the top). The caller chooses `id`, so it is known beforehand."""

    id: str
    cell_type: CellType
    source: str
    after: str | None


class ReplaceCell(Wire, frozen=True, kw_only=True, tag_field="op", tag="replace"):
    """Write a cell's source anew. `expected` is the hash of the source that the caller saw."""

    id: str
    expected: str
    source: str


class DeleteCell(Wire, frozen=True, kw_only=True, tag_field="op", tag="delete"):
    id: str
    expected: str


class MoveCell(Wire, frozen=True, kw_only=True, tag_field="op", tag="move"):
    id: str
    expected: str
    after: str | None


class SetOutputs(Wire, frozen=True, kw_only=True, tag_field="op", tag="outputs"):
    """What a real execution printed. `expected`: the source that ran; outputs never land beside other code. `running`: more is to
    come."""

    id: str
    expected: str
    outputs: Sequence[JsonObject]
    execution_count: int | None
    running: bool = False


CellEdit: TypeAlias = InsertCell | ReplaceCell | DeleteCell | MoveCell | SetOutputs


# --- who has what open ---


class OpenDocument(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that a tab has open. `path` is relative to the server's root."""

    path: Path
    type: Literal["notebook", "file"]
    dirty: bool = False
    focused: bool = False


class PutPresence(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that one tab has open now. `client_id` is that of the stream that the tab listens to; tabs may share it."""

    client_id: Name
    tab_id: Name
    documents: Annotated[tuple[OpenDocument, ...], Meta(max_length=200)]


# --- what is to be done, and how it went ---


class DocumentRequest(Wire, frozen=True, kw_only=True):
    """Something to do with an open document, for the one tab that is named. It claims the request before it acts.

    `show`: put what a running cell has printed so far where people see it; the document stays as clean or as unsaved as it was, and
    nothing is saved. `reload` is no request but a hint: the file was written by somebody else; show it, if nothing is unsaved."""

    id: str
    tab_id: str
    path: str
    action: Literal["read", "edit", "write", "show", "reload"]


class ClaimDocument(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tab_id: Name


class DocumentWork(Wire, frozen=True, kw_only=True):
    """What the tab that claimed a request has to do: all of it in one step, or nothing."""

    edits: tuple[CellEdit, ...] = ()
    text: str | None = None
    expected: str | None = None
    """SHA-256 (hex) of the text that `text` replaces."""


class DocumentCell(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Name
    cell_type: CellType
    source: str
    execution_count: int | None = None
    outputs: tuple[JsonObject, ...] = ()


class DocumentNotebook(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notebook as a tab shows it now."""

    cells: tuple[DocumentCell, ...]
    kernel_name: str | None = None
    language: str | None = None
    writes_ids: bool = True
    """Whether the ids of cells are in the file: not before nbformat 4.5."""


class AnswerDocument(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it went. With `ok` or `stale` comes the document as it is now; in every other case nothing was changed."""

    tab_id: Name
    status: Literal["ok", "stale", "conflict", "gone", "unsaved", "failed"]
    notebook: DocumentNotebook | None = None
    text: str | None = None
    message: Annotated[str, Meta(max_length=4000)] | None = None


# --- what a notebook's kernel holds ---


class ListVariables(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    notebook: Path


class VariableInfo(Wire, frozen=True, kw_only=True):
    """A variable in short. `summary` is its type and size."""

    name: str
    kind: Literal["data", "value", "callable", "module"]
    summary: str

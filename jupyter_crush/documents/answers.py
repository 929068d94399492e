"""What a tab's answer means: the document as it is, a refusal for the model, or that an edit was made already."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import CrushError, Stale, ToolError
from ..files.safe_path import NotThere
from ..text.truncate import head
from ..wire import AnswerDocument, DocumentCell, DocumentWork
from .cells import outputs_of
from .edits import SHOWN_SOURCE, applied
from .port import Cell, CellEdit, DeleteCell, InsertCell, Notebook, ReplaceCell


def as_notebook(path: str, answer: AnswerDocument) -> Notebook:
    """Raises ToolError when the tab has no notebook there."""
    if answer.notebook is None:
        raise ToolError(f"{path} is open as something else than a notebook. Nothing was changed.")
    cells = tuple(_cell(cell) for cell in answer.notebook.cells)
    state = "\n".join(f"{cell.id} {cell.hash}" for cell in cells)
    return Notebook(
        path=path,
        cells=cells,
        version=f"tab:{hashlib.sha256(state.encode()).hexdigest()}",
        kernel_name=answer.notebook.kernel_name,
        language=answer.notebook.language,
        virtual=frozenset() if answer.notebook.writes_ids else frozenset(cell.id for cell in cells),
    )


def _cell(cell: DocumentCell) -> Cell:
    return Cell(
        id=cell.id,
        cell_type=cell.cell_type,
        source=cell.source,
        execution_count=cell.execution_count,
        outputs=outputs_of({"cell_type": cell.cell_type, "outputs": list(cell.outputs)}),
    )


def refusal(path: str, work: DocumentWork, answer: AnswerDocument) -> CrushError:
    """Why a tab did not do it, for the model."""
    match answer.status:
        case "stale":
            return _stale(path, work, answer)
        case "conflict":
            return ToolError(
                f"{path} has unsaved changes in JupyterLab, and its file was changed by something else. Nothing was changed. Ask "
                "the user to save or revert it; then repeat the call."
            )
        case "gone":
            return NotThere(f"{path} was deleted or renamed meanwhile. Nothing was written. List the folder.")
        case "unsaved":
            why = answer.message or "it did not say why"
            return ToolError(
                f"The edit was made in the open document, but JupyterLab could not save {path}: {why}. Do not repeat the edit."
            )
        case _:
            return ToolError(
                f"The browser tab that has {path} open could not do that: {answer.message or 'it did not say why'}."
            )


def doubtful(refused: ToolError) -> ToolError:
    """A refusal of an edit that a tab had taken before it went away."""
    return type(refused)(
        "A browser tab took this edit and went away before it said what became of it: it may be made already. Compare before you "
        f"repeat it. When it was tried again: {refused.message}"
    )


def _stale(path: str, work: DocumentWork, answer: AnswerDocument) -> CrushError:
    """The same words as from any other back end, with the present source."""
    if answer.notebook is not None:
        shown: dict[str, Any] = {"cells": [msgspec.to_builtins(cell) for cell in answer.notebook.cells]}
        try:
            applied(shown, work.edits)
        except ToolError as error:
            return error
    if answer.text is not None:
        shown_text = head(answer.text, SHOWN_SOURCE)
        return Stale(f"{path} changed since you read it; nothing was changed. Read it again. It is now:\n{shown_text}")
    return Stale(f"{path} changed since you read it; nothing was changed. Read it again.")


def is_done(answer: AnswerDocument, work: DocumentWork) -> bool:
    """Whether the document shows that this work was done."""
    if work.text is not None:
        return answer.text == work.text
    if answer.notebook is None:
        return False
    return has_edits({cell.id: cell.source for cell in answer.notebook.cells}, work.edits)


def has_edits(sources: dict[str, str], edits: Sequence[CellEdit]) -> bool:
    """Whether cells show that these edits were made. Moves and outputs alone show nothing; to make them again does no harm."""
    wanted: dict[str, str | None] = {}
    present: set[str] = set()
    for edit in edits:
        match edit:
            case InsertCell():
                present.add(edit.id)
            case ReplaceCell():
                wanted[edit.id] = edit.source
            case DeleteCell():
                wanted[edit.id] = None
                present.discard(edit.id)
    if not wanted and not present:
        return False
    return present <= sources.keys() and all(sources.get(cell_id) == source for cell_id, source in wanted.items())

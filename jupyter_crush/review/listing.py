"""What runs changed in one file, for people: looked at as it is now."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from ..errors import CrushError, ToolError
from ..store.port import Store
from ..text.diff import Diff
from ..wire import ChangedFile
from .compare import Change, FileChanges, cell_changes, text_diff
from .content import Contents, Seen

NOT_KEPT = "What was there before is not kept (it was too large, or it was long ago), so this cannot be undone here."


async def look_at_changes(
    store: Store, contents: Contents, changes: FileChanges, session_id: str, seen: Seen | None = None
) -> ChangedFile | None:
    """None: there is nothing to be seen of it any more. What cannot be read is told as a problem. ``seen``: a look just taken."""
    is_notebook = changes.path.lower().endswith(".ipynb")
    common: dict[str, Any] = {
        "session_id": session_id,
        "path": changes.path,
        "version": 0,
        "run_id": changes.run_ids[-1],
        "run_ids": changes.run_ids,
        "type": "notebook" if is_notebook else "file",
    }
    try:
        seen = seen or await contents.look(contents.place(changes.path))
    except CrushError as error:
        return ChangedFile(**common, kind="changed", additions=0, deletions=0, undoable=False, problem=error.message)
    look = _notebook if is_notebook else _text
    found = await look(store, changes, seen)
    return ChangedFile(**common, **found) if found is not None else None


async def before_of(store: Store, file: Change) -> bytes | None:
    """The file as it was before the first of the runs; None: it was not there. Raises ToolError when that is not kept."""
    if file.was is None:
        return None
    kept = await store.checkpoints.get(file.first.run_id, file.first.path) if file.first.is_undoable else None
    if kept is None or kept.content is None:
        raise ToolError(NOT_KEPT)
    return kept.content


async def _text(store: Store, changes: FileChanges, seen: Seen) -> dict[str, Any] | None:
    file = changes.file
    if file is None or file.was == seen.version:
        return None
    problem, diff = None, Diff("", 0, 0)
    try:
        before = await before_of(store, file)
        diff = await asyncio.to_thread(_diff, before, seen.text)
    except ToolError as error:
        problem = error.message
    return {
        "kind": "deleted" if not seen.is_there else "created" if file.was is None else "changed",
        "diff": diff.text,
        "additions": diff.additions,
        "deletions": diff.deletions,
        "changed_since": file.has_changed_since(seen.version),
        "undoable": problem is None,
        "problem": problem,
    }


def _diff(before: bytes | None, now: str | None) -> Diff:
    """Line ends are no news."""
    old = (before or b"").decode("utf-8", "replace")
    return text_diff(old.replace("\r\n", "\n"), (now or "").replace("\r\n", "\n"))


async def _notebook(_: Store, changes: FileChanges, seen: Seen) -> dict[str, Any] | None:
    is_new = changes.file is not None and changes.file.was is None
    if not seen.is_there:
        gone = {"kind": "deleted", "additions": 0, "deletions": 0, "changed_since": True}
        return None if is_new else gone
    cells = await asyncio.to_thread(partial(cell_changes, changes.cells, seen.notebook))
    if not cells and not is_new:
        return None
    return {
        "kind": "created" if is_new else "changed",
        "cells": cells,
        "additions": sum(cell.additions for cell in cells),
        "deletions": sum(cell.deletions for cell in cells),
        "changed_since": any(cell.changed_since for cell in cells),
    }

"""Notebooks and texts as jupyter_ydoc shares them: read, and changed in one transaction.

Nothing here awaits, so nobody comes between a look and the change that is made upon it. Edits are planned
first (:mod:`.edits`): a transaction cannot be taken back. What is changed is as little as can
be, because everything that is replaced takes away what others write into it in that moment, and their cursors.

Imported on first use only: its packages are there where a provider of real-time collaboration is.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any, TypeGuard

from jupyter_ydoc import YNotebook, YUnicode
from jupyter_ydoc.utils import cast_all
from msgspec.structs import replace
from pycrdt import Array, Map, Text

from ..errors import Stale, ToolError
from .cells import as_notebook, identified, ids_of, outputs_of
from .edits import Step, plan
from .port import CellEdit, InsertCell, Notebook, ReplaceCell, SetOutputs, TextFile, source_hash

ORIGIN = "jupyter_crush"
"""Names our transactions."""
COMPARED = 1_000_000
"""Lines times lines that are compared; a larger change replaces all between its first and its last line."""
SAFE_INTEGER = 2**53
"""Larger ones would reach browsers as BigInt, which JSON does not know."""


def is_notebook(document: Any) -> TypeGuard[YNotebook]:
    return isinstance(document, YNotebook)


def is_text(document: Any) -> TypeGuard[YUnicode]:
    return isinstance(document, YUnicode)


# --- reading ---


def read_notebook(path: str, document: Any) -> Notebook:
    """Raises ToolError when it is something else."""
    document = _notebook(path, document)
    with document.ydoc.transaction():
        notebook = {**_head(document), "cells": [_plain(cell) for cell in _cells(document)]}
    state = "\n".join(f"{cell['id']} {cell['source']}" for cell in notebook["cells"])
    found = as_notebook(path, notebook, f"shared:{_sha256(state)}")
    return found if _writes_ids(document) else replace(found, virtual=frozenset(cell.id for cell in found.cells))


def read_text(path: str, document: Any) -> TextFile:
    """Its version is the hash that the contents manager would give it. Raises ToolError when it is something else."""
    if not is_text(document):
        raise ToolError(f"{path} is open as something else than text. Nothing was changed.")
    text = document.get()
    return TextFile(path=path, text=text, version=_sha256(text))


def _notebook(path: str, document: Any) -> YNotebook:
    if not is_notebook(document):
        raise ToolError(f"{path} is open as something else than a notebook. Nothing was changed.")
    return document


def _cells(document: YNotebook) -> list[Map[Any]]:
    return list(document.ycells)


def _head(document: YNotebook) -> dict[str, Any]:
    """All but the cells. A room's cells have ids, whatever the format of its file; so it counts as one that knows them."""
    meta = document.ydoc.get("meta", type=Map).to_py() or {}
    return {"metadata": meta.get("metadata") or {}, "nbformat": 4, "nbformat_minor": 5}


def _writes_ids(document: YNotebook) -> bool:
    """Whether the room's file has them; of a notebook of format 4.0 to 4.4 they are left out when it is saved."""
    meta = document.ydoc.get("meta", type=Map)
    return meta.get("nbformat") != 4 or (meta.get("nbformat_minor") or 0) >= 5


def _plain(cell: Map[Any]) -> dict[str, Any]:
    """The value as nbformat has it; a browser's numbers are floats."""
    found = cell.to_py() or {}
    found.pop("execution_state", None)
    cast_all(found, float, int)
    return found


def _outline(document: YNotebook) -> dict[str, Any]:
    """The notebook without its outputs, which no edit depends on."""
    with document.ydoc.transaction():
        cells = [{key: _value(cell, key) for key in ("id", "cell_type", "source")} for cell in _cells(document)]
        return {**_head(document), "cells": cells}


def _value(cell: Map[Any], key: str) -> Any:
    found = cell.get(key)
    return str(found) if isinstance(found, Text) else found


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# --- changing ---


def edit_notebook(path: str, document: Any, edits: Sequence[CellEdit]) -> Notebook:
    """All edits, or Stale or ToolError and nothing."""
    document = _notebook(path, document)
    for edit in edits:
        if isinstance(edit, InsertCell | ReplaceCell):
            _check_whole(edit.source)
    outline = _outline(document)
    called = identified(outline)["cells"]
    steps, _ = plan(called, edits)
    with document.ydoc.transaction(origin=ORIGIN):
        for shared, cell in zip(_cells(document), called, strict=True):
            _set(shared, "id", cell["id"])
        for step in steps:
            _take(document, step)
    return read_notebook(path, document)


def show(document: YNotebook, edit: SetOutputs) -> None:
    """What a cell has printed so far, unless it says something else by now; and whether more is to come."""
    outline = _outline(document)
    for cell_id, cell in zip(ids_of(outline), _cells(document), strict=True):
        if cell_id == edit.id and cell.get("cell_type") == "code":
            with document.ydoc.transaction(origin=ORIGIN):
                if source_hash(str(cell["source"])) == edit.expected:
                    set_outputs(cell, edit)
                _set(cell, "execution_state", "running" if edit.running else "idle")


def write_text(path: str, document: Any, text: str, expected: str) -> TextFile:
    """Write whole, if it is still what the caller saw. Raises Stale."""
    _check_whole(text)
    current = read_text(path, document)
    if current.version != expected:
        raise Stale(f"{path} changed since you read it; nothing was changed. Read it again.")
    with document.ydoc.transaction(origin=ORIGIN):
        rewrite(document.ydoc.get("source", type=Text), text)
    return read_text(path, document)


def _check_whole(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ToolError(
            "The text holds half of a surrogate pair, which no file can. Write whole characters."
        ) from error


def _take(document: YNotebook, step: Step) -> None:
    cells = document.ycells
    match step:
        case Step(ReplaceCell(source=source), int(at)):
            rewrite(cells[at]["source"], source)
        case Step(SetOutputs() as edit, int(at)):
            set_outputs(cells[at], edit)
        case Step(_, at, to, cell):
            if at is not None:
                cell = cells[at].to_py() or {}  # made anew: browsers cannot follow a move
                del cells[at]
            if to is not None:
                cells.insert(to, document.create_ycell(cell))


# --- text ---


def rewrite(text: Text, after: str) -> None:
    """Make it say ``after`` by changing only what differs. Positions of a shared text are bytes."""
    before, wanted = str(text).splitlines(keepends=True), after.splitlines(keepends=True)
    starts = list(accumulate((len(line.encode()) for line in before), initial=0))
    for first, last, lines in reversed(list(_different(before, wanted))):
        old, new = "".join(before[first:last]), "".join(lines)
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        start = starts[first] + len(old[:head].encode())
        stop = starts[last] - len(old[len(old) - tail :].encode())
        if start < stop:
            del text[start:stop]
        if inserted := new[head : len(new) - tail]:
            text.insert(start, inserted)


def _different(before: list[str], after: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Where lines are to be replaced, and by which."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) > COMPARED:
        yield head, head + len(old), new
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield head + i1, head + i2, new[j1:j2]


def _common(left: Sequence[Any], right: Sequence[Any]) -> int:
    """How many of the first items are the same in both."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# --- outputs ---


def set_outputs(cell: Map[Any], edit: SetOutputs) -> None:
    """What is there already stays, and a stream that has grown gets what is new; so it costs little to show a cell while it runs."""
    if not isinstance(cell.get("outputs"), Array):
        cell["outputs"] = Array()
    shown: Array[Any] = cell["outputs"]
    was = shown.to_py() or []
    wanted = [_shareable(output) for output in outputs_of({"cell_type": "code", "outputs": list(edit.outputs)})]
    kept = 0
    while kept < min(len(was), len(wanted)) and was[kept] == wanted[kept]:
        kept += 1
    if kept < min(len(was), len(wanted)) and (grown := _grown(shown[kept], was[kept], wanted[kept])) is not None:
        stream, more = grown
        stream.insert(len(stream), more)
        kept += 1
    if kept < len(was):
        del shown[kept:]
    if kept < len(wanted):
        shown.extend([_shared(output) for output in wanted[kept:]])
    _set(cell, "execution_count", edit.execution_count)
    _set(cell, "execution_state", "running" if edit.running else "idle")
    metadata = cell.get("metadata")
    if isinstance(metadata, Map) and "trusted" in metadata:
        del metadata["trusted"]  # what was trusted were the old outputs


def _set(cell: Map[Any], key: str, value: Any) -> None:
    if cell.get(key) != value:
        cell[key] = value


def _grown(shown: Any, was: dict[str, Any], wanted: dict[str, Any]) -> tuple[Text, str] | None:
    """The shared text of a stream, and what has come to it; None when more than that has changed."""
    stream = shown.get("text") if isinstance(shown, Map) else None
    if not isinstance(stream, Text) or {**was, "text": ""} != {**wanted, "text": ""}:
        return None
    before, after = str(stream), wanted["text"]
    return (stream, after[len(before) :]) if after.startswith(before) else None


def _shared(output: dict[str, Any]) -> Map[Any]:
    """An output as jupyter_ydoc shares it: a stream's text can grow."""
    return Map({**output, "text": Text(output["text"])} if isinstance(output.get("text"), str) else output)


def _shareable(value: Any) -> Any:
    """The same value as every client can take it: whole characters, and numbers that a browser has."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_shareable(str(key)): _shareable(one) for key, one in value.items()}
        case list() | tuple():
            return [_shareable(one) for one in value]
        case float():
            return value if math.isfinite(value) else None
        case int() if abs(value) >= SAFE_INTEGER:
            return _shareable(float(value)) if abs(value) < 2**1023 else None
        case _:
            return value

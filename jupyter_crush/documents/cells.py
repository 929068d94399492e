"""Cells of the port made from nbformat's dicts, and back: sources, stable ids, shapes that can be trusted.

A notebook from disk is hostile until :func:`checked` has looked at it. Cells without a usable id (older than nbformat 4.5, missing,
malformed, repeated) get one that is derived from where they stand and what all cells say, so that a read and the edit after it
agree on it without anything having been written in between; when any cell changed meanwhile, none of these ids is met again. They
are ours alone: :func:`as_stored` leaves them out of the file, whose format is kept. How they live on is told in
:mod:`.identities`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from typing import Any, cast

from ..errors import ToolError
from .port import Cell, CellType, Notebook

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CELL_TYPES = ("code", "markdown", "raw")
SUPPORTED = 4
"""The major version that cells are edited in; older ones are read as if they were converted."""


def source_of(cell: dict[str, Any]) -> str:
    """A cell's source as one string."""
    return joined(cell.get("source", ""))


def joined(text: Any) -> str:
    """A multi-line string of nbformat: a string, or a list of them."""
    if isinstance(text, str):
        return text
    if _is_lines(text):
        return "".join(text)
    raise ToolError("This notebook is damaged: a cell's text is neither a string nor a list of strings.")


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def outputs_of(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """A code cell's outputs with their texts as one string each; what is no output is left out."""
    outputs = cell.get("outputs") if cell.get("cell_type") == "code" else None
    return [_whole(output) for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []


def _whole(output: dict[str, Any]) -> dict[str, Any]:
    """The same object where nothing is to be joined."""
    if _is_lines(output.get("text")):
        output = {**output, "text": "".join(output["text"])}
    data = output.get("data")
    if isinstance(data, dict) and any(_is_split(mime, value) for mime, value in data.items()):
        joined_data = {mime: "".join(value) if _is_split(mime, value) else value for mime, value in data.items()}
        output = {**output, "data": joined_data}
    return output


def _is_split(mime: str, value: Any) -> bool:
    return not is_json(mime) and _is_lines(value)


def is_json(mime: str) -> bool:
    """Types whose lists are data and not lines."""
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))


def checked(notebook: Any) -> dict[str, Any]:
    """The notebook, when it has the shape that the rest of this package relies on. Raises ToolError."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ToolError("This is not a notebook: it has no list of cells. Read it as a text file instead.")
    if type(notebook.get("nbformat")) is not int or notebook["nbformat"] != SUPPORTED:
        raise ToolError(
            f"This notebook's format ({notebook.get('nbformat')!r}) is not known here. Update Jupyter to open it."
        )
    for index, cell in enumerate(notebook["cells"]):
        if not isinstance(cell, dict):
            raise ToolError(f"This notebook is damaged: cell {index} is not an object.")
        source_of(cell)
    return cast("dict[str, Any]", notebook)


def has_ids(notebook: dict[str, Any]) -> bool:
    """Whether this version of nbformat knows cell ids."""
    minor = notebook.get("nbformat_minor")
    return type(minor) is int and minor >= 5


def own_ids_of(notebook: dict[str, Any]) -> list[str | None]:
    """The id of each cell that the file has for it, where it can be used; None: the file has none."""
    if not has_ids(notebook):
        return [None] * len(notebook["cells"])
    taken: set[str] = set()
    ids: list[str | None] = []
    for cell in notebook["cells"]:
        own = cell.get("id")
        usable = isinstance(own, str) and CELL_ID.fullmatch(own) is not None and own not in taken
        ids.append(own if usable else None)
        if usable:
            taken.add(own)
    return ids


def ids_of(notebook: dict[str, Any]) -> list[str]:
    """An id for each cell, in order: its own where it has a good one, a derived one otherwise."""
    owned = own_ids_of(notebook)
    if None not in owned:
        return cast("list[str]", owned)
    taken = set(owned)
    state = hashlib.sha256()
    for cell in notebook["cells"]:
        state.update(f"{cell.get('cell_type')}\0{source_of(cell)}\0".encode("utf-8", "surrogatepass"))
    found: list[str] = []
    for index, own in enumerate(owned):
        found.append(own if own is not None else _derived(index, state.hexdigest(), taken))
        taken.add(found[-1])
    return found


def _derived(index: int, state: str, taken: Container[str | None]) -> str:
    salt = 0
    while True:
        if (cell_id := hashlib.sha256(f"{index}\0{salt}\0{state}".encode()).hexdigest()[:8]) not in taken:
            return cell_id
        salt += 1


def identified(notebook: dict[str, Any]) -> dict[str, Any]:
    """The same notebook to work on, with an id in each cell; cells that have theirs are the same objects."""
    cells = [
        cell if cell.get("id") == cell_id else {**cell, "id": cell_id}
        for cell, cell_id in zip(notebook["cells"], ids_of(notebook), strict=True)
    ]
    return {**notebook, "cells": cells}


def as_stored(before: dict[str, Any], worked_on: dict[str, Any], edited: dict[str, Any]) -> dict[str, Any]:
    """What was made of ``worked_on``, which is ``before`` identified, as its file has it: no id is in a cell that had none.

    Cells that no edit touched are the very objects of ``before``."""
    places = {cell["id"]: index for index, cell in enumerate(worked_on["cells"])}
    cells = []
    for cell in edited["cells"]:
        index = places.get(cell["id"])
        if index is None:
            cells.append(cell if has_ids(before) else _without_id(cell))
            continue
        was = before["cells"][index]
        if cell is worked_on["cells"][index]:
            cells.append(was)
        else:
            cells.append({**_without_id(cell), "id": was["id"]} if "id" in was else _without_id(cell))
    return {**edited, "cells": cells}


def _without_id(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key != "id"}


def as_notebook(
    path: str,
    notebook: dict[str, Any],
    version: str,
    *,
    ids: Sequence[str] | None = None,
    old_format: int | None = None,
) -> Notebook:
    """What the tools see. ``ids``: how its cells are called; None: as :func:`ids_of` says."""
    owned = own_ids_of(notebook)
    called = ids if ids is not None else ids_of(notebook)
    cells = tuple(
        Cell(
            id=cell_id,
            cell_type=cast("CellType", kind if (kind := cell.get("cell_type")) in CELL_TYPES else "raw"),
            source=source_of(cell),
            execution_count=count if isinstance(count := cell.get("execution_count"), int) else None,
            outputs=outputs_of(cell),
        )
        for cell_id, cell in zip(called, notebook["cells"], strict=True)
    )
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Notebook(
        path=path,
        cells=cells,
        version=version,
        kernel_name=_named(metadata, "kernelspec"),
        language=_named(metadata, "language_info") or _named(metadata, "kernelspec", "language"),
        virtual=frozenset(cell_id for cell_id, own in zip(called, owned, strict=True) if own is None),
        old_format=old_format,
    )


def old_format_of(metadata: Mapping[str, Any]) -> int | None:
    """The major version that a notebook was converted from when it was read, as nbformat notes it; None: it was not."""
    was = metadata.get("orig_nbformat")
    return int(was) if isinstance(was, int | float) and 1 <= was < SUPPORTED else None


def _named(metadata: dict[str, Any], group: str, key: str = "name") -> str | None:
    found = metadata.get(group)
    name = found.get(key) if isinstance(found, dict) else None
    return name if isinstance(name, str) and name else None

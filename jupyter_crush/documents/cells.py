"""Between nbformat's dicts and the port's cells: sources, stable ids, shapes that can be trusted.

A notebook from disk is hostile until :func:`checked` has looked at it. Cells without a usable id (older than nbformat 4.5, missing,
malformed, repeated) get one that is derived from where they stand and what they say, so that a read and the edit after it
agree on it without anything having been written in between.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, cast

from ..errors import ToolError
from .port import Cell, CellType, Notebook

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CELL_TYPES = ("code", "markdown", "raw")
SUPPORTED = 4
"""The major version that cells are edited in; older ones are converted when they are read."""


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


def ids_of(notebook: dict[str, Any]) -> list[str]:
    """An id for each cell, in order: its own where it has a good one, a derived one otherwise."""
    known = has_ids(notebook)
    taken: set[str] = set()
    ids: list[str | None] = []
    for cell in notebook["cells"]:
        own = cell.get("id") if known else None
        usable = isinstance(own, str) and CELL_ID.fullmatch(own) is not None and own not in taken
        ids.append(own if usable else None)
        if usable:
            taken.add(cast("str", own))
    derived: list[str] = []
    for index, (own, cell) in enumerate(zip(ids, notebook["cells"], strict=True)):
        derived.append(own if own is not None else _derived(index, source_of(cell), taken))
        taken.add(derived[-1])
    return derived


def _derived(index: int, source: str, taken: set[str]) -> str:
    salt = 0
    while True:
        seed = f"{index}\0{salt}\0{source}".encode("utf-8", "surrogatepass")
        if (cell_id := hashlib.sha256(seed).hexdigest()[:8]) not in taken:
            return cell_id
        salt += 1


def identified(notebook: dict[str, Any]) -> dict[str, Any]:
    """The same notebook with an id in each cell, as nbformat 4.5; untouched cells are the same objects."""
    ids = ids_of(notebook)
    cells = [
        cell if cell.get("id") == cell_id else {**cell, "id": cell_id}
        for cell, cell_id in zip(notebook["cells"], ids, strict=True)
    ]
    if has_ids(notebook):
        return {**notebook, "cells": cells}
    return {**notebook, "cells": cells, "nbformat": SUPPORTED, "nbformat_minor": 5}


def as_notebook(path: str, notebook: dict[str, Any], version: str) -> Notebook:
    """What the tools see."""
    cells = tuple(
        Cell(
            id=cell_id,
            cell_type=cast("CellType", kind if (kind := cell.get("cell_type")) in CELL_TYPES else "raw"),
            source=source_of(cell),
            execution_count=count if isinstance(count := cell.get("execution_count"), int) else None,
            outputs=outputs_of(cell),
        )
        for cell_id, cell in zip(ids_of(notebook), notebook["cells"], strict=True)
    )
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Notebook(
        path=path,
        cells=cells,
        version=version,
        kernel_name=_named(metadata, "kernelspec"),
        language=_named(metadata, "language_info") or _named(metadata, "kernelspec", "language"),
    )


def _named(metadata: dict[str, Any], group: str, key: str = "name") -> str | None:
    found = metadata.get(group)
    name = found.get(key) if isinstance(found, dict) else None
    return name if isinstance(name, str) and name else None

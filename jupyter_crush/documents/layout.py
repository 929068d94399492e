"""A notebook and where each part of it stands in its file, so that what no edit touches is written back as it was, to the byte.

Theory. A ``Layout`` remembers the place of each top-level member and of each cell. Edits keep the objects of untouched cells and of
untouched members of a cell, so identity tells what is new; only that is serialised, in the style of the file (indentation, escapes,
sources as lines). A file that has no plain layout (a repeated key) is written whole, as nbformat would.

Texts of outputs are one string each here, whatever they are on disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..errors import ToolError
from .cells import ids_of, is_json, outputs_of, source_of
from .depth import READ, is_deep, shallow
from .slices import Element, Member, Reader, Slices

SPLIT_TYPES = ("application/javascript", "image/svg+xml")
SAMPLE = 1024 * 1024
"""Bytes from which the style of escapes is told."""


class Style(Struct, frozen=True, kw_only=True):
    """How a file is written. ``unit`` is one step of indentation, None: all on one line."""

    unit: str | None = " "
    colon: str = ": "
    comma: str = ", "
    ascii: bool = False
    lines: bool = True
    """Sources and texts as lists of lines."""

    def dumps(self, value: Any, depth: int) -> bytes:
        """``value`` as it stands ``depth`` steps in."""
        text = self._dumps(value, ascii_only=self.ascii)
        if self.unit is not None:
            text = text.replace("\n", f"\n{self.unit * depth}")
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:  # half a surrogate pair can only be written as an escape
            return Style(unit=self.unit, colon=self.colon, comma=self.comma, ascii=True).dumps(value, depth)

    def _dumps(self, value: Any, *, ascii_only: bool) -> str:
        separators = (self.comma if self.unit is None else ",", self.colon)
        return json.dumps(value, indent=self.unit, separators=separators, ensure_ascii=ascii_only, sort_keys=True)

    def line(self, depth: int) -> bytes:
        """A new line that is ``depth`` steps in."""
        return b"" if self.unit is None else f"\n{self.unit * depth}".encode()

    def between(self, depth: int) -> bytes:
        """What stands between two values."""
        return self.comma.encode() if self.unit is None else b"," + self.line(depth)


class Layout:
    """One version of a notebook: ``notebook`` as json has it, and the file it came from."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError when it is not JSON."""
        self._data = data
        self.is_cut = False
        """Whether it is nested so deeply that ``notebook`` has notes in the place of what lies below."""
        try:
            self._read(data)
        except RecursionError:
            self.is_cut = True
        if self.is_cut or is_deep(self.notebook, READ):
            self.is_cut = True
            self._read(shallow(data))

    def _read(self, data: bytes) -> None:
        """``data``: the file, or as many bytes that can be read in its place."""
        self._cells: list[Element] = []
        self._members: list[Member] = []
        self._parts: dict[int, list[Member]] = {}
        """The members of large cells, by the identity of the cell."""
        self._plain_sources = False
        slices = Slices(data)
        start = slices.skip(0)
        if slices.at(start) == b"{":
            self._members, end = slices.members(start, {"cells": self._read_cells}.get)
            self.notebook: Any = {member.key: member.value for member in self._members}
        else:
            self.notebook, end = slices.value(start)
        slices.finish(end)
        self._readable = data
        self.style = self._style(start)

    def _read_cells(self, slices: Slices, at: int) -> tuple[Any, int]:
        if slices.at(at) != b"[":
            return slices.value(at)
        self._cells, end = slices.elements(at, self._read_cell)
        return [element.value for element in self._cells], end

    def _read_cell(self, slices: Slices, at: int) -> tuple[Any, int]:
        if slices.at(at) != b"{":
            return slices.value(at)
        if (found := slices.fits(at)) is not None:
            return self._joined(found.value), found.end
        members, end = slices.members(at, {"outputs": _read_outputs}.get)
        value = {member.key: member.value for member in members}
        self._parts[id(value)] = members
        return self._joined(value), end

    def _joined(self, cell: dict[str, Any]) -> dict[str, Any]:
        """The cell with one string for each text: a list for each would keep the garbage collector busy."""
        source = cell.get("source")
        self._plain_sources = self._plain_sources or (isinstance(source, str) and "\n" in source)
        if isinstance(source, list):
            cell["source"] = source_of(cell)
        if isinstance(cell.get("outputs"), list):
            cell["outputs"] = outputs_of(cell)
        return cell

    def _style(self, start: int) -> Style:
        if not self._members:
            return Style()
        data, first = self._data, self._members[0]
        opening = data[start + 1 : data.index(b'"', start)].decode()
        sample = data[:SAMPLE]
        return Style(
            unit=opening.rpartition("\n")[2] if "\n" in opening else None,
            colon=": " if data[first.start - 1 : first.start] == b" " else ":",
            comma=", " if data[first.end : first.end + 2] == b", " else ",",
            ascii=sample.isascii() and b"\\u" in sample,
            lines=not self._plain_sources,
        )

    def written(self, edited: Mapping[str, Any], ids: Sequence[str] | None = None) -> list[bytes | memoryview]:
        """The file of ``edited``, which was made from ``notebook``, piece by piece. ``ids`` call its cells as :func:`ids_of` calls
        those of ``notebook``; None: they hold them. Raises ToolError when that would lose what was cut."""
        keys = [member.key for member in self._members]
        if len(set(keys)) < len(keys) or set(keys) != set(edited):
            if self.is_cut:
                raise ToolError(
                    "This notebook is nested too deeply to be written anew. Nothing was changed; tell the user."
                )
            return [whole(edited)]
        pieces: list[bytes | memoryview] = []
        at = 0
        for member in self._members:
            value = edited[member.key]
            if member.key == "cells":
                pieces += [self._raw(at, member.start), *self._array(value, member, ids)]
            elif value is not member.value:
                pieces += [self._raw(at, member.start), self.style.dumps(value, 1)]
            else:
                continue
            at = member.end
        return [*pieces, self._raw(at, len(self._data))]

    def _raw(self, start: int, end: int) -> memoryview:
        return memoryview(self._data)[start:end]

    def _array(
        self, cells: list[dict[str, Any]], member: Member, ids: Sequence[str] | None
    ) -> Iterator[bytes | memoryview]:
        """The list of cells. Space around them stays what it was."""
        if not cells:
            yield b"[]"
            return
        style, old = self.style, self._cells
        between = self._raw(old[0].end, old[1].start) if len(old) > 1 else style.between(2)
        same = {id(element.value): element for element in old}
        before = dict(zip(ids_of(self.notebook), old, strict=True))
        yield b"["
        yield self._raw(member.start + 1, old[0].start) if old else style.line(2)
        for index, cell in enumerate(cells):
            if index:
                yield between
            if (found := same.get(id(cell))) is not None:
                yield self._raw(found.start, found.end)
            else:
                yield from self._cell(cell, before.get(cell["id"] if ids is None else ids[index]))
        yield self._raw(old[-1].end, member.end) if old else style.line(1) + b"]"

    def _cell(self, cell: dict[str, Any], before: Element | None) -> Iterator[bytes | memoryview]:
        """A touched or new cell: untouched members as they were, in their order."""
        style = self.style
        raw = {member.key: member for member in self._members_of(before)}
        old = before.value if before is not None else {}
        order = [key for key in raw if key in cell]
        fresh = [key for key in cell if key not in raw]
        order = sorted(order + fresh) if order == sorted(order) else order + fresh
        for index, key in enumerate(order):
            yield style.between(3) if index else b"{" + style.line(3)
            yield style.dumps(key, 0) + style.colon.encode()
            if key in raw and cell[key] is old.get(key):
                yield self._raw(raw[key].start, raw[key].end)
            else:
                yield style.dumps(_as_lines(key, cell[key]) if style.lines else cell[key], 3)
        yield style.line(2) + b"}"

    def _members_of(self, before: Element | None) -> list[Member]:
        if before is None:
            return []
        known = self._parts.get(id(before.value))
        return known if known is not None else Slices(self._readable).members(before.start)[0]


# --- reading large cells ---


def _read_outputs(slices: Slices, at: int) -> tuple[Any, int]:
    if slices.at(at) != b"[":
        return slices.value(at)
    elements, end = slices.elements(at, _read_output)
    return outputs_of({"cell_type": "code", "outputs": [element.value for element in elements]}), end


def _read_output(slices: Slices, at: int) -> tuple[Any, int]:
    return _read_object(slices, at, {"text": Slices.lines, "data": _read_data}.get)


def _read_data(slices: Slices, at: int) -> tuple[Any, int]:
    return _read_object(slices, at, lambda mime: None if is_json(mime) else Slices.lines)


def _read_object(slices: Slices, at: int, reader: Callable[[str], Reader | None]) -> tuple[Any, int]:
    if slices.at(at) != b"{":
        return slices.value(at)
    if (found := slices.fits(at)) is not None:
        return found.value, found.end
    members, end = slices.members(at, reader)
    return {member.key: member.value for member in members}, end


# --- writing ---


def whole(notebook: Mapping[str, Any]) -> bytes:
    """A notebook's file as nbformat writes it."""
    cells = [{key: _as_lines(key, value) for key, value in cell.items()} for cell in notebook["cells"]]
    return Style().dumps({**notebook, "cells": cells}, 0) + b"\n"


def _as_lines(key: str, value: Any) -> Any:
    """A member of a cell as it stands on disk: texts as lists of lines."""
    if key == "source" and isinstance(value, str):
        return value.splitlines(keepends=True)
    if key == "outputs" and isinstance(value, list):
        return [_output_lines(output) if isinstance(output, dict) else output for output in value]
    return value


def _output_lines(output: dict[str, Any]) -> dict[str, Any]:
    text, data = output.get("text"), output.get("data")
    if isinstance(text, str):
        output = {**output, "text": text.splitlines(keepends=True)}
    if isinstance(data, dict):
        output = {**output, "data": {mime: _data_lines(mime, value) for mime, value in data.items()}}
    return output


def _data_lines(mime: str, value: Any) -> Any:
    split = mime.startswith("text/") or mime in SPLIT_TYPES
    return value.splitlines(keepends=True) if split and isinstance(value, str) and not is_json(mime) else value

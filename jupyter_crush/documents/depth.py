"""JSON that is nested too deeply: what of it is left out, so that whoever reads it by recursion can.

Theory. Python's readers and writers of JSON, and those of Jupyter, call themselves once or more for each level, and Python ends what
calls itself about a thousand times. So an output is bounded when it is taken (TAKEN), and of a file only so many levels are looked at
(READ); its bytes below them stay what they are. Bounds are counted, not tried out: how deep is too deep depends on who calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

TAKEN = 100
"""Levels of an output's data that are kept."""
READ = 200
"""Levels of a notebook's file that are looked at: more than any notebook has whose outputs are bounded."""
NOTE = "[nested too deeply, left out]"
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
CONTAINERS = frozenset((dict, list))


def is_deep(value: Any, levels: int) -> bool:
    """Whether a value of JSON has more levels of objects and arrays than these."""
    held = [value] if type(value) in CONTAINERS else []
    while held and levels > 0:
        levels -= 1
        if CONTAINERS.isdisjoint(map(type, _inside(held))):  # in C: most containers of a large notebook hold numbers
            return False
        held = [inner for inner in _inside(held) if type(inner) in CONTAINERS]
    return bool(held)


def _inside(containers: Iterable[Any]) -> Iterator[Any]:
    return chain.from_iterable(held.values() if type(held) is dict else held for held in containers)


def limit_depth(value: Any, levels: int = TAKEN) -> Any:
    """The same value, with a note in the place of what lies deeper."""
    return _cut(value, levels) if is_deep(value, levels) else value


def _cut(value: Any, levels: int) -> Any:
    if type(value) not in CONTAINERS:
        return value
    if levels == 0:
        return NOTE
    if type(value) is dict:
        return {key: _cut(inner, levels - 1) for key, inner in value.items()}
    return [_cut(inner, levels - 1) for inner in value]


def shallow(data: bytes, levels: int = READ) -> bytes:
    """The text of JSON in as many bytes, with a note in the place of what lies deeper, and spaces after it.

    Whatever is left stands where it stood. Text that is no JSON remains none."""
    pieces: list[bytes] = []
    depth = kept = start = 0
    for token in TOKEN.finditer(data):
        match token.group():
            case b"[" | b"{":
                depth += 1
                if depth == levels + 1:
                    start = token.start()
            case b"]" | b"}":
                depth -= 1
                if depth == levels:
                    pieces += [data[kept:start], _note(token.end() - start)]
                    kept = token.end()
            case _:
                pass
    rest = data[kept:start].ljust(len(data) - kept) if depth > levels else data[kept:]  # what never closes is left out
    return b"".join((*pieces, rest))


def _note(size: int) -> bytes:
    note = f'"{NOTE}"'.encode()
    return (note if len(note) <= size else b'""').ljust(size)

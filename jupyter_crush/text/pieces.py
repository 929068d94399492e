"""Many bytes as pieces that are worth a write each, and that hold up nobody: copying fifty megabytes at once stops every thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def in_pieces(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes, ``size`` at a time; the last piece is shorter, and empty where nothing is left."""
    held: list[bytes] = []
    length = 0
    for part in parts:
        held.append(part)
        length += len(part)
        if length >= size:
            whole = held[0] if len(held) == 1 else b"".join(held)
            end = length - length % size
            yield from (whole[start : start + size] for start in range(0, end, size))
            held, length = [whole[end:]], length - end
    yield b"".join(held)

"""Many streams on one event loop: a read from the network costs far more than the events in it, so let several arrive together.

A few streams are read as fast as they come. The more there are, the longer each waits between two reads, so that the cost of all of
them stays about the same, and a person who watches one of two hundred sees its text grow a dozen times a second.
"""

from __future__ import annotations

FEW = 8
"""Streams that are read as fast as they come."""
PAUSE_S = 0.0004
"""Of pause between reads, for each stream there is."""
MOST_PAUSE_S = 0.08


class Pace:
    """Counts the streams that are read. Owner: the model."""

    def __init__(self) -> None:
        self._streams = 0

    def __enter__(self) -> None:
        self._streams += 1

    def __exit__(self, *_: object) -> None:
        self._streams -= 1

    @property
    def pause(self) -> float:
        """Seconds between two reads of one stream."""
        return 0.0 if self._streams <= FEW else min(self._streams * PAUSE_S, MOST_PAUSE_S)

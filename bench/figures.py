"""One measurement: ours, what it is held against in the same run, and how many times that it may be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

MS = 1000


class Middle(NamedTuple):
    """The median of some measurements, and the quartiles around it: how much they differ among themselves."""

    median: float
    low: float
    high: float


def middle(values: Sequence[float], times: float = 1.0) -> Middle:
    """``times``: the factor to the unit that is shown."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return Middle(median * times, low * times, high * times)


class Figure(NamedTuple):
    """``goal`` is a ratio, ours to theirs: the most, or where ``more_is_better`` the least; None: it is only shown."""

    what: str
    unit: str
    ours: float
    theirs: float
    beside: str
    """What theirs is of."""
    goal: float | None = None
    more_is_better: bool = False
    note: str = ""
    spread: tuple[Middle, Middle] | None = None
    """Ours and theirs, where each was measured many times."""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def is_reached(self) -> bool:
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal

    def line(self) -> tuple[str, bool]:
        """For the terminal."""
        goal = "" if self.goal is None else f" (goal {self.bound})"
        note = f"; {self.note}" if self.note else ""
        text = f"{self.what}: {self.our_side}, {self.beside} {self.their_side}: {self.ratio:.2f} ×{goal}{note}"
        return text, self.is_reached

    def row(self) -> str:
        """For a table in Markdown: what, ours, beside what, how many times, and the goal."""
        times, goal = f"{self.ratio:.2f} ×", "" if self.goal is None else self.bound
        if not self.is_reached:
            times, goal = f"**{times}**", f"{goal}, missed"
        what = f"{self.what} ({self.note})" if self.note else self.what
        return f"| {what} | {self.our_side} | {self.their_side}, {self.beside} | {times} | {goal} |"

    @property
    def our_side(self) -> str:
        return f"{shown(self.ours)} {self.unit}{_between(self.spread[0]) if self.spread else ''}"

    @property
    def their_side(self) -> str:
        return f"{shown(self.theirs)} {self.unit}{_between(self.spread[1]) if self.spread else ''}"

    @property
    def bound(self) -> str:
        return "" if self.goal is None else f"{'≥' if self.more_is_better else '≤'} {self.goal:g} ×"


def compared(
    what: str, ours: Sequence[float], theirs: Sequence[float], beside: str, goal: float | None = None, note: str = ""
) -> Figure:
    """Seconds, measured many times on both sides, shown in milliseconds."""
    mine, other = middle(ours, MS), middle(theirs, MS)
    return Figure(what, "ms", mine.median, other.median, beside, goal, note=note, spread=(mine, other))


def shown(number: float) -> str:
    """With three significant digits, as far as they say something."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _between(middle: Middle) -> str:
    return f" ({shown(middle.low)}–{shown(middle.high)})"

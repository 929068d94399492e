"""One measurement: ours, what it is held against in the same run, and how many times that it may be."""

from __future__ import annotations

from typing import NamedTuple


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
        text = f"{self.what}: {shown(self.ours)} {self.unit}, {self.beside} {shown(self.theirs)}: {self.ratio:.2f} ×{goal}{note}"
        return text, self.is_reached

    @property
    def bound(self) -> str:
        return "" if self.goal is None else f"{'≥' if self.more_is_better else '≤'} {self.goal:g} ×"


def shown(number: float) -> str:
    """With three significant digits, as far as they say something."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"

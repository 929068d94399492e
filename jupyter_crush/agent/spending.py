"""What a run has spent, with all that it started, and whether the budgets allow for more.

Usage and steps go up to a run's parents as they are counted, so what is left to a parent is what is left to each run below it, at any
moment. The time that a parent works holds that of its children already. While one waits for a person, the clocks of all above it
stand still.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from msgspec.structs import replace

from ..concurrency.stopwatch import Stopwatch
from ..config import Budgets
from ..errors import BudgetSpent
from ..models.metering import check_cost
from ..wire import Usage


class Spending:
    """Owner of what one run has spent. ``above``: its parent's."""

    def __init__(self, above: Spending | None = None) -> None:
        self.usage = Usage()
        """With that of all below. How full the context is, is its own."""
        self.steps = 0
        """Of tools that came to their end, with those of all below."""
        self.worked = Stopwatch()
        """Since its turn began."""
        self.above = above

    def begin(self) -> None:
        """It works from now on."""
        self.worked = Stopwatch()

    def add(self, usage: Usage) -> None:
        """A request took so much."""
        self.usage = self.usage.plus(usage)
        if self.above is not None:
            self.above.add(replace(usage, context_tokens=0))

    def add_step(self) -> None:
        for one in self._line():
            one.steps += 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While it waits for a person."""
        with ExitStack() as stack:
            for one in self._line():
                stack.enter_context(one.worked.pause())
            yield

    def check(self, budgets: Budgets) -> None:
        """Raises BudgetSpent where a budget is used up, its own or that of one above."""
        for one in self._line():
            if over := budgets.exceeded(one.usage, steps=one.steps, seconds=one.worked.seconds):
                whose = "The run" if one is self else "The run that this one works for"
                raise BudgetSpent(
                    f"{whose} reached its budget of {over}. Ask it to continue, or raise CrushApp.budgets."
                )

    def check_request(self, budgets: Budgets, to_send: float | None) -> None:
        """Raises BudgetSpent where the next request alone, at so many USD, would cross one of them."""
        for one in self._line():
            check_cost(budgets, one.usage, to_send)

    def _line(self) -> Iterator[Spending]:
        """This one, and all above it."""
        one: Spending | None = self
        while one is not None:
            yield one
            one = one.above

    def __repr__(self) -> str:
        return f"<Spending: {self.steps} steps, {self.usage}>"

"""Waiting for a kernel that is not free: what people are told of it, and when it is over."""

from __future__ import annotations

from collections.abc import Callable

POLL = 0.5
"""Seconds between two looks at whether the kernel is still there."""
SILENT = 10.0
"""Seconds without an answer from a kernel that is not known to be busy, after which people are told."""
SILENCE = 60.0
"""Seconds in which a kernel that is not known to be busy has to answer."""
STUCK = 60.0
"""Seconds that a cell of the agent's is waited for which ignored its interrupt. Long enough for a save or a transfer to end, and
short enough for a person who watches; other people's cells are waited for without a limit."""


class KernelGone(Exception):
    """The kernel died, was shut down or was restarted; the message says which."""


class KernelSilent(Exception):
    """The kernel does not answer, and is not known to be busy."""


class KernelStuck(Exception):
    """A cell that ignored its interrupt still runs."""


class Waiting:
    """One wait for a kernel: what people are told of it, and when it is over. ``stuck`` names the cell that ignored its interrupt
    and still runs there, if one does."""

    def __init__(
        self, clock: Callable[[], float], tell: Callable[[str], None], stuck: Callable[[], str | None] = lambda: None
    ) -> None:
        self._clock, self._tell, self._stuck = clock, tell, stuck
        self._began = self._answered = clock()
        self.reason: str | None = None
        """What was last said."""

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    def look(self, *, busy: bool) -> None:
        """No answer yet. Raises KernelStuck or KernelSilent when that has been so for too long."""
        now = self._clock()
        if (what := self._stuck()) is not None:
            self._answered = now
            if now - self._began > STUCK:
                raise KernelStuck(
                    f"The kernel is still busy with {what}, which ignored the interrupt {STUCK:g} s long."
                )
            words = f"The kernel is still busy with {what}, which ignored the interrupt; waiting up to {STUCK:g} s."
        elif busy:
            self._answered = now
            words = "The kernel is busy with other code; waiting for it to end."
        elif now - self._answered > SILENCE:
            raise KernelSilent(f"The kernel has not answered for {SILENCE:g} s.")
        elif now - self._answered > SILENT:
            words = f"No answer from the kernel for {SILENT:g} s."
        else:
            return
        if self.seconds >= POLL and words != self.reason:
            self.reason = words
            self._tell(words)

"""What a cell raises: one line that says what went wrong and what to do next, instead of a traceback through our own code.

They are errors for whoever runs the notebook, too: nbclient, papermill and "Run All" stop there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CrushError
from ..text.visible import visible

if TYPE_CHECKING:
    from .answer import Answer


class ShortTraceback(Exception):
    """Shown in a cell as its name and message."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of the traceback; the cell has failed nevertheless."""
        return [f"\x1b[31m{type(self).__name__}\x1b[39m: {visible(str(self))}"]


class RunFailed(ShortTraceback, CrushError):
    """The run failed, so there is no answer to go on with.

    ``answer`` has what there is: its text so far, the run, the files that were changed. ``reason`` is the run's.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.ending)
        self.answer = answer
        self.reason = answer.run.reason or answer.run.state


class RunCancelled(RunFailed):
    """The run was cancelled: by a person in the panel, at a terminal, or in another cell."""


def check_answer(answer: Answer) -> Answer:
    """The answer of a run that went well. RunFailed or RunCancelled otherwise."""
    if answer.is_cancelled:
        raise RunCancelled(answer)
    if not answer.ok:
        raise RunFailed(answer)
    return answer

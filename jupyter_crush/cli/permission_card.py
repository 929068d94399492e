"""What a tool would do, put to a person at the terminal.

First the card, its text last; a moment later the question. Only what is begun after the question is an answer to it, and only
``y`` or ``yes`` allows. Other words are a refusal with a reason: who writes "stop!" while a card comes has said no.
"""

from __future__ import annotations

from ..client import AsyncWorkspace
from ..client.request_text import Line, body, headline, saying
from ..text.visible import one_line
from ..wire import PermissionAction, PermissionRequest
from .keyboard import Typed
from .screen import Screen

REASON_CHARS = 4000
"""So much of a reason the server takes."""
_ANSWERS: dict[str, PermissionAction] = {
    "y": "allow",
    "yes": "allow",
    "session": "allow_session",
    "always": "allow_session",
    "n": "deny",
    "no": "deny",
}
_DENIED = "Nobody is at this terminal to be asked (jupyter crush run --yes or --mode would allow it)."
_STYLES = {"plain": (), "added": ("green",), "removed": ("red",), "folded": ("dim",)}
Answer = tuple[PermissionAction, str | None]


class PermissionCard:
    """One request for permission."""

    def __init__(self, request: PermissionRequest) -> None:
        self.request = request

    def show(self, screen: Screen) -> None:
        """Exactly what will happen."""
        lines = body(self.request)
        screen.show(f"? {headline(self.request)}", "magenta", "bold")
        self._body(screen, lines)
        rows = screen.rows_of(f"  {line.text}" for line in lines)
        if rows > screen.height:
            screen.show(f"  ({rows:,} lines, more than this screen shows: scroll up to see where it begins)", "magenta")

    def ask(self, screen: Screen, standing: str) -> None:
        """How to answer; ``standing`` is what was being typed when the card came."""
        scope = self.request.scope
        session = f", session allow {one_line(scope)} for this session" if scope else ""
        screen.show(f"  y allow{session}, n deny; any other text denies and is sent to the agent", "magenta")
        if standing:
            screen.show("  You were typing: Enter denies and sends this to the agent:", "magenta")

    def watch(self, screen: Screen, told: str) -> None:
        """Show what is asked, and of whom, to somebody who may not answer."""
        self.show(screen)
        screen.show(f"  {told}", "magenta")

    async def take_line(self, line: Typed, screen: Screen, workspace: AsyncWorkspace, *, is_fresh: bool) -> bool | None:
        """Answer as a line says. False: somebody answered first; None: the line is no answer."""
        answer = read_answer(line, is_fresh=is_fresh, can_widen=self.request.scope is not None)
        if answer is None:
            if not is_fresh and line.text.strip():
                screen.show(
                    f"  “{one_line(line.text.strip())}” was typed before the question, so it does not count.", "dim"
                )
            return None
        action, reason = answer
        resolved = await workspace.answer(self.request.id, action, reason)
        if resolved and reason is not None:
            screen.show(f"  Denied. Sent to the agent: “{one_line(reason)}”", "dim")
        return resolved

    def has_words(self, line: Typed) -> bool:
        """Whether a line says more than an answer, so that it is worth something when somebody answered first."""
        return read_answer(line, is_fresh=False, can_widen=False) is not None

    async def answer_unattended(self, screen: Screen, workspace: AsyncWorkspace, *, allow: bool) -> bool:
        """Answer for a person who is not there."""
        if allow:
            screen.note(f"allowed: {headline(self.request)}", "magenta")
            if screen.is_watched:
                self._body(screen, body(self.request))
            return await workspace.answer(self.request.id, "allow")
        for said in saying(self.request):
            screen.warn(said)
        screen.warn(f"denied: {headline(self.request)} ({_DENIED})")
        return await workspace.answer(self.request.id, "deny", _DENIED)

    def _body(self, screen: Screen, lines: list[Line]) -> None:
        for line in lines:
            screen.show(f"  {line.text}", *_STYLES[line.kind])


def read_answer(line: Typed, *, is_fresh: bool, can_widen: bool) -> Answer | None:
    """What a line says about a card: an action, and the reason of a denial. None: nothing that is an answer.

    A line that was begun before the question never allows, and one whose end alone would be an answer is asked again.
    """
    words, end = line.text.strip(), line.tail.strip().lower()
    exact = _ANSWERS.get(words.lower())
    if exact is not None:
        is_offered = is_fresh and (can_widen or exact != "allow_session")
        return (exact, None) if is_offered else None
    if len(words) < 2 or (not is_fresh and end in _ANSWERS):
        return None
    first, _, rest = words.partition(" ")
    reason = rest.strip() if _ANSWERS.get(first.lower().rstrip(",.:;!")) == "deny" and rest.strip() else words
    return "deny", reason[:REASON_CHARS]

"""What a tool would do, put to a person at the terminal."""

from __future__ import annotations

import msgspec

from ..client import AsyncWorkspace
from ..wire import PermissionAction, PermissionRequest
from .screen import Screen

_ANSWERS: dict[str, PermissionAction] = {"y": "allow", "yes": "allow", "s": "allow_session", "n": "deny", "no": "deny"}
_DENIED = "Nobody is at this terminal to be asked (jupyter crush run --yes or --mode would allow it)."


class PermissionCard:
    """One request for leave."""

    def __init__(self, request: PermissionRequest) -> None:
        self.request = request
        self._headline = f"{request.tool_name}: {request.description}" + (f" [{request.path}]" if request.path else "")

    def show(self, screen: Screen) -> None:
        """Exactly what will happen, and how to answer."""
        screen.show(f"? {self._headline}", "yellow", "bold")
        self._details(screen)
        self.again(screen)

    def again(self, screen: Screen) -> None:
        """How to answer."""
        session = f", s allow {self.request.scope}" if self.request.scope else ""
        screen.show(f"  y allow{session}, n deny (n and why: the agent is told)", "yellow")

    async def typed(self, line: str, workspace: AsyncWorkspace) -> bool | None:
        """Answer as a line says. False: somebody answered first; None: the line says nothing."""
        word, _, reason = line.strip().partition(" ")
        action = _ANSWERS.get(word.lower())
        if (
            action is None
            or (reason and action != "deny")
            or (action == "allow_session" and self.request.scope is None)
        ):
            return None
        return await workspace.answer(self.request.id, action, reason.strip() or None)

    async def unattended(self, screen: Screen, workspace: AsyncWorkspace, *, allow: bool) -> bool:
        """Answer for a person who is not there."""
        if allow:
            screen.note(f"allowed: {self._headline}", "yellow")
            if screen.is_watched:
                self._details(screen)
            return await workspace.answer(self.request.id, "allow")
        screen.warn(f"denied: {self._headline} ({_DENIED})")
        return await workspace.answer(self.request.id, "deny", _DENIED)

    def _details(self, screen: Screen) -> None:
        for name, value in self.request.params.items():
            if value is None or value == "":
                continue
            text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value)).decode()
            if "\n" not in text:
                screen.show(f"  {name}: {text}")
                continue
            screen.show(f"  {name}:")
            for line in text.split("\n"):
                screen.show(f"    {line}", *_line_style(name, line))


def _line_style(name: str, line: str) -> tuple[str, ...]:
    if "diff" not in name or line.startswith(("+++", "---")):
        return ()
    return ("green",) if line.startswith("+") else ("red",) if line.startswith("-") else ()

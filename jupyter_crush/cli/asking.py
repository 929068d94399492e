"""What the agent asks leave for, put to a person at the terminal, or answered as the command line said."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..client import AsyncWorkspace
from ..wire import PermissionAction, PermissionNotification, PermissionRequest
from .screen import Screen

Policy = Literal["ask", "allow", "deny"]

_ANSWERS: dict[str, PermissionAction] = {"y": "allow", "yes": "allow", "s": "allow_session", "n": "deny", "no": "deny"}
_DENIED = "Nobody is at this terminal to be asked (jupyter crush run --yes or --mode would allow it)."


class Asker:
    """Owner of the questions that this command has open, oldest first. ``run_id``: only this run's; None: every one."""

    def __init__(self, workspace: AsyncWorkspace, screen: Screen, policy: Policy, *, run_id: str | None = None) -> None:
        self._workspace = workspace
        self._screen = screen
        self._policy = policy
        self._run_id = run_id
        self._open: dict[str, PermissionRequest] = {}
        self._mine: set[str] = set()
        self.was_denied = False

    async def take(self, payload: object) -> None:
        """Look at an event's payload, and ask, answer or dismiss accordingly."""
        if isinstance(payload, PermissionRequest):
            if payload.state == "pending" and self._run_id in {None, payload.run_id}:
                await self._asked(payload)
        elif isinstance(payload, PermissionNotification):
            self._settled(payload)

    async def catch_up(self) -> None:
        """Look for what is pending on the server: it may have been asked before this command was there."""
        pending = {request.id: request for request in await self._workspace.permissions()}
        for gone in self._open.keys() - pending.keys():
            del self._open[gone]
        for request in pending.values():
            await self.take(request)

    @property
    def is_waiting(self) -> bool:
        return bool(self._open)

    async def answer(self, line: str) -> None:
        """What was typed while a question is open."""
        request = next(iter(self._open.values()))
        action = _ANSWERS.get(line.strip().lower())
        if action is None or (action == "allow_session" and request.scope is None):
            self._prompt(request)
            return
        await self._answer(request, action)

    async def _asked(self, request: PermissionRequest) -> None:
        if request.id in self._open or request.id in self._mine:
            return
        self._open[request.id] = request
        if self._policy == "ask":
            if len(self._open) == 1:
                self._show(request)
            return
        if self._policy == "allow":
            self._screen.note(f"allowed: {_headline(request)}", "yellow")
            if self._screen.is_watched:
                self._details(request)
            await self._answer(request, "allow")
        else:
            self._screen.warn(f"denied: {_headline(request)} ({_DENIED})")
            await self._answer(request, "deny", _DENIED)

    async def _answer(self, request: PermissionRequest, action: PermissionAction, message: str | None = None) -> None:
        self._mine.add(request.id)
        if not await self._workspace.answer(request.id, action, message):
            self._screen.note("Somebody answered first.", "dim")
        self._next(request.id)

    def _settled(self, notification: PermissionNotification) -> None:
        is_known = notification.id in self._open or notification.id in self._mine
        if is_known and not notification.granted and not notification.withdrawn:
            self.was_denied = True
        if notification.id in self._open and notification.id not in self._mine:
            how = "withdrawn" if notification.withdrawn else "allowed" if notification.granted else "denied"
            self._screen.show(f"({how} by {notification.by or 'the server'})", "dim")
        self._next(notification.id)

    def _next(self, done: str) -> None:
        if self._open.pop(done, None) is not None and self._open and self._policy == "ask":
            self._show(next(iter(self._open.values())))

    def _show(self, request: PermissionRequest) -> None:
        self._screen.show(f"? {_headline(request)}", "yellow", "bold")
        self._details(request)
        self._prompt(request)

    def _details(self, request: PermissionRequest) -> None:
        """Exactly what will happen."""
        show = self._screen.show
        for name, value in request.params.items():
            if value is None or value == "":
                continue
            text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value)).decode()
            if "\n" not in text:
                show(f"  {name}: {text}")
                continue
            show(f"  {name}:")
            for line in text.split("\n"):
                show(f"    {line}", *_line_style(name, line))

    def _prompt(self, request: PermissionRequest) -> None:
        session = f", s allow {request.scope}" if request.scope else ""
        self._screen.show(f"  y allow{session}, n deny", "yellow")


def _headline(request: PermissionRequest) -> str:
    return f"{request.tool_name}: {request.description}" + (f" [{request.path}]" if request.path else "")


def _line_style(name: str, line: str) -> tuple[str, ...]:
    if "diff" not in name or line.startswith(("+++", "---")):
        return ()
    return ("green",) if line.startswith("+") else ("red",) if line.startswith("-") else ()

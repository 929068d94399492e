"""A session told as it goes: text as it comes, a line for each tool, a line for what a person should know."""

from __future__ import annotations

from typing import Any

from ..client import AsyncWorkspace, Connected, Item, Lost, Resynced, Transcript
from ..text.truncate import short
from ..wire import AgentEvent, Event, Message, Run, RunComplete, Text, ToolCall, ToolResult
from .screen import Screen

_ENDINGS = {
    "max_tokens": "The answer was cut: it reached the model's limit.",
    "refusal": "The model refused to go on.",
    "loop": "Stopped: the same tool call was repeated.",
    "budget": "Stopped: the budget of this run is spent.",
}


class Teller:
    """Owner of what was already told of one session."""

    def __init__(self, screen: Screen, session_id: str, *, run_id: str | None = None) -> None:
        self.transcript = Transcript(session_id)
        self._screen = screen
        self._session_id = session_id
        self._run_id = run_id
        self._told: set[str] = set()
        self._was_lost = False

    async def catch_up(self, workspace: AsyncWorkspace) -> str:
        """Take in the session as it is, as told already; the cursor to go on from."""
        snapshot = await workspace.messages(self._session_id)
        self.transcript.load(snapshot)
        for message in self.transcript.messages:
            self._told.update(_keys(message))
        return snapshot.cursor

    def tell(self, item: Item) -> None:
        if isinstance(item, Lost):
            if not self._was_lost:
                self._screen.note("The connection is lost; trying again.", "yellow")
            self._was_lost = True
        elif isinstance(item, Connected):
            if self._was_lost:
                self._screen.note("Connected again.", "dim")
            self._was_lost = False
        elif isinstance(item, Resynced):
            self._resync(item)
        elif isinstance(item, Event):
            self._event(item)

    def _resync(self, item: Resynced) -> None:
        if item.snapshot is None:
            return
        before = {message.id: message.text for message in self.transcript.messages}
        self.transcript.load(item.snapshot)
        for message in self.transcript.messages:
            if self._is_own(message.run_id) and message.role == "assistant":
                self._screen.answer(message.text.removeprefix(before.get(message.id, "")))
            self._tools(message)

    def _event(self, event: Event[Any]) -> None:
        payload = event.payload.payload
        added = self.transcript.apply(event)
        message_id = getattr(payload, "message_id", None) or getattr(payload, "id", "")
        message = self.transcript.get(str(message_id))
        if message is not None and added and self._is_own(message.run_id):
            self._screen.answer(added)
        if isinstance(payload, Message) and payload.session_id == self._session_id:
            self._tools(payload)
        elif isinstance(payload, AgentEvent) and payload.type != "error" and self._is_own(payload.run_id):
            self._screen.note(payload.message, "dim")

    def _tools(self, message: Message) -> None:
        """A line for each call when it is complete, and for each result that is an error."""
        if not self._is_own(message.run_id):
            return
        for key, part in _keys(message).items():
            if key in self._told:
                continue
            self._told.add(key)
            if isinstance(part, ToolCall):
                self._screen.note(f"▸ {_named(part)} {_arguments(part)}".rstrip(), "cyan")
            elif isinstance(part, ToolResult) and part.is_error:
                self._screen.note(f"  {_first_line(part.content)}", "red")
            elif isinstance(part, Text) and self._run_id is None:
                self._screen.note(f"\n{message.author or 'you'}: {part.text}", "bold")

    def _is_own(self, run_id: str | None) -> bool:
        return self._run_id is None or run_id == self._run_id


def ending(run: Run | RunComplete) -> str | None:
    """Why a run ended, where that is worth a word."""
    if run.error:
        return run.error
    if run.state == "interrupted":
        return "The run was interrupted by a stop of the server. Send the prompt again to go on."
    return _ENDINGS.get(run.reason or "")


def _keys(message: Message) -> dict[str, object]:
    """The parts that are told as lines, by what names them."""
    found: dict[str, object] = {}
    for index, part in enumerate(message.parts):
        if isinstance(part, ToolCall) and part.finished:
            found[f"call {part.id}"] = part
        elif isinstance(part, ToolResult):
            found[f"result {part.tool_call_id}"] = part
        elif isinstance(part, Text) and message.role == "user":
            found[f"text {message.id} {index}"] = part
    return found


def _named(call: ToolCall) -> str:
    """A tool of another package is told with where it comes from."""
    return call.name if call.origin in {None, "builtin"} else f"{call.name} from {call.origin}"


def _arguments(call: ToolCall) -> str:
    """The arguments in short: those that name something."""
    words = [
        str(value) for value in call.input.values() if isinstance(value, str | int) and not isinstance(value, bool)
    ]
    return _first_line(" ".join(words))


def _first_line(text: str, limit: int = 100) -> str:
    return short(text.strip().partition("\n")[0], limit)

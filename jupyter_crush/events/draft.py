"""A message while it is being written: finished parts, and one that grows."""

from __future__ import annotations

from msgspec.structs import replace

from ..wire import Message, Part, Reasoning, Text


class Draft:
    """Owner of an assistant message in flight. Only the last part grows; lengths are code points."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._parts: list[Part] = list(message.parts)
        self._grown: list[str] = []
        self._length = 0
        self._sealed = False
        self.dirty = True
        """Whether something was written since the last checkpoint."""

    @property
    def id(self) -> str:
        return self._message.id

    @property
    def session_id(self) -> str:
        return self._message.session_id

    @property
    def last(self) -> Part | None:
        return self._parts[-1] if self._parts else None

    def grows(self, kind: type[Part]) -> bool:
        """Whether the last part is of this kind and not complete yet."""
        return isinstance(self.last, kind) and not self._sealed

    def begin(self, part: Part) -> None:
        """Settle the last part and start the next."""
        self._settle()
        self._sealed = False
        self._parts.append(part)
        self.dirty = True

    def extend(self, text: str) -> tuple[int, int]:
        """Let the last part grow; returns its index and the offset at which ``text`` stands."""
        offset = self._length
        self._grown.append(text)
        self._length += len(text)
        self.dirty = True
        return len(self._parts) - 1, offset

    def replace_last(self, part: Part) -> None:
        """Put the complete part in place of the one that grew."""
        self._grown.clear()
        self._length = 0
        self._parts[-1] = part
        self._sealed = self.dirty = True

    def grown(self) -> str:
        """What the last part grew by."""
        return "".join(self._grown)

    def void(self) -> None:
        """Take everything back: the step is begun again."""
        self._grown.clear()
        self._length = 0
        self._parts.clear()
        self.dirty = True

    def become_summary(self) -> None:
        """Of what was said before, instead of the next thing to be said. It is out of the context until it is whole."""
        self.void()
        self._message = replace(self._message, is_summary=True, in_context=False)

    def message(self, now: int) -> Message:
        """The message as it is at ``now``."""
        parts = list(self._parts)
        if self._grown:
            parts[-1] = self._with_growth(parts[-1])
        return replace(self._message, parts=tuple(parts), updated_at=max(now, self._message.created_at))

    def _settle(self) -> None:
        if self._grown:
            self._parts[-1] = self._with_growth(self._parts[-1])
            self._grown.clear()
        self._length = 0

    def _with_growth(self, part: Part) -> Part:
        """Text and reasoning show what came so far; a tool call shows its input only when it is whole."""
        match part:
            case Text():
                return Text(text=self.grown())
            case Reasoning():
                return replace(part, text=self.grown())
            case _:
                return part

    def __repr__(self) -> str:
        return f"<Draft {self.id}: {len(self._parts)} parts, {self._length} growing>"

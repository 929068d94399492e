"""What an execution printed, collected from kernel messages into nbformat outputs as JupyterLab would have written them.

Theory. JupyterLab's output area is the model: neighbouring stream messages of one name are one output; carriage returns and
backspaces act on its last line, as in a terminal; ``clear_output`` clears now or with the next output; ``update_display_data``
replaces earlier displays of that id in this cell. What differs is that memory is bounded: of each stream head and tail are kept, with
a line between them that says how much is missing; of many outputs the first and the last; of huge data a line that says what it was.

A collector belongs to one execution and is used from one task.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from ..documents.depth import limit_depth
from .messages import DROPPED

CONTROLS = re.compile(r"[\n\b\r]")
JSON_TYPE = re.compile(r"application/(.*\+)?json$")
CLASS = re.compile(r"<class '(?:\w+\.)*(\w+)'>")


class OutputLimits(Struct, frozen=True, kw_only=True):
    """How much of one execution's output is kept. Text in characters, data in characters of its JSON."""

    stream: int = 1_000_000
    """Of one stream output; half of it head, half tail."""
    text: int = 4_000_000
    """Of all streams together; afterwards each new one may have ``late_stream``."""
    late_stream: int = 2_000
    outputs: int = 1_000
    """Outputs of a cell; half of them the first, half the last."""
    data: int = 50_000_000
    """Of all display data and results together (base64 images count as they are)."""
    error: int = 200_000
    """Of one error's text."""


class StreamText:
    """The text of one stream output: complete lines, of which head and tail are kept, and the last line with a cursor in it."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head: list[str] = []
        self._head_room = self._half
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._dropped = 0
        self._line = ""
        self._cursor = 0

    def add(self, text: str, gap: int = 0) -> None:
        """``gap``: how many characters are missing in the middle of ``text``."""
        if gap or len(text) > 8 * self._half:  # nobody needs its middle, and acting on all of it would take long
            size = min(4 * self._half, len(text) // 2)
            self.add(text[:size])
            self._keep(self._line)
            self._head_room = 0
            self._dropped += self._tail_size + gap + len(text) - 2 * size
            self._tail.clear()
            self._tail_size, self._line, self._cursor = 0, "", 0
            text = text[len(text) - size :]
        if "\r" not in text and "\b" not in text and self._cursor == len(self._line):
            lines, newline, rest = text.rpartition("\n")
            if newline:
                self._keep(self._line + lines + newline)
                self._line = rest
            else:
                self._line += rest
            self._cursor = len(self._line)
        else:
            self._act(text)
        if len(self._line) > self._half:
            self._keep(self._line)
            self._line, self._cursor = "", 0

    def _act(self, text: str) -> None:
        """Character by character where there are control characters."""
        start = 0
        for control in CONTROLS.finditer(text):
            self._write(text[start : control.start()])
            start = control.end()
            match control.group():
                case "\n":
                    self._keep(self._line + "\n")
                    self._line, self._cursor = "", 0
                case "\r":
                    self._cursor = 0
                case _ if self._cursor:
                    self._line = self._line[: self._cursor - 1] + self._line[self._cursor + 1 :]
                    self._cursor -= 1
        self._write(text[start:])

    def _write(self, text: str) -> None:
        self._line = self._line[: self._cursor] + text + self._line[self._cursor + len(text) :]
        self._cursor += len(text)

    def _keep(self, text: str) -> None:
        if self._head_room:
            self._head.append(text[: self._head_room])
            text, self._head_room = text[self._head_room :], max(self._head_room - len(text), 0)
        if not text:
            return
        if len(text) > self._half:
            self._dropped += len(text) - self._half
            text = text[-self._half :]
        self._tail.append(text)
        self._tail_size += len(text)
        while self._tail_size - len(self._tail[0]) >= self._half:
            self._dropped += len(self._tail[0])
            self._tail_size -= len(self._tail.popleft())

    @property
    def size(self) -> int:
        """Characters that are held."""
        return self._half - self._head_room + self._tail_size + len(self._line)

    @property
    def text(self) -> str:
        gap = f"\n[… {self._dropped:,} characters were not kept …]\n" if self._dropped else ""
        return "".join((*self._head, gap, *self._tail, self._line))


class _Output:
    """One output of the cell; a stream while it may still grow, anything else as it came."""

    def __init__(self, value: dict[str, Any], stream: StreamText | None = None) -> None:
        self.value = value
        self.stream = stream
        self.size = 0

    def as_nbformat(self) -> dict[str, Any]:
        return self.value if self.stream is None else {**self.value, "text": self.stream.text}


class Outputs:
    """Collects. Owner of what is kept."""

    def __init__(self, limits: OutputLimits | None = None) -> None:
        self._limits = limits or OutputLimits()
        self._first: list[_Output] = []
        self._last: deque[_Output] = deque()
        self._dropped = 0
        self._displays: dict[str, list[_Output]] = {}
        self._clear_next = False
        self.cleared = False
        """Whether ``clear_output`` took away what was there before."""
        self._data = 0
        self._text = 0
        """Characters in streams that are closed."""

    def add(self, kind: str, content: Mapping[str, Any]) -> bool:
        """Take in one message of the iopub channel. Whether it changed anything."""
        match kind:
            case "stream":
                gap = content.get(DROPPED)
                self._add_stream(
                    str(content.get("name", "stdout")), str(content.get("text", "")), gap if type(gap) is int else 0
                )
            case "display_data" | "execute_result":
                self._add_data(kind, content)
            case "error":
                self._push(_Output(self._error(content)))
            case "update_display_data":
                return self._update(content)
            case "clear_output":
                return self._clear(wait=bool(content.get("wait")))
            case _:
                return False
        return True

    def page(self, payload: Iterable[Any]) -> None:
        """What ``?`` shows in a pager, which JupyterLab puts below the cell."""
        for item in payload:
            if isinstance(item, dict) and item.get("source") == "page" and isinstance(item.get("data"), dict):
                self._add_data("display_data", {"data": item["data"], "metadata": {}})
                return

    def as_nbformat(self) -> tuple[dict[str, Any], ...]:
        gap = [_note(f"[… {self._dropped:,} outputs were not kept …]\n")] if self._dropped else []

        return (
            *(output.as_nbformat() for output in self._first),
            *gap,
            *(output.as_nbformat() for output in self._last),
        )

    def _newest(self) -> _Output | None:
        kept = self._last or self._first
        return kept[-1] if kept else None

    def as_reply(self) -> dict[str, Any] | None:
        """What is known of an end whose reply was lost: that it failed, if that was printed."""
        newest = self._newest()
        if newest is None or newest.value.get("output_type") != "error":
            return None
        return {"status": "error", "ename": newest.value["ename"]}

    # --- one kind each ---

    def _add_stream(self, name: str, text: str, gap: int) -> None:
        last = None if self._clear_next else self._newest()
        if last is not None and last.stream is not None and last.value["name"] == name:
            last.stream.add(text, gap)
            return
        held = self._text + (last.stream.size if last is not None and last.stream is not None else 0)
        room = min(self._limits.stream, max(self._limits.text - held, self._limits.late_stream))
        stream = StreamText(room)
        stream.add(text, gap)
        self._push(_Output({"output_type": "stream", "name": name}, stream))

    def _add_data(self, kind: str, content: Mapping[str, Any]) -> None:
        if self._clear_next:
            self._clear(wait=False)
        output = _Output({})
        self._fill(output, kind, content)
        self._push(output)
        display_id = _display_id(content)
        if kind == "display_data" and display_id is not None:
            self._displays.setdefault(display_id, []).append(output)

    def _update(self, content: Mapping[str, Any]) -> bool:
        display_id = _display_id(content)
        shown = self._displays.get(display_id, []) if display_id is not None else []
        for output in shown:
            self._fill(output, "display_data", content)
        return bool(shown)

    def _fill(self, output: _Output, kind: str, content: Mapping[str, Any]) -> None:
        """Put data into an output, or a line about it when it is too much."""
        data = content.get("data")
        data = _bundle(data) if isinstance(data, dict) else {}
        self._data -= output.size
        output.size = sum(_size(value) for value in data.values())
        if self._data + output.size > self._limits.data:
            what = ", ".join(f"{mime} ({_size(value):,} characters)" for mime, value in data.items())
            data, output.size = {"text/plain": f"[not kept, too large: {what}]"}, 0
        self._data += output.size
        metadata = limit_depth(content.get("metadata"))
        output.value = {"output_type": kind, "data": data, "metadata": metadata if isinstance(metadata, dict) else {}}
        if kind == "execute_result":
            output.value["execution_count"] = count_of(content)

    def _error(self, content: Mapping[str, Any]) -> dict[str, Any]:
        lines = content.get("traceback")
        text = "\n".join(str(line) for line in lines) if isinstance(lines, list) else ""
        cut = _cut(text, self._limits.error)
        traceback = [str(line) for line in lines] if isinstance(lines, list) and cut == text else cut.split("\n")
        return {
            "output_type": "error",
            "ename": str(content.get("ename", "")),
            "evalue": _cut(str(content.get("evalue", "")), self._limits.error),
            "traceback": traceback,
        }

    def _clear(self, *, wait: bool) -> bool:
        self._clear_next = wait
        if not wait:
            self.cleared = True
            self._first.clear()
            self._last.clear()
            self._displays.clear()
            self._dropped = self._data = self._text = 0
        return not wait

    def _push(self, output: _Output) -> None:
        if self._clear_next:
            self._clear(wait=False)
        last = self._newest()
        if last is not None and last.stream is not None:
            self._text += last.stream.size
        half = max(self._limits.outputs // 2, 1)
        if len(self._first) < half:
            self._first.append(output)
            return
        self._last.append(output)
        if len(self._last) > half:
            gone = self._last.popleft()
            self._dropped += 1
            self._data -= gone.size
            self._text -= gone.stream.size if gone.stream is not None else 0


def count_of(content: Mapping[str, Any]) -> int | None:
    """The execution count of a message, if it is one: anything else would make the notebook invalid."""
    count = content.get("execution_count")
    return count if type(count) is int and 0 <= count < 2**53 else None


def error_name(ename: Any) -> str:
    """What an error is called; xeus-python says ``<class 'ZeroDivisionError'>``."""
    name = str(ename)
    return found.group(1) if (found := CLASS.fullmatch(name)) else name


def _bundle(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a notebook may hold of it: text, or lines of it, and anything where the type is JSON."""
    return {mime: limit_depth(value) for mime, value in data.items() if JSON_TYPE.match(mime) or _is_text(value)}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))


def _display_id(content: Mapping[str, Any]) -> str | None:
    transient = content.get("transient")
    found = transient.get("display_id") if isinstance(transient, dict) else None
    return found if isinstance(found, str) else None


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(json.dumps(value, default=str))


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters were not kept …]\n{text[-half:]}"


def _note(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stderr", "text": text}

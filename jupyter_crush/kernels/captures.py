"""What an ``Output`` widget takes of a cell's outputs.

Theory. Inside ``with out:`` the widget's ``msg_id`` is the id of the request that runs; a message of the widget's comm tells it to
front ends. From then on a front end takes the outputs that answer this request into the widget, and not into the cell, until
``msg_id`` changes; of several widgets the one that was entered last gets them. Then it writes the widget's ``outputs`` back to the
kernel, from where every other front end has them. For our requests we are the front end. What the widget held before is the kernel's
to say, so it is asked when the request is through, and what was captured goes behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .outputs import Outputs


class Captures:
    """The Output widgets that a request entered, and what they took. ``msg_id`` is the request's."""

    def __init__(self, msg_id: str) -> None:
        self._msg_id = msg_id
        self._taken: dict[str, Outputs] = {}
        self._entered: list[str] = []

    @property
    def current(self) -> Outputs | None:
        """Where outputs go now; None: into the cell."""
        return self._taken[self._entered[-1]] if self._entered else None

    @property
    def by_comm(self) -> dict[str, Outputs]:
        """What each widget took, by its comm."""
        return self._taken

    @property
    def outputs(self) -> tuple[dict[str, Any], ...]:
        """All that widgets took, as nbformat has it."""
        return tuple(output for taken in self._taken.values() for output in taken.as_nbformat())

    def hear(self, kind: str, content: Mapping[str, Any]) -> None:
        """A message of a comm: a widget may be entered, left or closed."""
        comm = content.get("comm_id")
        if not isinstance(comm, str):
            return
        if kind == "comm_close":
            self._leave(comm)
            return
        state = state_of(content)
        if state is None or "msg_id" not in state:
            return
        self._leave(comm)
        if state["msg_id"] == self._msg_id:
            self._taken.setdefault(comm, Outputs())
            self._entered.append(comm)

    def _leave(self, comm: str) -> None:
        if comm in self._entered:
            self._entered.remove(comm)


def state_of(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a widget tells of its state; None when that is not what it tells."""
    data = content.get("data")
    state = data.get("state") if isinstance(data, dict) and data.get("method", "update") == "update" else None
    return state if isinstance(state, dict) else None


def join_outputs(held: Any, taken: Outputs) -> list[dict[str, Any]]:
    """What a widget shows now: what it held, unless that was cleared, and what it took. Text of one stream stays in one piece."""
    before = [one for one in held if isinstance(one, dict)] if isinstance(held, list) and not taken.cleared else []
    after = list(taken.as_nbformat())
    if before and after and _is_stream(before[-1]) and before[-1].get("name") == after[0].get("name"):
        after[0] = {**after[0], "text": str(before.pop().get("text", "")) + str(after[0].get("text", ""))}
    return before + after


def _is_stream(output: Mapping[str, Any]) -> bool:
    return output.get("output_type") == "stream"

"""Scenario 16: the stream of an answer is cut, at every byte of it in steps."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from support.models.messages_api import Answer, Call, MessagesApi, Text, Think
from support.models.messages_script import CutKind
from support.scenarios.story import shape
from support.servers.witness import Witness

STEP = 37
KINDS: tuple[CutKind, ...] = ("fin", "rst", "eof")


def answer(number: int, **options: Any) -> Answer:
    """Thinking, text in pieces, and a call whose effect can be counted."""
    call = Call("run_command", {"command": f"echo ran >> ran-{number}"}, pieces=4)
    return Answer(Think("First I think.", pieces=3), Text("I look — naïvely ✓ — at it.", pieces=4), call, **options)


class Cutter:
    """Cuts the first answer in the session of each number at its own byte, then answers whole."""

    def __init__(self) -> None:
        self.asked: dict[int, int] = {}

    def __call__(self, body: dict[str, Any]) -> Answer:
        found = re.search(r"cut (\d+)", str(body["messages"][0]))
        assert found is not None
        number = int(found[1])
        if "tool_result" in str(body["messages"][-1]):
            return Answer(f"Done {number}.")
        self.asked[number] = self.asked.get(number, 0) + 1
        first = self.asked[number] == 1
        return answer(number, cut_at=number, cut=KINDS[number % 3]) if first else answer(number)


@pytest.mark.parametrize("half", [0, 1])
async def test_a_cut_answer_is_asked_for_again_and_leaves_no_trace(
    scene: Witness, api: MessagesApi, root: Path, half: int
) -> None:
    """Scenario 16."""
    cutter = Cutter()
    api.handler = cutter
    cuts = list(range(half * STEP, len(answer(0).body()), 2 * STEP))
    sids = await asyncio.gather(*(scene.session() for _ in cuts))
    runs = [await scene.prompt(sid, f"cut {number}") for sid, number in zip(sids, cuts, strict=True)]
    terminals = await scene.ended(*runs)
    for number, sid, run, terminal in zip(cuts, sids, runs, terminals, strict=True):
        assert (terminal["state"], terminal["text"]) == ("done", f"Done {number}.")
        assert scene.said(run) == f"I look — naïvely ✓ — at it.\nDone {number}."
        assert (root / f"ran-{number}").read_text() == "ran\n", "the call ran once"
        expected = [("user", f"cut {number}"), ("assistant", "tool_use"), ("tool", "1"), ("assistant", "end_turn")]
        assert shape(await scene.messages(sid)) == expected
    assert min(cutter.asked.values()) >= 1 and max(cutter.asked.values()) == 2
    assert len([count for count in cutter.asked.values() if count == 2]) > len(cuts) - 6

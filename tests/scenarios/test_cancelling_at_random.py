"""Cancels at any instant of anything: 200 by default, ``CRUSH_CANCELS`` for more, some of them two at once."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from support.models.messages_api import Answer, Call, Fail, MessagesApi, Ping, Stall, Text
from support.scenarios.sizes import chance, size
from support.servers.witness import Witness

BATCH = 200
"""Cancels of one server."""
SESSIONS = 8
ANSWERS: dict[str, Answer | Fail] = {
    "talk": Answer(Text([f"word {number} " for number in range(20)], delay=0.01)),
    "silent": Answer(Ping(), Stall()),
    "work": Answer("I work.", Call("run_command", {"command": "sleep 0.2"}, pieces=4, delay=0.01)),
    "many": Answer(*(Call("run_command", {"command": f"sleep 0.{number}"}) for number in range(4))),
    "retry": Fail(429, "rate_limit_error", "Slow down", headers={"retry-after": "1"}),
    "refused": Fail(400, "invalid_request_error", "No"),
}
LONGEST_S = 0.4


def answer(body: dict[str, Any]) -> Answer | Fail:
    """What the prompt's last word asks for; each could be over before it is cancelled, but for the silent one."""
    words = str(body["messages"][-1])
    if "tool_result" in words:
        return Answer(Text(["And ", "then."], delay=0.02))
    return ANSWERS.get((re.findall(r"do:(\w+)", words) or [""])[-1], Answer("ok"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("batch", range(-(-size("cancels") // BATCH)))
async def test_a_cancel_at_any_instant_ends_what_was_accepted_before_it_and_nothing_else(
    scene: Witness, api: MessagesApi, batch: int, record_property: Callable[[str, object], None]
) -> None:
    api.handler = answer
    left = [min(BATCH, size("cancels") - batch * BATCH)]
    users = [_user(scene, chance("cancels", batch, number), left) for number in range(SESSIONS)]
    record_property("cancels", sum(await asyncio.gather(*users)))


async def _user(scene: Witness, numbers: random.Random, left: list[int]) -> int:
    """One session: prompts, a cancel at some instant, and what it must have hit; again while there are some left."""
    sid, made = await scene.session(), 0
    while left[0] > 0:
        twice = numbers.random() < 0.2
        left[0] -= 1 + twice
        made += 1 + twice
        runs = [
            await scene.prompt(sid, f"do:{numbers.choice(list(ANSWERS))}", mode="queue")
            for _ in range(numbers.randint(1, 3))
        ]
        await asyncio.sleep(numbers.uniform(0, LONGEST_S) if numbers.random() < 0.8 else 0)  # the fault: at any instant
        over = {run for run in runs if any(scene.of("run_complete", run_id=run))}
        hits = await asyncio.gather(*(scene.cancel(sid) for _ in range(1 + twice)))
        hit = [run for each in hits for run in each]
        assert len(hit) == len(set(hit)), f"hit twice: {hit}"
        assert not over & set(hit), "what was over is not cancelled"
        for run, terminal in zip(runs, await scene.ended(*runs), strict=True):
            assert (terminal["state"] == "cancelled") == (run in hit), f"{terminal}, hit {hit}"
    return made

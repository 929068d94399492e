"""Scenario 20: the server is killed, in each phase of a run and at random instants, and started again on what is left."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from support.models.messages_api import Answer, Call, MessagesApi, Text
from support.scenarios import oracle, phases
from support.scenarios.sizes import chance, size
from support.scenarios.story import shape, text_of
from support.servers.live_server import LiveServer, live
from support.servers.witness import Witness

KILLS = size("kills")
CHAIN = 5
"""Kills of one test: each start is also the check of the last."""
CHECKPOINT_S = 0.5
SLACK_S = 1.0


async def test_a_server_killed_in_each_phase_comes_back_with_everything_closed(
    api: MessagesApi, tmp_path: Path
) -> None:
    """Scenario 20, all phases side by side."""
    api.handler = phases.answer
    async with live(tmp_path, api.url) as server:
        async with await Witness.attend(await server.start()) as before:
            entered = await phases.enter_all(before)
            await server.kill()
            await before.to_end()
        assert not {run for runs in entered.values() for run in runs} & {
            event.payload["run_id"] for event in before.of("run_complete")
        }
        asked = len(api.requests)
        _is_sound(server, tmp_path / "copy")
        async with await Witness.attend(await server.start()) as after:
            await oracle.what_was_seen_is_there(before, after)
            assert len(api.requests) == asked, "nothing goes on by itself"
            for runs in entered.values():
                assert [(await after.run(run))["state"] for run in runs] == ["interrupted"] * len(runs)
            for phase in phases.PHASES:
                await _is_closed(before, after, phase)
            await oracle.eventually(
                lambda: not oracle.processes_in(server.root), "no process of the dead server is left"
            )
            assert not (server.root / "ran-permission").exists() and not (server.root / "ran-input").exists()
            assert all(len((server.root / f"ran-{phase}").read_text().split()) == 1 for phase in ("tool", "stubborn"))
            await oracle.while_it_serves(after, api, server.root)
        await server.kill()


async def test_of_text_that_streams_half_a_second_is_lost_at_most(api: MessagesApi, tmp_path: Path) -> None:
    """Scenario 20: and it ends as interrupted, behind what was kept."""
    api.handler = lambda _body: Answer(Text([f"word {number} " for number in range(1000)], delay=0.01))
    async with live(tmp_path, api.url) as server:
        async with await Witness.attend(await server.start()) as before:
            sid = await before.session()
            run = await before.prompt(sid, "Talk")
            await before.hears(run, "word 150 ")
            killed = time.monotonic()
            await server.kill()
            await before.to_end()
        async with await Witness.attend(await server.start()) as after:
            await oracle.what_was_seen_is_there(before, after)
            messages = await after.messages(sid)
            oracle.streamed_text_is_kept(before, messages, killed - CHECKPOINT_S - SLACK_S / 2)
            assert "word 1 " in text_of(messages[1])
            assert (await after.run(run))["text"] == text_of(messages[1])
        await server.kill()


async def _is_closed(before: Witness, after: Witness, phase: str) -> None:
    """The session of a phase: its words are there, its calls answered, its next prompt works."""
    sid = before.accepted[f"{phase}-1"]["session_id"]
    messages = await after.messages(sid)
    assert text_of(messages[0]) == f"phase:{phase}"
    if phase in {"tool", "stubborn", "permission", "question"}:
        assert shape(messages)[1:] == [("assistant", "tool_use"), ("tool", "1"), ("assistant", "interrupted")]
        (result,) = messages[2]["parts"]
        assert result["is_error"] and "may have run" in result["content"]
    if phase == "again":
        steps = [("assistant", "tool_use"), ("tool", "1"), ("assistant", "interrupted"), ("tool", "1")]
        assert shape(messages)[1:] == steps
    if phase == "queued":
        words = [text for role, text in shape(messages) if role == "user"]
        assert words == ["phase:queued", "behind", "and behind"]
    await oracle.the_next_prompt_works(after, sid)


def _is_sound(server: LiveServer, copy: Path) -> None:
    """On a copy: looking at it would recover it."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(server.data, copy)
    oracle.when_it_is_gone(copy, [server.log.read_bytes()])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(-(-KILLS // CHAIN)))
async def test_a_server_killed_at_any_instant_loses_nothing_that_was_seen(
    api: MessagesApi, tmp_path: Path, seed: int
) -> None:
    """Scenario 20, at random; ``CRUSH_KILLS=1000`` for more. Each round starts on what the last kill left."""
    numbers = chance("kills", seed)
    load = Load(numbers)
    api.handler = load.answer
    async with live(tmp_path, api.url, permission_mode="auto", queue_limit=1000) as server:
        before: Witness | None = None
        rounds = min(CHAIN, KILLS - seed * CHAIN)
        for round_ in range(rounds):
            asked = len(api.requests)
            if numbers.random() < 0.3:
                await server.stumble(numbers.uniform(0.5, 1.6))  # also while it repairs what the last kill left
            async with await Witness.attend(await server.start()) as witness:
                if before is not None:
                    await oracle.what_was_seen_is_there(before, witness)
                    await _the_text_is_there(before, witness)
                    assert len(api.requests) == asked, "nothing goes on by itself"
                await load.run(witness, server, round_)
            _is_sound(server, tmp_path / "copy")
            load.each_tool_ran_once(server.root)
            before = witness
        async with await Witness.attend(await server.start()) as last:
            assert before is not None
            await oracle.what_was_seen_is_there(before, last)
            for sid in dict.fromkeys(run["session_id"] for run in before.accepted.values()):
                await oracle.the_next_prompt_works(last, sid)
            await oracle.while_it_serves(last, api, server.root)
        assert "Traceback" not in server.log.read_text()
        assert (server.root / "ran").exists() or rounds < CHAIN, (
            "what is left of a chain may be killed before anything runs"
        )


async def _the_text_is_there(before: Witness, after: Witness) -> None:
    until = before.events[-1].at - CHECKPOINT_S - SLACK_S
    for sid in dict.fromkeys(event.payload["id"] for event in before.of("session")):
        oracle.streamed_text_is_kept(before, await after.messages(sid), until)


class Load:
    """Some sessions that are kept busy, and a kill in the middle. Owner of what the model says."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._calls = 0

    def answer(self, body: dict[str, Any]) -> Answer:
        """Text that takes its time, or calls that leave a trace, each with a name of its own."""
        kinds = re.findall(r"do:(\w+)", str(body["messages"][-1]))
        match kinds[-1] if kinds else "":
            case "talk":
                return Answer(Text([f"word {number} " for number in range(40)], delay=0.01))
            case "work" | "ask":
                return Answer("I work.", *(self._call() for _ in range(self._chance.randint(1, 3))))
            case _:
                return Answer("Done.")

    def _call(self) -> Call:
        self._calls += 1
        return Call("run_command", {"command": f"echo call-{self._calls} >> ran; sleep 0.05"}, delay=0.01)

    async def run(self, witness: Witness, server: LiveServer, round_: int) -> None:
        """Keep four sessions busy until the server is killed under them."""
        users = [asyncio.ensure_future(self._use(witness, f"{round_}-{number}")) for number in range(4)]
        users.append(asyncio.ensure_future(self._approve(witness)))
        if self._chance.random() < 0.7:
            await witness.until(lambda: any(witness.of("message_delta")), "the first word", within=30)
        await asyncio.sleep(self._chance.uniform(0, 1.5))  # the fault: it comes at any instant
        await server.kill()
        await witness.to_end()
        await asyncio.gather(*users)

    async def _use(self, witness: Witness, name: str) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            sid = await witness.session()
            for number in range(1000):
                kind = self._chance.choices(("talk", "work", "ask"), (4, 4, 2))[0]
                named = {"run_id": f"{name}-{number}"} if self._chance.random() < 0.5 else {}
                mode = "ask" if kind == "ask" else "auto"
                run = await witness.prompt(sid, f"do:{kind}", permission_mode=mode, **named)
                if self._chance.random() < 0.3:
                    continue
                if self._chance.random() < 0.2:
                    await witness.cancel(sid)
                await self._end(witness, run)

    async def _approve(self, witness: Witness) -> None:
        """Allow whatever is asked for."""
        answered: set[str] = set()

        def asked() -> set[str]:
            return {event.payload["id"] for event in witness.of("permission_request", state="pending")} - answered

        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while not witness.is_over:
                await witness.until(lambda: witness.is_over or asked(), "a question", within=60)
                for each in asked():
                    answered.add(each)
                    await witness.http("POST", witness.path(f"/permissions/{each}"), {"action": "allow"})

    async def _end(self, witness: Witness, run: str) -> None:
        await witness.until(lambda: witness.is_over or any(witness.of("run_complete", run_id=run)), f"the end of {run}")

    def each_tool_ran_once(self, root: Path) -> None:
        """L15."""
        ran = (root / "ran").read_text().split() if (root / "ran").exists() else []
        assert len(ran) == len(set(ran)), ran

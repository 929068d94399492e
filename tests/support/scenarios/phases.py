"""The phases of a run in which a server can be stopped or killed, and how a session is brought into each."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from support.models.messages_api import Answer, Call, Fail, Ping, Stall, Text
from support.servers.witness import Witness

PHASES = ("queued", "silent", "streaming", "input", "again", "tool", "stubborn", "permission", "question", "retry")
_COMMANDS = {
    "again": "echo $$ >> ran-input",
    "tool": "echo $$ >> ran-tool; echo on; sleep 1000",
    "stubborn": "trap '' TERM; echo $$ >> ran-stubborn; echo on; sleep 1000",
    "permission": "echo $$ >> ran-permission",
    "input": "echo $$ >> ran-input",
}
_QUESTION = Call("ask_user", {"questions": [{"text": "Which?"}]})


def answer(body: dict[str, Any]) -> Answer | Fail:
    """What the model does to a session that is to be in a phase."""
    asked = re.findall(r"phase:(\w+)", str(body["messages"]))
    phase = asked[-1] if asked else ""
    match phase:
        case "silent":
            return Answer(Ping(), Stall())
        case "queued" | "streaming":
            return Answer(Text(["Half", " of it"]), Stall())
        case "input" | "again":
            first = phase == "again" and "tool_result" not in str(body["messages"][-1])
            said = Call("run_command", {"command": "echo first" if first else _COMMANDS[phase]}, pieces=3)
            return Answer(said, *(() if first else (Stall(),)))
        case "tool" | "stubborn" | "permission" | "question":
            is_question = phase == "question"
            return Answer("I do it.", _QUESTION if is_question else Call("run_command", {"command": _COMMANDS[phase]}))
        case "retry":
            return Fail(429, "rate_limit_error", "Slow down", headers={"retry-after": "50"})
    return Answer("ok")


async def begin(witness: Witness, phase: str, sid: str, run_id: str | None = None) -> str:
    """A run in that phase, in an idle session; its id."""
    mode = "ask" if phase == "permission" else "auto"
    named = {"run_id": run_id} if run_id else {}
    run = await witness.prompt(sid, f"phase:{phase}", permission_mode=mode, **named)
    match phase:
        case "silent":
            await witness.sees("message", run_id=run, role="assistant")
        case "queued" | "streaming":
            await witness.hears(run, "Half of it")
        case "input":
            await witness.sees("message_delta", kind="tool_call", session_id=sid)
        case "again":
            await witness.until(lambda: _streams_a_second(witness, sid), "a second call")
        case "tool" | "stubborn":
            await witness.sees("tool_progress", run_id=run)
        case "permission":
            await witness.sees("permission_request", run_id=run, state="pending")
        case "question":
            await witness.sees("question_request", run_id=run, state="pending")
        case _:
            await witness.sees("agent_event", run_id=run, type="retry")
    return run


def _streams_a_second(witness: Witness, sid: str) -> bool:
    answers = [event.payload["id"] for event in witness.of("message", session_id=sid, role="assistant")]
    second = len(set(answers)) == 2 and answers[-1]
    return any(witness.of("message_delta", kind="tool_call", message_id=second))


async def enter(witness: Witness, phase: str) -> list[str]:
    """A session of its own, with a run in that phase; the run's id, and those of the runs that wait behind it."""
    sid = await witness.session()
    run = await begin(witness, phase, sid, f"{phase}-1")
    if phase != "queued":
        return [run]
    return [run, await witness.prompt(sid, "behind", run_id="queued-2"), await witness.prompt(sid, "and behind")]


async def enter_all(witness: Witness) -> dict[str, list[str]]:
    """A session in each phase, side by side."""
    runs = await asyncio.gather(*(enter(witness, phase) for phase in PHASES))
    return dict(zip(PHASES, runs, strict=True))

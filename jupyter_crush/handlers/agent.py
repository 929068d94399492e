"""Prompts, the runs they become, and the queue."""

from __future__ import annotations

from ..wire import AgentStatus, Cancelled, CancelRequest, MovePrompt, PromptRequest, Run, SummarizeSession
from .call import Call


async def prompt(call: Call, wid: str, *, body: PromptRequest) -> Run:
    """Hand a prompt to the agent.

    It is accepted durably, answered with its run, and worked on afterwards, whatever becomes of this request. The same
    run_id with the same body again changes nothing.
    """
    await call.require_mode(body.permission_mode)
    return await call.workspace(wid).runs.prompt(body, await call.author())


async def get_status(call: Call, wid: str) -> AgentStatus:
    """Whether the agent is busy, whether it is ready, and with which model."""
    return call.workspace(wid).status()


async def get_run(call: Call, wid: str, run_id: str) -> Run:
    """One run, as far as it is."""
    return await call.workspace(wid).runs.get(run_id)


async def cancel(call: Call, wid: str, sid: str, *, body: CancelRequest | None = None) -> Cancelled:  # noqa: ARG001  an empty object
    """Cancel what was accepted in a session: the active run, and those queued. Idle: nothing, an empty list."""
    return await call.workspace(wid).runs.cancel(sid, call.user)


async def summarize(call: Call, wid: str, sid: str, *, body: SummarizeSession | None = None) -> Run:
    """Have what was said summarized; the model reads the summary instead from then on.

    A run of its own: 202 when it is accepted, 409 while something runs or waits there, or when there is nothing to summarize. One that
    fails or is cancelled changes nothing.
    """
    return await call.workspace(wid).runs.summarize(body or SummarizeSession(), sid, call.principal)


async def list_prompts(call: Call, wid: str, sid: str) -> tuple[Run, ...]:
    """The queue of a session, in order."""
    return call.workspace(wid).runs.queue(sid)


async def clear_prompts(call: Call, wid: str, sid: str) -> Cancelled:
    """Empty the queue; the active run goes on."""
    return await call.workspace(wid).runs.clear(sid, call.user)


async def remove_prompt(call: Call, wid: str, sid: str, run_id: str) -> None:
    """Take one prompt out of the queue."""
    await call.workspace(wid).runs.remove(sid, run_id, call.user)


async def move_prompt(call: Call, wid: str, sid: str, run_id: str, *, body: MovePrompt) -> tuple[Run, ...]:
    """Move a prompt before another one of the queue, or to its end (null); have it heard at the running turn's next step (steer)."""
    return await call.workspace(wid).runs.move(sid, run_id, body)

"""What other widgets observe of a session: kept true by following it."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_crush.client import AsyncClient, Connected, Lost, Resynced
from jupyter_crush.client.errors import CannotConnect
from jupyter_crush.notebook.mirror import KEPT_CHARS, Mirror, Shown
from jupyter_crush.wire import Change, Event, PermissionNotification, Run, RunComplete, Session, Snapshot
from support.servers.crush_loopback import TOKEN, Loopback


async def mirrored(loopback: Loopback) -> tuple[Mirror, list[Shown], Session]:
    workspace = await AsyncClient(loopback.url, TOKEN).open()
    session = await workspace.create_session("Penguins")
    shown: list[Shown] = []
    mirror = Mirror(workspace, session.id, shown.append)
    await mirror.load()
    return mirror, shown, session


def event(payload: Any) -> Event[Any]:
    return Event(type="any", payload=Change(type="updated", payload=payload))


def run(session: Session, state: Any) -> Run:
    return Run(run_id="r", session_id=session.id, mode="queue", prompt="p", created_at=1, state=state)


async def test_states_follow_the_runs_the_questions_and_the_connection(loopback: Loopback) -> None:
    mirror, shown, session = await mirrored(loopback)
    assert (shown[-1].state, shown[-1].title) == ("idle", "Penguins")
    await mirror.take(event(run(session, "active")))
    states = [shown[-1].state]
    request = loopback.do(lambda: loopback.ask(run(session, "active")))
    await mirror.take(event(request))
    states.append(shown[-1].state)
    await mirror.take(Lost(CannotConnect(), 1.0))
    states.append(shown[-1].state)
    await mirror.take(Connected())
    await mirror.take(event(PermissionNotification(id=request.id, session_id=session.id, granted=True)))
    states.append(shown[-1].state)
    assert states == ["working", "asking", "lost", "working"]
    loopback.permissions.clear()
    await mirror.take(event(RunComplete(run_id="r", session_id=session.id, state="done", text="344.")))
    assert (shown[-1].state, shown[-1].answer) == ("idle", "344.")


async def test_other_sessions_change_nothing(loopback: Loopback) -> None:
    mirror, shown, session = await mirrored(loopback)
    before = len(shown)
    other = msgspec.structs.replace(session, id="other", title="Other")
    await mirror.take(event(other))
    await mirror.take(event(run(other, "active")))
    assert len(shown) == before


async def test_a_resync_is_looked_at_anew(loopback: Loopback) -> None:
    mirror, shown, session = await mirrored(loopback)
    await mirror.take(event(run(session, "active")))
    message = loopback.do(lambda: loopback.message(run(session, "done"), "Said."))
    await mirror.take(Resynced("too_old", Snapshot(messages=(message,), cursor="e1:1")))
    assert shown[-1].state == "idle"
    assert [one["id"] for one in shown[-1].transcript] == [message.id]


async def test_what_is_kept_for_a_saved_notebook_is_bounded(loopback: Loopback) -> None:
    mirror, shown, session = await mirrored(loopback)
    messages = [loopback.do(lambda: loopback.message(run(session, "done"), "x" * 50_000)) for _ in range(6)]
    await mirror.take(Resynced("too_old", Snapshot(messages=tuple(messages), cursor="e1:1")))
    kept = shown[-1].transcript
    assert [one["id"] for one in kept] == [one.id for one in messages][-len(kept) :]
    assert len(msgspec.json.encode(kept)) <= KEPT_CHARS
    assert 1 <= len(kept) < 6

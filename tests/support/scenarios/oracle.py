"""What must hold after every fault, whatever it was: O1–O8 of the safety design, as far as they can be seen from outside.

:func:`while_it_serves` asks the running server and its witness; :func:`when_it_is_gone` looks at what a stopped one leaves on disk.
Both fail with the rule's number.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil

from support.models.messages_api import MessagesApi
from support.scenarios.story import TERMINAL, Event, Json, View, is_finished, text_of
from support.servers.witness import Witness

CANARY = "sk-canary-9b1f7c44e2"
"""The model's key in these tests: it must never be seen."""
NEXT = "The oracle asks: does the next prompt work?"
ANSWER = "It does."
_REASON = re.compile(r"^[a-z_]+$")


def prepare(api: MessagesApi) -> None:
    """The first rule of an API: what the oracle asks is answered, whatever the test does to everything else."""
    api.when(lambda body: NEXT in str(body["messages"][-1]), ANSWER)


async def while_it_serves(witness: Witness, api: MessagesApi, folder: Path) -> None:
    """All of it, at the end of a test, on every session in which a run was accepted."""
    sessions = dict.fromkeys(run["session_id"] for run in witness.accepted.values())
    await each_run_ended_once(witness)
    for sid in [sid for sid in sessions if await _exists(witness, sid)]:
        await the_next_prompt_works(witness, sid)
        await the_session_is_whole(witness, sid)
    the_story_is_whole(witness)
    await the_replay_is_the_same(witness)
    assert not api.violations, f"O3 {api.violations}"
    await nothing_is_left(witness, folder)
    no_secret_in("O6 the stream", witness.raw)


def when_it_is_gone(data_dir: Path, logs: Iterable[str | bytes]) -> None:
    """What is on disk after the server: sound, and without secrets."""
    for path in data_dir.rglob("*"):
        if path.is_file():
            no_secret_in(f"O6 {path.name}", path.read_bytes())
    for log in logs:
        no_secret_in("O6 the log", log)
    for path in data_dir.rglob("store.sqlite"):
        with closing(sqlite3.connect(path)) as store:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "O7"
            assert not store.execute("PRAGMA foreign_key_check").fetchall(), "O7"


# --- O1, O8 ---


async def each_run_ended_once(witness: Witness) -> None:
    await witness.ended(*witness.accepted)
    for run_id in witness.accepted:
        terminals = [event.payload for event in witness.of("run_complete", run_id=run_id)]
        assert len(terminals) == 1, f"O1 {run_id} has {len(terminals)} terminals"
        run = await witness.run(run_id)
        assert run["state"] == terminals[0]["state"] in TERMINAL, f"O1 {run}"
        assert run["cancelled"] == (run["state"] == "cancelled"), f"O1 {run}"
        the_error_is_useful(run)


def the_error_is_useful(run: Json) -> None:
    assert run["reason"] != "internal", f"O8 {run}"
    if run["state"] == "error":
        assert run["error"] and len(run["error"]) <= 400 and "Traceback" not in run["error"], f"O8 {run}"
        assert run["reason"] and _REASON.match(run["reason"]), f"O8 {run}"
    else:
        assert run["error"] is None, f"O8 {run}"


# --- O2 ---


def the_story_is_whole(witness: Witness) -> None:
    """Facts without gaps, each terminal the last word on its run, deltas that add up."""
    facts = [event for event in witness.events if event.id is not None]
    seqs = [event.seq for event in facts]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"O2 not gapless: {seqs}"
    assert len({str(event.id).rpartition(":")[0] for event in facts}) == 1, "O2 more than one epoch"
    assert not any(event.type == "resync" for event in facts), "O2 a client that kept up was told to resync"
    _terminals_come_last(witness.events)
    _turns_follow_one_another(witness.events)
    faults = View(witness.events).faults
    assert not faults, f"O2 {faults[0]}"


def _terminals_come_last(events: Sequence[Event]) -> None:
    over: set[str] = set()
    of_run: dict[str, str] = {}
    for event in events:
        run_id = event.payload.get("run_id") or of_run.get(str(event.payload.get("message_id")))
        assert run_id not in over, f"O2 after the terminal of {run_id}: {event}"
        if event.type == "message":
            of_run[event.payload["id"]] = event.payload["run_id"]
        if event.type == "run_complete":
            over.add(event.payload["run_id"])


def _turns_follow_one_another(events: Sequence[Event]) -> None:
    """L4, L13: the next run of a session starts after the terminal of the one before."""
    active: dict[str, str] = {}
    for event in events:
        sid = str(event.payload.get("session_id"))
        if event.type == "run" and event.payload["state"] == "active" and event.payload["folded_into"] is None:
            assert active.setdefault(sid, event.payload["run_id"]) == event.payload["run_id"], f"L13 {event}"
        if event.type == "run_complete" and active.get(sid) == event.payload["run_id"]:
            del active[sid]


async def the_replay_is_the_same(witness: Witness) -> None:
    facts = [event for event in witness.events if event.id is not None]
    if len(facts) == 1:  # a server that was killed before anybody had asked anything: there is nothing after the first
        return
    again = Witness(witness.http, witness.wid, "replay")
    await again.watch(facts[0].id)
    try:
        last = facts[-1].id
        await again.until(lambda: any(event.id == last for event in again.events), f"O2 the replay up to {last}")
    finally:
        await again.leave()
    told = [(event.id, event.type, event.payload) for event in again.events if event.id is not None]
    seen = [(event.id, event.type, event.payload) for event in _kept(facts)[1:]]
    assert told[: len(seen)] == seen, "O2 the replay differs"


def _kept(facts: Sequence[Event]) -> list[Event]:
    """All but what was said of a session before it was deleted: that is taken back at once. The first is where a replay begins."""
    ends = [event for event in facts if event.type == "session" and event.change == "deleted"]
    deleted = {event.payload["id"]: event.seq for event in ends}
    return [event for event in facts if event is facts[0] or event.seq >= deleted.get(str(event.session_id), 0)]


# --- O3, O4 ---


async def the_session_is_whole(witness: Witness, sid: str) -> None:
    """Rows say what the events said; every call has one result; every assistant message says why it ended."""
    messages = await witness.messages(sid)
    seqs = [message["seq"] for message in messages]
    assert seqs == sorted(set(seqs)), f"O2 the order of messages: {seqs}"
    told = {event.payload["id"]: event.payload for event in witness.of("message", session_id=sid)}
    for message in messages:
        assert message == told.get(message["id"], message), f"O2 the row {message} was told as {told[message['id']]}"
        assert message["role"] != "assistant" or is_finished(message), f"L23 {message}"
    history_is_closed(messages)


def history_is_closed(messages: Sequence[Json]) -> None:
    """L14: each call has exactly one result, in the message behind it (of those that the model is sent)."""
    messages = [message for message in messages if message["in_context"]]
    for index, message in enumerate(messages):
        calls = [part["id"] for part in message["parts"] if part["type"] == "tool_call"]
        if not calls:
            continue
        after = messages[index + 1] if index + 1 < len(messages) else {"parts": []}
        results = [part["tool_call_id"] for part in after["parts"] if part["type"] == "tool_result"]
        assert sorted(calls) == sorted(results), f"L14 calls {calls}, results {results}"


async def the_next_prompt_works(witness: Witness, sid: str) -> None:
    run_id = await witness.prompt(sid, NEXT)
    (terminal,) = await witness.ended(run_id)
    assert (terminal["state"], terminal["text"]) == ("done", ANSWER), f"O4 {terminal}"


async def _exists(witness: Witness, sid: str) -> bool:
    return (await witness.http("GET", witness.path(f"/sessions/{sid}"))).status == 200


# --- O5, O6 ---


async def nothing_is_left(witness: Witness, folder: Path) -> None:
    """No question, no queue, no process; and when the witness goes, no client."""
    assert await witness.get("/permissions") == await witness.get("/questions") == [], "O5"
    for session in await witness.get("/sessions"):
        assert (session["is_busy"], session["queued"]) == (False, 0), f"O5 {session}"
    await eventually(lambda: not processes_in(folder), "O5 no process is left", lambda: processes_in(folder))
    assert not (await witness.get("/agent"))["is_busy"], "O5"
    await witness.leave()
    answer = await witness.http("DELETE", witness.path(f"?client_id={witness.name}"))
    assert answer.status == 204
    end = time.monotonic() + 5
    while (clients := (await witness.get(""))["clients"]) > 0:
        assert time.monotonic() < end, f"O5 {clients} clients are left"
        await asyncio.sleep(0.01)


def processes_in(folder: Path) -> list[psutil.Process]:
    """Live processes that work in the folder: what a tool started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


async def eventually(condition: Callable[[], bool], what: str, told: Callable[[], Any] = lambda: "") -> None:
    """Wait for what no event tells."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"not so: {what}; {told()}"
        await asyncio.sleep(0.01)


def no_secret_in(what: str, data: str | bytes) -> None:
    found = CANARY.encode() in data if isinstance(data, bytes) else CANARY in data
    assert not found, f"{what} holds the key"


# --- after a crash ---


async def what_was_seen_is_there(before: Witness, after: Witness) -> None:
    """L20: each fact that a client saw of a server that is no more is told by the next one; what was open is closed."""
    for run_id in before.accepted:
        run = await after.run(run_id)
        seen = [event.payload for event in before.of("run", run_id=run_id)][-1:]
        assert run["state"] in TERMINAL, f"O1 {run}"
        the_error_is_useful(run)
        for last in seen:
            assert last["state"] not in TERMINAL or run == last, f"L20 {last} became {run}"
        ends = [event.payload for event in before.of("run_complete", run_id=run_id)]
        assert len(ends) <= 1, f"O1 {ends}"
        assert all(run[name] == value for end in ends for name, value in end.items()), f"L20 {ends} became {run}"
        assert ends or run["state"] in {"interrupted", "done", "cancelled"}, f"L20 {run}"
    for sid in dict.fromkeys(event.payload["id"] for event in before.of("session")):
        messages = await after.messages(sid)
        _messages_are_kept(before, sid, messages)
        history_is_closed(messages)
        assert all(is_finished(message) for message in messages if message["role"] == "assistant"), "L23"


def _messages_are_kept(before: Witness, sid: str, messages: Sequence[Json]) -> None:
    rows = {message["id"]: message for message in messages}
    for told in {event.payload["id"]: event.payload for event in before.of("message", session_id=sid)}.values():
        assert told["id"] in rows, f"L20 a message is missing: {told}"
        row = rows[told["id"]]
        if told["role"] == "user" or is_finished(told):
            assert row == told, f"L20 {told} became {row}"
            continue
        for then, now in zip(told["parts"], row["parts"], strict=False):
            assert _has_grown(then, now), f"L20 {told} became {row}"
        assert len(row["parts"]) >= len(told["parts"]), f"L20 {told} became {row}"


def _has_grown(then: Json, now: Json) -> bool:
    if then["type"] in {"text", "reasoning"}:
        return now["type"] == then["type"] and str(now["text"]).startswith(then["text"])
    return now == then or bool(now["type"] == "tool_call" and now["id"] == then["id"] and not then["finished"])


def streamed_text_is_kept(before: Witness, messages: Sequence[Json], until: float) -> None:
    """Of a message in flight, all that had come by ``until`` is there."""
    rows = {message["id"]: message for message in messages}
    early = View([event for event in before.events if event.at <= until])
    for message in early.messages.values():
        if message["id"] in rows:
            kept = text_of(rows[message["id"]])
            assert kept.startswith(text_of(message)), f"L20 {text_of(message)!r} became {kept!r}"

"""A wire between a client and the server that breaks at any byte, freezes or trickles: a client that comes back with its cursor, and
says again what it is not sure of under the same run_id, lacks nothing and has nothing done twice.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.models.messages_api import Answer, Call, MessagesApi, Text
from support.scenarios.sizes import chance
from support.scenarios.story import Event, event_of
from support.servers.crush_http import Http
from support.servers.cut_proxy import CutProxy
from support.servers.witness import Witness

SILENCE_S = 0.5
"""After which the wire is cut, too."""
BROKEN = (OSError, asyncio.IncompleteReadError, ValueError, IndexError)
"""What a broken answer is to the plain client."""


@pytest.fixture
def wire(http: Http) -> Iterator[CutProxy]:
    with CutProxy.in_thread(http.port) as proxy:
        yield proxy


@pytest.fixture
def far(http: Http, wire: CutProxy) -> Http:
    """The server, at the other end of the wire."""
    return Http(int(wire.url.rpartition(":")[2]), http.base, http.token)


async def test_a_stream_that_is_cut_at_any_byte_is_gone_on_with(
    scene: Witness, far: Http, wire: CutProxy, api: MessagesApi
) -> None:
    api.handler = lambda _body: Answer(Text([f"word {number} " for number in range(20)], delay=0.005))
    begin = next(str(event.id) for event in scene.events if event.id is not None)
    sid = await scene.session()
    runs = [await scene.prompt(sid, f"prompt {number}", mode="queue") for number in range(3)]
    got: list[Event] = []
    numbers, cursor = chance("cut streams"), begin
    end = asyncio.ensure_future(scene.ended(*runs))
    for rounds in itertools.count():
        facts = [event for event in scene.events if event.id is not None and event.type != "client"]
        if end.done() and got and got[-1].seq >= facts[-1].seq:
            break
        assert rounds < 2000, "it never came to the end"
        wire.cut_after = numbers.randrange(300, 6000)
        for event in await _facts(far, scene, cursor):
            got.append(event)
            cursor = str(event.id)
    wire.cut_after = None
    seqs = [event.seq for event in got]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    told = {event.seq: event for event in scene.events if event.id is not None}
    assert all((event.type, event.payload) == (told[event.seq].type, told[event.seq].payload) for event in got)
    assert rounds > 10


async def _facts(far: Http, scene: Witness, cursor: str) -> list[Event]:
    """The whole facts that a connection brought until it broke."""
    seen = b""
    try:
        path = scene.path("/events?client_id=far")
        async with await far.open("GET", path, headers={"Last-Event-ID": cursor}) as stream:
            try:
                while await asyncio.wait_for(stream.more(), SILENCE_S):
                    pass
            except asyncio.IncompleteReadError as error:  # in the middle of a chunk
                stream.seen += error.partial
            finally:
                seen = stream.seen
    except BROKEN:
        pass
    found = (event_of(block) for block in seen.split(b"\n\n")[:-1])
    return [event for event in found if event is not None and event.id is not None]


@pytest.mark.parametrize("direction", ["request", "answer"])
async def test_a_prompt_whose_wire_is_cut_at_any_byte_is_said_again_and_done_once(
    scene: Witness, far: Http, wire: CutProxy, api: MessagesApi, root: Path, direction: str
) -> None:
    sid = await scene.session()
    cuts = range(1, 1200, 97) if direction == "answer" else range(-1, -500, -41)
    for number, cut in enumerate(cuts):
        api.script(Answer(Call("run_command", {"command": f"echo ran >> ran-{number}"})), Answer("Done."))
        body = {"session_id": sid, "prompt": f"Number {number}", "run_id": f"run-{number}", "mode": "queue"}
        wire.cut_after = cut
        for _ in range(2):
            try:
                await far("POST", scene.path("/agent"), body)
            except BROKEN:
                wire.cut_after = None
        wire.cut_after = None
        again = await far("POST", scene.path("/agent"), body)
        assert again.status == 202, again
        scene.accepted.setdefault(f"run-{number}", again.json())
        (terminal,) = await scene.ended(f"run-{number}")
        assert terminal["state"] == "done"
        assert (root / f"ran-{number}").read_text() == "ran\n"


async def test_a_wire_that_freezes_and_then_trickles_brings_all_of_it_in_the_end(
    scene: Witness, far: Http, wire: CutProxy, api: MessagesApi
) -> None:
    api.handler = lambda _body: Answer(Text([f"word {number} " for number in range(50)]))
    slow = Witness(far, scene.wid, "slow")
    await slow.watch()
    sid = await scene.session()
    wire.is_frozen = True
    runs = [await scene.prompt(sid, f"prompt {number}", mode="queue") for number in range(10)]
    await scene.ended(*runs)
    assert not list(slow.of("run_complete")), "nothing came through"
    wire.trickle, wire.is_frozen = (2000, 0.002), False
    await slow.ended(*runs)
    mine = [(event.id, event.payload) for event in slow.events if event.id is not None and event.type != "client"]
    told = [(event.id, event.payload) for event in scene.events if event.id is not None and event.type != "client"]
    assert mine == told[-len(mine) :]
    await slow.leave()

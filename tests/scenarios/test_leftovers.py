"""O5, counted in the server's own process: nothing of a run, a client or a tool stays behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from support.models.messages_api import MessagesApi
from support.scenarios import phases
from support.scenarios.oracle import eventually, nothing_is_left, processes_in
from support.servers.crush_http import Http
from support.servers.live_server import live
from support.servers.witness import Witness


async def test_a_hundred_runs_that_were_cancelled_leave_no_descriptor_and_no_process(
    api: MessagesApi, tmp_path: Path
) -> None:
    api.handler = phases.answer
    async with live(tmp_path, api.url, permission_mode="auto") as server:
        http = await server.start()
        async with await Witness.attend(http) as witness:
            process = psutil.Process(server.pid)
            await _rounds(witness, 1)
            await eventually(lambda: not processes_in(server.root), "the first are gone")
            before = process.num_fds()
            await _rounds(witness, 14)
            await asyncio.gather(*(_come_and_go(http, witness.wid, f"client-{number}") for number in range(50)))
            await eventually(
                lambda: process.num_fds() <= before, "all is closed", lambda: (before, process.open_files())
            )
            assert process.children(recursive=True) == []
            await nothing_is_left(witness, server.root)
        await server.kill()


async def _rounds(witness: Witness, count: int) -> None:
    """Runs in seven phases, side by side, cancelled; again and again."""
    cancelled = [phase for phase in phases.PHASES if phase != "stubborn"]
    for _ in range(count):
        sids = [await witness.session() for _ in cancelled]
        runs = await asyncio.gather(
            *(phases.begin(witness, phase, sid) for phase, sid in zip(cancelled, sids, strict=True))
        )
        for sid in sids:
            await witness.cancel(sid)
        await witness.ended(*runs)


async def _come_and_go(http: Http, wid: str, name: str) -> None:
    async with await Witness.attend(http, name=name) as client:
        assert client.wid == wid

"""A server that may open no more files, or has no more memory, for a while; set from outside on the running process."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from support.models.messages_api import Answer, Call, MessagesApi
from support.scenarios import oracle
from support.scenarios.sizes import chance
from support.servers.live_server import LiveServer, live
from support.servers.witness import Witness

TOLD = re.compile("too many (open )?files", re.IGNORECASE)
LARGE = "x" * 3_000_000


@contextmanager
def limited(server: LiveServer, kind: int, most: int) -> Iterator[None]:
    free = resource.prlimit(server.pid, kind)
    resource.prlimit(server.pid, kind, (most, free[1]))
    yield
    resource.prlimit(server.pid, kind, free)


@pytest.mark.timeout(300)
async def test_a_server_that_may_open_no_more_files_says_so_and_goes_on_afterwards(
    api: MessagesApi, tmp_path: Path
) -> None:
    async with live(tmp_path, api.url, permission_mode="auto") as server:
        async with await Witness.attend(await server.start()) as witness:
            sid = await witness.session()
            await witness.ended(await witness.prompt(sid, "Warm up"))
            for few in (1, 2, 3, 5, 8):
                api.script(Answer(Call("run_command", {"command": "true"})), Answer("So it is."))
                run = await witness.prompt(sid, "Run something")
                await witness.ended(run)
                api.script(Answer(Call("run_command", {"command": "true"})), Answer("So it is."))
                held = psutil.Process(server.pid).num_fds()
                prompt = {"session_id": sid, "prompt": "Run something"}
                with limited(server, resource.RLIMIT_NOFILE, held + few):
                    reply = await witness.http("POST", witness.path("/agent"), prompt)
                    assert reply.status in {202, 503}, reply
                    if reply.status == 202:
                        (terminal,) = await witness.ended(reply.json()["run_id"])
                        assert terminal["state"] == "done" or TOLD.search(terminal["error"]), terminal
                        mine = [each for each in await witness.messages(sid) if each["run_id"] == terminal["run_id"]]
                        results = [part for each in mine for part in each["parts"] if part["type"] == "tool_result"]
                        assert all(TOLD.search(each["content"]) for each in results if each["is_error"]), results
                while api.unused:
                    await witness.ended(await witness.prompt(sid, "Use it up"))
            await oracle.while_it_serves(witness, api, server.root)
        await server.kill()
    oracle.when_it_is_gone(server.data, [server.log.read_bytes()])


@pytest.mark.timeout(300)
async def test_a_server_that_is_out_of_memory_for_a_while_answers_and_keeps_what_it_accepted(
    api: MessagesApi, tmp_path: Path
) -> None:
    """Of prompts and outputs that do not fit: each run ends once, typed, and the next prompt works."""
    numbers = chance("memory")
    api.handler = lambda _body: Answer(
        Call("run_command", {"command": f"head -c {numbers.randrange(1, 40)}000000 /dev/zero | tr '\\\\0' x"})
        if numbers.random() < 0.5 and "tool_result" not in str(_body["messages"][-1])[:200]
        else "ok"
    )
    async with live(tmp_path, api.url, permission_mode="auto") as server:
        async with await Witness.attend(await server.start()) as witness:
            sids = [await witness.session() for _ in range(4)]
            await witness.ended(*[await witness.prompt(sid, "Warm up") for sid in sids])
            size = psutil.Process(server.pid).memory_info().vms
            with limited(server, resource.RLIMIT_AS, size + 48_000_000):
                replies = [await witness.post(sid, LARGE if numbers.random() < 0.5 else "Go on") for sid in sids * 2]
                assert {reply.status for reply in replies} <= {202, 413, 500, 503}, replies
                await witness.ended(*witness.accepted)
            await oracle.while_it_serves(witness, api, server.root)
        await server.kill()
    oracle.when_it_is_gone(server.data, [server.log.read_bytes()])

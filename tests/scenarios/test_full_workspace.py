"""A disk that is full where the agent works, while the store's is not: what does not fit is refused in words, the old file is whole,
nothing half-written is left, and the same works when there is room.

Two ways to be full. A process whose files may not grow (``RLIMIT_FSIZE``) finds no room for a large file, for root and for everybody.
Where the machine lets us mount, a real small disk takes nothing at all.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from support.models.messages_api import Answer, Call, MessagesApi
from support.scenarios import oracle
from support.scenarios.story import Json
from support.servers.live_server import LiveServer, live
from support.servers.witness import Witness

NO_ROOM = re.compile(r"There is no room left for \S+ .*[Ff]ree some disk space")
LARGEST = 8_000_000
LARGE = 7_900_000
GROWTH = "y" * 200_000
PRINTED = "print('z' * 200_000)"


class Limited:
    """No file of the server may become longer than LARGEST. Its kernels and the store, which is small, go on."""

    takes_nothing: ClassVar[bool] = False

    def __init__(self, server: LiveServer) -> None:
        self._server = server

    @contextmanager
    def disk(self) -> Iterator[None]:
        yield

    @contextmanager
    def full(self) -> Iterator[None]:
        free = resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, (LARGEST, free[1]))
        yield
        resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, free)


class Mounted:
    """The workspace is a small disk of its own, filled to the last byte."""

    takes_nothing: ClassVar[bool] = True

    def __init__(self, server: LiveServer) -> None:
        self._root = server.root

    @contextmanager
    def disk(self) -> Iterator[None]:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", self._root], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", self._root], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = self._root / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        yield
        filler.unlink()


def _may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True)
    return tried.returncode == 0


WAYS: list[type[Limited | Mounted]] = [Limited, *([Mounted] if _may_mount() else [])]


def contents(root: Path) -> dict[str, bytes]:
    """All that is there, hidden or not."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != "filler")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def prepare(root: Path) -> None:
    (root / "small.txt").write_text("before\n")
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * LARGE}
    cells = [
        {"id": "run", "cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": PRINTED},
        {"id": "held", "cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [stream], "source": "1"},
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "large.ipynb").write_text(json.dumps(notebook))


EDITS = {
    "edit_notebook": Call(
        "edit_notebook", {"path": "large.ipynb", "edits": [{"op": "insert", "source": GROWTH, "after": "run"}]}
    ),
    "run_cell": Call("run_cell", {"path": "large.ipynb", "cell_id": "run"}),
}
WRITES = {
    "edit_small": Call("edit_file", {"path": "small.txt", "old": "before", "new": "after"}),
    "write_file": Call("write_file", {"path": "new.txt", "content": GROWTH}),
    "write_over": Call("write_file", {"path": "small.txt", "content": GROWTH}),
    "write_deep": Call("write_file", {"path": "new/folder/new.txt", "content": "small"}),
    "create": Call("edit_notebook", {"path": "new.ipynb", "create": True, "edits": []}),
}


async def result_of(witness: Witness, api: MessagesApi, sid: str, call: Call) -> Json:
    """What the agent is told of a call."""
    api.script(Answer(call), "I see.")
    run = await witness.prompt(sid, "Go on")
    (terminal,) = await witness.ended(run)
    assert terminal["state"] == "done", terminal
    mine = [message for message in await witness.messages(sid) if message["run_id"] == run]
    [result] = [part for message in mine for part in message["parts"] if part["type"] == "tool_result"]
    return dict(result)


async def try_all(witness: Witness, api: MessagesApi, sid: str, calls: dict[str, Call]) -> dict[str, Json]:
    return {name: await result_of(witness, api, sid, call) for name, call in calls.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", WAYS)
async def test_what_does_not_fit_is_refused_in_words_and_every_file_is_whole(
    api: MessagesApi, tmp_path: Path, way: type[Limited | Mounted]
) -> None:
    traits: dict[str, Any] = {"permission_mode": "auto", "limits": {"checkpoint_bytes": 500_000}}
    async with live(tmp_path, api.url, **traits) as server:
        fault = way(server)
        with fault.disk():
            prepare(server.root)
            async with await Witness.attend(await server.start()) as witness:
                sid = await witness.session()
                await try_all(witness, api, sid, {"read": Call("read_file", {"path": "small.txt"})})
                calls = EDITS | (WRITES if fault.takes_nothing else {})
                before = contents(server.root)
                with fault.full():
                    for name, result in (await try_all(witness, api, sid, calls)).items():
                        assert NO_ROOM.search(result["content"]), f"{name}: {result['content'][:300]}"
                        assert result["is_error"] or name == "run_cell", name
                    assert contents(server.root) == before
                    shown = await witness.get(f"/sessions/{sid}/files")
                    assert shown == [], "nothing was changed, so there is nothing to review"
                for name, result in (await try_all(witness, api, sid, calls)).items():
                    assert not result["is_error"] and "no room" not in result["content"], f"{name}: {result}"
                for kernel in (await witness.http("GET", "/api/kernels")).json():
                    await witness.http("DELETE", f"/api/kernels/{kernel['id']}")
                await oracle.while_it_serves(witness, api, server.root)
                if fault.takes_nothing:
                    await _is_not_reverted(witness, sid, server, fault)
            await server.kill()
    oracle.when_it_is_gone(server.data, [server.log.read_bytes()])


async def _is_not_reverted(witness: Witness, sid: str, server: LiveServer, fault: Limited | Mounted) -> None:
    before = contents(server.root)
    with fault.full():
        reply = await witness.http("POST", witness.path(f"/sessions/{sid}/files/revert"), {"path": "small.txt"})
        assert (reply.status, reply.json()["reason"]) == (409, "not_undoable"), reply
        assert NO_ROOM.search(reply.json()["message"]), reply
        assert contents(server.root) == before
    reply = await witness.http("POST", witness.path(f"/sessions/{sid}/files/revert"), {"path": "small.txt"})
    assert reply.status == 200, reply
    assert (server.root / "small.txt").read_text() == "before\n"

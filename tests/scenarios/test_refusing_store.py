"""A store that takes nothing (locked, full, deleted, moved away) under a running server, seen over HTTP: what is refused has changed
nothing, neither at once nor after a restart, and what is accepted stays.

Nothing is mounted: a process whose files may not grow finds its disk full, for root and for everybody.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.handlers.routes import ROUTES
from support.models.messages_api import Answer, Call, Hold, MessagesApi, Ping, Stall
from support.scenarios import oracle
from support.scenarios.story import Json
from support.servers.crush_http import Answer as Reply
from support.servers.live_server import LiveServer, live
from support.servers.witness import Witness

FIRST_PAGE = 4096
ASIDE = frozenset(
    {
        *("open_workspace", "release_workspace", "put_presence", "claim_document", "answer_document", "list_variables"),
        "patch_config",  # of this server's life
    }
)
"""Operations that keep nothing in the store."""
HEARD = frozenset({"cancel", "remove_prompt", "clear_prompts", "revoke_grant"})
"""They may be heard: a run is stopped and a grant is void whatever the disk says, and that is written when the disk takes it."""


def answer(body: dict[str, Any]) -> Answer:
    words = str(body["messages"][-1])
    if "do:call" in words:
        return Answer(Call("run_command", {"command": "true"}))
    if "do:question" in words:
        return Answer(Call("ask_user", {"questions": [{"text": "Which?"}]}))
    if "do:write" in words:
        return Answer(Call("write_file", {"path": "made.txt", "content": "made"}))
    return Answer(Ping(), Stall()) if "do:nothing" in words else Answer("ok")


@dataclass
class Scene:
    """A workspace that has one of everything, and every way to change it."""

    witness: Witness
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def set(cls, witness: Witness) -> Scene:
        scene = cls(witness)
        ids, sees = scene.ids, witness.sees
        for name in ("idle", "asking", "questioning", "busy", "deleted", "granted", "writing"):
            ids[name] = await witness.session()
        await witness.ended(await witness.prompt(ids["idle"], "Hello"))
        run = await witness.prompt(ids["granted"], "do:call")
        first = (await sees("permission_request", run_id=run)).payload["id"]
        assert (await scene.post(f"/permissions/{first}", {"action": "allow_session"})).status == 200
        await witness.ended(run)
        ids["grant"] = (await witness.get("/permissions/grants"))[0]["id"]
        await witness.ended(await witness.prompt(ids["writing"], "do:write", permission_mode="auto"))
        ids["message"] = (await witness.messages(ids["writing"]))[0]["id"]
        run = await witness.prompt(ids["asking"], "do:call")
        ids["request"] = (await sees("permission_request", run_id=run)).payload["id"]
        run = await witness.prompt(ids["questioning"], "do:question")
        ids["question"] = (await sees("question_request", run_id=run)).payload["id"]
        await sees("message", role="assistant", run_id=await witness.prompt(ids["busy"], "do:nothing"))
        for name in ("second", "third"):
            ids[name] = await witness.prompt(ids["busy"], name, mode="queue")
        assert (await witness.http("DELETE", scene.session("deleted"))).status == 204
        return scene

    def session(self, name: str) -> str:
        return self.witness.path(f"/sessions/{self.ids[name]}")

    async def post(self, path: str, body: object) -> Reply:
        return await self.witness.http("POST", self.witness.path(path), body)

    def calls(self) -> dict[str, tuple[str, str, object]]:
        """Each operation that writes: how it is called here."""
        ids, path, session = self.ids, self.witness.path, self.session
        lane = path(f"/agent/sessions/{ids['busy']}")
        return {
            "create_session": ("POST", path("/sessions"), {"title": "late"}),
            "patch_session": ("PATCH", session("idle"), {"title": "late", "permission_mode": "plan"}),
            "delete_session": ("DELETE", session("idle"), None),
            "restore_session": ("POST", f"{session('deleted')}/restore", {}),
            "fork_session": ("POST", f"{session('idle')}/fork", {}),
            "keep_changes": ("POST", f"{session('writing')}/files/keep", {"path": "made.txt"}),
            "revert_changes": ("POST", f"{session('writing')}/files/revert", {"path": "made.txt"}),
            "rewind": ("POST", f"{session('writing')}/rewind", {"message_id": ids["message"]}),
            "prompt": ("POST", path("/agent"), {"session_id": ids["idle"], "prompt": "late"}),
            "summarize": ("POST", path(f"/agent/sessions/{ids['idle']}/summarize"), {}),
            "answer_permission": ("POST", path(f"/permissions/{ids['request']}"), {"action": "allow_session"}),
            "answer_question": ("POST", path(f"/questions/{ids['question']}"), {"answers": [{"text": "That"}]}),
            "move_prompt": ("PATCH", f"{lane}/prompts/{ids['third']}", {"before": ids["second"], "mode": "steer"}),
            "remove_prompt": ("DELETE", f"{lane}/prompts/{ids['third']}", None),
            "clear_prompts": ("DELETE", f"{lane}/prompts", None),
            "cancel": ("POST", f"{lane}/cancel", {}),
            "revoke_grant": ("DELETE", path(f"/permissions/grants/{ids['grant']}"), None),
        }

    async def state(self, *, kept: bool = False) -> Json:
        """All that can be asked for. ``kept``: only what a restart must not change, for runs that were on their way end with it."""
        get = self.witness.get
        sessions = await get("/sessions")
        still = {self.ids[name] for name in ("idle", "granted", "writing")}
        shown = [each for each in sessions if not kept or each["id"] in still]
        state = {
            "sessions": {each["id"]: {**each, "attached_clients": 0} for each in shown},
            "ids": sorted(each["id"] for each in sessions),
            "messages": {each["id"]: await self.witness.messages(each["id"]) for each in shown},
            "grants": await get("/permissions/grants"),
            "files": await get(f"/sessions/{self.ids['writing']}/files"),
        }
        if kept:
            return state
        return {
            **state,
            "permissions": await get("/permissions"),
            "questions": await get("/questions"),
            "queue": await self.witness.queue(self.ids["busy"]),
        }


# --- the faults ---


@contextmanager
def full(server: LiveServer) -> Iterator[None]:
    """No file of the server may become longer than a page."""
    free = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FIRST_PAGE, free[1]))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, free)


@contextmanager
def locked(server: LiveServer) -> Iterator[None]:
    other = sqlite3.connect(_store(server), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


@contextmanager
def moved(server: LiveServer) -> Iterator[None]:
    folder = _store(server).parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    yield
    aside.rename(folder)


def _store(server: LiveServer) -> Path:
    (path,) = server.data.rglob("store.sqlite")
    return path


Fault = Callable[[LiveServer], Any]
SLOW = ("answer_permission", "patch_session", "prompt")
"""With a lock that stays, each takes as long as the store waits for it (5 s): these, and the others of the full disk."""


WRITING = {one.function.__name__ for route in ROUTES for one in route.operations.values() if one.verb != "read"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [full, moved, locked])
async def test_what_a_store_refuses_has_changed_nothing(api: MessagesApi, tmp_path: Path, fault: Fault) -> None:
    api.handler = answer
    async with live(tmp_path, api.url, permission_mode="ask") as server:
        async with await Witness.attend(await server.start()) as witness:
            scene = await Scene.set(witness)
            assert set(scene.calls()) == WRITING - ASIDE, "every operation that keeps something is tried"
            kept = await scene.state(kept=True)
            with fault(server):
                for name, (method, path, body) in scene.calls().items():
                    if fault is not locked or name in SLOW:
                        await _is_refused_or_heard(scene, name, (method, path, body))
                if fault is not locked:
                    kept["grants"] = []  # revoked
            assert await scene.state(kept=True) == kept
            late = await witness.session()
            await oracle.the_next_prompt_works(witness, late)
            assert (await witness.http("DELETE", witness.path(f"/sessions/{late}"))).status == 204
            assert await scene.state(kept=True) == kept
        await server.kill()
        async with await Witness.attend(await server.start()) as after:
            assert await replace(scene, witness=after).state(kept=True) == kept, "as before, also after a restart"
            for name in ("idle", "busy", "asking", "questioning"):
                await oracle.the_next_prompt_works(after, scene.ids[name])
            await oracle.while_it_serves(after, api, server.root)
        server.signal(signal.SIGTERM)
        await server.exited(10)
    oracle.when_it_is_gone(server.data, [server.log.read_bytes()])


async def _is_refused_or_heard(scene: Scene, name: str, call: tuple[str, str, object]) -> None:
    before = await scene.state()
    reply = await scene.witness.http(*call)
    if name in HEARD and reply.status < 300:
        return
    assert reply.status == 503, f"{name} was answered {reply}"
    error = reply.json()
    assert error["reason"] in {"store_failed", "store_gone"} and error["message"], f"O8 {error}"
    after = await scene.state()
    assert after == before, f"{name} was refused and has changed something"


@pytest.mark.timeout(300)
async def test_a_store_that_is_deleted_under_the_server_is_said_so_and_a_restart_makes_a_new_one(
    api: MessagesApi, tmp_path: Path
) -> None:
    """Not accepted, done, and gone after the restart."""
    async with live(tmp_path, api.url) as server:
        async with await Witness.attend(await server.start()) as witness:
            sid = await witness.session()
            await witness.ended(await witness.prompt(sid, "Hello"))
            shutil.rmtree(_store(server).parent)
            reply = await witness.post(sid, "late")
            assert (reply.status, reply.json()["reason"]) == (503, "store_gone"), reply
            assert "restart the server" in reply.json()["message"]
            assert len(await witness.messages(sid)) == 2, "what is in memory can still be read"
        server.signal(signal.SIGTERM)
        await server.exited(15)
        async with await Witness.attend(await server.start()) as after:
            assert await after.get("/sessions") == []
            await oracle.the_next_prompt_works(after, await after.session())
            await oracle.while_it_serves(after, api, server.root)
        await server.kill()


@pytest.mark.timeout(300)
async def test_endings_that_a_full_disk_refused_are_written_when_there_is_room(
    api: MessagesApi, tmp_path: Path
) -> None:
    """The stream's terminal, GET and the next start agree."""
    hold = asyncio.Event()
    api.handler = lambda _body: Answer("Half", Hold(hold), " of it")
    async with live(tmp_path, api.url) as server:
        async with await Witness.attend(await server.start()) as before:
            sids = [await before.session() for _ in range(5)]
            runs = [await before.prompt(sid, "Go on") for sid in sids]
            for run in runs:
                await before.hears(run, "Half")
            with full(server):
                hold.set()
                refused = await before.post(sids[0], "late")
                assert refused.status == 503, refused
            terminals = await before.ended(*runs)
            for each in terminals:  # as far as it came before it could not be written
                assert each["state"] == "done" or each["reason"] == "store_failed", each
            await oracle.while_it_serves(before, api, server.root)
            await server.kill()
        async with await Witness.attend(await server.start()) as after:
            await oracle.what_was_seen_is_there(before, after)
        await server.kill()


@pytest.mark.timeout(120)
async def test_a_store_of_a_newer_version_is_refused_untouched(api: MessagesApi, tmp_path: Path) -> None:
    async with live(tmp_path, api.url) as server:
        async with await Witness.attend(await server.start()) as witness:
            await witness.ended(await witness.prompt(await witness.session(), "Hello"))
        server.signal(signal.SIGTERM)
        await server.exited(15)
        with closing(sqlite3.connect(_store(server), isolation_level=None)) as store:
            store.execute("PRAGMA user_version = 9999")
        found = _store(server).read_bytes()
        http = await server.start()
        reply = await http("POST", "workspaces", {"client_id": "late"})
        assert (reply.status, reply.json()["reason"]) == (409, "store_too_new"), reply
        await server.kill()
        assert _store(server).read_bytes() == found

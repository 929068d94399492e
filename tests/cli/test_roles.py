"""At a terminal who may not do something is told whom to ask, before they try; and code is told that it may not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyter_crush.client.roles import cannot_answer, cannot_approve, doer, people, watching
from jupyter_crush.wire import May
from support.servers.acting_code import Room
from support.servers.crush_process import ROOT, TOKEN
from support.terminals.crush_terminal import Terminal

PEOPLE = """
os.environ["JUPYTERHUB_USER"] = "ana"
from jupyter_server.auth import IdentityProvider, User

class People(IdentityProvider):
    # Whose token is their name; the server's own is ana's, as on a Hub that ana shares hers.
    async def get_user(self, handler):
        token = handler.request.headers.get("Authorization", "").removeprefix("token ")
        handler._token_authenticated = True
        name = "ana" if token == self.token else token
        return User(name) if name in {"ana", "bob"} else None

c.ServerApp.identity_provider_class = People
"""


def may(**fields: object) -> May:
    all_of_it = dict.fromkeys(("view", "prompt", "approve", "configure", "delete_any"), True)
    return May(**{**all_of_it, **fields})  # type: ignore[arg-type]


def test_who_may_not_is_told_whom_to_ask() -> None:
    assert watching(None) is watching(may()) is cannot_approve(may()) is cannot_answer(may()) is None
    assert watching(may(prompt=False, prompters=("ana",))) == "You are watching. Ask ana to let you prompt."
    assert cannot_approve(may(approve=False, approvers=("ana", "ben"))) == "This waits for ana or ben."
    assert "Code in a kernel" in str(cannot_approve(may(approve=False, origin="kernel")))
    assert "Code in a kernel" in str(cannot_answer(may(origin="command")))
    assert people(()) == "the owner of this server"
    assert people(("a", "b", "c")) == "a, b or c"
    assert people(tuple("abcde")) == "a, b, c or somebody else who may"
    assert (doer("ana", "terminal"), doer("ana", "api"), doer(None, None)) == ("ana in a terminal", "ana", "the server")


async def test_a_viewer_at_a_terminal_watches_and_sees_who_allowed(tmp_path: Path) -> None:
    async with Room.open(tmp_path, PEOPLE) as room:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "CRUSH_URL": f"http://127.0.0.1:{room.http.port}/",
        }
        bob = Terminal("attach", room.sid, environ={**environ, "CRUSH_TOKEN": "bob"}, cwd=tmp_path)
        ana = Terminal("attach", room.sid, environ={**environ, "CRUSH_TOKEN": TOKEN}, cwd=tmp_path)
        try:
            seen = bob.until("This waits for ana.", 60)
            assert "You are watching. Ask ana to let you prompt. Ctrl-C leaves." in seen
            assert "allowed.txt" in seen, "what is asked is shown"
            assert "y allow" not in seen
            bob.type("y")
            bob.until("\x1b[33mYou are watching. Ask ana to let you prompt.")
            bob.until("? Shall I?")
            ana.until("y allow", 60)
            ana.type("y")
            bob.until("(allowed by ana in a terminal)", 60)
        finally:
            bob.close()
            ana.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the terminal that the command says it is counts")
async def test_in_a_cell_the_commands_say_that_code_may_not_approve(tmp_path: Path) -> None:
    async with Room.open(tmp_path) as room:
        crush = f"!timeout 20 {sys.executable} -m jupyter_crush.cli"
        printed = await room.in_a_kernel(f"{crush} attach {room.sid}", f"{crush} run --yes hello")
        assert "Code in a kernel may prompt, but not approve." in printed
        assert "--yes allows nothing here." in printed
        assert "Traceback" not in printed
        assert len(await room.waiting()) == 2
        printed = await room.in_a_kernel(f"{crush} run command echo no </dev/null")
        assert "denied:" in printed, "to deny is no approval, and lets the run go on"

"""What the agent changed, over HTTP: listed, kept, reverted and rewound, by any client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.client import AsyncClient, Refused
from jupyter_crush.models.scripted import ScriptedModel, call, says
from support.servers.crush_http import Answer, Http

NOTEBOOK = {
    "path": "a.ipynb",
    "create": True,
    "edits": [{"op": "insert", "source": f"x = {number}", "after": "end"} for number in range(2)],
}


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return {"permission_mode": "auto"}


@pytest.fixture
def model() -> ScriptedModel:
    writes = says(
        call("write_file", {"path": "new.txt", "content": "one\ntwo\n"}, id="c1"),
        call("edit_notebook", NOTEBOOK, id="c2"),
    )
    return ScriptedModel([writes], otherwise=says("Done."))


class Client:
    """One of those who look at a session."""

    def __init__(self, http: Http, wid: str, sid: str) -> None:
        self.http = http
        self.path = f"workspaces/{wid}/sessions/{sid}"
        self.wid = wid
        self.sid = sid

    async def prompt(self) -> list[dict[str, Any]]:
        """Let the agent work; what was told meanwhile."""
        path = f"workspaces/{self.wid}/events?session_id={self.sid}"
        async with await self.http.open("GET", path) as stream:
            await stream.until(b"retry:")
            await self.http("POST", f"workspaces/{self.wid}/agent", {"session_id": self.sid, "prompt": "Work"})
            await stream.until(b'"run_complete"')
            return stream.events()

    async def files(self, query: str = "") -> dict[str, dict[str, Any]]:
        answer = await self.http("GET", f"{self.path}/files{query}")
        assert answer.status == 200, answer
        return {file["path"]: file for file in answer.json()}

    async def post(self, what: str, body: object = None) -> Answer:
        return await self.http("POST", f"{self.path}/{what}", body)


async def attend(http: Http) -> Client:
    wid = await http.workspace()
    return Client(http, wid, await http.session(wid))


async def test_changes_are_told_listed_and_reverted_by_another_client(http: Http, jp_root_dir: Path) -> None:
    client = await attend(http)
    told = [event["payload"] for event in await client.prompt() if event["type"] == "file"]
    assert {(event["path"], event["additions"], event["deletions"]) for event in told} == {
        ("new.txt", 2, 0),
        ("a.ipynb", 2, 0),
    }
    (run_id,) = {event["run_id"] for event in told}
    files = await client.files(f"?run_id={run_id}")
    assert [(file["type"], file["kind"]) for file in files.values()] == [("notebook", "created"), ("file", "created")]
    first, second = files["a.ipynb"]["cells"]
    assert (first["kind"], first["diff"].splitlines()[-1]) == ("added", "+x = 0")
    assert await client.files("?run_id=else") == {}

    other = Client(client.http, client.wid, client.sid)
    answer = await other.post("files/revert", {"path": "a.ipynb", "cell_id": first["cell_id"]})
    assert (answer.status, answer.json()) == (200, {"paths": ["a.ipynb"]})
    assert [cell["cell_id"] for cell in (await client.files())["a.ipynb"]["cells"]] == [second["cell_id"]]
    assert "x = 0" not in (jp_root_dir / "a.ipynb").read_text()
    assert (await other.post("files/keep", {"path": "new.txt"})).json() == {"paths": ["new.txt"]}
    assert list(await client.files()) == ["a.ipynb"]


async def test_a_revert_over_a_persons_words_is_409_and_says_which(http: Http, jp_root_dir: Path) -> None:
    client = await attend(http)
    await client.prompt()
    (jp_root_dir / "new.txt").write_text("mine\n")
    answer = await client.post("files/revert")
    body = answer.json()
    assert (answer.status, body["reason"], [file["path"] for file in body["changed"]]) == (
        409,
        "changed_since",
        ["new.txt"],
    )
    assert (jp_root_dir / "new.txt").read_text() == "mine\n" and (jp_root_dir / "a.ipynb").exists()
    assert (await client.post("files/revert", {"confirm": True})).status == 200
    assert not (jp_root_dir / "new.txt").exists() and not (jp_root_dir / "a.ipynb").exists()


async def test_a_rewind_undoes_the_run_of_a_message(http: Http, jp_root_dir: Path) -> None:
    client = await attend(http)
    await client.prompt()
    message = (await client.http("GET", f"{client.path}/messages")).json()["messages"][0]
    await client.post("files/keep")
    assert (await client.post("rewind", {"message_id": message["id"]})).json() == {"paths": ["a.ipynb", "new.txt"]}
    assert not (jp_root_dir / "new.txt").exists() and not (jp_root_dir / "a.ipynb").exists()
    assert (await client.post("rewind", {"message_id": "none"})).status == 404
    assert (await client.post("rewind", {})).status == 400


async def test_a_foreign_session_has_no_changes(http: Http) -> None:
    client = await attend(http)
    other = Client(client.http, client.wid, "else")
    assert (await client.http("GET", f"{other.path}/files")).status == 404
    for what in ("files/keep", "files/revert"):
        assert (await other.post(what)).status == 404


async def test_the_python_client_lists_keeps_reverts_and_rewinds(http: Http, jp_root_dir: Path) -> None:
    client = await attend(http)
    await client.prompt()
    async with AsyncClient(f"http://127.0.0.1:{http.port}{http.base}", http.token) as python:
        workspace = await python.open()
        assert [file.path for file in await workspace.files(client.sid)] == ["a.ipynb", "new.txt"]
        assert await workspace.keep(client.sid, "a.ipynb") == ("a.ipynb",)
        (jp_root_dir / "new.txt").write_text("mine\n")
        with pytest.raises(Refused, match=r"changed new\.txt") as refusal:
            await workspace.revert(client.sid, "new.txt")
        assert refusal.value.reason == "changed_since"
        assert await workspace.revert(client.sid, "new.txt", confirm=True) == ("new.txt",)
        message = (await workspace.messages(client.sid)).messages[0]
        assert await workspace.rewind(client.sid, message.id) == ("a.ipynb",)
        assert not (jp_root_dir / "a.ipynb").exists()

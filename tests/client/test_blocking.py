"""The blocking client: the same answers, from a thread of its own, also where an event loop already runs."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jupyter_crush.client import Client, NoServer, Refused, Workspace
from jupyter_crush.client.loop_thread import LoopThread
from jupyter_crush.client.workspace import AsyncWorkspace
from jupyter_crush.wire import Event, Message, Run
from support.servers.crush_loopback import TOKEN, Loopback

ROOT = Path(__file__).parents[2]


def test_a_run_from_prompt_to_answer(threaded: Loopback) -> None:
    def answer(run: Run) -> None:
        loopback = threaded
        loopback.message(run, "The answer.", finished=True)
        loopback.end(run, text="The answer.")

    threaded.on_prompt = answer
    with Client(threaded.url, TOKEN) as client:
        workspace = client.open()
        session = workspace.create_session("S")
        cursor = workspace.messages(session.id).cursor
        run = workspace.wait(workspace.prompt(session.id, "hello"), timeout=10)
        assert run.text == "The answer."
        assert [one.id for one in workspace.sessions()] == [session.id]
        events = workspace.events(session.id, cursor=cursor)
        first = next(events)
        assert isinstance(first, Event)
        assert isinstance(first.payload.payload, Message)
        events.close()  # type: ignore[attr-defined]  # it is a generator


async def test_it_works_where_a_loop_already_runs(threaded: Loopback) -> None:
    with Client(threaded.url, TOKEN) as client:
        assert client.health().status == "ok"


def test_errors_are_the_same(threaded: Loopback) -> None:
    with Client(threaded.url, "wrong") as client, pytest.raises(Refused, match="token"):
        client.open()


def test_closing_ends_the_thread(threaded: Loopback) -> None:
    before = set(threading.enumerate())
    client = Client(threaded.url, TOKEN)
    client.health()
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["jupyter_crush client"]
    client.close()
    client.close()
    assert set(threading.enumerate()) <= before


def test_a_client_without_a_server_says_so_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("CRUSH_URL", "JUPYTER_SERVER_URL", "JPY_PARENT_PID", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NoServer):
        Client()


def test_an_iteration_that_is_left_is_closed() -> None:
    closed: list[bool] = []

    async def numbers() -> AsyncGenerator[int]:
        try:
            for number in range(3):
                yield number
        finally:
            closed.append(True)

    thread = LoopThread("test")
    for number in thread.iterate(numbers()):
        if number == 1:
            break
    thread.close()
    assert closed == [True]


def test_every_method_has_its_blocking_twin_with_the_same_arguments_and_text() -> None:
    public = {name for name in vars(AsyncWorkspace) if not name.startswith("_")} - {"reader", "reopen", "send"}
    assert public <= {name for name in vars(Workspace) if not name.startswith("_")}
    for name in public:
        theirs, ours = getattr(AsyncWorkspace, name), getattr(Workspace, name)
        assert inspect.signature(ours).parameters == inspect.signature(theirs).parameters, name
        assert ours.__doc__ == theirs.__doc__, name


def _generate(*options: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "generate_blocking.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_blocking_workspace_is_written_from_the_asynchronous_one(tmp_path: Path) -> None:
    assert _generate("--check").returncode == 0
    workspace = tmp_path / "jupyter_crush" / "client" / "workspace.py"
    for path in ("pyproject.toml", "scripts/generate_blocking.py", "jupyter_crush/client/workspace.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    assert _generate("--check", root=tmp_path).returncode == 1, "nothing written yet"
    assert _generate(root=tmp_path).returncode == 0
    written = workspace.with_name("blocking_workspace.py").read_bytes()
    assert written == (ROOT / "jupyter_crush" / "client" / "blocking_workspace.py").read_bytes()
    workspace.write_text(workspace.read_text("utf-8").replace("def fork(self,", "def branch(self,"), "utf-8")
    stale = _generate("--check", root=tmp_path)
    assert (stale.returncode, "run python scripts/generate_blocking.py" in stale.stderr) == (1, True)
    assert _generate(root=tmp_path).returncode == 0
    assert "self.asynchronous.branch(session_id, message_id, before=before)" in workspace.with_name(
        "blocking_workspace.py"
    ).read_text("utf-8")

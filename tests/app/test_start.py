"""Starting: what is imported when, what activity is reported, and that a broken configuration breaks nothing else."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.models.scripted import ScriptedModel, says
from support.servers.crush_http import Http


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    loaded = _python("import sys, jupyter_crush; print(*[n for n in sys.modules if n.startswith('jupyter')])").split()
    assert set(loaded) <= {"jupyter_crush", "jupyter_crush._version"}


def test_loading_the_extension_leaves_the_model_s_library_alone() -> None:
    code = """
import sys
from jupyter_crush.app import CrushApp
from jupyter_crush.models.catalog import providers_from
app = CrushApp(api_key="sk-canary", base_url="http://127.0.0.1:1")
print(providers_from(app.configured())[0].provider, *[n for n in ("anthropic", "pydantic", "httpx2") if n in sys.modules])
"""
    assert _python(code).split() == ["anthropic"], "the provider's name, and no module of that name"


def test_the_collector_stops_nobody_while_the_model_s_library_is_imported_and_never_looks_at_it() -> None:
    """A look at everything takes a tenth of a second and more, in which nothing of the server answers."""
    code = """
import asyncio, gc
from jupyter_crush.app import CrushApp
from jupyter_crush.models.anthropic.sdk import load
from jupyter_crush.models.importing import Importing
looks = []
gc.callbacks.append(lambda phase, info: looks.append(info["generation"]))
asyncio.run(Importing(load, "anthropic").modules())
print(len(looks), gc.isenabled(), len(gc.get_objects()) < gc.get_freeze_count() / 20, 2 in looks)
"""
    looks, *rest = _python(code).split()
    assert rest == ["True", "True", "False"], (
        "on again, what was imported is out of its sight, and it never looked at all"
    )
    assert int(looks) < 20


def test_with_the_model_s_library_comes_all_that_its_first_client_would_import() -> None:
    """The first prompt makes that client, and somebody waits for it."""
    code = """
import asyncio, sys
from jupyter_crush.models.anthropic.sdk import load
from jupyter_crush.models.importing import Importing
modules = asyncio.run(Importing(load, "anthropic").modules())
known = set(sys.modules)
modules.sdk.AsyncAnthropic(api_key="none")
print(*sys.modules.keys() - known)
"""
    assert _python(code).split() == []


def test_a_collector_that_was_off_stays_off() -> None:
    code = """
import gc
from jupyter_crush.processes.collector import settling
gc.disable()
with settling():
    pass
print(gc.isenabled())
"""
    assert _python(code).split() == ["False"]


async def test_what_the_server_has_loaded_is_out_of_the_collector_s_sight(crush: CrushApp) -> None:
    assert crush.services is not None
    assert len(gc.get_objects()) < gc.get_freeze_count() / 2


def test_the_extension_and_the_labextension_are_announced() -> None:
    code = "import jupyter_crush as j; print(j._jupyter_server_extension_points(), j._jupyter_labextension_paths())"
    said = _python(code)
    assert "CrushApp" in said
    assert "@jupyter-crush/labextension" in said


async def test_a_working_agent_counts_as_activity(http: Http, crush: CrushApp, model: ScriptedModel) -> None:
    """Those who stop idle servers look at last_activity, and Jupyter's own timer at current_activity."""
    web_app: Any = crush.server.web_app
    settings = web_app.settings
    assert crush.current_activity() is None
    hold = asyncio.Event()
    model.script([hold, *says("done")])
    wid = await http.workspace()
    sid = await http.session(wid)
    before = settings.get("crush_last_activity")
    await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "work", "run_id": "r"})
    await until(lambda: model.active == 1)
    assert crush.current_activity()
    assert settings["crush_last_activity"] != before
    assert web_app.last_activity() >= settings["crush_last_activity"]
    hold.set()
    await until(lambda: crush.current_activity() is None)


class TestBroken:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        def broken(config: Any) -> Any:
            raise RuntimeError("no providers today")

        return {"providers": broken}

    async def test_an_extension_that_could_not_load_lets_the_server_run_and_stop(
        self, jp_serverapp: Any, jp_fetch: Any
    ) -> None:
        (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_crush"]
        assert app.services is None
        assert (await jp_fetch("api", "status")).code == 200
        await app._start_jupyter_server_extension(jp_serverapp)
        await app.stop_extension()


class TestOffline:
    """Neither a key nor a server is named."""

    @pytest.fixture
    def crush_options(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
        return {"providers": None}

    async def test_the_offline_model_answers_and_says_what_it_is(self, http: Http) -> None:
        status = (await http("GET", f"workspaces/{await http.workspace()}/agent")).json()
        assert status["is_ready"] is True
        assert status["model"]["is_demo"] is True


class TestNotReady:
    """Neither, and the offline model is not wanted."""

    @pytest.fixture
    def crush_options(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
        return {"providers": None, "demo": "never"}

    async def test_a_prompt_is_refused_with_what_to_set(self, http: Http) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        status = (await http("GET", f"workspaces/{wid}/agent")).json()
        assert status["is_ready"] is False
        answer = await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "hello"})
        assert (answer.status, answer.json()["reason"]) == (409, "agent_not_ready")
        for text in (status["reason"], answer.json()["message"]):
            assert "ANTHROPIC_API_KEY" in text
            assert "CrushApp.demo" in text

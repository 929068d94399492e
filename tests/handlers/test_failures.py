"""How failures are told: typed, with what to do, and nothing of the request or the code in them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.errors import QueueFull
from jupyter_crush.handlers.base import EndpointHandler
from jupyter_crush.handlers.call import Call
from jupyter_crush.handlers.route import Route, operation
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.wire import Health
from support.servers.crush_http import Http


async def broken(call: Call, name: str) -> Health:
    """Fail in a way that nobody thought of."""
    raise RuntimeError("the secret of the code")


async def full(call: Call) -> Health:
    """Ask to be called again."""
    raise QueueFull(retry_after=2.2)


def _add(crush: CrushApp, path: str, function: Any) -> None:
    route = Route(path, {"GET": operation(function, "view")})
    options = {"name": crush.name, "route": route, "services": crush.services}
    pattern = f"{crush.server.base_url}test/{route.pattern}"
    web_app: Any = crush.server.web_app
    web_app.add_handlers(".*$", [(pattern, EndpointHandler, options)])


async def test_a_failure_that_nobody_thought_of_is_logged_once_and_says_nothing(
    http: Http, crush: CrushApp, caplog: pytest.LogCaptureFixture
) -> None:
    _add(crush, "broken/{name}", broken)
    answer = await http("GET", f"{http.base}test/broken/what-was-asked?asked=what-was-sent")
    assert answer.status == 500
    assert answer.json()["reason"] == "internal"
    text = answer.body.decode()
    assert not [word for word in ("secret", "Traceback", "what-was", "RuntimeError") if word in text]
    logged = [record for record in caplog.records if record.exc_info is not None]
    assert len(logged) == 1
    assert logged[0].levelno == logging.ERROR
    assert "what-was-sent" not in logged[0].getMessage()


async def test_who_should_come_again_is_told_when(http: Http, crush: CrushApp) -> None:
    _add(crush, "full", full)
    answer = await http("GET", f"{http.base}test/full")
    assert (answer.status, answer.headers["retry-after"]) == (429, "3")
    assert answer.json() == {"message": QueueFull().message, "reason": "queue_full", "retryable": True}


class TestQueue:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"queue_limit": 1}

    async def test_a_flood_of_prompts_is_told_to_wait(self, http: Http, model: ScriptedModel) -> None:
        hold = asyncio.Event()
        model.script([hold])
        wid = await http.workspace()
        sid = await http.session(wid)
        answers = [
            await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "p", "run_id": f"r{number}"})
            for number in range(6)
        ]
        assert answers[0].status == 202
        assert answers[-1].status == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        cancelled = (await http("POST", f"workspaces/{wid}/agent/sessions/{sid}/cancel")).json()["cancelled"]
        assert len(cancelled) == sum(answer.status == 202 for answer in answers)

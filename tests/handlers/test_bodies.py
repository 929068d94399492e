"""What is sent: sizes, shapes, ids. Whatever comes, the answer is typed and below 500."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_crush.app import CrushApp
from jupyter_crush.handlers.routes import ROUTES
from support.scenarios.sizes import examples
from support.servers.crush_http import Answer, Http

MIB = 1024 * 1024


def _typed(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer
    body = answer.json()
    assert set(body) == {"message", "reason", "retryable"}
    assert 0 < len(body["message"]) <= 300
    assert "Traceback" not in body["message"]
    return dict(body)


class TestSizes:
    async def test_a_body_over_one_megabyte_is_refused_and_the_client_sees_why(self, http: Http) -> None:
        _typed(await http("POST", "workspaces", {"path": "x" * 2 * MIB}), 413)
        _typed(await http("POST", "workspaces", raw=b"x" * 8 * MIB, headers={"Content-Type": "text/plain"}), 413)

    async def test_a_huge_body_is_refused_from_its_announcement(self, http: Http) -> None:
        async with await http.open("POST", "workspaces", headers={"Content-Length": str(100 * MIB)}) as stream:
            assert stream.status == 413, "before a byte of it was sent"
            assert json.loads(await stream.to_end())["reason"] == "too_large"

    async def test_a_body_of_unknown_length_is_counted(self, http: Http) -> None:
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
        for count, status in ((17, 413), (15, 201)):
            raw = b"2\r\n{}\r\n" + chunk * count + b"0\r\n\r\n"
            assert await _status_of_chunked(http, raw, headers) == status

    async def test_a_prompt_may_carry_twenty_megabytes(self, http: Http) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        body = {"session_id": sid, "prompt": "x", "attachments": [{"text": "x" * 19 * MIB}]}
        assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
        _typed(await http("POST", f"workspaces/{wid}/agent", {**body, "attachments": [{"text": "x" * 21 * MIB}]}), 413)
        _typed(await http("POST", f"workspaces/{wid}/sessions", {"title": "x" * 2 * MIB}), 413)


async def _status_of_chunked(http: Http, raw: bytes, headers: dict[str, str]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.port)
    lines = [f"POST {http.url('workspaces')} HTTP/1.1", f"Host: 127.0.0.1:{http.port}", "Connection: close"]
    lines += [f"Authorization: token {http.token}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


class TestShapes:
    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"", "JSON object"),
            (b"{", "JSON"),
            (b'{"session_id": 1, "prompt": ""}', "$.session_id"),
            (b'{"session_id": "x"}', "prompt"),
            (b'{"session_id": "", "prompt": ""}', "$.session_id"),
            (b'{"session_id": "x", "prompt": "", "promt": ""}', "promt"),
            (b'{"session_id": "x", "prompt": "", "mode": "now"}', "$.mode"),
            (b'{"session_id": "x", "prompt": "", "attachments": [{"path": 3}]}', "$.attachments[0].path"),
            (b'{"session_id": "x", "prompt": "\xff"}', "UTF-8"),
            (b'{"session_id": "x", "prompt": "\\ud800"}', ""),
            (b"[]", "array"),
            (b"null", "null"),
            (b'{"session_id": "x", "prompt": NaN}', ""),
            (b"[" * 100_000, ""),
            (b'{"attachments": ' + b"[" * 100_000, ""),
            (b'{"' + b"x" * 10_000 + b'": 1}', "unknown field"),
        ],
    )
    async def test_a_body_that_does_not_fit_is_told_where(self, http: Http, body: bytes, says: str) -> None:
        wid = await http.workspace()
        headers = {"Content-Type": "application/json"}
        answer = _typed(await http("POST", f"workspaces/{wid}/agent", raw=body, headers=headers), 400)
        assert answer["reason"] == "bad_request"
        assert says in answer["message"], answer

    async def test_cancel_takes_no_body_or_an_empty_object(self, http: Http) -> None:
        wid = await http.workspace()
        path = f"workspaces/{wid}/agent/sessions/{await http.session(wid)}/cancel"
        bodies: list[dict[str, Any] | None] = [None, {}]
        for body in bodies:
            answer = await http("POST", path, body)
            assert (answer.status, answer.json()) == (200, {"cancelled": []})
        _typed(await http("POST", path, {"all": True}), 400)

    @pytest.mark.parametrize(
        "query",
        ["after=x", "after=-1", "after=1.5", "before=x", "limit=0", "limit=1001", "after=" + "9" * 4000, "after="],
    )
    async def test_a_query_parameter_that_does_not_fit_is_named(self, http: Http, query: str) -> None:
        wid = await http.workspace()
        path = f"workspaces/{wid}/sessions/{await http.session(wid)}/messages?{query}"
        assert query.split("=", maxsplit=1)[0] in _typed(await http("GET", path), 400)["message"]

    async def test_a_parameter_that_is_needed_is_named(self, http: Http) -> None:
        wid = await http.workspace()
        assert "client_id" in _typed(await http("DELETE", f"workspaces/{wid}"), 400)["message"]


IDS = [
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a%00b",
    "%0d%0aX-Evil:%20yes",
    "'%20OR%201=1",
    "%F0%9F%92%A5",
    "x" * 10_240,
    "%2f" * 3_000,
    "-1",
    "null",
    "none",
]


class TestIds:
    @pytest.mark.parametrize("bad", IDS, ids=range(len(IDS)))
    async def test_an_id_that_cannot_be_is_like_one_that_is_missing(self, http: Http, bad: str) -> None:
        wid = await http.workspace()
        for route in ROUTES:
            path = route.path.replace("{wid}", wid)
            bodies: dict[str, Any] = {"agent/": None, "permissions/": {"action": "deny"}, "sessions/": {"title": "x"}}
            for method, operation in route.operations.items():
                if len(operation.ids) < 2:
                    continue
                asked = "".join(bad if part.startswith("{") else part for part in _parts(path))
                body: Any = (
                    {"before": None} if "prompts/" in path else next((b for k, b in bodies.items() if k in path), {})
                )
                answer = await http(method, asked, body if method in {"POST", "PATCH"} else None)
                assert answer.status in {400, 404}, (method, asked[:100], answer)
                assert "evil" not in answer.headers
                assert answer.json()["reason"]

    @pytest.mark.parametrize("bad", [b"%ff", b"%c3%28"])
    async def test_an_id_or_parameter_that_is_not_utf8_is_a_bad_request(self, http: Http, bad: bytes) -> None:
        _typed(await http("GET", f"workspaces/{bad.decode()}"), 400)
        query = f"workspaces/{await http.workspace()}/sessions/s/messages?after={bad.decode()}"
        _typed(await http("GET", query), 400)

    async def test_a_path_that_is_no_route_is_a_typed_404(self, http: Http) -> None:
        for path in ("", "nothing", "workspaces/", "workspaces/x/y/z", "../v2", "health/", "%2e%2e/health"):
            _typed(await http("GET", path), 404)


def _parts(path: str) -> list[str]:
    return [part for one in path.split("{") for part in _closed(one)]


def _closed(text: str) -> list[str]:
    name, found, rest = text.partition("}")
    return ["{" + name, rest] if found else [text]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "path",
    "client_id",
    "title",
    "model",
    "permission_mode",
    "session_id",
    "prompt",
    "run_id",
    "mode",
    "attachments",
]
NAMES += ["before", "action", "message"]
BODIES = JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5) | st.binary(max_size=60)
QUERY = st.dictionaries(st.sampled_from(["after", "limit", "client_id"]), st.text(max_size=20), max_size=2)
OPERATIONS = [(m, r.path) for r in ROUTES for m in r.operations if not r.path.endswith("/events")]


def test_whatever_is_sent_the_answer_is_typed_and_no_server_error(
    http: Http, crush: CrushApp, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> None:
    ids = jp_asyncio_loop.run_until_complete(_ids(http))

    @settings(max_examples=examples(400), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(OPERATIONS), BODIES, QUERY, st.text(max_size=30), st.booleans())
    def check(operation: tuple[str, str], body: Any, query: dict[str, str], text: str, known: bool) -> None:
        method, path = operation
        for name in ("wid", "sid", "run_id", "pid", "gid", "request_id"):
            path = path.replace("{" + name + "}", ids[name] if known and name in ids else quote(text, safe="") or "_")
        path += "?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        answer = jp_asyncio_loop.run_until_complete(http(method, path, raw=raw, headers=headers))
        assert answer.status < 500, answer
        if answer.status >= 400:
            assert set(answer.json()) == {"message", "reason", "retryable"}

    check()


async def _ids(http: Http) -> dict[str, str]:
    wid = await http.workspace()
    return {"wid": wid, "sid": await http.session(wid)}

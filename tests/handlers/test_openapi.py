"""The OpenAPI document: valid, complete, and true of what the server answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from jupyter_crush.app import CrushApp
from jupyter_crush.handlers.openapi import document
from jupyter_crush.handlers.routes import ROUTES
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.wire import EVENT_TYPES
from support.servers.crush_http import Http
from support.servers.crush_server import served


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return dict(json.loads(bytes(document(ROUTES, "/base/"))))


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


def _operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method.upper(), operation


def _validator(spec: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:spec#/'))
    contents = json.loads(json.dumps(spec).replace('"#/', '"urn:spec#/'))
    resource = DRAFT202012.create_resource(contents)
    return Draft202012Validator(absolute, registry=Registry().with_resource("urn:spec", resource))


def test_every_reference_leads_somewhere_and_every_schema_is_valid(spec: dict[str, Any]) -> None:
    schemas = spec["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in _refs(spec)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_each_operation_has_a_name_words_and_its_parameters(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    names = [operation["operationId"] for _, _, operation in _operations(spec)]
    assert len(names) == len(set(names))
    for path, method, operation in _operations(spec):
        assert len(operation["summary"].split()) > 1, path
        declared = {one["name"] for one in spec["paths"][path].get("parameters", ()) if one["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))
        assert {"default", "400", "403", "404"} < set(operation["responses"]), path
        assert any(status.startswith("2") for status in operation["responses"])
        assert ("415" in operation["responses"]) == ("requestBody" in operation), (path, method)


def test_each_link_names_an_operation_and_all_ids_of_its_path(spec: dict[str, Any]) -> None:
    paths = {operation["operationId"]: path for path, _, operation in _operations(spec)}
    led = {
        (operation["operationId"], link["operationId"]): link
        for _, _, operation in _operations(spec)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }
    for link in led.values():
        assert set(link["parameters"]) == set(re.findall(r"\{(\w+)\}", paths[link["operationId"]]))
    assert led["create_session", "list_messages"]["parameters"] == {
        "wid": "$request.path.wid",
        "sid": "$response.body#/id",
    }
    assert {("open_workspace", "create_session"), ("prompt", "get_run"), ("create_session", "prompt")} <= set(led)


def test_the_stream_and_its_events_are_described(spec: dict[str, Any]) -> None:
    operation = spec["paths"]["/workspaces/{wid}/events"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert {one["name"] for one in operation["parameters"]} == {
        "client_id",
        "session_id",
        "last_event_id",
        "Last-Event-ID",
    }
    described = [one["properties"]["type"]["const"] for one in spec["components"]["schemas"]["CrushEvent"]["oneOf"]]
    assert described == list(EVENT_TYPES.values())


async def test_every_route_and_method_of_the_running_server_is_in_it(http: Http, crush: CrushApp) -> None:
    answer = await http("GET", "openapi.json")
    assert answer.status == 200
    spec = answer.json()
    assert spec["servers"] == [{"url": http.url("").rstrip("/")}]
    running = {
        (f"/{options['route'].path}", method)
        for _, options in served(crush.server)
        for method in options["route"].operations
    }
    assert {(path, method) for path, method, _ in _operations(spec)} == running
    assert len(running) >= 26


async def test_what_is_answered_is_what_is_described(http: Http, model: ScriptedModel) -> None:
    """Every operation, asked as it is meant to be; each answer is checked against the schema of its status."""
    spec = (await http("GET", "openapi.json")).json()
    asked: set[tuple[str, str]] = set()

    async def ask(method: str, template: str, body: object = None, query: str = "", **ids: str) -> Any:
        asked.add((template, method))
        path = re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], template.lstrip("/"))
        answer = await http(method, path + query, body)
        described = spec["paths"][template][method.lower()]["responses"]
        assert str(answer.status) in described, (method, template, answer)
        content = described[str(answer.status)].get("content")
        if content is None:
            assert answer.body == b""
            return None
        _validator(spec, content["application/json"]["schema"]).validate(answer.json())
        return answer.json()

    await ask("GET", "/health")
    await ask("GET", "/openapi.json")
    w, s = "/workspaces/{wid}", "/workspaces/{wid}/sessions/{sid}"
    lane = "/workspaces/{wid}/agent/sessions/{sid}"
    wid = (await ask("POST", "/workspaces", {"client_id": "c"}))["id"]
    assert [one["id"] for one in await ask("GET", "/workspaces")] == [wid]
    await ask("GET", w, wid=wid)
    sid = (await ask("POST", f"{w}/sessions", {"title": "A"}, wid=wid))["id"]
    assert [one["id"] for one in await ask("GET", f"{w}/sessions", wid=wid)] == [sid]
    assert (await ask("PATCH", s, {"title": "B"}, wid=wid, sid=sid))["title"] == "B"
    assert (await ask("GET", s, wid=wid, sid=sid))["title"] == "B"
    assert (await ask("GET", f"{w}/config", wid=wid))["permission_mode"] == "ask"
    assert (await ask("PATCH", f"{w}/config", {"permission_mode": "plan"}, wid=wid))["permission_mode"] == "plan"
    assert (await ask("GET", f"{w}/agent", wid=wid))["is_ready"] is True
    assert await ask("GET", f"{w}/commands", wid=wid) == []

    hold = asyncio.Event()
    model.script([hold])
    for number in range(3):
        body = {"session_id": sid, "prompt": f"number {number}", "run_id": f"run-{number}"}
        assert (await ask("POST", f"{w}/agent", body, wid=wid))["run_id"] == f"run-{number}"
    assert (await ask("GET", f"{w}/agent/runs/{{run_id}}", wid=wid, run_id="run-2"))["state"] == "queued"
    queue = await ask("PATCH", f"{lane}/prompts/{{run_id}}", {"before": "run-1"}, wid=wid, sid=sid, run_id="run-2")
    assert [run["run_id"] for run in queue] == ["run-2", "run-1"]
    assert await ask("GET", f"{lane}/prompts", wid=wid, sid=sid) == queue
    await ask("DELETE", f"{lane}/prompts/{{run_id}}", wid=wid, sid=sid, run_id="run-2")
    assert await ask("DELETE", f"{lane}/prompts", wid=wid, sid=sid) == {"cancelled": ["run-1"]}
    assert await ask("POST", f"{lane}/cancel", wid=wid, sid=sid) == {"cancelled": ["run-0"]}
    assert len((await ask("GET", f"{s}/messages", None, "?limit=2", wid=wid, sid=sid))["messages"]) <= 2

    assert await ask("GET", f"{s}/files", None, "?run_id=run-0", wid=wid, sid=sid) == []
    assert await ask("POST", f"{s}/files/keep", {"path": "a.txt"}, wid=wid, sid=sid) == {"paths": []}
    assert await ask("POST", f"{s}/files/revert", wid=wid, sid=sid) == {"paths": []}
    await ask("POST", f"{s}/rewind", {"message_id": "none"}, wid=wid, sid=sid)

    assert (await ask("POST", f"{lane}/summarize", {"wishes": ""}, wid=wid, sid=sid))["kind"] == "summary"
    fork = await ask("POST", f"{s}/fork", {}, wid=wid, sid=sid)
    assert fork["title"] == "B (fork)"
    asked.add((f"{s}/export", "GET"))
    for form in ("markdown", "ipynb", "json"):
        exported = await http("GET", f"workspaces/{wid}/sessions/{sid}/export?format={form}")
        described = spec["paths"][f"{s}/export"]["get"]["responses"][str(exported.status)]
        media_type = exported.headers["content-type"].partition(";")[0]
        found = exported.json() if media_type.endswith("json") else exported.body.decode()
        _validator(spec, described["content"][media_type]["schema"]).validate(found)

    assert await ask("GET", f"{w}/permissions", wid=wid) == []
    await ask("POST", f"{w}/permissions/{{pid}}", {"action": "deny"}, wid=wid, pid="none")
    assert await ask("GET", f"{w}/permissions/grants", wid=wid) == []
    await ask("DELETE", f"{w}/permissions/grants/{{gid}}", wid=wid, gid="none")
    assert await ask("GET", f"{w}/questions", wid=wid) == []
    await ask("POST", f"{w}/questions/{{qid}}", {"cancel": True}, wid=wid, qid="none")
    await ask("POST", f"{w}/variables", {"notebook": "none.ipynb"}, wid=wid)
    tab = {"client_id": "c", "tab_id": "t"}
    await ask("PUT", f"{w}/presence", {**tab, "documents": [{"path": "a.ipynb", "type": "notebook"}]}, wid=wid)
    await ask("POST", f"{w}/documents/{{request_id}}/claim", {"tab_id": "t"}, wid=wid, request_id="none")
    answer = {"tab_id": "t", "status": "ok", "text": ""}
    late = await ask("POST", f"{w}/documents/{{request_id}}", answer, wid=wid, request_id="none")
    assert late == {"resolved": False}
    await ask("DELETE", s, wid=wid, sid=sid)
    assert (await ask("GET", s, wid=wid, sid=sid))["reason"] == "not_found"
    assert (await ask("POST", f"{s}/restore", wid=wid, sid=sid))["title"] == "B"
    await ask("DELETE", w, None, "?client_id=c", wid=wid)
    described = {(path, method) for path, method, _ in _operations(spec)}
    assert described - asked == {("/workspaces/{wid}/events", "GET")}


class TestLimits:
    """What the document allows is not refused for its form, and what it forbids is."""

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"text_bytes": 1000}}

    @pytest.mark.parametrize(
        ("prompt", "is_allowed"),
        [
            ({"prompt": "Look."}, True),
            ({"prompt": ""}, False),
            ({"prompt": " \n\t"}, False),
            ({"prompt": "", "attachments": []}, False),
            ({"prompt": "", "attachments": [{"text": "x", "label": "y"}]}, True),
            ({"prompt": "x" * 1000}, True),
            ({"prompt": "x" * 1001}, False),
            ({"prompt": "Look.", "run_id": "x" * 129}, False),
        ],
    )
    async def test_of_a_prompt(self, http: Http, prompt: dict[str, Any], is_allowed: bool) -> None:
        spec = (await http("GET", "openapi.json")).json()
        schema = spec["paths"]["/workspaces/{wid}/agent"]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        wid = await http.workspace()
        body = {"session_id": await http.session(wid), **prompt}
        assert _validator(spec, schema).is_valid(body) == is_allowed
        status = (await http("POST", f"workspaces/{wid}/agent", body)).status
        assert (status == 202) == is_allowed, status

    async def test_of_paths_and_ids(self, http: Http) -> None:
        spec = (await http("GET", "openapi.json")).json()
        schema = spec["paths"]["/workspaces"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, is_allowed in (("a/" * 1000, True), ("a/" * 2049, False)):
            answer = await http("POST", "workspaces", {"path": path})
            assert answer.status == (404 if is_allowed else 400), answer
            assert _validator(spec, schema).is_valid({"path": path}) == is_allowed
        (identity,) = spec["paths"]["/workspaces/{wid}"]["parameters"]
        assert _validator(spec, identity["schema"]).is_valid("x" * 256)
        assert not _validator(spec, identity["schema"]).is_valid("x" * 257)

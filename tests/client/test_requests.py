"""What the client asks, how it reads answers, and what it says when the server refuses."""

from __future__ import annotations

import pytest

from jupyter_crush.client import AsyncClient, BadAnswer, CannotConnect, Refused
from jupyter_crush.errors import CrushError
from jupyter_crush.wire import Attachment, ErrorBody, QuestionAnswer, encode
from support.servers.crush_loopback import TOKEN, Canned, Loopback

AGENT = ("POST", "workspaces/w1/agent")


async def test_a_prompt_is_accepted_with_202(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open()
    session = await workspace.create_session("S")
    run = await workspace.prompt(session.id, "hello", attachments=[Attachment(path="a.csv")], permission_mode="plan")
    assert loopback.runs[run.run_id].prompt == "hello"
    assert loopback.runs[run.run_id].permission_mode == "plan"


@pytest.mark.parametrize("status", [200, 202])
async def test_an_acceptance_may_be_200_and_may_be_empty(client: AsyncClient, loopback: Loopback, status: int) -> None:
    workspace = await client.open()
    loopback.canned[AGENT] = [(status, {}, b"")]
    run = await workspace.prompt("s1", "hello", run_id="mine")
    assert (run.run_id, run.session_id, run.state) == ("mine", "s1", "queued")


async def test_the_servers_message_is_shown(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open()
    body = encode(ErrorBody(message="session id is required", reason="bad_request"))
    loopback.canned[AGENT] = [(400, {}, body)]
    with pytest.raises(Refused, match="400: session id is required") as refusal:
        await workspace.prompt("", "hello")
    assert (refusal.value.status, refusal.value.reason, refusal.value.retryable) == (400, "bad_request", False)


@pytest.mark.parametrize(
    "body", [b"not json", b"", b"[1]", b"null", b'{"message": 5}', b"\xff\xfe", b"<html>oops</html>"]
)
async def test_a_malformed_error_body_is_survived_and_not_repeated(
    client: AsyncClient, loopback: Loopback, body: bytes
) -> None:
    workspace = await client.open()
    loopback.canned[AGENT] = [(500, {}, body)]
    with pytest.raises(Refused, match="500") as refusal:
        await workspace.prompt("s1", "hello")
    assert "json" not in refusal.value.message
    assert "oops" not in refusal.value.message


async def test_jupyters_own_error_has_a_message_and_no_reason(client: AsyncClient, loopback: Loopback) -> None:
    loopback.canned[("GET", "health")] = [(500, {}, b'{"message": "Unhandled", "reason": null}')]
    with pytest.raises(Refused, match="500: Unhandled"):
        await client.health()


async def test_a_full_queue_says_when_to_come_back(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open()
    body = encode(ErrorBody(message="Full.", reason="queue_full", retryable=True))
    loopback.canned[AGENT] = [(429, {"Retry-After": "7"}, body)]
    with pytest.raises(Refused) as refusal:
        await workspace.prompt("s1", "hello")
    assert (refusal.value.retryable, refusal.value.retry_after) == (True, 7.0)


@pytest.mark.parametrize("status", [302, 401, 403])
async def test_a_server_that_wants_a_login_is_understood(loopback: Loopback, status: int) -> None:
    loopback.canned[("GET", "health")] = [(status, {"Location": "/login"}, b"<html>log in</html>")]
    with pytest.raises(Refused, match="CRUSH_TOKEN"):
        await AsyncClient(loopback.url, "wrong").health()


async def test_a_server_without_the_extension_is_understood(client: AsyncClient, loopback: Loopback) -> None:
    loopback.canned[("GET", "health")] = [(404, {}, b'{"message": "Not Found", "reason": null}')]
    with pytest.raises(Refused, match="installed and enabled"):
        await client.health()


async def test_an_answer_of_another_shape_is_said_so(client: AsyncClient, loopback: Loopback) -> None:
    loopback.canned[("GET", "health")] = [(200, {}, b'{"status": "ok"}')]
    with pytest.raises(BadAnswer, match="GET health"):
        await client.health()


async def test_the_token_goes_in_a_header_and_nowhere_else(loopback: Loopback) -> None:
    client = AsyncClient(loopback.url, "secret-sesame")
    with pytest.raises(Refused) as refusal:
        await client.workspaces()
    method, path, body, headers = loopback.requests[-1]
    assert headers["Authorization"] == "token secret-sesame"
    assert "secret-sesame" not in f"{method}{path}{body!r}"
    assert "secret-sesame" not in f"{client!r}{client.channel!r}{refusal.value!r}{refusal.value.message}"


async def test_without_a_token_xsrf_is_answered(loopback: Loopback) -> None:
    with pytest.raises(CrushError):
        await AsyncClient(loopback.url).open()
    headers = loopback.requests[-1][3]
    assert "Authorization" not in headers
    assert headers["Cookie"] == f"_xsrf={headers['X-Xsrftoken']}"


async def test_ids_are_quoted(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open()
    with pytest.raises(Refused, match="404"):
        await workspace.session("../../x?y#z")
    assert "workspaces/w1/sessions/..%2F..%2Fx%3Fy%23z" in [path for _, path, _, _ in loopback.requests]


async def test_a_prompt_whose_answer_was_lost_is_sent_again_with_the_same_run_id(
    client: AsyncClient, loopback: Loopback
) -> None:
    workspace = await client.open()
    session = await workspace.create_session()
    loopback.canned[AGENT] = [(200, {"Content-Length": "3"}, b"")]
    # tornado refuses to finish an answer that is shorter than it said, and closes the connection
    run = await workspace.prompt(session.id, "hello")
    sent = [body for method, path, body, _ in loopback.requests if (method, path) == AGENT]
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert list(loopback.runs) == [run.run_id]


async def test_a_workspace_that_was_closed_meanwhile_is_opened_again(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open("sub")
    missing: Canned = (404, {}, encode(ErrorBody(message="There is no such workspace.", reason="not_found")))
    loopback.canned[("GET", "workspaces/w1/sessions")] = [missing]
    loopback.canned[("GET", "workspaces/w1")] = [missing]
    assert await workspace.sessions() == []
    assert loopback.opened == ["sub", "sub"]


async def test_what_is_missing_in_an_open_workspace_is_missing(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open("sub")
    with pytest.raises(Refused, match="404"):
        await workspace.session("nope")
    assert loopback.opened == ["sub"]


async def test_a_server_that_is_gone_cannot_be_connected_to(client: AsyncClient, loopback: Loopback) -> None:
    await loopback.stop()
    with pytest.raises(CannotConnect) as failure:
        await client.health()
    assert TOKEN not in failure.value.message


async def test_a_question_is_answered_or_not_and_only_once(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open()
    run = await workspace.prompt((await workspace.create_session()).id, "hello")
    first, second = loopback.ask_question(run), loopback.ask_question(run)
    assert await workspace.questions() == [first, second]
    answers = [QuestionAnswer(choices=("sales.csv",))]
    assert await workspace.answer_question(first.id, answers)
    assert not await workspace.answer_question(first.id, None)
    assert await workspace.answer_question(second.id, None)
    assert [(reply.answers, reply.cancel) for _, reply in loopback.replies] == [(tuple(answers), False), (None, True)]

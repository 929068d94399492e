"""The event stream, as bytes on a connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from jupyter_server.auth import Authorizer, IdentityProvider, User

from jupyter_crush.app import CrushApp
from support.servers.crush_http import Http, Stream


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def several(stream: Stream, what: bytes, count: int) -> None:
    async with asyncio.timeout(20):
        while stream.seen.count(what) < count:
            assert await stream.more()


def streams(crush: CrushApp) -> int:
    assert crush.services is not None
    return len(crush.services.streams)


async def titled(http: Http, wid: str, title: str) -> str:
    """Make a fact: a session of that title."""
    answer = await http("POST", f"workspaces/{wid}/sessions", {"title": title})
    assert answer.status == 201
    return str(answer.json()["id"])


def titles(events: list[dict[str, Any]]) -> list[str]:
    return [one["payload"]["title"] for one in events if one["type"] == "session" and one["change"] == "created"]


class TestOpening:
    async def test_the_first_bytes_come_at_once(self, http: Http) -> None:
        wid = await http.workspace()
        began = time.monotonic()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            seen = await stream.until(b"\n\n")
            assert time.monotonic() - began < 2  # 0.2 s on a machine that has time
            assert seen.startswith(b"retry: 2000\n:")
            assert stream.status == 200

    @pytest.fixture
    def server_options(self) -> dict[str, Any]:
        return {"tornado_settings": {"compress_response": True}}

    async def test_nothing_between_may_cache_hold_back_or_compress(self, http: Http) -> None:
        wid = await http.workspace()
        headers = {"Accept-Encoding": "gzip, br"}
        async with await http.open("GET", f"workspaces/{wid}/events", headers=headers) as stream:
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert stream.headers["cache-control"] == "no-store"
            assert stream.headers["x-accel-buffering"] == "no"
            assert "content-encoding" not in stream.headers, "identity is no coding to be named there (RFC 9110, 8.4.1)"
            assert b"retry" in await stream.until(b"\n\n")
        async with await http.open("GET", "openapi.json", headers=headers) as other:
            assert other.headers["content-encoding"] == "gzip", "what this server does with the rest"

    async def test_a_workspace_or_session_that_is_not_there_is_a_typed_404(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        for path in ("workspaces/none/events", f"workspaces/{wid}/events?session_id=none"):
            answer = await http("GET", path)
            assert (answer.status, answer.json()["reason"]) == (404, "not_found")
            assert answer.headers["content-type"] == "application/json"
        assert streams(crush) == 0

    async def test_a_client_holds_the_workspace_while_its_stream_is_open(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        await http("DELETE", f"workspaces/{wid}?client_id=tests")
        async with await http.open("GET", f"workspaces/{wid}/events?client_id=tab") as stream:
            await stream.until(b"\n\n")
            assert (await http("GET", f"workspaces/{wid}")).json()["clients"] == 1
        await until(lambda: streams(crush) == 0)
        assert (await http("GET", f"workspaces/{wid}")).json()["clients"] == 0


class TestFollowing:
    async def test_each_event_comes_when_it_happens(self, http: Http) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            await stream.until(b"\n\n")
            for number in range(5):
                began = time.monotonic()
                await titled(http, wid, f"number {number}")
                await stream.until(f"number {number}".encode())
                assert time.monotonic() - began < 5
            assert titles(stream.events()) == [f"number {number}" for number in range(5)]
            assert all(one["id"] for one in stream.events() if one["type"] == "session")

    async def test_a_cursor_continues_behind_what_was_seen(self, http: Http) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            for title in ("one", "two", "three"):
                await titled(http, wid, title)
            await stream.until(b"three")
        first = next(one["id"] for one in stream.events() if one["payload"].get("title") == "one")
        second = next(one["id"] for one in stream.events() if one["payload"].get("title") == "two")
        path = f"workspaces/{wid}/events?last_event_id={first}"
        async with await http.open("GET", path) as again:
            await again.until(b"three")
            assert titles(again.events()) == ["two", "three"]
        async with await http.open("GET", path, headers={"Last-Event-ID": second}) as again:
            await again.until(b"three")
            assert titles(again.events()) == ["three"], "the header wins"

    @pytest.mark.parametrize("cursor", ["garbage", "other:1", ":", "0", "9" * 200, "-1"])
    async def test_a_cursor_that_cannot_be_continued_gets_one_resync(self, http: Http, cursor: str) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events", headers={"Last-Event-ID": cursor}) as stream:
            await stream.until(b"resync")
            await titled(http, wid, "afterwards")
            await stream.until(b"afterwards")
        assert [one["type"] for one in stream.events()].count("resync") == 1
        assert stream.events()[0]["type"] == "resync"

    async def test_one_session_may_be_followed_alone(self, http: Http) -> None:
        wid = await http.workspace()
        mine, other = await titled(http, wid, "mine"), await titled(http, wid, "other")
        async with await http.open("GET", f"workspaces/{wid}/events?session_id={mine}") as stream:
            await stream.until(b"\n\n")
            for sid in (other, mine):
                body = {"session_id": sid, "prompt": "hello", "run_id": f"run-{sid}"}
                assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
            await stream.until(b"run_complete")
            runs = {one["payload"]["run_id"] for one in stream.events() if "run_id" in one["payload"]}
            assert runs == {f"run-{mine}"}

    async def test_many_readers_all_get_everything_in_order(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        readers = [await (await http.open("GET", f"workspaces/{wid}/events")).__aenter__() for _ in range(40)]
        await asyncio.gather(*(reader.until(b"\n\n") for reader in readers))
        expected = [f"number {number:02}" for number in range(25)]
        for title in expected:
            await titled(http, wid, title)
        await asyncio.gather(*(reader.until(b"number 24") for reader in readers))
        assert all(titles(reader.events()) == expected for reader in readers)
        for reader in readers:
            await reader.close()
        await until(lambda: streams(crush) == 0)


class TestHeartbeat:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"heartbeat": 0.05}}

    async def test_a_silent_stream_gives_signs_of_life(self, http: Http) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            await several(stream, b": \n\n", 3)
            await titled(http, wid, "and still works")
            await stream.until(b"and still works")


class TestTooMany:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"streams": 2}}

    async def test_more_streams_than_the_limit_are_told_to_wait(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        path = f"workspaces/{wid}/events"
        async with await http.open("GET", path) as one, await http.open("GET", path) as two:
            await one.until(b"\n\n")
            await two.until(b"\n\n")
            answer = await http("GET", path)
            assert (answer.status, answer.json()["reason"]) == (503, "too_many_streams")
            assert answer.json()["retryable"] is True
            assert int(answer.headers["retry-after"]) > 0
        await until(lambda: streams(crush) == 0)
        async with await http.open("GET", path) as again:
            await again.until(b"\n\n")


class TestEnds:
    async def test_a_stream_ends_when_the_server_stops(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            await stream.until(b"\n\n")
            began = time.monotonic()
            await crush.stop_extension()
            await stream.to_end()
            assert time.monotonic() - began < 3
        assert streams(crush) == 0
        assert (await http("GET", f"workspaces/{wid}/events")).status in {404, 409, 503}

    async def test_a_client_that_goes_away_leaves_nothing_behind(self, http: Http, crush: CrushApp) -> None:
        wid = await http.workspace()
        before = len(asyncio.all_tasks())
        for _ in range(20):
            async with await http.open("GET", f"workspaces/{wid}/events") as stream:
                await stream.until(b"\n\n")
        await until(lambda: streams(crush) == 0)
        await until(lambda: len(asyncio.all_tasks()) <= before)


class TestStalled:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"unread": 0.3}}

    async def test_a_client_that_reads_nothing_is_cut_off_and_the_others_notice_nothing(
        self, http: Http, crush: CrushApp
    ) -> None:
        wid = await http.workspace()
        sid = await titled(http, wid, "much text")
        path = f"workspaces/{wid}/events"
        stalled = await (await http.open("GET", path)).__aenter__()
        stalled.pause()
        async with await http.open("GET", path) as reader:
            await until(lambda: streams(crush) == 2)
            for number in range(24):
                body = {"session_id": sid, "prompt": f"number {number} " + "x" * 500_000, "run_id": f"run-{number}"}
                answer = await http("POST", f"workspaces/{wid}/agent", body)
                assert answer.status in {202, 429}
                if answer.status == 429:
                    break
            last = number - 1 if answer.status == 429 else number
            await reader.until(f'"run_id":"run-{last}"'.encode())
            await until(lambda: streams(crush) == 1)
        await stalled.close()


class Fickle(Authorizer):
    """Allows everything, until told otherwise."""

    allows: ClassVar[bool] = True

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:  # noqa: ARG002  its port
        return self.allows


class TestAccess:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"heartbeat": 0.02, "recheck": 0.05}}

    @pytest.fixture
    def server_options(self) -> dict[str, Any]:
        Fickle.allows = True
        return {"authorizer_class": Fickle}

    async def test_a_stream_ends_when_its_reader_loses_access(self, http: Http) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            await several(stream, b": \n\n", 6)
            Fickle.allows = False
            await stream.to_end()


class Forgetful(IdentityProvider):
    """Knows one user, until told otherwise, and keeps it on the handler as JupyterHub's provider does."""

    knows: ClassVar[bool] = True

    def get_user(self, handler: Any) -> User | None:
        if not hasattr(handler, "_jupyterhub_user"):
            handler._jupyterhub_user = User("ana") if self.knows else None
            handler._token_authenticated = True
        user: User | None = handler._jupyterhub_user
        return user


class TestIdentity:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"heartbeat": 0.02, "recheck": 0.05}}

    @pytest.fixture
    def server_options(self) -> dict[str, Any]:
        Forgetful.knows = True
        return {"identity_provider_class": Forgetful}

    async def test_a_stream_ends_when_its_reader_is_no_longer_known(self, http: Http) -> None:
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            await several(stream, b": \n\n", 6)
            Forgetful.knows = False
            await stream.to_end()

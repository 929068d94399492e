"""Servers other than Anthropic's, through the real SDK: slow ones, small ones, ones behind a proxy or a certificate of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.config import Timeouts
from jupyter_crush.errors import ContextTooLong, ModelError, ModelMisconfigured, ModelUnreachable
from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.port import Retry, Stop
from jupyter_crush.models.retry import RetryPolicy
from support.models.history_check import Json
from support.models.messages_api import Answer, MessagesApi, Pause, Ping, Stall, Text, event
from support.models.messages_script import Raw
from support.models.model_requests import Sleeps, asked, heard, text_of

ONCE = RetryPolicy(tries=1)
SLOW = Timeouts(first=5, stall=0.3, progress=0.6)


def model_at(url: str, **options: Any) -> AnthropicModel:
    return AnthropicModel(MessagesServer(base_url=url), sleep=Sleeps(), random=lambda: 0.0, **options)


async def close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # the client may be gone
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def answering(status: int, body: object, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that answers everything so. The address comes without its scheme."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            await close(writer)  # it does not speak as we do
            return
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + data)
        await close(writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


async def failure_of(model: AnthropicModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await heard(model, asked("hi", model="small"))
    await model.aclose()
    return caught.value


class TestSlow:
    @pytest.mark.parametrize(
        "prefill",
        [
            Answer(Pause(0.8), "read."),
            Answer(Ping(16, 0.05), "read."),
        ],
        ids=["silent after the head", "with signs of life"],
    )
    async def test_one_that_reads_a_long_prompt_is_waited_for(self, prefill: Answer) -> None:
        async with MessagesApi() as api:
            model = model_at(api.url, timeouts=SLOW)
            api.script(prefill)
            events = await heard(model, asked("a long prompt"))
            assert text_of(events) == "read."
            assert not [one for one in events if isinstance(one, Retry)]
            assert len(api.requests) == 1
            await model.aclose()

    @pytest.mark.parametrize("more", [b"", b": reading\n\n"], ids=["not a byte more", "a comment"])
    async def test_the_head_alone_is_no_content_either(self, more: bytes) -> None:
        """llama.cpp sends the head, and not a byte more until the prompt is read; a proxy may keep the connection with comments."""
        whole = Answer("read.").body()

        async def head_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + more)
            await writer.drain()
            await asyncio.sleep(0.8)
            writer.write(whole)
            await close(writer)

        server = await asyncio.start_server(head_first, "127.0.0.1", 0)
        model = model_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeouts=SLOW, policy=ONCE)
        assert text_of(await heard(model, asked("hi"))) == "read."
        await model.aclose()
        server.close()

    async def test_what_it_may_take_is_an_option_and_the_failure_names_it(self) -> None:
        async with MessagesApi() as api:
            model = model_at(api.url, timeouts=Timeouts(first=0.3), policy=ONCE)
            api.script(Answer(Stall()))
            began = time.monotonic()
            with pytest.raises(ModelUnreachable, match=r"0\.3 s.*raise first in CrushApp\.timeouts"):
                await heard(model, asked("hi"))
            assert time.monotonic() - began < 3
            await model.aclose()

    async def test_after_the_first_content_it_must_go_on(self) -> None:
        async with MessagesApi() as api:
            model = model_at(api.url, timeouts=SLOW, policy=ONCE)
            api.script(Answer(Pause(0.5), "some", Stall()))
            with pytest.raises(ModelUnreachable, match=r"0\.3 s.*raise stall"):
                await heard(model, asked("hi"))
            await model.aclose()


LLAMA = "request (3031 tokens) exceeds the available context size (1024 tokens), try increasing it"
VLLM = (
    "This model's maximum context length is 8192 tokens. However, you requested 24001 tokens (8001 in the messages, 16000 in "
    "the completion)."
)
TOO_LONG = {
    "llama.cpp": (
        400,
        {
            "error": {
                "code": 400,
                "message": LLAMA,
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 3031,
                "n_ctx": 1024,
            }
        },
        1024,
    ),
    "vllm": (400, {"object": "error", "message": VLLM, "type": "BadRequestError", "code": 400}, 8192),
    "ollama": (400, {"error": "input length exceeds the context length"}, None),
    "openai": (400, {"error": {"message": "Too many tokens.", "code": "context_length_exceeded"}}, None),
    "litellm": (400, {"error": {"message": "litellm.ContextWindowExceededError: too much", "type": None}}, None),
    "anthropic": (
        400,
        {"error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000"}},
        200_000,
    ),
    "in a 500": (500, {"error": {"message": "Context size has been exceeded."}}, None),
    "nothing but a size": (413, b"<html>", None),
}


class TestSmall:
    @pytest.mark.parametrize("name", TOO_LONG)
    async def test_too_long_is_known_however_it_is_said(self, name: str) -> None:
        status, body, window = TOO_LONG[name]
        async with answering(status, body) as place:
            error = await failure_of(model_at(f"http://{place}"))
        assert isinstance(error, ContextTooLong), error
        assert error.window == window
        assert window is None or f"({window:,} tokens)" in error.message

    async def test_too_long_may_come_as_an_event(self) -> None:
        said = "The number of tokens to keep from the initial prompt is greater than the context length."
        async with MessagesApi() as api:
            api.script(Answer(raw=event("error", error={"type": "invalid_request_error", "message": said})))
            assert isinstance(await failure_of(model_at(api.url)), ContextTooLong)
            assert len(api.requests) == 1

    async def test_a_rate_of_tokens_is_not_a_length(self) -> None:
        async with answering(
            429, {"error": {"message": "too many input tokens for your context window tier"}}
        ) as place:
            error = await failure_of(model_at(f"http://{place}", policy=ONCE))
        assert error.reason == "overloaded"

    async def test_an_answer_that_may_be_too_long_for_the_window_is_asked_for_shorter(self) -> None:
        """VLLM counts what is sent and what may be answered together."""

        async def vllm(body: Json) -> Answer:
            sent, wanted = 3_000, body["max_tokens"]
            if sent + wanted <= 8192:
                return Answer("fits", usage={"input_tokens": sent})
            said = f"This model's maximum context length is 8192 tokens. However, your request has {sent} input tokens and {wanted}"
            return Answer(raw=event("error", error={"type": "BadRequestError", "message": said}))

        async with MessagesApi() as api:
            api.handler = vllm
            model = model_at(api.url)
            assert text_of(await heard(model, asked("hi"))) == "fits"
            assert [body["max_tokens"] for body in api.bodies] == [16_000, 5_192]
            await heard(model, asked("more"))
            assert len(api.requests) <= 4, "its window is remembered"
            assert api.bodies[2]["max_tokens"] < 8192
            await model.aclose()


class TestInTheWay:
    async def test_an_answer_that_is_no_stream_is_not_asked_for_again(self) -> None:
        async with MessagesApi() as api:
            api.handler = lambda _body: Answer(raw=b'{"type":"message"}', content_type="application/json")
            error = await failure_of(model_at(api.url))
            assert len(api.requests) == 1
        assert error.reason == "model_misconfigured"
        assert "application/json" in error.message
        assert "CrushApp.base_url" in error.message

    @pytest.fixture
    def own_certificate(self, tmp_path: Path) -> ssl.SSLContext:
        key, certificate = tmp_path / "key", tmp_path / "certificate"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    async def test_a_certificate_that_is_not_trusted_is_named_once(self, own_certificate: ssl.SSLContext) -> None:
        async with answering(200, {}, own_certificate) as place:
            sleeps = Sleeps()
            error = await failure_of(AnthropicModel(MessagesServer(base_url=f"https://{place}"), sleep=sleeps))
        assert isinstance(error, ModelMisconfigured)
        assert "self-signed certificate" in error.message
        assert "SSL_CERT_FILE" in error.message
        assert not sleeps.asked

    async def test_https_where_there_is_none_is_named_once(self) -> None:
        async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await close(writer)

        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        sleeps, port = Sleeps(), server.sockets[0].getsockname()[1]
        error = await failure_of(AnthropicModel(MessagesServer(base_url=f"https://127.0.0.1:{port}"), sleep=sleeps))
        server.close()
        assert isinstance(error, ModelMisconfigured), error
        assert "does not speak HTTPS" in error.message
        assert not sleeps.asked

    @pytest.mark.parametrize(
        ("proxy", "says"), [("socks5://127.0.0.1:1", 'pip install "httpx2[socks]"'), ("gopher://x:1", "HTTPS_PROXY")]
    )
    async def test_a_proxy_that_cannot_be_used_is_named_once(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str, says: str
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", proxy)
        sleeps = Sleeps()
        error = await failure_of(AnthropicModel(MessagesServer(base_url="http://127.0.0.1:9"), sleep=sleeps))
        assert isinstance(error, ModelMisconfigured)
        assert says in error.message
        assert not sleeps.asked


async def test_events_without_a_name_and_unknown_ones_are_content_too() -> None:
    async with MessagesApi() as api:
        model = model_at(api.url, timeouts=SLOW, policy=ONCE)
        api.script(Answer(Raw(b'data: {"type":"ping"}\n\n'), Text("fine", pieces=2)))
        events = await heard(model, asked("hi"))
        assert isinstance(events[-1], Stop)
        await model.aclose()

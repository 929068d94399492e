"""What servers list, in each one's way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_crush.models.listing import Listing, models_in, resource
from jupyter_crush.models.openai import Server
from support.models.chat_api import ChatApi

KEY = "sk-canary-1234567890"


def listing_at(url: str, key: Any = None, within: float = 5.0) -> Listing:
    server = Server(base_url=url, api_key=key)
    return Listing(server.url("models"), key, server.authorized, provider="openai", within=within)


async def asked(listing: Listing) -> Listing:
    listing.begin()
    await listing.done()
    return listing


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"data": [{"id": "gpt-5"}, {"id": "text-embedding-3-small"}, {"id": "gpt-5"}]}, [("gpt-5", None)]),
        ({"data": [{"id": "q.gguf", "meta": {"n_ctx": 4096, "n_ctx_train": 8192}}]}, [("q.gguf", 4096)]),
        ({"data": [{"id": "Qwen/Qwen3", "max_model_len": 32768}]}, [("Qwen/Qwen3", 32768)]),
        ({"data": [{"id": "claude", "max_input_tokens": 1000, "display_name": "Claude"}]}, [("claude", 1000)]),
        ({"object": "list", "data": [{"id": "qwen3:8b", "owned_by": "library"}]}, [("qwen3:8b", None)]),
        ({"models": [{"name": "qwen3:8b", "model": "qwen3:8b"}]}, [("qwen3:8b", None)]),
        ({"data": ["plain"]}, [("plain", None)]),
        ({"data": [{"id": 3}, {"id": ""}, {"id": "a\nb"}, None, {"id": "x" * 300}]}, []),
        ({"data": 3}, []),
        ([], []),
    ],
    ids=["openai", "llama.cpp", "vllm", "anthropic", "ollama", "ollama's own", "names", "nonsense", "number", "list"],
)
def test_what_is_listed(body: object, found: list[tuple[str, int | None]]) -> None:
    assert [(info.id, info.context_window) for info in models_in(body, "openai")] == found


def test_a_title_is_shown() -> None:
    (info,) = models_in({"data": [{"id": "c", "display_name": "Claude\n5"}]}, "anthropic")
    assert (info.name, info.provider) == ("Claude 5", "anthropic")


async def test_it_is_asked_for_once_while_it_is_fresh_with_the_key() -> None:
    async with ChatApi(key=KEY, models=("a", "b")) as api:
        listing = await asked(listing_at(api.url, KEY))
        assert [info.id for info in listing.infos] == ["a", "b"]
        await asked(listing)
        assert api.listed == 1
        await listing.aclose()


@pytest.mark.parametrize(("key", "what"), [(None, "wants a key"), ("wrong" + KEY, "refused the key")])
async def test_a_key_that_is_wrong_or_wanted_is_said_without_it(key: str | None, what: str) -> None:
    async with ChatApi(key=KEY, models=("a",)) as api:
        listing = await asked(listing_at(api.url, key))
        assert listing.problem is not None
        assert what in listing.problem
        assert KEY not in listing.problem + repr(listing)


async def test_a_server_that_is_not_there_yet_is_asked_again_by_the_next() -> None:
    async with ChatApi() as api:
        url = api.url
    listing = await asked(listing_at(url))
    assert listing.problem is not None
    assert "Is the server running?" in listing.problem
    async with ChatApi(models=("a",)) as api:
        listing = listing_at(api.url)
        api.models = ()
        await asked(listing)
        assert "Name them in CrushApp.providers" in str(listing.problem)
        api.models = ("a",)
        await asked(listing)
        assert ([info.id for info in listing.infos], listing.problem) == (["a"], None)


async def test_one_that_never_answers_is_left_after_a_while() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    listing = await asked(listing_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", within=0.3))
    assert "within 0.3 s" in str(listing.problem)
    server.close()


@pytest.mark.parametrize(
    ("base", "whole"),
    [
        ("http://h", "http://h/v1/models"),
        ("http://h/v1/chat/completions", "http://h/v1/models"),
        ("https://h/openai/v1/?api-version=1", "https://h/openai/v1/models?api-version=1"),
    ],
)
def test_addresses(base: str, whole: str) -> None:
    assert resource(base, "models") == whole

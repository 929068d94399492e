"""The models that a server lists (``GET …/models``): asked for when somebody is about to use it, within a bound, and kept for a while.

What servers say beside the names is read where it helps: the window that a model was loaded with.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ..concurrency import threads
from ..concurrency.tasks import Tasks
from ..config import ApiKey
from ..errors import ModelAuthError
from ..wire import ModelInfo
from .api_key import key_now
from .failures import one_line
from .importing import Importing

WITHIN_S = 8.0
"""Seconds that a server may take to list its models."""
FRESH_S = 30.0
"""Seconds after which a list is asked for again by the next who opens a workspace."""
MOST_MODELS = 300
"""Of a list that are offered."""
MOST_BYTES = 4 * 1024 * 1024
"""Of a list."""

_WINDOWS = (
    "max_model_len",
    "loaded_context_length",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
)
"""As vLLM, LM Studio, OpenRouter, Groq, Mistral and Anthropic call it; llama.cpp has it in ``meta``."""
_NO_CHAT = re.compile(
    r"embed|rerank|whisper|transcribe|(?:^|[-_/])tts|dall-e|moderation|gpt-image|sora|realtime|gpt-audio|davinci|babbage",
    re.IGNORECASE,
)
"""Models of other trades, which some lists have."""


class Listing:
    """Owner of what one server listed last. ``authorized`` makes the headers of a request with the key."""

    def __init__(
        self,
        url: str,
        source: ApiKey | None,
        authorized: Callable[[str | None], Mapping[str, str]],
        *,
        provider: str,
        within: float = WITHIN_S,
    ) -> None:
        self.infos: tuple[ModelInfo, ...] = ()
        self.problem: str | None = None
        """Why there is no list, in words that say what to do. None: there is one, or it was not asked for yet."""
        self._url = url
        self._source = source
        self._authorized = authorized
        self._provider = provider
        self._within = within
        self._asked_at = -FRESH_S
        self._tasks = Tasks("lists of models")
        self._asking: asyncio.Task[None] | None = None
        self._importing = Importing(lambda: importlib.import_module("httpx2"), "httpx2")

    def begin(self) -> None:
        """Ask in the background, unless that was done lately or is on its way. A list that is empty is asked for again at once."""
        now = asyncio.get_running_loop().time()
        is_fresh = bool(self.infos) and now - self._asked_at < FRESH_S
        if not is_fresh and (self._asking is None or self._asking.done()):
            self._asked_at = now
            self._asking = self._tasks.start(self._ask(), name="list models")

    async def done(self) -> None:
        """Wait for the answer, when one is on its way and there is none yet. A caller that is cancelled leaves it alone."""
        if self._asking is not None and not self.infos:
            await asyncio.wait([self._asking])

    async def aclose(self) -> None:
        await self._tasks.close(0.0)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(self._within):
                self.infos, self.problem = await self._fetch(), None
        except ModelAuthError as error:
            self.problem = error.message
        except TimeoutError:
            self.problem = f"{self._url} did not list its models within {self._within:g} s."
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
            self.problem = f"{self._url} lists no models. Name them in CrushApp.providers (models)."
        except Exception as error:  # noqa: BLE001  what an HTTP library raises; its text could hold a header
            self.problem = f"{self._url} cannot be reached ({type(error).__name__}). Is the server running?"

    async def _fetch(self) -> tuple[ModelInfo, ...]:
        http = await self._importing.modules()
        source = self._source
        key = await threads.abandonable(lambda: key_now(source), name="the model's key") if callable(source) else source
        client = await threads.abandonable(lambda: http.AsyncClient(timeout=None), name="open a client")
        async with client, client.stream("GET", self._url, headers=dict(self._authorized(key or None))) as response:
            if response.status_code in (401, 403):
                what = "refused the key" if key else "wants a key"
                raise ModelAuthError(f"{self._url} {what} ({response.status_code}). Check the provider's key.")
            read = bytearray()
            async for piece in response.aiter_bytes():
                read += piece
                if len(read) > MOST_BYTES:
                    raise ValueError("too large")
        found = (
            tuple(models_in(msgspec.json.decode(bytes(read)), self._provider)) if response.status_code == 200 else ()
        )
        if not found:
            raise ValueError("no list")
        return found[:MOST_MODELS]

    def __repr__(self) -> str:
        return f"<Listing of {self._url}: {self.problem or f'{len(self.infos)} models'}>"


def models_in(body: object, provider: str) -> Iterator[ModelInfo]:
    """What an answer lists, in its order: OpenAI's form, or that of older servers with ``models``."""
    whole = body if isinstance(body, dict) else {}
    entries = whole.get("data") or whole.get("models") or ()
    seen = set()
    for entry in entries if isinstance(entries, list) else ():
        name = _name(entry)
        if name and name not in seen and not _NO_CHAT.search(name):
            seen.add(name)
            title = entry.get("display_name") if isinstance(entry, dict) else None
            shown = one_line(title) if isinstance(title, str) and title else name
            yield ModelInfo(id=name, name=shown, provider=provider, context_window=_window(entry))


def _name(entry: Any) -> str | None:
    found = (
        next((entry[key] for key in ("id", "model", "name") if key in entry), None)
        if isinstance(entry, dict)
        else entry
    )
    return found if isinstance(found, str) and 0 < len(found) <= 200 and found.isprintable() else None


def _window(entry: Any) -> int | None:
    if not isinstance(entry, dict):
        return None
    meta = entry.get("meta")
    said = [meta.get("n_ctx") if isinstance(meta, dict) else None, *(entry.get(name) for name in _WINDOWS)]
    return next((one for one in said if isinstance(one, int) and one > 0), None)


def resource(base_url: str, path: str) -> str:
    """The address of a resource of an API. People copy base URLs with more or less of a path, and gateways want a query."""
    scheme, host, base, query, _ = urlsplit(base_url.strip())
    base = base.rstrip("/").removesuffix("/chat/completions").removesuffix("/messages") or "/v1"
    return urlunsplit((scheme, host, f"{base}/{path}", query, ""))

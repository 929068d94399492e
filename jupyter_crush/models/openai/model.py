"""Any server that speaks OpenAI's Chat Completions, over the HTTP library that comes with the anthropic SDK.

OpenAI's own SDK is not needed for it: a request is a POST of JSON and an answer is an event stream, for which that would take seconds
and tens of MB more. What goes out is in :mod:`.conversation`, what comes in is in :mod:`.answer`, how servers differ in
:mod:`.quirks`; the rest is shared with the other adapter.
"""

from __future__ import annotations

import asyncio
import importlib
import random as random_module
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from ...concurrency import threads
from ...concurrency.tasks import Tasks
from ...config import ApiKey, Timeouts
from ...errors import ModelAuthError, ModelBadAnswer, ModelError, ModelMisconfigured, ModelUnreachable
from ...wire import ModelInfo
from ..abilities import sees
from ..api_key import key_now
from ..estimate import tokens_in_one
from ..failures import Said, failure, one_line, proxy_failure, retry_after, said_in, tls_failure
from ..importing import Importing
from ..listing import resource
from ..pacing import Pace
from ..port import Memo, ModelEvent, ModelRequest, Stop
from ..retry import Random, RetryPolicy, Sleep, retrying
from ..stream import silence, stream_events
from ..windows import Windows
from .answer import Answer
from .conversation import body, call_ids
from .quirks import Quirk, learned

if TYPE_CHECKING:
    import httpx2

PROVIDER = "openai"
API_URL = "https://api.openai.com/v1"
LARGE = 64 * 1024
"""Tokens of a history from which on its JSON is made in a thread."""
ERROR_BYTES = 64 * 1024
"""Of a refusal that are read."""


class Server(Struct, frozen=True, kw_only=True):
    """Where the API is, and what goes along with each request. ``api_key`` is asked before each where it is a function."""

    base_url: str = API_URL
    api_key: ApiKey | None = None
    key_header: str | None = None
    """The header that the key stands in. None: it is a bearer token."""
    headers: Mapping[str, str] = MappingProxyType({})
    body: Mapping[str, Any] = MappingProxyType({})
    """Fields that are added to each request, or replaced in it."""
    images: Mapping[str, bool] = MappingProxyType({})
    """Which models see pictures, where that is known better than by their names."""

    def __post_init__(self) -> None:
        if not (urlsplit(self.base_url.strip()).hostname and self.base_url.strip().startswith(("http://", "https://"))):
            raise ValueError(f"{self.base_url!r} is no address of a server: it begins with http:// or https://")

    def url(self, path: str) -> str:
        """Of one of its resources."""
        return resource(self.base_url, path)

    def authorized(self, key: str | None) -> dict[str, str]:
        """The headers of a request with that key."""
        if key is None:
            return dict(self.headers)
        named = (self.key_header, key) if self.key_header else ("Authorization", f"Bearer {key}")
        return {**self.headers, named[0]: named[1]}

    def __repr__(self) -> str:
        return f"<Server at {self.base_url}{', with a key' if self.api_key else ''}>"


class OpenAIModel:
    """Owner of one HTTP client, made at the first request, and of what its server turned out not to take. Any number of streams.

    ``models`` are what it offers. ``sleep``, ``random`` and ``now`` (seconds since the epoch) are for tests.
    """

    provider = PROVIDER

    def __init__(
        self,
        server: Server,
        models: Sequence[ModelInfo] = (),
        *,
        timeouts: Timeouts | None = None,
        policy: RetryPolicy | None = None,
        sleep: Sleep = asyncio.sleep,
        random: Random = random_module.random,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._server = server
        self._models = tuple(models)
        self._timeouts = timeouts or Timeouts()
        self._policy = policy or RetryPolicy()
        self._sleep, self._random, self._now = sleep, random, now
        self._quirks: defaultdict[str, set[Quirk]] = defaultdict(set)
        """By model: behind a gateway each may be another server's."""
        self._windows = Windows()
        self._pace = Pace()
        self._tasks = Tasks("the model's answers")
        self._opening = asyncio.Lock()
        self._importing = Importing(lambda: importlib.import_module("httpx2"), "httpx2")
        self._client: httpx2.AsyncClient | None = None
        self._foreign: tuple[type[Exception], ...] = ()

    def models(self) -> tuple[ModelInfo, ...]:
        return self._models

    def prepare(self) -> None:
        """Import the library while nobody waits for it."""
        self._importing.begin()

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return retrying(
            lambda: self._windows.asking(request, self._ask),
            policy=self._policy,
            sleep=self._sleep,
            random=self._random,
        )

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def __repr__(self) -> str:
        return f"<OpenAIModel at {self._server.url('')}, {'connected' if self._client else 'not used yet'}>"

    # --- one try ---

    async def _ask(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        client, key = await self._connected(), await self._key()
        answer = Answer(request.model, call_ids(request.messages), key=key)
        began = asyncio.get_running_loop().time()
        with self._translated():
            async with asyncio.timeout_at(began + self._timeouts.first):
                response = await self._send(client, request, key)
            with self._pace:
                arriving = stream_events(response, self._timeouts, began, self._tasks, lambda: self._pace.pause)
                async with aclosing(arriving) as batches:
                    async for batch in batches:
                        for event in answer.take_all(batch):
                            yield event
                            if isinstance(event, Stop):
                                return
            for event in answer.end():
                yield event

    async def _send(self, client: httpx2.AsyncClient, request: ModelRequest, key: str | None) -> httpx2.Response:
        """The answer's head, when it is one. Raises ModelError."""
        quirks = self._quirks[request.model]
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream", **self._server.authorized(key)}
        while True:
            content = await self._body(request, frozenset(quirks))
            asked = client.build_request("POST", self._server.url("chat/completions"), content=content, headers=headers)
            response = await client.send(asked, stream=True)
            if response.status_code < 300:
                return response
            try:
                said = await _read(response)
            finally:
                await response.aclose()
            quirk = learned(response.status_code, said, quirks)
            if quirk is None:
                raise self._refusal(response, said, request.model, key)
            quirks.add(quirk)

    async def _body(self, request: ModelRequest, quirks: frozenset[Quirk]) -> bytes:
        """What is sent: made in a thread where that may take long."""
        memo = Memo() if request.memo is None else request.memo

        def made() -> bytes:
            seeing = self._server.images.get(request.model, sees(request.model))
            return body(request, sees=seeing, quirks=quirks, extra=self._server.body)

        return await asyncio.to_thread(made) if memo.total(request.messages, tokens_in_one) > LARGE else made()

    async def _key(self) -> str | None:
        """As it is now, however long that takes: a stop of the server waits for no vault."""
        source = self._server.api_key
        if source is None or isinstance(source, str):
            return source or None
        return await threads.abandonable(lambda: key_now(source), name="the model's key")

    async def _connected(self) -> httpx2.AsyncClient:
        """The first request makes it, others that come meanwhile wait for it."""
        async with self._opening:
            if self._client is None:
                http = await self._importing.modules()
                self._foreign = (http.HTTPError, http.StreamError, http.InvalidURL, OSError)
                self._client = await threads.abandonable(lambda: self._open(http), name="open the model's client")
            return self._client

    def _open(self, http: Any) -> httpx2.AsyncClient:
        """It follows no redirects: a key is for its own address only."""
        try:
            made: httpx2.AsyncClient = http.AsyncClient(timeout=http.Timeout(None, connect=self._timeouts.connect))
        except (ImportError, ValueError) as error:
            raise ModelMisconfigured(proxy_failure(error)) from None
        return made

    # --- what goes wrong ---

    def _refusal(self, response: httpx2.Response, said: Said, model: str, key: str | None) -> ModelError:
        status, where = response.status_code, self._server.url("")
        if status in (401, 403):
            what = "refused the key" if key else "wants a key"
            return ModelAuthError(
                f"{where} {what} ({status}): {one_line(said.message, key)} Check the provider's key in CrushApp.providers."
            )
        if status < 400:
            return ModelMisconfigured(
                f"{where} answered with a redirect ({status}). Name the address that it leads to."
            )
        wait = retry_after(response.headers, self._now())
        return failure(status, said, model=model, retry_after=wait, key=key)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Foreign errors leave as ModelError. Without their cause: a cause can hold the request, and with it the key."""
        try:
            yield
        except TimeoutError:
            raise ModelUnreachable(silence(self._timeouts.first, "first")) from None
        except UnicodeEncodeError:
            raise ModelMisconfigured(
                "A header of the provider's, or its key, has letters that no header can have."
            ) from None
        except UnicodeDecodeError:
            raise ModelBadAnswer("The model's answer is not text.") from None
        except self._foreign as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> ModelError:
        where, name = self._server.url(""), type(error).__name__
        if (insecure := tls_failure(error, where)) is not None:
            return ModelMisconfigured(insecure)
        if name in ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
            return ModelMisconfigured(f"{where} cannot be asked ({name}). Check the provider's base_url and headers.")
        if name in ("ConnectError", "ConnectTimeout", "ProxyError"):
            why = one_line(str(error) or name).rstrip(".")
            return ModelUnreachable(f"{where} cannot be reached: {why}. Check the network and the provider's base_url.")
        return ModelUnreachable(f"The model's answer broke off ({name}).")


async def _read(response: httpx2.Response) -> Said:
    """What a refusal says."""
    read = bytearray()
    async for piece in response.aiter_bytes():
        read += piece
        if len(read) > ERROR_BYTES:
            break
    otherwise = f"HTTP {response.status_code}"
    try:
        return said_in(msgspec.json.decode(bytes(read)), otherwise)
    except (msgspec.DecodeError, RecursionError):
        return Said(one_line(bytes(read).decode("utf-8", "replace")) or otherwise)

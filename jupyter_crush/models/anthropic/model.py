"""The real model: any server that speaks Anthropic's Messages API, through the anthropic SDK.

The SDK costs seconds and 50 MB to import, so it is imported in a thread (:mod:`.sdk`) when somebody begins to use the model, and named
here only for the type checker. It opens the connection and reads the event stream; the rest is ours: what goes out
(:mod:`.conversation`), what comes in (:mod:`.answer`), what fails (:mod:`..failures`), what is tried again (:mod:`..retry`). The
SDK's own retries are off: they cannot repeat a step that broke in the middle, and they would multiply with ours.
"""

from __future__ import annotations

import asyncio
import random as random_module
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, cast
from urllib.request import getproxies

from msgspec.structs import replace

from ...concurrency import threads
from ...concurrency.tasks import Tasks
from ...config import Timeouts
from ...errors import (
    ModelAuthError,
    ModelBadAnswer,
    ModelError,
    ModelMisconfigured,
    ModelUnreachable,
)
from ...wire import Message, ModelInfo
from ..api_key import key_now
from ..failures import failure, one_line, proxy_failure, retry_after, said_in, tls_failure
from ..importing import Importing
from ..pacing import Pace
from ..port import ModelEvent, ModelRequest, Stop
from ..retry import Random, RetryPolicy, Sleep, retrying
from ..stream import silence, stream_events
from ..windows import Windows
from .answer import Answer
from .conversation import Body, body, unsealed
from .known import PROVIDER, choices
from .sdk import Modules, load
from .server import MessagesServer

if TYPE_CHECKING:
    import anthropic

MANY, LARGE = 200, 64 * 1024
"""Messages of a history, and characters of one, from which on a request is made in a thread."""


class AnthropicModel:
    """Owner of one SDK client, made at the first request. Any number of streams at a time.

    ``model`` is the default, ``named`` are others to offer. ``sleep``, ``random`` and ``now`` (seconds since the epoch) are for tests.
    """

    provider = PROVIDER

    def __init__(
        self,
        server: MessagesServer,
        *,
        model: str | None = None,
        named: Sequence[str] = (),
        timeouts: Timeouts | None = None,
        policy: RetryPolicy | None = None,
        sleep: Sleep = asyncio.sleep,
        random: Random = random_module.random,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._server = server
        self._key: str | None = None
        """The one that was used last."""
        self._models = choices(model, anthropic=server.is_anthropic, named=named)
        self._timeouts = timeouts or Timeouts()
        self._windows = Windows()
        self._policy = policy or RetryPolicy()
        self._sleep, self._random, self._now = sleep, random, now
        self._pace = Pace()
        self._tasks = Tasks("the model's answers")
        self._opening = asyncio.Lock()
        self._client: anthropic.AsyncAnthropic | None = None
        self._importing = Importing(load, "anthropic")
        self._sdk: Any = None
        self._http: Any = None
        self._foreign: tuple[type[Exception], ...] = ()

    def models(self) -> tuple[ModelInfo, ...]:
        return self._models

    def prepare(self) -> None:
        """Import the SDK while nobody waits for it."""
        self._importing.begin()

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return retrying(lambda: self._try(request), policy=self._policy, sleep=self._sleep, random=self._random)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def __repr__(self) -> str:
        return f"<AnthropicModel at {self._server.url}, {'connected' if self._client else 'not used yet'}>"

    # --- one try ---

    def _try(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return self._windows.asking(request, self._ask)

    async def _ask(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        client, told = await self._connected(), await self._body(request)
        answer = Answer(request.model, told.call_ids, key=self._key)
        began = asyncio.get_running_loop().time()
        with self._translated(request.model):
            async with asyncio.timeout_at(began + self._timeouts.first):
                stream = await self._send(client, told)
            with self._pace:
                arriving = stream_events(stream.response, self._timeouts, began, self._tasks, lambda: self._pace.pause)
                async with aclosing(arriving) as batches:
                    async for batch in batches:
                        for event in answer.take_all(batch):
                            yield event
                            if isinstance(event, Stop):
                                return

    async def _body(self, request: ModelRequest) -> Body:
        """What is sent: made in a thread where that may take long."""
        if self._server.max_tokens is not None:
            request = replace(request, max_tokens=min(self._server.max_tokens, request.max_tokens))
        fresh = unsealed(request)
        if len(fresh) > MANY or any(map(_is_large, fresh)):
            return await asyncio.to_thread(body, request, full=self._server.takes_all)
        return body(request, full=self._server.takes_all)

    async def _send(self, client: anthropic.AsyncAnthropic, told: Body) -> anthropic.AsyncStream[Any]:
        """The SDK's own way of creating a message walks and encodes the whole history on the event loop; this sends bytes."""
        options = {"headers": {"Content-Length": str(told.size)}}
        sent = client.post(
            "/v1/messages",
            content=told,
            options=cast("Any", options),
            cast_to=self._sdk.types.Message,
            stream=True,
            stream_cls=self._sdk.AsyncStream[self._sdk.types.RawMessageStreamEvent],
        )
        return cast("anthropic.AsyncStream[Any]", await sent)

    async def _connected(self) -> anthropic.AsyncAnthropic:
        """The client, with the key as it is now. The first request makes it, others that come meanwhile wait for it."""
        async with self._opening:
            source = self._server.key
            key = source if isinstance(source, str) else await self._asked_for()
            if self._client is None:
                if key is None and self._server.is_anthropic:
                    raise ModelAuthError(
                        "There is no key for the model's API. Set ANTHROPIC_API_KEY or CrushApp.api_key."
                    )
                self._use(await self._importing.modules())
                self._client = await threads.abandonable(lambda: self._open(key), name="open the model's client")
            elif key != self._key:
                self._client = self._client.with_options(**self._credential(key))
            self._key = key
            return self._client

    async def _asked_for(self) -> str | None:
        """The key from where it is kept, however long that takes: a stop of the server waits for no vault."""
        return await threads.abandonable(lambda: key_now(self._server.key), name="the model's key")

    def _use(self, modules: Modules) -> None:
        self._sdk, self._http, self._foreign = modules.sdk, modules.http, modules.failures

    def _credential(self, key: str | None) -> dict[str, Any]:
        return {
            "auth_token" if self._server.is_token else "api_key": key or "none"
        }  # local servers need none, but the SDK does

    def _open(self, key: str | None) -> anthropic.AsyncAnthropic:
        if getproxies():
            try:
                self._http.AsyncClient()  # which says what it thinks of them, where the SDK's own would leave a broken half behind
            except (ImportError, ValueError) as error:
                raise ModelMisconfigured(proxy_failure(error)) from None
        made = self._sdk.AsyncAnthropic(
            **self._credential(key),
            base_url=self._server.url,
            max_retries=0,
            timeout=self._sdk.Timeout(None, connect=self._timeouts.connect),
            default_headers=dict(self._server.headers),
        )
        return cast("anthropic.AsyncAnthropic", made)

    # --- what goes wrong ---

    @contextmanager
    def _translated(self, model: str) -> Iterator[None]:
        """Foreign errors leave as ModelError. Without their cause: a cause can hold the request, and with it the key."""
        try:
            yield
        except TimeoutError:
            raise ModelUnreachable(silence(self._timeouts.first, "first")) from None
        except UnicodeDecodeError:
            raise ModelBadAnswer("The model's answer is not text.") from None
        except self._foreign as error:
            raise self._failure(error, model) from None

    def _failure(self, error: Exception, model: str) -> ModelError:
        if isinstance(error, self._sdk.APIStatusError):
            wait = retry_after(error.response.headers, self._now())
            said = said_in(error.body, f"HTTP {error.status_code}")
            return failure(error.status_code, said, model=model, retry_after=wait, key=self._key)
        if isinstance(error, self._sdk.APIConnectionError):
            if (insecure := tls_failure(error, self._server.url)) is not None:
                return ModelMisconfigured(insecure)
            why = one_line(str(error.__cause__ or error), self._key).rstrip(".")
            return ModelUnreachable(
                f"{self._server.url} cannot be reached: {why}. Check the network and CrushApp.base_url."
            )
        return ModelUnreachable(f"The model's answer broke off ({type(error).__name__}).")


def _is_large(message: Message) -> bool:
    """Whether its JSON takes long to make."""
    return sum(len(getattr(part, "text", "") or getattr(part, "content", "")) for part in message.parts) > LARGE

"""Chat Completions on the loopback interface: the same server as :mod:`messages_api`, with another protocol.

async with ChatApi(models=("qwen3",)) as api:         # api.url is the base_url to give; GET /v1/models lists these
api.script("Hello.", Answer(Call("list_files")))
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from support.models import chat_check
from support.models.chat_script import Manner, frames
from support.models.history_check import Json
from support.models.messages_api import MessagesApi, Says
from support.models.messages_http import Received
from support.models.messages_script import Answer, Fail, Frame


class ChatApi(MessagesApi):
    """The server. ``models`` are listed, as ids or as entries with more in them; ``manner`` is how it writes."""

    def __init__(
        self,
        *,
        key: str | None = None,
        strict: bool = True,
        models: Sequence[str | Json] = (),
        manner: Manner = Manner(),  # noqa: B008  it is frozen
    ) -> None:
        super().__init__(key=key, strict=strict)
        self.models = models
        self.manner = manner
        self.listed = 0
        """How often the list was asked for."""

    async def _decide(self, path: str, headers: Mapping[str, str], raw: bytes) -> tuple[Received, Says]:
        if path.endswith("/models"):
            if self._key is not None and headers.get("authorization") != f"Bearer {self._key}":
                return Received(path, headers, {}), Fail(401, "invalid_api_key", "Incorrect API key provided")
            self.listed += 1
            listed = [{"id": one, "object": "model"} if isinstance(one, str) else one for one in self.models]
            found = json.dumps({"object": "list", "data": listed}).encode()
            return Received(path, headers, {}), Answer(raw=found, content_type="application/json")
        known = path.partition("?")[0].endswith("/v1/chat/completions")
        received, says = await super()._decide("/v1/messages" if known else path, headers, raw)
        received.path = path
        return received, says

    def _violations(self, body: object) -> list[str]:
        return chat_check.violations(body)

    def _missing_thinking(self, body: Json) -> Iterator[str]:  # noqa: ARG002  here it does not go back
        return iter(())

    def _frames(self, received: Received, answer: Answer | Fail) -> list[Frame]:
        if isinstance(answer, Fail):
            error = {"message": answer.message, "type": answer.type, "param": None, "code": answer.type}
            return [Frame(json.dumps({"error": error}).encode())]
        return frames(answer, received.body, self.manner, self._ids.__next__)

"""What was asked, as it was asked. A prompt goes with its run."""

from __future__ import annotations

from ..wire import AcceptedPrompt, PromptRequest
from .table import Rows, Table

PROMPTS = Table(AcceptedPrompt, "prompts", key=("run_id",))


class Prompts(Rows[AcceptedPrompt]):
    table = PROMPTS

    async def get(self, run_id: str) -> PromptRequest | None:
        accepted = await self._one(PROMPTS.by_key, run_id)
        return accepted.request if accepted else None

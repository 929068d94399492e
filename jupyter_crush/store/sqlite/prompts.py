"""What was asked, as it was asked, until its run has ended; the digest of it afterwards. A prompt goes with its run."""

from __future__ import annotations

from ...wire import PromptRequest
from ..records import AcceptedPrompt
from .table import Rows, Table

PROMPTS = Table(AcceptedPrompt, "prompts")


class SqlitePrompts(Rows[AcceptedPrompt]):
    table = PROMPTS

    async def get(self, run_id: str) -> PromptRequest | None:
        accepted = await self.find(run_id)
        return accepted.request if accepted else None

    async def find(self, run_id: str) -> AcceptedPrompt | None:
        return await self._one(PROMPTS.by_key, run_id)

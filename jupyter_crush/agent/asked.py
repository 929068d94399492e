"""What was asked, while it waits: all of it is on disk, so memory keeps the short form and reads the rest when it is wanted.

Twenty prompts of the largest size may wait in each session. A ticket is shortened when its row is committed and its turn has not come;
it is restored before its turn, before it is folded into another, and before its ending, which writes down what was never said.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..errors import StoreError
from ..events.journal import Journal
from ..store.port import Store
from ..store.records import AcceptedPrompt
from ..wire import PromptRequest, Run
from .admission import in_full
from .lane import Ticket

LARGE = 16 * 1024
"""Characters from which on a request is worth a reading."""


class Asked:
    """Between tickets and the store; owner of ``Ticket.request`` while that is short."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def shorten(self, ticket: Ticket) -> None:
        """Keep what its run says. It is on disk."""
        if _size(ticket.request) >= LARGE:
            ticket.request = replace(ticket.request, prompt=ticket.run.prompt, attachments=())
            ticket.is_whole = False

    async def restore(self, *tickets: Ticket) -> None:
        """Make them whole. Raises StoreError."""
        for ticket in tickets:
            if not ticket.is_whole and (found := await self._store.prompts.get(ticket.id)) is not None:
                ticket.request, ticket.is_whole = found, True

    async def restore_to_end(self, *tickets: Ticket) -> None:
        """The same, as soon as the store can be read: what was accepted is written down. Raises StoreError when the server stops."""
        while True:
            try:
                await self.restore(*tickets)
            except StoreError:
                if self._journal.is_closing:
                    raise
                await self._journal.until_it_takes()
            else:
                return

    async def accepted(self, ticket: Ticket) -> AcceptedPrompt | None:
        """As it was accepted; its digest, if it has ended meanwhile. Raises StoreError."""
        if ticket.is_whole:
            return AcceptedPrompt(run_id=ticket.id, request=ticket.request)
        return await self._store.prompts.find(ticket.id)

    async def run(self, ticket: Ticket) -> Run | None:
        """The run with all its words, for as long as it is not over. Raises StoreError."""
        if ticket.is_whole:
            return in_full(ticket.run, ticket.request)
        found = await self._store.prompts.get(ticket.id)
        return in_full(ticket.run, found) if found is not None else await self._store.runs.get(ticket.id)


def _size(request: PromptRequest) -> int:
    carried = sum(len(one.content or "") + len(one.text or "") for one in request.attachments)
    return len(request.prompt) + carried

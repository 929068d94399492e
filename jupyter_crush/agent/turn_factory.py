"""What a turn may do is one value, put together here from policy, mode, toolsets and model. Nothing else decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from ..config import Config
from ..files.location import Location
from ..models.port import Model
from ..permissions.gate import Gate
from ..tools.port import TurnContext
from ..tools.toolsets import Toolsets
from ..wire import Message, ModelInfo, Part, PermissionMode, Session
from .attachments import Attachments
from .compaction import Room
from .histories import Histories, History
from .lane import Ticket
from .loop import Task
from .model_jobs import ModelJobs
from .preferences import Preferences
from .prompts.notes import notes_in
from .prompts.templates import system_prompt
from .tool_contexts import ToolContexts


class Chosen(NamedTuple):
    """Who answers a run, and in which mode; None: it is a summary, which has no tools."""

    model: Model
    info: ModelInfo
    mode: PermissionMode | None


class TurnFactory(Struct, frozen=True, kw_only=True):
    """Assembles the turns of one workspace."""

    location: Location
    config: Config
    preferences: Preferences
    models: ModelJobs
    toolsets: Toolsets
    contexts: ToolContexts
    attachments: Attachments
    histories: Histories
    gate: Gate

    def choose(self, session: Session, ticket: Ticket) -> Chosen:
        """Raises ModelNotFound or NoPrice."""
        is_summary = ticket.run.kind == "summary"
        model, info = self.models.of_turn(session, is_summary=is_summary)
        return Chosen(model, info, None if is_summary else self.preferences.mode_of(session, ticket))

    async def task(
        self,
        ticket: Ticket,
        chosen: Chosen,
        mode: PermissionMode,
        *,
        followups: Callable[[], list[Ticket]],
        restore: Callable[[Ticket], Awaitable[None]],
    ) -> Task:
        """``followups`` folds in what waits; ``restore`` makes a ticket whole."""
        run, info = ticket.run, chosen.info

        async def history() -> History:
            return await self.histories.of(run.session_id)

        async def messages() -> Sequence[Message]:
            return (await history()).messages

        async def attached(ticket: Ticket) -> Sequence[Part]:
            await restore(ticket)
            return await self.attachments.read(ticket.request.attachments)

        asking = TurnContext(session_id=run.session_id, run_id=run.run_id, mode=mode, model=info.id)
        return Task(
            model=chosen.model,
            meter=self.models.meter(info),
            room=Room(
                at=self.config.summarize_at,
                writer=lambda: self.models.summary_writer(info.id),
                history=messages,
                budgets=self.config.budgets,
            ),
            system=system_prompt(self.location.root.name or "/", mode, notes_in(self.location.root)),
            gate=self.gate,
            leeway=lambda: self.preferences.leeway(mode, ticket),
            budgets=self.config.budgets,
            tools=await self.toolsets.offer(asking),
            context=lambda call_id: self.contexts.of(ticket.run, call_id),
            history=history,
            attached=attached,
            followups=followups,
        )

    def forget(self, session_id: str) -> None:
        """A session is gone, and with it what was read of it and for it."""
        self.contexts.forget(session_id)
        self.histories.forget(session_id)

    def __repr__(self) -> str:
        return f"<TurnFactory of {self.location}>"

"""What a workspace works with: its folder, the models, the documents, the kernels, the tools, and what was chosen for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

from ..config import Config
from ..conversation.sessions import Sessions
from ..documents.documents import Documents
from ..errors import Forbidden
from ..events.journal import Journal
from ..files.location import Location
from ..files.paths import locate
from ..kernels.introspection.request import Variables, variables
from ..kernels.kernels import Kernels
from ..models.catalog import Catalog
from ..models.port import Model
from ..permissions.questions import Questions
from ..review.content import Contents
from ..review.ledger import Ledger
from ..store.port import Store
from ..tools.port import ReadFiles, ToolContext, WorkspaceContext
from ..tools.read_variables import ReadVariables
from ..tools.toolsets import Offering, Toolsets
from ..wire import ConfigView, Message, ModelInfo, Part, PermissionMode, ToolProgress
from .attachments import Attachments, Recall
from .compaction import Room
from .histories import Histories, History
from .lane import Ticket
from .loop import Task
from .model_jobs import ModelJobs
from .preferences import Preferences
from .prompts.templates import system_prompt
from .turn import Turn

PROGRESS_S = 0.1
"""A running tool shows its output at most this often."""
NOTES_FILE = "AGENTS.md"
NOTES_BYTES = 32 * 1024


class World:
    """Everything around one workspace that is not its state."""

    def __init__(
        self,
        *,
        workspace_id: str,
        location: Location,
        config: Config,
        catalog: Catalog,
        documents: Documents,
        kernels: Kernels,
        toolsets: Toolsets,
        env: Mapping[str, str],
        now: Callable[[], int],
        new_id: Callable[[], str],
        on_activity: Callable[[], None],
        on_conversation: Callable[[], None],
    ) -> None:
        self.workspace_id = workspace_id
        self.location = location
        self.config = config
        self.catalog = catalog
        self.now = now
        self.new_id = new_id
        self.on_activity = on_activity
        self.on_conversation = on_conversation
        self.preferences = Preferences(config)
        self.models = ModelJobs(config, catalog, self.preferences)
        self._documents = documents
        self._kernels = kernels
        self._env = dict(env)
        self.toolsets = toolsets
        self._read: dict[str, ReadFiles] = {}
        self._attachments = Attachments(
            location=location, documents=documents, variables=self.variables, reading=config.reading
        )
        own = (config.data_dir, Path(jupyter_config_dir()), Path(jupyter_runtime_dir()))
        self._private = tuple(folder.expanduser().resolve() for folder in own)

    @property
    def root(self) -> Path:
        return self.location.root

    async def open(self) -> None:
        await self.toolsets.open(WorkspaceContext(workspace_id=self.workspace_id, root=self.root, env=self._env))

    def view(self) -> ConfigView:
        model = self.catalog.info(self.preferences.model)
        return ConfigView(
            model=model.id if model else None,
            models=self.catalog.infos,
            permission_mode=self.preferences.mode,
            permission_modes=self.config.modes,
            limits={
                "queue": self.config.queue_limit,
                "body_bytes": self.config.limits.body_bytes,
                "prompt_bytes": self.config.limits.prompt_bytes,
                "text_bytes": self.config.limits.text_bytes,
            },
            features=self.toolsets.names,
            tools=self.toolsets.names,
            demo=bool(model and model.is_demo),
        )

    def ledger(self, store: Store, journal: Journal) -> Ledger:
        limits = self.config.limits
        contents = Contents(self._documents, self.location, limits.checkpoint_bytes)
        return Ledger(store, journal, contents, keep_bytes=limits.checkpoints_bytes, now=self.now)

    def turn(self, ticket: Ticket, journal: Journal, sessions: Sessions, info: ModelInfo | None) -> Turn:
        return Turn(
            ticket,
            journal,
            model=info.id if info else None,
            provider=info.provider if info else None,
            now=self.now,
            new_id=self.new_id,
            next_seq=sessions.next_seq,
        )

    def task(
        self,
        ticket: Ticket,
        model: Model,
        info: ModelInfo,
        mode: PermissionMode,
        tools: Offering,
        histories: Histories,
        journal: Journal,
        questions: Questions,
        ledger: Ledger,
        followups: Callable[[], list[Ticket]],
        restore: Callable[[Ticket], Awaitable[None]],
        recall: Recall,
    ) -> Task:
        session_id = ticket.run.session_id

        async def history() -> History:
            return await histories.of(session_id)

        async def messages() -> Sequence[Message]:
            return (await history()).messages

        async def attached(ticket: Ticket) -> Sequence[Part]:
            await restore(ticket)
            return await self._attachments.read(ticket.request.attachments, recall)

        return Task(
            model=model,
            meter=self.models.meter(info),
            room=Room(
                at=self.config.summarize_at,
                writer=lambda: self.models.summary_writer(info.id),
                history=messages,
                budgets=self.config.budgets,
            ),
            system=system_prompt(self.root.name or "/", mode, self._notes()),
            leeway=lambda: self.preferences.leeway(mode, ticket),
            budgets=self.config.budgets,
            tools=tools,
            context=lambda call_id: self._context(ticket, call_id, journal, questions, ledger),
            history=history,
            attached=attached,
            followups=followups,
        )

    async def variables(self, notebook: str, names: Sequence[str] | None = None) -> Variables:
        """Of a notebook's kernel: for people who name them, as the tool for the agent. Raises CrushError."""
        if ReadVariables.name not in self.toolsets.names:
            raise Forbidden(f"The administrator does not allow {ReadVariables.name} here.")
        return await variables(self._kernels, locate(notebook, self.root, self.location.prefix).api, names)

    def _context(
        self, ticket: Ticket, call_id: str, journal: Journal, questions: Questions, ledger: Ledger
    ) -> ToolContext:
        shown = 0.0

        def progress(text: str) -> None:
            nonlocal shown
            now = asyncio.get_running_loop().time()
            if now - shown >= PROGRESS_S:
                shown = now
                run = ticket.run
                journal.progress(
                    ToolProgress(session_id=run.session_id, run_id=run.run_id, tool_call_id=call_id, text=text)
                )

        return ToolContext(
            root=self.root,
            prefix=self.location.prefix,
            session_id=ticket.run.session_id,
            run_id=ticket.id,
            tool_call_id=call_id,
            documents=self._documents,
            kernels=self._kernels,
            files=self._read.setdefault(ticket.run.session_id, ReadFiles()),
            env=self._env,
            new_id=self.new_id,
            progress=progress,
            ask=lambda asked: questions.ask(asked, ticket.run, call_id),
            reading=self.config.reading,
            ledger=ledger.of(ticket.run.session_id, ticket.id),
            private=self._private,
        )

    def forget(self, session_id: str) -> None:
        """A session is gone, and with it what its agent has read."""
        self._read.pop(session_id, None)

    def _notes(self) -> str | None:
        """The workspace's own notes for agents, if there are any. Data of the person's, never configuration."""
        path = self.root / NOTES_FILE
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(NOTES_BYTES).decode("utf-8", "replace")

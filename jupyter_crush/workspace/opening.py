"""How a workspace is opened: what a former server left open is closed, what it kept is read, and all its parts are put together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ..agent.attachments import Attachments
from ..agent.histories import Histories
from ..agent.kernel_variables import KernelVariables
from ..agent.model_jobs import ModelJobs
from ..agent.preferences import Preferences
from ..agent.recovery import recover
from ..agent.runs import Runs
from ..agent.summary import recalled
from ..agent.tool_contexts import ToolContexts, private_folders
from ..agent.turn import Stamps, Turn
from ..agent.turn_factory import TurnFactory
from ..concurrency.tasks import Tasks
from ..config import Config
from ..conversation.erasure import Erasure
from ..conversation.sessions import Live, Sessions
from ..documents.documents import Documents
from ..events.clients import Clients
from ..events.journal import Journal
from ..events.log import EventLog
from ..files.location import Location
from ..files.safe_path import sweep_root
from ..kernels.kernels import Kernels
from ..models.catalog import Catalog
from ..permissions.gate import Gate
from ..permissions.questions import Questions
from ..plugins.loading import Plugin
from ..processes.environment import child_environment
from ..review.content import Contents
from ..review.ledger import Ledger
from ..review.review import Review
from ..store.port import Store
from ..tools.port import WorkspaceContext
from ..tools.processes import STORE, stop_orphans
from ..tools.toolsets import Toolsets
from ..wire import Client
from .workspace import Parts, Workspace


class Ports(Struct, frozen=True, kw_only=True):
    """What all workspaces of a server work with, whatever stands behind it. Each workspace has toolsets of its own, made of these."""

    catalog: Catalog
    documents: Documents
    kernels: Kernels
    toolsets: tuple[Plugin, ...]


class Opening(Struct, frozen=True, kw_only=True):
    """Opens the workspaces of a server."""

    config: Config
    ports: Ports
    now: Callable[[], int]
    new_id: Callable[[], str]
    on_activity: Callable[[], None]
    on_conversation: Callable[[str, Path], None]
    """There is a conversation in this workspace, whose folder this is."""
    on_client: Callable[[str, Journal, Client], None]

    async def open(self, workspace_id: str, location: Location, store: Store) -> Workspace:
        """A whole one. Raises CrushError; then nothing of it is left but the store."""
        env = child_environment(os.environ) | {STORE: store.name}
        toolsets = Toolsets(self.ports.toolsets, self.config.denied_tools)
        tasks = Tasks(f"workspace {location.root.name}")
        try:
            await toolsets.open(WorkspaceContext(workspace_id=workspace_id, root=location.root, env=env))
            await stop_orphans(store.name)
            await asyncio.to_thread(sweep_root, location.root)
            journal = Journal(store, EventLog(self.new_id()[:12]), now=self.now, tasks=tasks)
            await self._recover(store, journal)
            return await self._made(workspace_id, location, store, journal, toolsets, env, tasks)
        except BaseException:
            await toolsets.close()
            raise

    async def _recover(self, store: Store, journal: Journal) -> None:
        seqs = await store.messages.last_seqs()
        numbering = Sessions((), seqs, live=lambda _: Live(), now=self.now, new_id=self.new_id)
        stamps = Stamps(self.now, self.new_id, numbering.next_seq)
        await recover(store, lambda ticket: Turn(ticket, journal, stamps), self.now())

    async def _made(
        self,
        workspace_id: str,
        location: Location,
        store: Store,
        journal: Journal,
        toolsets: Toolsets,
        env: dict[str, str],
        tasks: Tasks,
    ) -> Workspace:
        config, ports, now, new_id = self.config, self.ports, self.now, self.new_id
        gate = Gate(
            journal,
            now=now,
            new_id=new_id,
            grants=await store.grants.all(),
            denied_tools=config.denied_tools,
            trusted=config.trusted_toolsets,
        )
        questions = Questions(journal, now=now, new_id=new_id)
        clients = Clients(lambda client: self.on_client(workspace_id, journal, client))

        def live(session_id: str) -> Live:
            return runs.live(session_id, attached_clients=clients.watching(session_id))

        async def recall(session_id: str) -> tuple[str, str]:
            session = sessions.get(session_id)
            return session.title, await recalled(store.messages, session_id)

        rows = await store.sessions.all()
        sessions = Sessions(rows, await store.messages.last_seqs(), live=live, now=now, new_id=new_id)
        contents = Contents(ports.documents, location, config.limits.checkpoint_bytes)
        ledger = Ledger(store, journal, contents, keep_bytes=config.limits.checkpoints_bytes, now=now)
        await ledger.restore()
        variables = KernelVariables(location=location, kernels=ports.kernels, toolsets=toolsets)
        preferences = Preferences(config)
        factory = TurnFactory(
            location=location,
            config=config,
            preferences=preferences,
            models=ModelJobs(config, ports.catalog, preferences),
            toolsets=toolsets,
            contexts=ToolContexts(
                location=location,
                documents=ports.documents,
                kernels=ports.kernels,
                env=env,
                new_id=new_id,
                journal=journal,
                questions=questions,
                ledger=ledger,
                reading=config.reading,
                private=private_folders(config),
            ),
            attachments=Attachments(
                location=location,
                documents=ports.documents,
                variables=variables.of,
                recall=recall,
                reading=config.reading,
            ),
            histories=Histories(store, journal),
            gate=gate,
        )
        runs = Runs(
            factory,
            sessions,
            store=store,
            journal=journal,
            tasks=tasks,
            now=now,
            new_id=new_id,
            on_activity=self.on_activity,
        )
        workspace = Workspace(
            Parts(
                id=workspace_id,
                created_at=now(),
                config=config,
                location=location,
                catalog=ports.catalog,
                store=store,
                journal=journal,
                sessions=sessions,
                runs=runs,
                review=Review(ledger, lambda session_id: runs.live(session_id).is_busy),
                questions=questions,
                clients=clients,
                variables=variables,
                tasks=tasks,
                new_id=new_id,
                on_conversation=lambda: self.on_conversation(workspace_id, location.root),
            )
        )
        if rows:
            self.on_conversation(workspace_id, location.root)
        erasure = Erasure(
            store,
            sessions,
            config.retention,
            delete=lambda session_id: workspace.delete_session(session_id, None),
            now=now,
        )
        tasks.start(erasure.run(), name="erase what is deleted")
        return workspace

"""The same client for code that does not await: a script, or a notebook cell (where an event loop already runs).

Each ``Client`` has one thread with an event loop of its own. An interrupt (Ctrl-C, the kernel's ■) ends the wait at once;
the run goes on until it is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec import UNSET, UnsetType

from ..export import ExportFormat
from ..wire import (
    AgentStatus,
    Attachment,
    ChangedFile,
    ConfigView,
    Event,
    Grant,
    Health,
    Origin,
    Payload,
    PermissionAction,
    PermissionMode,
    PermissionRequest,
    PromptCommand,
    QuestionAnswer,
    QuestionRequest,
    Run,
    RunMode,
    Session,
    Snapshot,
)
from ..wire import Workspace as WorkspaceInfo
from .asynchronous import AsyncClient
from .stream import Item, Resynced
from .workspace import AsyncWorkspace

T = TypeVar("T")


class LoopThread:
    """Owner of a thread that runs an event loop, from its first use until ``close``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` there and wait for it. An interrupt cancels it."""
        ended = threading.Event()
        future = self.submit(_told(work, ended))
        try:
            while not future.done():
                wait([future], timeout=1)  # a wait without end cannot be interrupted everywhere
            return future.result()
        except BaseException:
            future.cancel()
            ended.wait(timeout=1)  # so that what it held is free again
            raise

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin ``work`` there, without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def iterate(self, source: AsyncGenerator[T]) -> Iterator[T]:
        """The items of ``source``, one by one; it is closed when the iterator is."""
        try:
            while True:
                try:
                    item = self.call(_advance(source))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self.call(source.aclose())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End what still runs there, and the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            with contextlib.suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(_end_all(), loop).result(timeout=5)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)
            if not thread.is_alive():
                loop.close()


async def _end_all() -> None:
    """Cancel every other task of this loop, and see them end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _told(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await work
    finally:
        ended.set()


async def _advance(source: AsyncGenerator[T]) -> T:
    return await anext(source)


class Workspace:
    """An open workspace: AsyncWorkspace, waited for. See there for what each method does."""

    def __init__(self, workspace: AsyncWorkspace, thread: LoopThread) -> None:
        self.asynchronous = workspace
        self._thread = thread

    def __repr__(self) -> str:
        return f"<Workspace {self.info.path} at {self.asynchronous.channel.endpoint.url}>"

    @property
    def thread(self) -> LoopThread:
        """Where this client's event loop runs."""
        return self._thread

    @property
    def info(self) -> WorkspaceInfo:
        return self.asynchronous.info

    def release(self) -> None:
        self._thread.call(self.asynchronous.release())

    def sessions(self) -> list[Session]:
        return self._thread.call(self.asynchronous.sessions())

    def create_session(self, title: str | None = None) -> Session:
        return self._thread.call(self.asynchronous.create_session(title))

    def session(self, session_id: str) -> Session:
        return self._thread.call(self.asynchronous.session(session_id))

    def update_session(
        self,
        session_id: str,
        *,
        title: str | UnsetType = UNSET,
        model: str | UnsetType | None = UNSET,
        permission_mode: PermissionMode | UnsetType | None = UNSET,
    ) -> Session:
        changed = self.asynchronous.update_session(
            session_id, title=title, model=model, permission_mode=permission_mode
        )
        return self._thread.call(changed)

    def fork(self, session_id: str, message_id: str | None = None, *, before: bool = False) -> Session:
        return self._thread.call(self.asynchronous.fork(session_id, message_id, before=before))

    def delete_session(self, session_id: str) -> None:
        self._thread.call(self.asynchronous.delete_session(session_id))

    def restore_session(self, session_id: str) -> Session:
        return self._thread.call(self.asynchronous.restore_session(session_id))

    def messages(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Snapshot:
        return self._thread.call(self.asynchronous.messages(session_id, after=after, before=before, limit=limit))

    def files(self, session_id: str, run_id: str | None = None) -> list[ChangedFile]:
        return self._thread.call(self.asynchronous.files(session_id, run_id))

    def keep(
        self, session_id: str, path: str | None = None, cell_id: str | None = None, *, run_id: str | None = None
    ) -> tuple[str, ...]:
        return self._thread.call(self.asynchronous.keep(session_id, path, cell_id, run_id=run_id))

    def revert(
        self,
        session_id: str,
        path: str | None = None,
        cell_id: str | None = None,
        *,
        run_id: str | None = None,
        confirm: bool = False,
    ) -> tuple[str, ...]:
        reverted = self.asynchronous.revert(session_id, path, cell_id, run_id=run_id, confirm=confirm)
        return self._thread.call(reverted)

    def rewind(self, session_id: str, message_id: str, *, confirm: bool = False) -> tuple[str, ...]:
        return self._thread.call(self.asynchronous.rewind(session_id, message_id, confirm=confirm))

    def export(self, session_id: str, format: ExportFormat = "markdown") -> bytes:  # noqa: A002 - the route's name
        return self._thread.call(self.asynchronous.export(session_id, format))

    def prompt(
        self,
        session_id: str,
        prompt: str,
        *,
        run_id: str | None = None,
        mode: RunMode = "queue",
        attachments: Sequence[Attachment] = (),
        permission_mode: PermissionMode | None = None,
    ) -> Run:
        accepted = self.asynchronous.prompt(
            session_id, prompt, run_id=run_id, mode=mode, attachments=attachments, permission_mode=permission_mode
        )
        return self._thread.call(accepted)

    def run(self, run_id: str) -> Run:
        return self._thread.call(self.asynchronous.run(run_id))

    def wait(self, run: Run | str, *, timeout: float | None = None, patience: float = 60) -> Run:
        return self._thread.call(self.asynchronous.wait(run, timeout=timeout, patience=patience))

    def follow(self, run: Run, *, cursor: str = "", idle: float = 5, patience: float = 60) -> Iterator[Item]:
        return self._thread.iterate(self.asynchronous.follow(run, cursor=cursor, idle=idle, patience=patience))

    def cancel(self, session_id: str) -> tuple[str, ...]:
        return self._thread.call(self.asynchronous.cancel(session_id))

    def summarize(self, session_id: str, wishes: str = "") -> Run:
        return self._thread.call(self.asynchronous.summarize(session_id, wishes))

    def queue(self, session_id: str) -> list[Run]:
        return self._thread.call(self.asynchronous.queue(session_id))

    def clear_queue(self, session_id: str) -> tuple[str, ...]:
        return self._thread.call(self.asynchronous.clear_queue(session_id))

    def remove_prompt(self, session_id: str, run_id: str) -> None:
        self._thread.call(self.asynchronous.remove_prompt(session_id, run_id))

    def move_prompt(self, session_id: str, run_id: str, before: str | None) -> None:
        self._thread.call(self.asynchronous.move_prompt(session_id, run_id, before))

    def send_now(self, session_id: str, run_id: str) -> None:
        self._thread.call(self.asynchronous.send_now(session_id, run_id))

    def permissions(self) -> list[PermissionRequest]:
        return self._thread.call(self.asynchronous.permissions())

    def answer(self, permission_id: str, action: PermissionAction, message: str | None = None) -> bool:
        return self._thread.call(self.asynchronous.answer(permission_id, action, message))

    def grants(self) -> list[Grant]:
        return self._thread.call(self.asynchronous.grants())

    def revoke(self, grant_id: str) -> None:
        self._thread.call(self.asynchronous.revoke(grant_id))

    def questions(self) -> list[QuestionRequest]:
        return self._thread.call(self.asynchronous.questions())

    def answer_question(self, question_id: str, answers: Sequence[QuestionAnswer] | None) -> bool:
        return self._thread.call(self.asynchronous.answer_question(question_id, answers))

    def status(self) -> AgentStatus:
        return self._thread.call(self.asynchronous.status())

    def commands(self) -> list[PromptCommand]:
        return self._thread.call(self.asynchronous.commands())

    def config(self) -> ConfigView:
        return self._thread.call(self.asynchronous.config())

    def update_config(
        self, *, model: str | UnsetType | None = UNSET, permission_mode: PermissionMode | UnsetType = UNSET
    ) -> ConfigView:
        return self._thread.call(self.asynchronous.update_config(model=model, permission_mode=permission_mode))

    def events(
        self, session_id: str | None = None, *, cursor: str | None = None, patience: float = 60
    ) -> Iterator[Event[Payload] | Resynced]:
        return self._thread.iterate(self.asynchronous.events(session_id, cursor=cursor, patience=patience))


class Client:
    """Speaks to the agent of a Jupyter server, blocking. Arguments and errors are AsyncClient's. Close it, or use ``with``."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30,
        client_id: str | None = None,
        origin: Origin = "api",
    ) -> None:
        self.asynchronous = AsyncClient(url, token, timeout=timeout, client_id=client_id, origin=origin)
        self._thread = LoopThread("jupyter_crush client")

    def __repr__(self) -> str:
        return f"<Client {self.asynchronous.channel.endpoint.url}>"

    def health(self) -> Health:
        return self._thread.call(self.asynchronous.health())

    def workspaces(self) -> list[WorkspaceInfo]:
        return self._thread.call(self.asynchronous.workspaces())

    def open(self, path: str | None = None) -> Workspace:
        return Workspace(self._thread.call(self.asynchronous.open(path)), self._thread)

    def close(self) -> None:
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

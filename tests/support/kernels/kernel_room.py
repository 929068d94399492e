"""Jupyter's kernel and session managers with real kernels, and a person who uses one of them beside us."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from traitlets import default

from jupyter_crush.kernels.kernels import Execution, own_kernels
from support.documents.managers import large


class Person:
    """Somebody at a browser: a client of their own on a kernel."""

    def __init__(self, kernel: Any) -> None:
        session = Session(key=kernel.session.key, signature_scheme=kernel.session.signature_scheme)
        self._client: Any = kernel.client(session=session)
        self._client.start_channels(stdin=False, hb=False, control=False)

    def send(self, code: str) -> str:
        """Press run."""
        return str(self._client.execute(code))

    async def reply(self, msg_id: str) -> dict[str, Any]:
        """What came of it."""
        while True:
            message = await self._client.get_shell_msg(timeout=30)
            if message["parent_header"].get("msg_id") == msg_id:
                content: dict[str, Any] = message["content"]
                return content

    async def run(self, code: str) -> dict[str, Any]:
        return await self.reply(self.send(code))

    async def busy(self, msg_id: str) -> None:
        """Wait until their cell runs."""
        while True:
            try:
                message = await self._client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == "execute_input":
                return

    def leave(self) -> None:
        self._client.stop_channels()


class Intruded(AsyncKernelClient):
    """A client of ours into whose last gap a person's cell slips, once."""

    intruder: tuple[Person, str] | None = None
    asked: str | None = None

    def start_channels(self, *args: Any, **more: Any) -> None:
        super().start_channels(*args, **more)
        channel: Any = self.shell_channel
        send = channel.send

        def intruded(message: Any) -> None:
            if Intruded.intruder is not None and message["header"]["msg_type"] == "execute_request":
                person, theirs = Intruded.intruder
                Intruded.intruder = None
                Intruded.asked = person.send(theirs)
                time.sleep(0.2)  # theirs arrives first: we are in the gap, and nothing else may run in it
            send(message)

        channel.send = intruded


class IntrudedKernel(ServerKernelManager):
    """A kernel that our connection reaches with an :class:`Intruded` client."""

    @default("client_factory")
    def _client_factory(self) -> type:
        return Intruded


class KernelRoom:
    """Owns the managers, the kernels they started, and the people in it."""

    def __init__(self, root: Path, *, pace: float = 1, **traits: Any) -> None:
        """``pace``: seconds that pass on the kernels' clock for each that passes."""
        self.contents = large(root)
        kernel_managers: Any = AsyncMappingKernelManager
        session_manager: Any = SessionManager
        self.managers = kernel_managers(root_dir=str(root), kernel_spec_manager=KernelSpecManager(), **traits)
        self.sessions = session_manager(kernel_manager=self.managers, contents_manager=self.contents)
        self.kernels = own_kernels(self.managers, self.sessions, clock=lambda: pace * time.monotonic())
        self._people: list[Person] = []

    async def run(self, code: str, path: str = "a.ipynb", timeout: float | None = 60, **more: Any) -> Execution:  # noqa: ASYNC109
        return await self.kernels.execute(path, code, timeout=timeout, **more)

    async def started(self, path: str = "a.ipynb") -> Any:
        """The notebook's kernel, running."""
        execution = await self.run("None", path)
        assert execution.status == "ok", execution
        return self.managers.get_kernel(await self.kernels.kernel_of(path))

    async def person(self, path: str = "a.ipynb") -> Person:
        """Somebody who has that notebook open, and whose client hears the kernel."""
        person = Person(await self.started(path))
        self._people.append(person)
        await person.run("None")
        return person

    async def close(self) -> None:
        for person in self._people:
            person.leave()
        await self.kernels.close()
        for kernel_id in list(self.managers.list_kernel_ids()):
            if kernel_id in self.managers:
                await self.managers.shutdown_kernel(kernel_id, now=True)
        self.sessions.close()  # here: SQLite minds in which thread the garbage is collected
        self.sessions.connection.close()


async def until(true: Callable[[], bool], within: float = 20) -> None:
    """Wait for a condition."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.01)


def text_of(execution: Execution) -> str:
    """All that was printed."""
    return "".join(output.get("text", "") for output in execution.outputs)

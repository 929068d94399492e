"""One request at a time to one kernel, over a channel of our own: wait until it is free, send, follow it to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeGuard

from .captures import Captures, join_outputs, state_of
from .channel import Channel
from .messages import Message
from .outputs import Outputs, count_of
from .waiting import POLL, KernelGone, Waiting

HEARING = 0.1
"""Seconds after an answer in which its echo to everybody must have come; otherwise we were not listening yet."""
REVIVAL = 15.0
"""Seconds that Jupyter has to restart a kernel that died."""
REPLY = 5.0
"""Seconds after the end of a request in which its reply must have come."""

DELIVERY = 2.0
"""Seconds that a widget has to take its outputs."""
ENDING = 5.0
"""Seconds that a kernel has to end after code asked it to."""

EXPRESSION = "crush"  # what the one expression is called


class Request:
    """One execute request and what has come back for it."""

    def __init__(self, msg_id: str, outputs: Outputs) -> None:
        self.msg_id = msg_id
        self.outputs = outputs
        self.captures = Captures(msg_id)
        self.busy_since: float | None = None
        self.idle = False
        self.execution_count: int | None = None
        self.reply: dict[str, Any] | None = None

    @property
    def value(self) -> Any:
        """What the kernel says of the expression that it was asked for."""
        values = (self.reply or {}).get("user_expressions")
        return values.get(EXPRESSION) if isinstance(values, dict) else None

    @property
    def ends_kernel(self) -> bool:
        """Whether the code asked its kernel to end, as ``exit()`` does."""
        payload = (self.reply or {}).get("payload")
        asked = [one for one in payload if isinstance(one, dict)] if isinstance(payload, list) else []
        return any(one.get("source") == "ask_exit" and one.get("keepkernel") is not True for one in asked)

    @property
    def running(self) -> bool:
        """Whether it is the one that the kernel works on."""
        return self.busy_since is not None and not self.idle


class Connection:
    """Owns its channel; ``close`` when done."""

    def __init__(self, channel: Channel, clock: Callable[[], float]) -> None:
        self._channel = channel
        self._clock = clock
        self._process = channel.process()
        self._looked = clock()
        self.language: str | None = None
        """As the kernel says, once it is free."""
        self.process: str | None = None
        """Names the kernel's process, as the kernel does, once it is free: it is another one after each start."""

    def close(self) -> None:
        self._channel.close()

    async def free(self, waiting: Waiting) -> None:
        """Wait until the kernel has done all that was asked before, and we hear it. Has no effect when it is abandoned.

        A kernel answers in order, so an answered question of ours means that nobody's cell is before us. Raises KernelGone,
        KernelStuck or KernelSilent."""
        await self._revived()
        while True:
            asked, heard = self._channel.send("kernel_info_request", {}), False
            while not self._introduced(await self._shell(0), asked):
                heard = _answers(await self._iopub(HEARING if heard else POLL), asked) or heard
                await self.check()
                waiting.look(busy=self._channel.is_busy())
            while not heard and (message := await self._iopub(HEARING)) is not None:
                heard = _answers(message, asked)
            if heard:
                return

    def _introduced(self, message: Message | None, asked: str) -> bool:
        if not _answers(message, asked):
            return False
        self.process = message.process or str(self._process)
        about = message.content.get("language_info")
        self.language = about.get("name") if isinstance(about, dict) else None
        return True

    async def _revived(self) -> None:
        """A dead kernel is restarted by Jupyter after a while, or by us where Jupyter does not."""
        if await self._channel.is_alive():
            return
        if not self._channel.restarts_itself():
            await self._channel.restart()
        until = self._clock() + REVIVAL
        while not await self._channel.is_alive():
            if self._clock() > until:
                raise KernelGone("The kernel is dead and was not restarted.")
            await asyncio.sleep(POLL)
        raise KernelGone("The kernel was restarted.")  # connect anew

    def send(self, code: str, outputs: Outputs, *, store_history: bool) -> Request:
        """Ask to run ``code``. An error in it does not cancel what others have queued."""
        return self._execute(code, outputs, silent=False, store_history=store_history, stop_on_error=False)

    def ask(self, expression: str) -> Request:
        """Ask for the value of ``expression``: no code runs beside it, nothing is printed, counted or remembered."""
        asked = {EXPRESSION: expression}
        return self._execute(
            "", Outputs(), silent=True, store_history=False, stop_on_error=True, user_expressions=asked
        )

    def _execute(self, code: str, outputs: Outputs, **asked: Any) -> Request:
        content = {"code": code, "user_expressions": {}, "allow_stdin": False} | asked
        return Request(self._channel.send("execute_request", content), outputs)

    async def wait_until_started(self, request: Request, waiting: Waiting) -> None:
        """Wait until the kernel begins with ``request``, or is through with it. Raises KernelGone or KernelSilent."""
        while request.busy_since is None and not request.idle:
            message = await self._iopub(POLL)
            if _answers(message, request.msg_id):
                self._take(request, message)
            await self.check()
            if request.busy_since is None:
                waiting.look(busy=self._channel.is_busy())

    async def follow(self, request: Request, *, until: float | None, took: Callable[[bool], None]) -> bool:
        """Take in what comes for ``request`` until it is done; False when ``until`` (on the clock) came first.

        ``took`` hears at least every POLL seconds whether outputs changed. Raises KernelGone."""
        while not request.idle:
            left = POLL if until is None else min(POLL, until - self._clock())
            if left <= 0:
                return False
            message = await self._iopub(left)
            if message is None and request.reply is not None:
                break  # the end was lost on the way, the reply was not
            if message is None:
                await self._await_reply(request, 0)
            took(_answers(message, request.msg_id) and self._take(request, message))
            await asyncio.sleep(0)  # a flood of messages must not starve the server
            await self.check()
        until = self._clock() + REPLY
        while request.reply is None and self._clock() < until:
            await self._await_reply(request, POLL)
            await self.check()  # a kernel that is shut down says that it is idle, and does not answer
        return True

    async def check(self) -> None:
        """Check, at most every POLL seconds, that it is still the same living kernel. Raises KernelGone."""
        if self._clock() - self._looked < POLL:
            return
        self._looked = self._clock()
        if not self._channel.exists():
            raise KernelGone("The kernel was shut down.")
        if not await self._channel.is_alive():
            raise KernelGone("The kernel died.")
        if self._channel.process() != self._process:
            raise KernelGone("The kernel was restarted.")

    async def deliver(self, request: Request) -> tuple[dict[str, Any], ...]:
        """Hand what Output widgets took to them, when the request is through. What no widget has taken.

        They are the kernel's, and whoever shows them is told by it. Raises KernelGone."""
        left: list[dict[str, Any]] = []
        for comm, taken in request.captures.by_comm.items():
            outputs = taken.as_nbformat()
            if not outputs and not taken.cleared:
                continue
            state = await self._comm(comm, {"method": "request_state"})
            if state is None:
                left += outputs
                continue
            shown = join_outputs(state.get("outputs"), taken)
            await self._comm(comm, {"method": "update", "state": {"outputs": shown}, "buffer_paths": []})
        return tuple(left)

    async def _comm(self, comm: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """Send a widget a message, and wait until the kernel is through with it. The state that it told meanwhile."""
        sent = self._channel.send("comm_msg", {"comm_id": comm, "data": data})
        until, state = self._clock() + DELIVERY, None
        while (left := until - self._clock()) > 0:
            answer = await self._iopub(min(left, POLL))
            await self.check()
            if not _answers(answer, sent):
                continue
            if answer.kind == "comm_msg" and answer.content.get("comm_id") == comm:
                state = state_of(answer.content) or state
            elif answer.kind == "status" and answer.content.get("execution_state") == "idle":
                break
        return state

    async def ends(self) -> bool:
        """Wait until the kernel, which was asked to end, has ended: it may answer others until then. False when it does not."""
        until = self._clock() + ENDING
        try:
            while self._clock() < until:
                await asyncio.sleep(POLL / 5)
                await self.check()
        except KernelGone:
            return True
        return False

    async def interrupt(self, request: Request) -> None:
        """Interrupt ``request``, unless it has just ended and somebody else's runs already. Raises KernelGone."""
        until = self._clock() + HEARING
        while self._clock() < until and (message := await self._iopub(0)) is not None:
            if _answers(message, request.msg_id):
                self._take(request, message)
        if request.idle:
            return
        await self._channel.interrupt()

    def _take(self, request: Request, message: Message) -> bool:
        """Whether an output changed."""
        kind, content = message.kind, message.content
        if kind == "status":
            state = content.get("execution_state")
            if state == "busy" and request.busy_since is None:
                request.busy_since = self._clock()
            request.idle = state == "idle"
            return False
        if kind == "execute_input":
            request.execution_count = count_of(content)
            return False
        if kind.startswith("comm_"):
            request.captures.hear(kind, content)
            return False
        if (widget := request.captures.current) is None:
            return request.outputs.add(kind, content)
        widget.add(kind, content)
        return kind == "update_display_data" and request.outputs.add(kind, content)

    async def _await_reply(self, request: Request, within: float) -> None:
        until = self._clock() + within
        while request.reply is None:
            message = await self._shell(max(until - self._clock(), 0))
            if message is None:
                return
            if _answers(message, request.msg_id):
                request.reply = message.content
                request.outputs.page(message.content.get("payload") or ())

    async def _iopub(self, within: float) -> Message | None:
        return await self._channel.receive("iopub", within)

    async def _shell(self, within: float) -> Message | None:
        return await self._channel.receive("shell", within)


def _answers(message: Message | None, msg_id: str) -> TypeGuard[Message]:
    return message is not None and message.answers(msg_id)

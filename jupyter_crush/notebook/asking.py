"""``crush.ask``: a prompt with values, and its answer; blocking, or awaited."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from ..client import Resynced, Transcript
from ..client.request_text import body, headline
from ..errors import CodeMayNotApprove
from ..text.visible import visible
from ..wire import Attachment, Event, FileChange, PermissionMode, PermissionRequest, Question, QuestionRequest, Run
from .answer import Answer
from .failure import check_answer
from .talk import Talk
from .values import attachment


@functools.cache
def kernel_talk() -> Talk:
    """This process's own line to the agent."""
    return Talk()


def ask(
    prompt: str,
    *values: object,
    session: str | None = None,
    mode: PermissionMode | None = None,
    allow: bool = False,
    check: bool = True,
    timeout: float | None = None,
    talk: Talk | None = None,
    **named: object,
) -> Answer:
    """Ask the agent, and wait for its answer.

    ``values`` and ``named`` values (``sales=df``) are attached by value: tables with their columns and first rows, files
    by Path, pictures as pictures. Successive calls go on in one session; ``session`` names another one. What the run asks
    permission for is answered in the panel or in a terminal. Beforehand, with ``allow`` (all of it) or a ``mode`` that asks less,
    only a script or an ipython of a person's does: code in a kernel may prompt and approve nothing (CodeMayNotApprove).

    RunFailed when the run fails, RunCancelled when somebody cancels it, each with the ``answer`` so far; with ``check=False`` the
    answer is returned then too, and says so (``ok``, ``ending``). An interrupt (■, Ctrl-C) cancels the run. TimeoutError after
    ``timeout`` seconds: the run goes on then.
    """
    line = talk or kernel_talk()
    attached = attachments(line, values, named, is_busy=True)
    answer = Asking(line, line.session(session).id, prompt, attached, mode=mode, allow=allow).wait(timeout)
    return check_answer(answer) if check else answer


async def ask_async(
    prompt: str,
    *values: object,
    session: str | None = None,
    mode: PermissionMode | None = None,
    allow: bool = False,
    check: bool = True,
    talk: Talk | None = None,
    **named: object,
) -> Answer:
    """``ask`` for code that awaits. Cancelling it leaves the run going."""
    line = talk or kernel_talk()

    def prepared() -> Asking:
        attached = attachments(line, values, named, is_busy=True)
        return Asking(line, line.session(session).id, prompt, attached, mode=mode, allow=allow)

    asking = await asyncio.to_thread(prepared)
    answer = await asyncio.wrap_future(line.thread.submit(asking.to_end()))
    return check_answer(answer) if check else answer


def attachments(
    talk: Talk, values: Sequence[object], named: Mapping[str, object], *, is_busy: bool
) -> tuple[Attachment, ...]:
    """Where this is asked, and each value under its name."""
    root = Path(talk.workspace.info.path)
    labelled = [(f"value {number}" if len(values) > 1 else "value", one) for number, one in enumerate(values, 1)]
    attached = [attachment(label, value, root) for label, value in (*labelled, *named.items())]
    return (*talk.surroundings(is_busy=is_busy), *attached)


class Asking:
    """One prompt on its way, and what is known of its answer. Its coroutines run on the client's thread."""

    def __init__(
        self,
        talk: Talk,
        session_id: str,
        prompt: str,
        attached: tuple[Attachment, ...] = (),
        *,
        mode: PermissionMode | None = None,
        allow: bool = False,
        on_text: Callable[[str], None] = lambda _text: None,
        on_question: Callable[[str], None] | None = None,
    ) -> None:
        self._talk = talk
        self._workspace = talk.asynchronous
        self._session_id = session_id
        self._prompt = prompt
        self._attachments = attached
        self._mode = mode
        self._allow = allow
        self._on_text = on_text
        self._on_question = on_question or _told
        self._files: dict[str, FileChange] = {}
        self._transcript = Transcript(session_id)
        self._cursor = ""
        self.run: Run | None = None

    def wait(self, timeout: float | None = None) -> Answer:
        """Block until the end. An interrupt cancels the run, and is raised again when the run has ended."""
        thread = self._talk.thread
        try:
            return thread.call(self.to_end(timeout))
        except KeyboardInterrupt:
            thread.call(self.cancel())
            raise

    async def begin(self) -> Run:
        """Hand it over. Asked twice, it is handed over once."""
        if self._allow and self._talk.origin == "kernel":
            raise CodeMayNotApprove(
                "Code in a kernel cannot allow what the agent asks permission for (allow, -y). Answer in the Crush panel or in a "
                "terminal, or choose the session's mode there."
            )
        if self.run is None:
            self._cursor = (await self._workspace.messages(self._session_id, limit=1)).cursor
            self.run = await self._workspace.prompt(
                self._session_id, self._prompt, attachments=self._attachments, permission_mode=self._mode
            )
        return self.run

    async def to_end(self, timeout: float | None = None) -> Answer:  # noqa: ASYNC109 - asyncio.timeout is what it uses
        """Follow it to its end."""
        async with asyncio.timeout(timeout):
            run = await self.begin()
            async with aclosing(self._workspace.follow(run, cursor=self._cursor)) as items:
                async for item in items:
                    if isinstance(item, Resynced) and item.snapshot is not None:
                        self._transcript.load(item.snapshot)
                    elif isinstance(item, Event):
                        await self._take(item, run)
            return Answer(run=await self._workspace.run(run.run_id), files=tuple(self._files.values()))

    async def cancel(self) -> None:
        """Cancel the run, and see it end."""
        await self._workspace.cancel(self._session_id)
        if self.run is not None:
            await self._workspace.wait(self.run, timeout=20)

    async def _take(self, event: Event, run: Run) -> None:  # type: ignore[type-arg]  # of any payload
        payload = event.payload.payload
        if isinstance(payload, FileChange) and payload.run_id in (None, run.run_id):
            self._files[payload.path] = payload
        elif isinstance(payload, PermissionRequest) and payload.run_id == run.run_id and payload.state == "pending":
            if self._allow:
                await self._workspace.answer(payload.id, "allow")
            else:
                self._on_question(describe_request(payload))
        elif isinstance(payload, QuestionRequest) and payload.run_id == run.run_id and payload.state == "pending":
            self._on_question(describe_request(payload))
        elif self._transcript.apply(event):
            mine = [one for one in self._transcript.messages if one.run_id == run.run_id and one.role == "assistant"]
            self._on_text("\n\n".join(one.text for one in mine if one.text))


def describe_request(request: PermissionRequest | QuestionRequest) -> str:
    """What the agent waits for, and where to answer: a cell that waits for the run cannot take it."""
    if isinstance(request, PermissionRequest):
        lines = [f"The agent asks permission for {headline(request)}", *(f"  {line.text}" for line in body(request))]
        asked = "\n".join(lines)
    else:
        asked = "\n".join(["The agent asks:", *map(_question, request.questions)])
    return visible(f"{asked}\nAnswer in the Crush panel, or with: jupyter crush attach")


def _question(question: Question) -> str:
    labels = [choice.label for choice in question.choices]
    return f"- {question.text}" + (f" ({' / '.join(labels)})" if labels else "")


def _told(asked: str) -> None:
    sys.stderr.write(f"{asked}\n")

"""What a tool is: a schema, and two steps. ``prepare`` looks and says exactly what would be done; ``perform`` does that.

Between the two stands the permission gate. ``perform`` is a closure over what was shown, so that what runs is what was
allowed; what may have changed meanwhile (a file's version, a cell's hash) is checked again when it runs.

Failures are values for the model: a tool raises :class:`~jupyter_crush.errors.ToolError` with a message that says what to do
instead. Cancellation is not a failure: a tool stops what it started and lets ``CancelledError`` through, or says with
:class:`Stopped` what that came to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import Struct, field

from ..config import Reading
from ..models.port import ToolSpec
from ..permissions.asks import Ask, Kind
from ..wire import PermissionMode

if TYPE_CHECKING:
    from ..documents.documents import Documents
    from ..documents.port import CellEdit
    from ..files.paths import Place
    from ..kernels.kernels import Kernels
    from ..wire import Image, Question, QuestionRequest


class Output(Struct, frozen=True, kw_only=True):
    """A result. ``content`` is for the model, ``metadata`` for people: ``summary`` (the tool card's one line), ``diff``,
    ``additions``, ``deletions``, ``path``, ``cell_id``, ``duration_ms``."""

    content: str
    is_error: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    images: tuple[Image, ...] = ()


class Stopped(asyncio.CancelledError):
    """A call was cancelled. ``words`` say what was stopped: ``cell 3 was interrupted``. ``ran``: it may have done something."""

    def __init__(self, words: str, *, ran: bool = True) -> None:
        super().__init__(words)
        self.words = words
        self.ran = ran


class Prepared(Struct, frozen=True, kw_only=True):
    """What would be done. ``ask`` None: nothing needs permission."""

    perform: Callable[[], Awaitable[Output]]
    ask: Ask | None = None
    waits: bool = False
    """For a person: its time is theirs, and counts for no budget."""


class ReadFiles:
    """Which version of each file this session's agent has seen, when it looked last, and in which process of a notebook's kernel its
    code ran. Owner: the workspace, one per session."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._marks: dict[str, int] = {}
        self._processes: dict[str, str] = {}

    def saw(self, path: str, version: str) -> None:
        self._seen[path] = version

    def version(self, path: str) -> str | None:
        return self._seen.get(path)

    def note_look(self, path: str, mark: int) -> None:
        """``mark``: a moment of :class:`~jupyter_crush.documents.renames.Renames`."""
        self._marks[path] = mark

    def mark(self, path: str) -> int | None:
        return self._marks.get(path)

    def ran_in(self, path: str, process: str) -> str | None:
        """Code ran in this process of the notebook's kernel. In which one the code before it ran."""
        before = self._processes.get(path)
        self._processes[path] = process
        return before

    def on_rename(self, old: str, new: str, mark: int) -> None:
        """The agent was told that it has another name now."""
        if old in self._processes:
            self._processes[new] = self._processes[old]
        if old in self._seen:
            self._seen[new] = self._seen[old]
        self.note_look(new, mark)
        self.forget(old)

    def forget(self, path: str) -> None:
        self._seen.pop(path, None)
        self._marks.pop(path, None)
        self._processes.pop(path, None)


class Ledger(Protocol):
    """Keeps what is there before a change, and sees what the change came to. Both are used around the change itself; what they
    yield is whether the file as a whole can be put back."""

    def file(self, place: Place, old: str | None, new: str) -> AbstractAsyncContextManager[bool]:
        """A text file is written. ``old``: what is there, None for a new file."""

    def notebook(
        self, place: Place, edits: Sequence[CellEdit], *, create: bool = False
    ) -> AbstractAsyncContextManager[bool]:
        """A notebook is edited, or made and edited."""


class NoLedger:
    """Keeps nothing: for tools outside of a session."""

    def file(self, place: Place, old: str | None, new: str) -> AbstractAsyncContextManager[bool]:  # noqa: ARG002  its port
        return nullcontext(False)

    def notebook(
        self,
        place: Place,  # noqa: ARG002  its port
        edits: Sequence[CellEdit],  # noqa: ARG002
        *,
        create: bool = False,  # noqa: ARG002
    ) -> AbstractAsyncContextManager[bool]:
        return nullcontext(False)


class ToolContext(Struct, frozen=True, kw_only=True):
    """Where a call happens. ``root`` is the workspace's real path, ``prefix`` the same place as an API path ("" for the
    server's root); ``progress`` shows people the end of what a long call printed; ``ledger`` is told of each change."""

    root: Path
    prefix: str
    session_id: str
    run_id: str
    tool_call_id: str
    documents: Documents
    kernels: Kernels
    files: ReadFiles
    env: dict[str, str]
    """For child processes: the server's environment without secrets."""
    new_id: Callable[[], str]
    progress: Callable[[str], None]
    ask: Callable[[Sequence[Question]], Awaitable[QuestionRequest]]
    """Put questions to the user, and wait: they come back answered or cancelled."""
    ledger: Ledger = field(default_factory=NoLedger)
    reading: Reading = field(default_factory=Reading)
    """How much the model gets of notebooks and outputs."""
    private: tuple[Path, ...] = ()
    """Real paths that no tool touches: the store, the server's own settings."""


A = TypeVar("A")


class Tool(Protocol, Generic[A]):
    """A tool. All that is known of it is its own: what the model is told, what it does to the world, how its input is read."""

    @property
    def kind(self) -> Kind:
        """What the gate decides on."""

    @property
    def spec(self) -> ToolSpec:
        """Its name, its description, and the JSON Schema of its input."""

    def parse(self, given: dict[str, Any]) -> A:
        """The model's input as arguments. Raises ToolError that says what is wrong, and what is expected."""

    async def prepare(self, args: A, context: ToolContext) -> Prepared:
        """Look, and say what would be done. Changes nothing. Raises ToolError."""


class WorkspaceContext(Struct, frozen=True, kw_only=True):
    """Where a toolset is opened. ``root`` is the workspace's real path at that moment (people rename folders: a call's context has
    the present one), ``env`` the environment for child processes, without secrets."""

    workspace_id: str
    root: Path
    env: Mapping[str, str]


class TurnContext(Struct, frozen=True, kw_only=True):
    """The turn that tools are listed for. Without a session: for nobody yet, to say which tools there are."""

    session_id: str | None = None
    run_id: str | None = None
    mode: PermissionMode | None = None
    model: str | None = None


class Toolset(Protocol):
    """Tools that come from one place. A workspace has its own: it is opened and closed with it, and asked before each turn.

    ``origin`` names the place: people are shown it beside each call, and grants are bound to it."""

    origin: str

    async def open(self, workspace: WorkspaceContext) -> None:
        """Called once, before anything else. What takes long is better begun here and awaited in ``tools``."""

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        """Those that this turn gets, in an order that stays the same, since models' caches depend on it."""

    async def close(self) -> None:
        """Called once after ``open``, whether that succeeded or not, when the workspace closes."""

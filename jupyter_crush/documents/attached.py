"""Documents that somebody has open in JupyterLab: the tab itself reads and changes them, so nothing that is unsaved is lost.

Theory. Exactly one tab is asked. A request is announced with its id only; the tab claims it, and gets the work as the claim's answer.
So a request that nobody claimed in time is withdrawn for good, and may go to another tab or the next back end; a claim that
comes late finds nothing. A tab makes all edits in one step and answers when the document is saved. Only between claim and answer can
a tab take the fate of an edit with it. Then:

- the tab is still there: the edit is refused as unsure, for it may be made and not saved. It may also still be at it; so until it
  has answered, taken something else or gone, no other tab and no other back end is to change the document;
- the tab said that it closed the document: whoever has it next is looked at first, and the edit is made unless it is there (Landed).

What is dirty in a tab that does not answer is never written behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from ..concurrency.keyed_lock import KeyedLock
from ..errors import NotFound, Stale, ToolError
from ..wire import (
    AnswerDocument,
    ClaimDocument,
    Client,
    DocumentRequest,
    DocumentWork,
    PutPresence,
    Resolved,
)
from .answers import as_notebook, doubtful, is_done, refusal
from .port import CellEdit, Elsewhere, Notebook, SetOutputs, TextFile
from .presence import SILENCE_S, Presence, Tab, path_of
from .renames import Move, Renames, follow

Action: TypeAlias = Literal["read", "edit", "write", "show"]
Fate: TypeAlias = AnswerDocument | Literal["unclaimed", "unknown"]


class Patience(Struct, frozen=True, kw_only=True):
    """Seconds that a tab gets: to claim a request, to answer it, to come back after its stream broke."""

    claim: float = 8.0
    answer: float = 30.0
    back: float = 2.0


class Errand:
    """A request on its way: offered to one tab, claimed by it, answered."""

    def __init__(self, tab: Tab, work: DocumentWork) -> None:
        self.tab = tab
        self.work = work
        self.claimed = False
        self.answer: AnswerDocument | None = None


class AttachedBackend:
    """Owner of the tabs' presence and of the requests that wait for one."""

    name = "attached"

    def __init__(
        self,
        new_id: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
        renames: Renames | None = None,
    ) -> None:
        self._new_id = new_id
        self._patience = patience or Patience()
        self._presence = Presence(clock)
        self._renames = renames or Renames()
        self._renames.moved.append(self._renamed)
        self._errands: dict[str, Errand] = {}
        self._overdue: dict[str, tuple[str, str]] = {}
        """Changes that a tab took and that nobody waits for any more: request, path and tab."""
        self._locks = KeyedLock()
        self._news = asyncio.Event()

    # --- what the tabs say ---

    def put(self, workspace_id: str, presence: PutPresence, say: Callable[[DocumentRequest], None]) -> None:
        """What a tab has open now. ``say`` reaches those who follow the workspace. Raises Unavailable."""
        self._presence.put(workspace_id, presence, say)
        self._tell()

    def streams(self, workspace_id: str, client: Client) -> None:
        """A client's streams were opened or closed."""
        self._presence.streams(workspace_id, client)
        self._tell()

    def _renamed(self, old: str, new: str) -> None:
        """Follow a rename at once: until the tab reports it, nobody may write behind it under the new name."""
        self._presence.on_rename(old, new)
        move = Move(0, old, new)
        self._overdue = {key: (follow(path, move) or path, tab_id) for key, (path, tab_id) in self._overdue.items()}
        self._tell()

    def claim(self, request_id: str, body: ClaimDocument) -> DocumentWork:
        """Hand out the work, once, to the tab that was asked. Raises NotFound: too late, or done already."""
        self._presence.spoke(body.tab_id)
        errand = self._errands.get(request_id)
        if errand is None or errand.claimed or errand.tab.id != body.tab_id:
            raise NotFound("That request is not open (any more). Do nothing.")
        errand.claimed = True
        self._tell()
        return errand.work

    def answer(self, request_id: str, body: AnswerDocument) -> Resolved:
        """Take a tab's answer; the first counts, and only in time."""
        if self._overdue.get(request_id, ("", ""))[1] == body.tab_id:
            del self._overdue[request_id]
        errand = self._errands.get(request_id)
        if errand is None or not errand.claimed or errand.answer is not None or errand.tab.id != body.tab_id:
            return Resolved(resolved=False)
        errand.answer = body
        self._tell()
        return Resolved(resolved=True)

    def interest(self, path: str) -> int:
        """How much it matters to somebody that the file is not written behind their back: 0, 1 (open), 2 (unsaved changes)."""
        path = path_of(path)
        return 2 if self._presence.is_dirty(path) else int(self._presence.best(path) is not None)

    # --- the back end ---

    def has(self, path: str) -> bool:
        key = path_of(path)
        late = [tab_id for where, tab_id in self._overdue.values() if where == key]
        is_overdue = any(self._presence.within_reach(tab_id, key) is not None for tab_id in late)
        return is_overdue or self.interest(key) > 0 or self._presence.returning(key, (), self._patience.back) > 0

    async def read_notebook(self, path: str) -> Notebook:
        return as_notebook(path, await self._ask(path, "read", DocumentWork()))

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:  # noqa: ARG002  its port
        return as_notebook(path, await self._ask(path, "edit", DocumentWork(edits=tuple(edits))))

    async def show(self, path: str, outputs: SetOutputs) -> None:
        """Show a document in the tab that its person looks at. Edits are not waited for: a tab does what it claimed in order."""
        key = path_of(path)
        if (tab := self._presence.best(key)) is not None:
            await self._offer(tab, key, "show", DocumentWork(edits=(outputs,)))

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:  # noqa: ARG002  its port
        raise Stale(f"{path} is open in JupyterLab; nothing was changed. Read it first, or choose another name.")

    async def read_text(self, path: str) -> TextFile:
        return as_text(path, await self._ask(path, "read", DocumentWork()))

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        if expected is None:
            raise Stale(f"{path} is open in JupyterLab; nothing was changed. Read it first, or choose another name.")
        return as_text(path, await self._ask(path, "write", DocumentWork(text=text, expected=expected)))

    # --- asking ---

    async def _ask(self, path: str, action: Action, work: DocumentWork) -> AnswerDocument:
        """What the tab that has it answers. Raises Elsewhere, Stale, ToolError."""
        key = path_of(path)
        async with self._locks.hold(key):
            if action != "read":
                await self._await_overdue(key)
            answer = await self._tried(key, action, work)
        if answer.status == "ok":
            return answer
        raise refusal(path, work, answer)

    async def _await_overdue(self, path: str) -> None:
        """Wait until no tab is changing this document: what it takes next shows that it is done. Raises ToolError."""
        for request_id, (_, tab_id) in [one for one in self._overdue.items() if one[1][0] == path]:
            tab = self._presence.within_reach(tab_id, path)
            if tab is not None:
                fate = await self._offer(tab, path, "read", DocumentWork())
                if fate == "unclaimed" and self._presence.can_reach(tab, path):
                    raise ToolError(
                        f"A browser tab that has {path} open is still at an edit that it took before. Nothing was changed. Ask the "
                        "user to look at that tab, or to close it; then read the document, and repeat the call."
                    )
            self._overdue.pop(request_id, None)

    async def _tried(self, path: str, action: Action, work: DocumentWork) -> AnswerDocument:
        silent: set[str] = set()
        broken: set[str] = set()
        unsure = False
        while (tab := await self._next(path, silent, writing=action != "read")) is not None:
            if unsure and (found := await self._found(tab, path, work)) is not None:
                return found
            fate = await self._offer(tab, path, action, work)
            if isinstance(fate, AnswerDocument):
                if action != "read" and fate.status == "ok":
                    self._show_others(tab, path)
                if unsure and fate.status == "stale":
                    raise doubtful(Stale(refusal(path, work, fate).message))
                return fate
            if fate == "unclaimed" and tab.id not in broken and not self._presence.can_reach(tab, path):
                broken.add(tab.id)  # its stream broke: it may be back in a moment
                continue
            silent.add(tab.id)
            if fate == "unclaimed":
                self._presence.mute(tab)
            if action != "read":
                self._check_left(tab, path, fate)
                unsure = unsure or fate == "unknown"
        if action != "read" and self._presence.is_dirty(path):
            refused = ToolError(
                f"{path} has unsaved changes in a browser tab that does not answer now. Nothing was written, so that they are not "
                "lost. Ask the user to bring that tab back; then repeat the call. If it is lost, they can open the document again: "
                f"{SILENCE_S:.0f} s after the last word of the lost tab what it had is given up."
            )
            raise doubtful(refused) if unsure else refused
        raise Elsewhere(unsure=unsure)

    def _check_left(self, tab: Tab, path: str, fate: Fate) -> None:
        """Whether a writer may go on without this tab. Raises ToolError."""
        if not self._presence.has_open(tab, path):
            return
        if fate == "unknown":
            raise ToolError(
                f"The browser tab that has {path} open took the edit, and then did not say that it was saved. It may be made or not: "
                "read the document before you do anything else to it."
            )
        if self._presence.is_dirty_in(tab, path):
            raise ToolError(
                f"{path} is open in a browser tab with unsaved changes, and the tab did not answer within "
                f"{self._patience.claim:g} s. Nothing was changed. Ask the user to look at that tab; then repeat the call."
            )

    async def _next(self, path: str, silent: set[str], *, writing: bool) -> Tab | None:
        """The tab to ask. One whose stream broke just now gets a moment to come back."""
        while (tab := self._presence.best(path, silent, writing=writing)) is None:
            seconds = self._presence.returning(path, silent, self._patience.back)
            if seconds <= 0:
                return None
            await self._until(lambda: self._presence.best(path, silent, writing=writing) is not None, seconds)
        return tab

    async def _found(self, tab: Tab, path: str, work: DocumentWork) -> AnswerDocument | None:
        """The document as this tab has it, when what was to be done is there already."""
        seen = await self._offer(tab, path, "read", DocumentWork())
        return seen if isinstance(seen, AnswerDocument) and is_done(seen, work) else None

    async def _offer(self, tab: Tab, path: str, action: Action, work: DocumentWork) -> Fate:
        errand, request_id, mark = Errand(tab, work), self._new_id(), self._renames.mark
        self._errands[request_id] = errand
        try:
            tab.say(DocumentRequest(id=request_id, tab_id=tab.id, path=path, action=action))
            await self._until(lambda: errand.claimed or not self._presence.can_reach(tab, path), self._patience.claim)
            if not errand.claimed:
                return "unclaimed"
            await self._until(
                lambda: errand.answer is not None or not self._has_open(tab, path, mark), self._patience.answer
            )
            return errand.answer or "unknown"
        finally:
            del self._errands[request_id]
            if action in ("edit", "write") and errand.claimed and errand.answer is None:
                self._overdue[request_id] = path, tab.id

    def _has_open(self, tab: Tab, path: str, mark: int) -> bool:
        """Whether it is open under its name at the mark or its new one: then the tab goes on with what it claimed."""
        now = self._renames.since(path, mark)
        return self._presence.has_open(tab, path) or (now is not None and self._presence.has_open(tab, now))

    def _show_others(self, tab: Tab, path: str) -> None:
        for other in self._presence.others(path, but=tab.id):
            other.say(DocumentRequest(id=self._new_id(), tab_id=other.id, path=path, action="reload"))

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await self._news.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        self._news.set()
        self._news.clear()

    def __repr__(self) -> str:
        return f"<AttachedBackend {self._presence!r}: {len(self._errands)} requests>"


def as_text(path: str, answer: AnswerDocument) -> TextFile:
    """The text that a tab answered with; its version is the hash that the contents manager would give it."""
    if answer.text is None:
        raise ToolError(f"{path} is open as something else than text. Nothing was changed.")
    digest = hashlib.sha256(answer.text.encode("utf-8", "surrogatepass")).hexdigest()
    return TextFile(path=path, text=answer.text, version=digest)

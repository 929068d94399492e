"""What the agent changed in a session, and what people do about it: keep, revert, rewind. From any client, also after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from msgspec.structs import replace

from ..errors import ChangedSince, NotFound, NotUndoable, SessionBusy, Stale, ToolError
from ..store.records import Touch
from ..wire import Change, ChangedFile, KeepChanges, RevertChanges, Reviewed, Rewind
from .compare import FileChanges, gather
from .ledger import Ledger
from .listing import look_at_changes
from .undoing import Undoing


class Review:
    """Answers for one workspace. Owns nothing: what runs did is in the ledger's store, what is there now in the documents."""

    def __init__(self, ledger: Ledger, is_busy: Callable[[str], bool]) -> None:
        self.ledger = ledger
        self._store = ledger.store
        self._contents = ledger.contents
        self._is_busy = is_busy
        self._undoing = Undoing(ledger.store, ledger.contents)

    async def changes(self, session_id: str, run_id: str | None = None) -> tuple[ChangedFile, ...]:
        """What one run, or the session, changed and nobody has decided on, by path."""
        touches = await self._open(session_id, KeepChanges(run_id=run_id))
        found = [await self._changed(session_id, one) for one in gather(touches)]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.path))

    async def keep(self, session_id: str, body: KeepChanges) -> Reviewed:
        """Take changes off the list; they stay as they are."""
        async with self._standing(await self._open(session_id, body)):
            touches = await self._open(session_id, body)
            await self._decide(touches, "kept")
        return await self._told(session_id, touches)

    async def revert(self, session_id: str, body: RevertChanges) -> Reviewed:
        """Put back what was there before. Raises ChangedSince, and changes nothing, where that would lose somebody else's words."""
        async with self._standing(await self._open(session_id, body)):
            touches = await self._open(session_id, body)
            await self._undo(session_id, touches, confirm=body.confirm)
        return await self._told(session_id, touches)

    async def rewind(self, session_id: str, body: Rewind) -> Reviewed:
        """Put back what was there before the run of a message, also what was kept since."""
        if self._is_busy(session_id):
            raise SessionBusy
        async with self._standing(await self._since(session_id, body.message_id)):
            touches = await self._since(session_id, body.message_id)
            if self._is_busy(
                session_id
            ):  # a prompt may have come meanwhile; one that comes from now on waits in these lines
                raise SessionBusy
            await self._undo(session_id, touches, confirm=body.confirm)
        return await self._told(session_id, touches)

    # --- which ---

    async def _open(self, session_id: str, body: KeepChanges) -> list[Touch]:
        return [
            touch
            for touch in await self._store.touches.of_session(session_id)
            if touch.state == "open"
            and body.run_id in (None, touch.run_id)
            and body.path in (None, touch.path)
            and body.cell_id in (None, touch.cell_id)
        ]

    async def _since(self, session_id: str, message_id: str) -> list[Touch]:
        message = await self._store.messages.get(message_id)
        if message is None or message.session_id != session_id:
            raise NotFound("There is no such message.")
        runs = await self._store.runs.list(session_id)
        ids = [run.run_id for run in runs]
        run = next((run for run in runs if run.run_id == message.run_id), None)
        if run is None:
            raise NotFound("There is no such message.")
        later = set(ids[ids.index(run.folded_into or run.run_id) :])
        touches = await self._store.touches.of_session(session_id)
        return [touch for touch in touches if touch.run_id in later and touch.state != "reverted"]

    @asynccontextmanager
    async def _standing(self, touches: Iterable[Touch]) -> AsyncIterator[None]:
        """Hold the locks of all these paths: no tool changes them meanwhile."""
        async with AsyncExitStack() as stack:
            for path in sorted({touch.path for touch in touches}):
                await stack.enter_async_context(self.ledger.locks.hold(path))
            yield

    # --- what is done ---

    async def _undo(self, session_id: str, touches: list[Touch], *, confirm: bool) -> None:
        asked = gather(touches)
        if not confirm:
            await self._check(session_id, asked)
        await self._write_again(touches)
        for changes in asked:
            rows = [touch for touch in touches if touch.path == changes.path]
            try:
                await self._undo_one(session_id, changes)
            except Stale as error:
                changed = await self._changed(session_id, changes)
                raise ChangedSince([changed] if changed is not None else []) from error
            except ToolError as error:
                raise NotUndoable(error.message) from error
            await self._decide(rows, "reverted")

    async def _check(self, session_id: str, asked: list[FileChanges]) -> None:
        found = [await self._changed(session_id, changes) for changes in asked]
        if changed := [one for one in found if one is not None and one.changed_since]:
            raise ChangedSince(changed)

    async def _undo_one(self, session_id: str, changes: FileChanges) -> None:
        rows = [touch for touch in await self._store.touches.of_session(session_id) if touch.path == changes.path]
        standing = {touch.cell_id for touch in rows if touch.run_id in changes.run_ids and touch.state != "reverted"}
        whole = changes.file is not None and standing == {touch.cell_id for touch in changes.touches}
        before = await self._version(changes.path)
        await self._undoing.undo(changes, whole=whole)
        after = await self._version(changes.path)
        ours = [row for row in rows if not row.cell_id and before is not None and row.became == before]
        names = self._contents.documents.identities.names(self._contents.place(changes.path).api)
        rows = [replace(row, became=after, names=names) for row in ours]
        await self.ledger.journal.record(*(Change(type="updated", payload=row) for row in rows))

    async def _version(self, path: str) -> str | None:
        """The version of a notebook's file. A cell that is reverted changes it, and that is not somebody else's change."""
        place = self._contents.place(path)
        return (await self._contents.notebook(place)).version if place.is_notebook else None

    async def _write_again(self, touches: list[Touch]) -> None:
        """The rows as they are. Raises StoreError: what cannot be written down must not be done to files, for that is not undone."""
        await self.ledger.journal.post(*await self._latest(touches), publish=False)

    async def _decide(self, touches: list[Touch], state: str) -> None:
        """Write it down."""
        await self.ledger.journal.record(*await self._latest(touches, state=state))

    async def _latest(self, touches: list[Touch], **values: Any) -> list[Change[Any]]:
        """Their rows with other values. A file's row may have been continued since it was read."""
        rows = [await self._store.touches.get(row.run_id, row.path, row.cell_id) for row in touches]
        return [Change(type="updated", payload=replace(row, **values)) for row in rows if row is not None]

    async def _told(self, session_id: str, touches: list[Touch]) -> Reviewed:
        latest = {touch.path: touch.run_id for touch in touches}
        for path, run_id in latest.items():
            await self.ledger.tell(session_id, run_id, path)
        return Reviewed(paths=tuple(sorted(latest)))

    async def _changed(self, session_id: str, changes: FileChanges) -> ChangedFile | None:
        seen = await look_at_changes(self._store, self._contents, changes, session_id)
        row = await self._store.files.get(session_id, changes.path)
        return replace(seen, version=row.version) if seen is not None and row is not None else seen

    def __repr__(self) -> str:
        return f"<Review {self.ledger!r}>"

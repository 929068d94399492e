"""What was there before a run changed it, kept on disk before the change is made; and what the change came to.

Theory. Before an edit its *intent* is committed: for each cell that it names, the cell as it is and the hash that the edit will
leave; and, once for each run, the whole file. A server that dies in mid-edit leaves an intent that was carried out or was not: the
hashes tell whoever looks. An edit that was refused takes its intent back. Nothing here asks what anybody else did: what the agent
did not touch is in no row, so it can not be reverted by mistake.

One edit at a time for each path of the workspace; reverts take the same lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from msgspec.structs import replace

from ..concurrency.keyed_lock import KeyedLock
from ..documents.port import CellEdit
from ..errors import CrushError
from ..events.journal import Journal
from ..files.paths import Place
from ..store.port import Store
from ..store.records import CellName, Checkpoint, Touch
from ..wire import Change, FileChange
from .compare import gather
from .content import NOTHING, Contents, Seen
from .listing import look_at_changes
from .states import is_result, merge_ids, outputs_hash, plan_cells, state_of, text_hash


class Ledger:
    """Owner of the lines in which changes of one path stand. ``keep_bytes`` is what all checkpoints together may have."""

    def __init__(
        self, store: Store, journal: Journal, contents: Contents, *, keep_bytes: int, now: Callable[[], int]
    ) -> None:
        self.store = store
        self.journal = journal
        self.contents = contents
        self.locks = KeyedLock()
        self._keep_bytes = keep_bytes
        self._now = now
        self._renaming = asyncio.Lock()

    def of(self, session_id: str, run_id: str) -> RunLedger:
        return RunLedger(self, session_id, run_id, self._now)

    async def restore(self) -> None:
        """Cells of notebooks whose files have no ids are called as they were before the server started."""
        for path, names in await self.store.touches.names():
            self.contents.documents.identities.restore(path, names)

    async def prune(self) -> None:
        await self.store.checkpoints.prune(self._keep_bytes)

    async def tell(
        self, session_id: str, run_id: str, path: str, now: Seen | None = None, *, created: bool = False
    ) -> None:
        """Say how much of a file the run has changed: commit the row, publish the event. ``now``: a look just taken. ``created``:
        the run made it, and has just worked on it; keeping or reverting it is no news of that kind."""
        mine = gather(row for row in await self.store.touches.of_file(run_id, path) if row.state == "open")
        seen = await look_at_changes(self.store, self.contents, mine[0], session_id, now) if mine else None
        known = await self.store.files.get(session_id, path)
        row = FileChange(
            session_id=session_id,
            path=path,
            version=known.version + 1 if known else 1,
            additions=seen.additions if seen else 0,
            deletions=seen.deletions if seen else 0,
            run_id=run_id,
            created=created,
        )
        await self.journal.record(Change(type="updated" if known else "created", payload=row))

    async def on_rename(self, old: str, new: str) -> None:
        """People renamed a file or a folder: what runs did there is about the new path from now on, one rename after another."""
        async with self._renaming:
            for path in await self.store.touches.paths(old):
                await self._follow(path, new + path[len(old) :])

    async def _follow(self, path: str, target: str) -> None:
        one, other = sorted((path, target))  # as those do who stand in several lines
        async with self.locks.hold(one), self.locks.hold(other):
            latest = {row.session_id: row.run_id for row in await self.store.touches.rename(path, target)}
        for session_id, run_id in latest.items():
            for told in (path, target):
                await self.tell(session_id, run_id, told)

    def __repr__(self) -> str:
        return f"<Ledger {self.locks!r}>"


class RunLedger:
    """The ledger as the tools of one run see it (:class:`~jupyter_crush.tools.port.Ledger`)."""

    def __init__(self, ledger: Ledger, session_id: str, run_id: str, now: Callable[[], int]) -> None:
        self._ledger = ledger
        self._session_id = session_id
        self._run_id = run_id
        self._now = now

    @asynccontextmanager
    async def file(self, place: Place, old: str | None, new: str) -> AsyncIterator[bool]:
        """Around the writing of a text file. ``old``: what is there, None for a new file. Yields whether it can be undone."""
        async with self._ledger.locks.hold(place.api):
            seen = NOTHING if old is None else await self._ledger.contents.text(place, old)
            mine = _Intent(await self._known(place))
            is_kept = await self._keep(place, seen, mine)
            mine.add(self._touch(place, was=seen.version, became=text_hash(new), is_undoable=is_kept))
            async with self._recorded(place, mine):
                yield is_kept
            with suppress(CrushError):
                created = mine.rows[""].was is None
                await self._ledger.tell(self._session_id, self._run_id, place.api, created=created)

    @asynccontextmanager
    async def notebook(self, place: Place, edits: Sequence[CellEdit], *, create: bool = False) -> AsyncIterator[bool]:
        """Around the editing of a notebook. Yields whether the whole of it can be undone; each cell can."""
        async with self._ledger.locks.hold(place.api):
            mine = _Intent(await self._known(place))
            seen = NOTHING if create else await self._ledger.contents.notebook(place)
            is_kept = await self._keep(place, seen, mine)
            mine.add(self._touch(place, was=seen.version, became=None, is_undoable=is_kept, names=self._names(place)))
            for row in await asyncio.to_thread(partial(self._cells, place, edits, seen, mine)):
                mine.add(row)
            async with self._recorded(place, mine):
                yield is_kept
            with suppress(CrushError):  # the edit is made: what cannot be looked at now is looked at when somebody asks
                await self._finish(place, edits, seen, mine.rows[""])

    async def _finish(self, place: Place, edits: Sequence[CellEdit], seen: Seen, file: Touch) -> None:
        """Note what the notebook has become, and whether by this edit alone."""
        now = await self._ledger.contents.notebook(place)
        alone = now.notebook is not None and await asyncio.to_thread(is_result, now.notebook, seen.notebook, edits)
        mixed = file.is_mixed or not alone
        done = replace(file, became=now.version, is_mixed=mixed, names=self._names(place))
        await self._ledger.journal.record(Change(type="updated", payload=done))
        await self._ledger.tell(self._session_id, self._run_id, place.api, now, created=done.was is None)

    # --- one change ---

    @asynccontextmanager
    async def _recorded(self, place: Place, intent: _Intent) -> AsyncIterator[None]:
        await self._ledger.journal.record(*intent.changes)
        try:
            yield
        except CrushError:
            await self._ledger.journal.record(*await self._refused(place, intent))
            raise

    async def _refused(self, place: Place, intent: _Intent) -> list[Change[Any]]:
        """Take back what was not done, though part of it may be: a tab can make an edit and fail to save it. Where nobody can look
        now, the intent stays, and its hashes tell later."""
        try:
            now = await self._ledger.contents.look(place)
        except CrushError:
            return []
        undone = [key for key, row in intent.rows.items() if not _is_done(row, now)]
        changes = [intent.taken_back(key) for key in undone]
        file = intent.rows[""]
        if len(undone) < len(intent.rows) and place.is_notebook:
            changes.append(Change(type="updated", payload=replace(file, became=now.version)))
        return changes

    async def _known(self, place: Place) -> dict[str, Touch]:
        """What this run did there before."""
        rows = await self._ledger.store.touches.of_file(self._run_id, place.api)
        return {row.cell_id: row for row in rows}

    async def _keep(self, place: Place, seen: Seen, intent: _Intent) -> bool:
        """Keep the file as it is, if this is the run's first touch. Whether it is kept."""
        if intent.has_file:
            return intent.known[""].is_undoable
        if not intent.known:
            await self._ledger.prune()
        kept = not seen.is_there or seen.data is not None
        if kept:
            checkpoint = Checkpoint(
                run_id=self._run_id,
                session_id=self._session_id,
                path=place.api,
                content=seen.data,
                created_at=self._now(),
            )
            intent.changes += [Change(type=kind, payload=checkpoint) for kind in ("deleted", "created")]
        return kept

    def _cells(self, place: Place, edits: Sequence[CellEdit], seen: Seen, intent: _Intent) -> list[Touch]:
        """A row for each cell that edits name."""
        cells = {cell.id: cell for cell in seen.notebook.cells} if seen.notebook is not None else {}
        order = merge_ids(cells, intent.known.values())
        rows = []
        for cell_id, plan in plan_cells(edits).items():
            cell = cells.get(cell_id)
            row = self._touch(place, was=cell.hash if cell else None, became=plan.became, cell_id=cell_id)
            more = {"is_moved": plan.is_moved, "has_run": plan.has_run, "outputs_hash": plan.outputs_hash}
            rows.append(replace(row, before=state_of(cell, order) if cell else None, **more))
        return rows

    def _names(self, place: Place) -> tuple[CellName, ...]:
        return self._ledger.contents.documents.identities.names(place.api)

    def _touch(
        self,
        place: Place,
        *,
        was: str | None,
        became: str | None,
        cell_id: str = "",
        is_undoable: bool = True,
        names: tuple[CellName, ...] = (),
    ) -> Touch:
        return Touch(
            run_id=self._run_id,
            session_id=self._session_id,
            path=place.api,
            cell_id=cell_id,
            was=was,
            became=became,
            is_undoable=is_undoable,
            names=names,
            created_at=self._now(),
        )


class _Intent:
    """The rows of one edit, and what has to be written for them. ``known``: the rows that were there."""

    def __init__(self, known: dict[str, Touch]) -> None:
        self.known = known
        self.rows: dict[str, Touch] = {}
        self.changes: list[Change[Any]] = []

    @property
    def has_file(self) -> bool:
        """Whether what was there before the run is kept already."""
        return "" in self.known and self.known[""].state == "open"

    def add(self, row: Touch) -> None:
        """Continue the row that is there; one that was kept or reverted begins anew."""
        known = self.known.get(row.cell_id)
        if known is not None and known.state == "open":
            row = replace(
                known,
                became=row.became,
                names=row.names,
                outputs_hash=row.outputs_hash if row.has_run else known.outputs_hash,
                is_mixed=known.is_mixed or known.became != row.was,
                is_moved=known.is_moved or row.is_moved,
                has_run=known.has_run or row.has_run,
            )
        self.rows[row.cell_id] = row
        self.changes.append(Change(type="updated", payload=row))

    def taken_back(self, cell_id: str) -> Change[Any]:
        known = self.known.get(cell_id)
        if known is not None:
            return Change(type="updated", payload=known)
        return Change(type="deleted", payload=self.rows[cell_id])


def _is_done(row: Touch, now: Seen) -> bool:
    """Whether what is there shows that the edit of this row was made."""
    if not row.cell_id:  # of a notebook its cells tell; a new one need not have any
        return now.is_there and (row.was is None if now.notebook is not None else row.became == now.version)
    cell = now.notebook.cell(row.cell_id) if now.notebook is not None else None
    if cell is None or row.became is None:
        return cell is None and row.became is None and now.notebook is not None
    ran = not row.has_run or outputs_hash(cell.outputs) == row.outputs_hash
    return cell.hash == row.became and ran

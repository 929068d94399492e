"""Which tabs there are, what each has open, and which of them can be asked.

A tab can be reached while it listens (its client's stream is open) and was heard of lately. It is asked unless it has let a request
lie and said nothing since: nobody waits for it twice. What was dirty in a tab that went away without a word is remembered: it may
come back with what its person wrote, and nothing is to be written behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from ..errors import Unavailable
from ..wire import Client, DocumentRequest, OpenDocument, PutPresence
from .renames import Move, follow

SILENCE_S = 150.0
"""After this long without a word a tab is gone. Tabs speak every 20 s; browsers let hidden ones do so once a minute."""
TABS = 1_000


class Tab:
    """One tab as it was last heard of."""

    def __init__(self, workspace_id: str, presence: PutPresence, say: Callable[[DocumentRequest], None]) -> None:
        self.id = presence.tab_id
        self.stream = (workspace_id, presence.client_id)
        self.say = say
        self.documents: dict[str, OpenDocument] = {}
        self.heard = 0.0
        self.lost: float | None = None
        """Since when its stream is gone; None while it listens."""
        self.is_mute = False
        """It let a request lie, and has said nothing since."""


class Presence:
    """Owner of the tabs, and of which streams are open. ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tabs: dict[str, Tab] = {}
        self._streams: set[tuple[str, str]] = set()

    def put(self, workspace_id: str, presence: PutPresence, say: Callable[[DocumentRequest], None]) -> None:
        """What a tab has open now; nothing: it is closed. Raises Unavailable."""
        if not presence.documents:
            self._tabs.pop(presence.tab_id, None)
            return
        tab = Tab(workspace_id, presence, say)
        if tab.id not in self._tabs:
            self._tidy()
        tab.heard = self._clock()
        tab.lost = None if tab.stream in self._streams else tab.heard
        tab.documents = {path_of(document.path): document for document in presence.documents}
        self._tabs.pop(tab.id, None)
        self._tabs[tab.id] = tab
        for path in tab.documents:
            self._forget_dead(path)

    def on_rename(self, old: str, new: str) -> None:
        """A document, or a folder of them, has another path now, in whatever tab it is open."""
        move = Move(0, old, new)
        for tab in self._tabs.values():
            tab.documents = {follow(path, move) or path: document for path, document in tab.documents.items()}

    def streams(self, workspace_id: str, client: Client) -> None:
        """A client's streams were opened or closed."""
        stream = workspace_id, client.client_id
        if client.streams:
            self._streams.add(stream)
        else:
            self._streams.discard(stream)
        for tab in self._tabs.values():
            if tab.stream == stream:
                tab.lost = None if client.streams else self._clock() if tab.lost is None else tab.lost

    def can_reach(self, tab: Tab, path: str) -> bool:
        now = self._tabs.get(tab.id)
        return now is not None and path in now.documents and now.lost is None and not self._is_dead(now)

    def within_reach(self, tab_id: str, path: str) -> Tab | None:
        """That tab, if it can be reached."""
        tab = self._tabs.get(tab_id)
        return tab if tab is not None and self.can_reach(tab, path) else None

    def mute(self, tab: Tab) -> None:
        """It let a request lie: nobody waits for it again before it has said something."""
        if (now := self._tabs.get(tab.id)) is not None:
            now.is_mute = True

    def spoke(self, tab_id: str) -> None:
        """It said something, if too late."""
        if (now := self._tabs.get(tab_id)) is not None:
            now.is_mute = False

    def _can_ask(self, tab: Tab, path: str) -> bool:
        return self.can_reach(tab, path) and not tab.is_mute

    def has_open(self, tab: Tab, path: str) -> bool:
        """Whether this tab has not said that it closed the document."""
        now = self._tabs.get(tab.id)
        return now is not None and path in now.documents

    def is_dirty_in(self, tab: Tab, path: str) -> bool:
        return self.has_open(tab, path) and self._tabs[tab.id].documents[path].dirty

    def best(self, path: str, silent: Container[str] = (), *, writing: bool = False) -> Tab | None:
        """The tab to ask: one with unsaved changes, else the one that its person looks at, else the one heard of last.

        A clean one must not write while another one with unsaved changes is out of reach, unless that one has long been silent."""
        able = [tab for tab in self._with(path) if tab.id not in silent and self._can_ask(tab, path)]
        best = max(able, key=lambda tab: _rank(tab.documents[path], tab.heard), default=None)
        if writing and best is not None and not best.documents[path].dirty and self._is_held(path):
            return None
        return best

    def _is_held(self, path: str) -> bool:
        return any(tab.documents[path].dirty and not self._is_dead(tab) for tab in self._with(path))

    def others(self, path: str, but: str) -> list[Tab]:
        return [tab for tab in self._with(path) if tab.id != but and self._can_ask(tab, path)]

    def is_dirty(self, path: str) -> bool:
        """Whether any tab was last heard of with unsaved changes in it."""
        return any(tab.documents[path].dirty for tab in self._with(path))

    def returning(self, path: str, silent: Container[str], within: float) -> float:
        """Seconds in which a tab may still come back whose stream was lost just now; 0 or less: none will."""
        lost = [tab.lost for tab in self._with(path) if tab.id not in silent and tab.lost is not None]
        return max(lost, default=-within) + within - self._clock() if lost else 0.0

    def _with(self, path: str) -> Iterator[Tab]:
        return (tab for tab in tuple(self._tabs.values()) if path in tab.documents)

    def _is_dead(self, tab: Tab) -> bool:
        return self._clock() - tab.heard > SILENCE_S

    def _forget_dead(self, path: str) -> None:
        """Somebody opened this document anew: what a tab had that has long been silent is given up."""
        for tab in self._with(path):
            if self._is_dead(tab):
                del tab.documents[path]

    def _tidy(self) -> None:
        for tab in tuple(self._tabs.values()):
            if self._is_dead(tab) and not any(document.dirty for document in tab.documents.values()):
                del self._tabs[tab.id]
        if len(self._tabs) >= TABS:
            raise Unavailable("Too many tabs have documents open. Close some.")

    def __repr__(self) -> str:
        return f"<Presence: {len(self._tabs)} tabs, {len(self._streams)} streams>"


def path_of(path: str) -> str:
    """One spelling for each path."""
    return path.strip("/")


def _rank(document: OpenDocument, heard: float) -> tuple[bool, bool, float]:
    return document.dirty, document.focused, heard

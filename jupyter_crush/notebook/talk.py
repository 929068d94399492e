"""A kernel's line to the agent: one client, one workspace, and the session that this kernel talks in."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from ..client import AsyncWorkspace, Client, Refused, Workspace
from ..client.loop_thread import LoopThread
from ..errors import CrushError
from ..wire import Attachment, Origin, Session


class NoSuchSession(CrushError):
    """No session, or more than one, begins like that. See them with: %crush sessions"""

    status, reason = 404, "no_such_session"


class Talk:
    """Owner of this kernel's connection and of its choice of session. Connects when first asked for something."""

    def __init__(
        self, url: str | None = None, token: str | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._address = (url, token)
        self._environ = os.environ if environ is None else environ
        self._lock = threading.RLock()
        self._client: Client | None = None
        self._workspace: Workspace | None = None
        self._session: Session | None = None

    def __repr__(self) -> str:
        return f"<Talk in {self._session.id if self._session else 'no session'} with {self._client or 'no server'}>"

    @property
    def origin(self) -> Origin:
        """A kernel's code may prompt and approve nothing; an ipython or a script in a terminal is its person's."""
        return "kernel" if "JPY_PARENT_PID" in self._environ else "terminal"

    @property
    def workspace(self) -> Workspace:
        """The server's workspace. NoServer when there is none."""
        with self._lock:
            if self._workspace is None:
                self._client = self._client or Client(*self._address, origin=self.origin)
                self._workspace = self._client.open()
            return self._workspace

    @property
    def asynchronous(self) -> AsyncWorkspace:
        return self.workspace.asynchronous

    @property
    def thread(self) -> LoopThread:
        """Where the client's event loop runs."""
        return self.workspace.thread

    @property
    def current(self) -> Session | None:
        """The session that was chosen or begun here."""
        return self._session

    def session(self, wanted: str | None = None) -> Session:
        """The session named so; without a name the current one, or a new one."""
        if wanted is not None:
            return self._named(wanted)
        if self._session is not None:
            try:
                return self.workspace.session(self._session.id)
            except Refused as refusal:
                if refusal.status != 404:
                    raise
        self._session = self.workspace.create_session()
        return self._session

    def newest(self) -> Session:
        """The current session, or the one that was used last anywhere, or a new one."""
        if self._session is not None:
            return self.session()
        sessions = self.workspace.sessions()
        return sessions[0] if sessions else self.session()

    def use(self, wanted: str | None) -> Session:
        """Talk in this session from now on; None: in a new one."""
        self._session = self._named(wanted) if wanted is not None else self.workspace.create_session()
        return self._session

    def _named(self, wanted: str) -> Session:
        sessions = self.workspace.sessions()
        found = [one for one in sessions if one.id == wanted] or [one for one in sessions if one.id.startswith(wanted)]
        if len(found) != 1 or not wanted:
            raise NoSuchSession
        return found[0]

    def surroundings(self, *, is_busy: bool) -> tuple[Attachment, ...]:
        """Where the prompt comes from. A cell that waits for the answer keeps its kernel busy, which the agent has to know."""
        name = self._environ.get("JPY_SESSION_NAME")
        if not name:
            return ()
        path, root = Path(name), Path(self.workspace.info.path)
        shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        text = f"This was asked from a cell of the notebook {shown}."
        if is_busy:
            text += (
                " Its kernel waits for your answer and can run nothing until then: do not run cells or code in this "
                "notebook's kernel."
            )
        return (Attachment(label="asked from", text=text),)

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._workspace = None

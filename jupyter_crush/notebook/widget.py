"""``Chat()``: the session in a cell.

The view has two ways to the server and one behaviour. In a page of the same server it goes through the browser's one shared
stream, which the JupyterLab extension offers as ``globalThis.jupyterCrush``; elsewhere (VS Code, Colab, a remote kernel) it asks
this kernel, over the widget's comm. The kernel follows the session in either case: the traits are for other widgets to
``observe`` and ``link``, and the transcript in them is what a notebook shows that is opened without a kernel.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..wire import Run
from .asking import attachments, kernel_talk
from .mirror import Mirror, Shown
from .relay import Relay
from .talk import Talk

_VIEW = Path(__file__).parent / "view"


def view_module() -> str:
    """The one ES module that the front end runs, built from the panel's sources."""
    return _built("chat.js")


def _built(name: str) -> str:
    try:
        return (_VIEW / name).read_text("utf-8")
    except FileNotFoundError as error:
        message = "The chat's view is not built. In a checkout of the sources: cd labextension && npm run build"
        raise ImportError(message, path=str(_VIEW / name)) from error


class Chat(anywidget.AnyWidget):
    """A session, live: transcript, questions, queue, composer and stop.

    ``session``: an id or its beginning; by default the one this kernel talks in, or the newest. ``prompt``: handed over at once.
    Observe ``state`` (idle, working, asking, lost), ``answer`` (the last one's text) and ``usage`` (tokens, by name).
    """

    _esm = view_module()
    _css = _built("chat.css")

    session_id = traitlets.Unicode().tag(sync=True)
    workspace_id = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode("idle").tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    usage = traitlets.Dict().tag(sync=True)
    transcript: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(
        self, session: str | None = None, prompt: str | None = None, *, talk: Talk | None = None, **more: Any
    ) -> None:
        self._talk = talk or kernel_talk()
        chosen = self._talk.session(session) if session else self._talk.newest()
        ids = {"session_id": chosen.id, "workspace_id": self._talk.workspace.info.id, "title": chosen.title}
        super().__init__(**ids, **more)
        self._relay = Relay(self._talk.asynchronous, chosen.id, self.send)
        self._mirror = Mirror(self._talk.asynchronous, chosen.id, self._show, self._relay.pass_on)
        self.on_msg(self._received)
        self._following: Future[None] | None = self._talk.thread.submit(self._mirror.follow())
        if prompt:
            self.ask(prompt)

    def __repr__(self) -> str:
        return f"<Chat in {self.session_id}: {self.state}>"

    def ask(self, prompt: str = "", *values: object, **named: object) -> Run:
        """Hand a prompt over, with values attached as in ``crush.ask``, or only these; its answer appears here."""
        attached = attachments(self._talk, values, named, is_busy=False) if values or named else ()
        return self._talk.workspace.prompt(self.session_id, prompt, attachments=attached)

    def cancel(self) -> tuple[str, ...]:
        """Cancel what runs and waits in the session."""
        return self._talk.workspace.cancel(self.session_id)

    def close(self) -> None:
        """Stop following, and remove the widget. The session and its runs go on."""
        if self._following is not None:
            self._following.cancel()
            self._following = None
        super().close()

    def _show(self, shown: Shown) -> None:
        with self.hold_sync():
            self.title = shown.title
            self.state = shown.state
            self.answer = shown.answer
            self.usage = shown.usage
            self.transcript = list(shown.transcript)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        self._talk.thread.submit(self._relay.receive(content))

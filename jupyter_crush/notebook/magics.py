"""``%%crush`` and ``%crush``: the agent from a cell, in Jupyter or in a plain ipython."""

from __future__ import annotations

import asyncio
import html
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from ..errors import CrushError
from ..text.visible import one_line, visible
from ..wire import PermissionMode
from .answer import Answer, answer_html
from .asking import Asking, attachments, kernel_talk
from .failure import ShortTraceback, check_answer
from .talk import Talk
from .values import describe

FRAME_S = 0.1
"""How often a growing answer is drawn again."""
_NAME = re.compile(r"\{([A-Za-z_]\w*)\}")
_VERBS = ("sessions", "use", "new", "cancel", "status")


class MagicError(ShortTraceback, UsageError):
    """What %crush was asked could not be done. IPython shows a plain UsageError without failing the cell for those who run it."""


@magics_class
class CrushMagics(Magics):
    """Owner of nothing: the session is the Talk's, the last answer the user's ``_crush``."""

    def __init__(self, shell: InteractiveShell, talk: Talk | None = None) -> None:
        super().__init__(shell)
        self._shell: Any = shell
        self.talk = talk or kernel_talk()

    @line_cell_magic
    def crush(self, line: str, cell: str | None = None) -> None:
        """Ask the agent. ``%%crush`` takes the cell as the prompt, ``%crush`` the line. A run that fails fails the cell.

        ``{name}`` in a prompt becomes that variable's value. Lines: ``%crush sessions``, ``use ID``, ``new``, ``cancel``, ``status``.
        """
        words = line.split()
        try:
            if cell is None and words and words[0] in _VERBS and len(words) <= 2:
                self._do(words[0], *words[1:])
                return
            asked = self._ask(line, cell)
        except CrushError as error:
            raise MagicError(error.message) from None
        except UsageError as error:
            raise MagicError(str(error)) from None
        if asked is not None:
            check_answer(asked)

    # --- asking ---

    def _ask(self, line: str, cell: str | None) -> Answer | None:
        """The answer that is to be checked."""
        options, rest = options_of(line)
        prompt = self._filled(cell if cell is not None else rest)
        if not prompt.strip():
            raise UsageError("Say what to do: %crush what is in this folder?")
        talk, drawing = self.talk, Drawing(is_plain=not _is_kernel(self._shell))
        session = talk.session(options.session)
        attached = attachments(talk, (), {}, is_busy=not options.background)
        asking = Asking(
            talk,
            session.id,
            prompt,
            attached,
            mode=options.mode,
            allow=options.yes,
            on_text=drawing.draw,
            on_question=drawing.question,
        )
        if options.model:
            talk.workspace.update_session(session.id, model=options.model)
        if options.background:
            run = talk.thread.call(asking.begin())
            _say(f"Accepted in session {session.id[:8]}; %crush status shows how it goes.")
            self._shell.user_ns["_crush"] = Answer(run=run)
            return None
        try:
            answer = asking.wait()
        except KeyboardInterrupt:
            drawing.end("Cancelled.")
            raise
        self._keep(answer, drawing, options)
        return None if options.no_raise else answer

    def _keep(self, answer: Answer, drawing: Drawing, options: Options) -> None:
        self._shell.user_ns["_crush"] = answer
        if options.json:
            drawing.clear()
            _say(json.dumps(msgspec.to_builtins(answer), indent=2))
        else:
            drawing.show(answer)
        if options.insert and answer.code:
            self._shell.set_next_input(answer.code[0], replace=False)

    def _filled(self, prompt: str) -> str:
        """The prompt with the values of the variables that it names; other braces stay."""
        names = self._shell.user_ns

        def value(match: re.Match[str]) -> str:
            return describe(names[match[1]]) if match[1] in names else match[0]

        return _NAME.sub(value, prompt).strip()

    # --- looking and choosing ---

    def _do(self, verb: str, *words: str) -> None:
        actions: dict[str, Callable[..., None]] = {
            "sessions": self._sessions,
            "use": self._use,
            "new": self._new,
            "cancel": self._cancel,
            "status": self._status,
        }
        if len(words) != (verb == "use"):
            raise UsageError("%crush use ID" if verb == "use" else f"%crush {verb}")
        actions[verb](*words)

    def _sessions(self) -> None:
        current = self.talk.current
        for session in self.talk.workspace.sessions():
            mark = "*" if current and session.id == current.id else " "
            state = "working" if session.is_busy else ""
            _say(f"{mark} {session.id[:8]}  {state:<8} {one_line(session.title)}")

    def _use(self, wanted: str) -> None:
        _say(f"In session {one_line(self.talk.use(wanted).title)!r} from now on.")

    def _new(self) -> None:
        _say(f"In a new session, {self.talk.use(None).id[:8]}.")

    def _cancel(self) -> None:
        session = self.talk.current
        cancelled = self.talk.workspace.cancel(session.id) if session else ()
        _say(f"Cancelled {len(cancelled)}." if cancelled else "Nothing was running.")

    def _status(self) -> None:
        status = self.talk.workspace.status()
        model = status.model.name if status.model else "none"
        session = self.talk.session() if self.talk.current else None
        state = f"session {session.id[:8]}: {'working' if session.is_busy else 'idle'}" if session else "no session yet"
        _say(f"model {visible(model)}, {visible(status.reason or 'ready')}; {state}")


def _say(text: str) -> None:
    """A line of a cell's output."""
    sys.stdout.write(f"{text}\n")


class Drawing:
    """An answer's output in a cell, drawn again as it grows. Owner of its display."""

    def __init__(self, *, is_plain: bool, later: Callable[[float, Callable[[], None]], object] | None = None) -> None:
        self._is_plain = is_plain
        self._later = later or (lambda seconds, call: asyncio.get_running_loop().call_later(seconds, call))
        self._is_waiting = False
        self._is_over = False
        self._text = ""
        self._handle: Any = None

    def draw(self, text: str) -> None:
        """Show this soon. Called on the client's thread."""
        self._text = text
        if not self._is_plain and not self._is_waiting:
            self._is_waiting = True
            self._later(FRAME_S if self._handle else 0, self._draw_now)

    def _draw_now(self) -> None:
        self._is_waiting = False
        if not self._is_over:
            self._put({"text/plain": visible(self._text), "text/html": answer_html(self._text)})

    def question(self, asked: str) -> None:
        if self._is_plain:
            _say(asked)
        else:
            self._put({"text/plain": asked, "text/html": f"{answer_html(self._text)}\n<pre>{html.escape(asked)}</pre>"})

    def end(self, ending: str) -> None:
        self._is_over = True
        self._put({"text/plain": visible(f"{self._text}\n{ending}"), "text/html": answer_html(self._text, ending)})

    def show(self, answer: Answer) -> None:
        self._is_over = True
        self._put(answer._repr_mimebundle_())

    def clear(self) -> None:
        self._is_over = True
        if self._handle is not None:
            self._put({"text/plain": "", "text/html": ""})

    def _put(self, bundle: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's
        else:
            self._handle.update(bundle, raw=True)


class Options(msgspec.Struct, kw_only=True):
    """What may stand before a prompt."""

    session: str | None = None
    model: str | None = None
    mode: PermissionMode | None = None
    yes: bool = False
    background: bool = False
    insert: bool = False
    json: bool = False
    no_raise: bool = False


_SHORT = {"-s": "--session", "-m": "--model", "-y": "--yes", "-b": "--background"}
_WITH_VALUE = {"--session", "--model", "--mode"}
_HELP = """%%crush [-s SESSION] [-m MODEL] [--mode ask|accept-edits|plan|auto] [-y] [-b] [--insert] [--json] [--no-raise] prompt
  -s, --session     ask in this session (an id, or its beginning)
  -m, --model       model for this session
  --mode            what needs no asking, for this run
  -y, --yes         allow everything that this run asks permission for (in an ipython of a terminal, not in a kernel)
  -b, --background  do not wait for the answer
  --insert          put the answer's first code block into the next cell
  --json            print the answer as JSON
  --no-raise        a run that fails or is cancelled does not fail the cell"""


def options_of(line: str) -> tuple[Options, str]:
    """The options at the beginning of a line, and the rest as it was written. UsageError for others."""
    said: dict[str, object] = {}
    rest = line.strip()
    while rest.startswith("-"):
        word, _, rest = rest.partition(" ")
        name, has_value, value = word.partition("=")
        name = _SHORT.get(name, name)
        rest = rest.lstrip()
        if name in _WITH_VALUE and not has_value:
            value, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        said[name.removeprefix("--").replace("-", "_")] = value if name in _WITH_VALUE else True
    try:
        return msgspec.convert(said, _Known), rest
    except msgspec.ValidationError as error:
        raise UsageError(f"{error}\n{_HELP}") from None


class _Known(Options, forbid_unknown_fields=True, kw_only=True):
    """Options, and nothing else."""


def _is_kernel(shell: InteractiveShell) -> bool:
    """Whether there is somebody to show HTML to."""
    return hasattr(shell, "kernel")


def load(shell: InteractiveShell) -> None:
    """``%load_ext jupyter_crush``."""
    shell.register_magics(CrushMagics(shell))

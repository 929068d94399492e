"""Everything that can go wrong and that somebody is told about.

Each error knows its HTTP status, its snake_case ``reason`` and whether trying again can help. Its docstring is its default
message, so it says what to do next. Foreign errors are translated at the edge where they come in.
"""

from __future__ import annotations

import errno
import inspect
from collections.abc import Sequence

from .wire import ChangedFile, ConflictBody, ErrorBody

OUT_OF_FILES = (errno.EMFILE, errno.ENFILE)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the operating system says when no file can be opened any more."""


class CrushError(Exception):
    """Something failed inside jupyter_crush; the server's log has the details."""

    status = 500
    reason = "internal"
    retryable = False

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        self.message = message or inspect.cleandoc(type(self).__doc__ or "").split("\n\n")[0].replace("\n", " ")
        self.retry_after = retry_after
        super().__init__(self.message)

    def body(self) -> ErrorBody:
        return ErrorBody(message=self.message, reason=self.reason, retryable=self.retryable)


def known(error: BaseException) -> ToolError | None:
    """What a foreign error means, where that can be told wherever it comes from."""
    return OutOfFiles() if getattr(error, "errno", None) in OUT_OF_FILES else None


# --- asking wrongly ---------------------------------------------------------------------------------------------------


class BadRequest(CrushError):
    """The request is not of the form that this route takes."""

    status, reason = 400, "bad_request"


class EmptyPrompt(BadRequest):
    """The prompt is empty. Write something, or attach something."""

    reason = "empty_prompt"


class TooLarge(CrushError):
    """The request is larger than the limit."""

    status, reason = 413, "too_large"


class PromptTooLong(TooLarge):
    """The prompt's text is longer than the limit. Attach it as a file or text instead, or raise CrushApp.limits."""

    reason = "prompt_too_long"


class NotJson(CrushError):
    """Send a JSON body with Content-Type: application/json."""

    status, reason = 415, "not_json"


class NotFound(CrushError):
    """There is no such thing here."""

    status, reason = 404, "not_found"


class Forbidden(CrushError):
    """You may look at this server's agent but not do that. Ask its owner."""

    status, reason = 403, "forbidden"


class CodeMayNotApprove(Forbidden):
    """Code in a kernel, or in a command of the agent's, may prompt but not approve or choose a mode. Do that in the Crush panel
    or in a terminal."""

    reason = "from_code"


class Conflict(CrushError):
    """That cannot be done in the present state."""

    status, reason = 409, "conflict"


class RunIdReused(Conflict):
    """This run_id was used before for another prompt. Use a new one."""

    reason = "run_id_reused"


class NotAParent(Conflict):
    """Only a run that is at work can start another one, and only in a session below its own."""

    reason = "not_a_parent"


class TooManyRuns(Conflict):
    """This run may start no more runs. Do the rest in this one, or raise CrushApp.limits."""

    reason = "too_many_runs"


class AgentNotReady(Conflict):
    """No model can be used. Set ANTHROPIC_API_KEY (or CrushApp.api_key), or allow the demo model (CrushApp.demo)."""

    reason = "agent_not_ready"


class NoPrice(Conflict):
    """Costs are limited, and the model's price is not known. Say it in CrushApp.models."""

    reason = "no_price"


class NothingToSummarize(Conflict):
    """Nothing was said here since the last summary, so there is nothing to summarize."""

    reason = "nothing_to_summarize"


class WorkspaceClosing(Conflict):
    """The workspace is closing. Open it again and retry."""

    reason, retryable = "workspace_closing", True


class SessionBusy(Conflict):
    """The agent is working in this session. Stop it, or wait for its end, and try again."""

    reason, retryable = "session_busy", True


class NotUndoable(Conflict):
    """What was there before is not kept, so this cannot be undone here."""

    reason = "not_undoable"


class ChangedSince(Conflict):
    """Somebody changed this after the agent did. Nothing was reverted; confirm to revert it all the same."""

    reason = "changed_since"

    def __init__(self, changed: Sequence[ChangedFile]) -> None:
        names = ", ".join(_named(file) for file in changed) or "a file"
        super().__init__(
            f"Somebody changed {names} after the agent did. Nothing there was reverted; confirm to revert it all the same."
        )
        self.changed = tuple(changed)

    def body(self) -> ErrorBody:
        return ConflictBody(message=self.message, reason=self.reason, retryable=False, changed=self.changed)


def _named(file: ChangedFile) -> str:
    cells = [cell.cell_id for cell in file.cells if cell.changed_since]
    return f"{file.path} (cells {', '.join(cells)})" if cells else file.path


class QueueFull(CrushError):
    """The queue of this session is full. Wait for a run to end, or remove one."""

    status, reason, retryable = 429, "queue_full", True


class Unavailable(CrushError):
    """The server cannot do this now. Try again shortly."""

    status, reason, retryable = 503, "unavailable", True


# --- the store --------------------------------------------------------------------------------------------------------


class StoreError(Unavailable):
    """The session store cannot be read or written. Check that its disk has room and is writable."""

    reason = "store_failed"


class StoreInUse(StoreError):
    """Another Jupyter server is using this folder's sessions. Stop it, or set CrushApp.data_dir to another place."""

    status, reason, retryable = 409, "store_in_use", False


class StoreGone(StoreError):
    """The session store was deleted, moved or replaced while this server uses it. Put it back, or restart the server."""

    reason, retryable = "store_gone", False


class StoreTooNew(StoreError):
    """This folder's sessions were written by a newer jupyter_crush. Upgrade; nothing was changed."""

    status, reason, retryable = 409, "store_too_new", False


class StoreRefused(StoreError):
    """This contradicts what the session store holds, or cannot be stored. Trying again does not help."""

    status, reason, retryable = 500, "store_refused", False


# --- the model --------------------------------------------------------------------------------------------------------


class ModelError(CrushError):
    """The model could not answer."""

    status, reason = 502, "model_failed"


class ModelAuthError(ModelError):
    """The model's API refused the key. Check ANTHROPIC_API_KEY or CrushApp.api_key."""

    reason = "auth_failed"


class ModelNotFound(ModelError):
    """The model's API does not know this model. Choose another one."""

    reason = "model_not_found"


class ModelMisconfigured(ModelError):
    """The model's API cannot be used as it is configured. Check CrushApp.base_url and the proxy; trying again does not help."""

    reason = "model_misconfigured"


class ContextTooLong(ModelError):
    """The conversation is longer than the model can read. Summarize it, or start a new session.

    ``window`` and ``sent``: tokens that the server takes and that the request had, where it says so.
    """

    reason = "context_too_long"

    def __init__(self, message: str | None = None, *, window: int | None = None, sent: int | None = None) -> None:
        super().__init__(message)
        self.window = window
        self.sent = sent


class ModelOverloaded(ModelError):
    """The model is overloaded or the rate limit is reached. Try again in a while."""

    reason, retryable = "overloaded", True


class ModelUnreachable(ModelError):
    """The model's API did not answer, or its answer broke off. Check the network and CrushApp.base_url."""

    reason, retryable = "unreachable", True


class ModelBadAnswer(ModelError):
    """The model's answer could not be understood."""

    reason, retryable = "bad_answer", True


class LoopDetected(CrushError):
    """The agent repeated the same call with the same result and was stopped. Say what it should do differently."""

    reason = "loop"


class BudgetSpent(CrushError):
    """The run's budget is spent. Ask it to continue, or raise CrushApp.budgets."""

    reason = "budget"


# --- tools ------------------------------------------------------------------------------------------------------------


class ToolError(CrushError):
    """A tool could not do its work. The message is written for the model: it says what to do instead."""

    status, reason = 422, "tool_failed"


class Denied(ToolError):
    """The user did not allow this."""

    reason = "denied"


class Stale(ToolError):
    """It changed since you read it. The current content is below; nothing was changed. Look again and repeat the edit."""

    reason = "stale"


class Renamed(ToolError):
    """It has another name now, and nothing was changed. Repeat the call with that name."""

    reason = "renamed"


class OutsideWorkspace(ToolError):
    """That path is outside the workspace. Use a path inside it."""

    reason = "outside_workspace"


class NoRoom(ToolError):
    """There is no room left on that disk. Free some disk space, or write less; nothing was changed."""

    reason = "no_room"


class OutOfFiles(ToolError):
    """The server has too many files and connections open. Close notebooks, kernels or terminals, or raise its limit (ulimit -n)."""

    status, reason, retryable = 503, "out_of_files", True

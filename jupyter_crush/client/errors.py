"""What can go wrong between a client and its server. Each message says what to do next; none holds the token."""

from __future__ import annotations

import msgspec

from ..errors import CrushError
from ..wire import ErrorBody


class ClientError(CrushError):
    """The Jupyter server could not be used."""

    reason = "client_failed"


class NoServer(ClientError):
    """No Jupyter server was found. Start one (jupyter lab), or name it: url and token, or CRUSH_URL and CRUSH_TOKEN."""

    reason = "no_server"


class CannotConnect(ClientError):
    """The Jupyter server does not answer. Check that it runs and that its address is right."""

    reason, retryable = "cannot_connect", True


class BadAnswer(ClientError):
    """The server's answer is not what the protocol says. Its jupyter_crush may be of another version."""

    reason = "bad_answer"


class Refused(ClientError):
    """The server refused a request: ``status``, ``reason`` and ``message`` are the server's."""

    def __init__(self, status: int, body: ErrorBody, *, retry_after: float | None = None) -> None:
        super().__init__(f"The server answered {status}: {body.message}", retry_after=retry_after)
        self.status = status
        self.reason = body.reason
        self.retryable = body.retryable


def refusal(status: int, headers: dict[str, str], body: bytes, *, has_token: bool = False) -> Refused:
    """The error for an answer that is no success; a body that cannot be understood is survived, and not repeated.

    ``has_token`` says whether one was sent: what to do about a refused login depends on it.
    """
    try:
        said = msgspec.json.decode(body, type=ErrorBody)
    except msgspec.MsgspecError:
        said = ErrorBody(message=_guess(status, body), reason=_REASONS.get(status, "unknown"), retryable=status >= 502)
    if said.reason in _LOGIN_REASONS or said.message == _FORBIDDEN:
        said = msgspec.structs.replace(said, message=_REFUSED if has_token else _UNKNOWN)
    return Refused(status, said, retry_after=_seconds(headers.get("retry-after")))


_LOGIN_REASONS = {"login", "not_logged_in"}
_REASONS = {301: "login", 302: "login", 401: "login", 403: "forbidden", 404: "not_found", 429: "too_many_requests"}
_UNKNOWN = (
    "It wants to know who you are, and no token of it was found. Put its token into CRUSH_TOKEN, or say "
    "AsyncClient(token=…). A server with a password only has none: start it with a token as well "
    "(jupyter lab --IdentityProvider.token=…)."
)
_REFUSED = (
    "It does not know the token that was sent. Put the right one into CRUSH_TOKEN: `jupyter server list` shows the one of "
    "the server that runs now. If the server is somebody else's, ask its owner to share it with you."
)
_FORBIDDEN = "Forbidden."
_GUESSES = {
    403: _FORBIDDEN,
    404: "There is no such thing there. Is jupyter_crush installed and enabled in that server?",
}


class _Foreign(msgspec.Struct):
    """Jupyter's own errors have a message and no reason."""

    message: str


def _guess(status: int, body: bytes) -> str:
    if status in _GUESSES:
        return _GUESSES[status]
    try:
        return msgspec.json.decode(body, type=_Foreign).message or "no reason given"
    except msgspec.MsgspecError:
        return "no reason given"


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() else None

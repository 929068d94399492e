"""The tornado side of every route: who may come in, how large the body is, and how errors are told.

All of it is decided from the headers, before a byte of the body is kept: identity, host, origin and XSRF by Jupyter; then
the authorizer, the server's own policy, and the body's type and length. The body is counted as it arrives, so a length
that lies is caught too. A refused request is read to its end before the answer, even without a body: tornado closes, without
a word, the connection of an answer that comes before. Then a client that still sends never sees why, and a proxy gives the
closed connection to somebody else's request. What cannot be read to its end (a body that is announced as huge, a method that
tornado does not know) is answered with ``Connection: close``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast, get_args

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web

from ..errors import CrushError, Forbidden, NotFound, NotJson, TooLarge, known
from ..export import Document
from ..permissions.principal import OWN, Principal
from ..processes.descent import Connection, connection_of
from ..text.pieces import in_pieces
from ..wire import ORIGIN_HEADER, ErrorBody, Origin, Snapshot, encode, encode_snapshot
from .call import Call, Services, acting_user
from .route import RESOURCE, Operation, Route

REFUSED: Final = object()
PIECE = 256 * 1024
"""Bytes of an answer that are written at once."""
FEW_MESSAGES = 20
"""That are encoded at once; more, in a thread."""
DRAINED = 64 * 1024 * 1024
"""Bytes of a refused body that are read nevertheless."""


class MethodNotAllowed(CrushError):
    """This route does not take that method."""

    status, reason = 405, "method_not_allowed"


class NotLoggedIn(CrushError):
    """Log in to Jupyter, or send its token in the Authorization header."""

    status, reason = 403, "not_logged_in"


class XsrfRefused(CrushError):
    """Send the _xsrf cookie's value in the X-XSRFToken header, or a token in the Authorization header."""

    status, reason = 403, "xsrf"


class CutOff(CrushError):
    """The server was stopped in the middle of this request. Ask again; a prompt with its run_id is not run twice."""

    status, reason, retryable = 503, "cut_off", True


@web.stream_request_body
class CrushHandler(ExtensionHandlerMixin, APIHandler):
    """Admits requests to one route. Subclasses do the work."""

    SUPPORTED_METHODS = (*APIHandler.SUPPORTED_METHODS, "TRACE")

    def initialize(self, name: str, route: Route, services: Services) -> None:
        super().initialize(name=name)
        self.route = route
        self.services = services
        self.refusal: CrushError | web.HTTPError | None = None
        self.is_prepared = False
        """What is answered from here on comes after the whole request."""
        self.body = bytearray()
        self.body_size = 0

    async def prepare(self, **options: Any) -> None:
        try:
            await super().prepare(**options)
            await self.admit()
        except web.HTTPError as error:
            if self.announced_bytes > DRAINED or not hasattr(self, "_jupyter_current_user"):
                raise
            self.refusal = error
        except CrushError as error:
            if self.announced_bytes > DRAINED:
                self.refuse(error)
            self.refusal = error
        self.is_prepared = True

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Tornado decodes the path's ids before it asks anybody else; what cannot be decoded is refused with the rest."""
        try:
            return super().decode_argument(value, name)
        except web.HTTPError as error:
            if self.is_prepared:
                raise
            self.refusal = error
            return ""

    @property
    def announced_bytes(self) -> int:
        """Bytes of the body, as the client says."""
        length = self.request.headers.get("Content-Length", "0")
        return int(length) if length.isdecimal() else 0

    @property
    def operation(self) -> Operation:
        """What is asked for. Raises NotFound, MethodNotAllowed."""
        found = self.route.operations.get(self.request.method or "")
        if found is not None:
            return found
        raise self._no_operation()

    def _no_operation(self) -> CrushError:
        if not self.route.operations:
            return NotFound()
        self.set_header("Allow", ", ".join(self.route.operations))
        return MethodNotAllowed()

    @property
    def call(self) -> Call:
        user = self.current_user
        under_hub = self.services.config.owner is not None
        name = acting_user(user, under_hub=under_hub)
        return Call(self.services, Principal(user.username, name, self.declared_origin), self.connection)

    @property
    def declared_origin(self) -> Origin:
        """What the client says of itself. What is not known here is any other program."""
        said = self.request.headers.get(ORIGIN_HEADER, "")
        return cast("Origin", said) if said in get_args(Origin) and said not in OWN else "api"

    @property
    def connection(self) -> Connection | None:
        """Where the request came in; None once that is closed."""
        stream = getattr(self.request.connection, "stream", None)
        end = getattr(stream, "socket", None)
        return connection_of(end) if end is not None else None

    async def admit(self) -> None:
        if self.current_user is None:
            raise web.HTTPError(403)
        operation = self.operation
        await self.check_access()
        self._check_body(operation)

    async def check_access(self) -> None:
        """Raises Forbidden when the authorizer or the policy refuses this user."""
        operation, user = self.operation, self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, operation.verb, RESOURCE)):
            raise Forbidden
        await self.call.require(operation.action)

    def _check_body(self, operation: Operation) -> None:
        if self.announced_bytes > self.body_limit:
            raise TooLarge(self._too_large())
        headers = self.request.headers
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        has_body = self.announced_bytes or "Transfer-Encoding" in headers
        if operation.body is not None and has_body and media_type != "application/json":
            raise NotJson

    @property
    def body_limit(self) -> int:
        found, limits = self.route.operations.get(self.request.method or ""), self.services.config.limits
        return limits.prompt_bytes if found is not None and found.large else limits.body_bytes

    def _too_large(self) -> str:
        return f"The body is larger than this route's limit of {self.body_limit} bytes."

    def data_received(self, chunk: bytes) -> None:
        self.body_size += len(chunk)
        if self.refusal is None and self.body_size <= self.body_limit:
            self.body += chunk
        else:
            self.body.clear()

    def whole_body(self) -> bytearray:
        """The whole body. Raises what was decided against the request."""
        if self.refusal is not None:
            raise self.refusal
        if self.body_size > self.body_limit:
            raise TooLarge(self._too_large())
        return self.body

    def arguments(self) -> dict[str, str]:
        """The query's parameters that the operation knows; of one given twice, the last."""
        texts = {one.name: self.get_query_argument(one.name, None) for one in self.operation.query}
        return {name: text for name, text in texts.items() if text is not None}

    async def run_operation(self, ids: Sequence[str], call: Call | None = None) -> Any:
        """What the operation answers; REFUSED when an error was answered already. Raises what Jupyter refused, for write_error."""
        try:
            body = self.whole_body()
            return await self.operation.run(call or self.call, ids, self.arguments(), body)
        except CrushError as error:
            self.refuse(error)
        except web.HTTPError:
            raise
        except asyncio.CancelledError:
            self.refuse(CutOff())
            raise
        except Exception as error:
            self.log.exception("jupyter_crush: %s %s failed", self.request.method, self.route.path)
            self.refuse(known(error) or CrushError())
        return REFUSED

    # --- answering ---

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        if not self.is_prepared:
            self.set_header("Connection", "close")
        return super().finish(*args, **kwargs)

    def refuse(self, error: CrushError) -> None:
        self.set_status(error.status)
        if error.retry_after is not None or error.status in {429, 503}:
            self.set_header("Retry-After", str(max(1, math.ceil(error.retry_after or 1))))
        self.finish(encode(error.body()))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What Jupyter or tornado refuse, said in our form. Their own texts may quote the request, so they are not repeated."""
        problem = kwargs.get("exc_info", (None, None, None))[1]
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.refuse(self._no_operation())
            return
        said = problem.log_message or "" if isinstance(problem, web.HTTPError) else ""
        if status_code == HTTPStatus.FORBIDDEN:
            error: CrushError = XsrfRefused() if "_xsrf" in said else Forbidden()
            if getattr(self, "_jupyter_current_user", None) is None:
                error = NotLoggedIn()
            body = error.body()
        elif status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            body = CrushError().body()
        else:
            phrase = HTTPStatus(status_code).phrase
            body = ErrorBody(message=f"{phrase}.", reason=phrase.lower().replace(" ", "_"))
        self.finish(encode(body))

    def set_cors_headers(self) -> None:
        """None, ever: no other origin has business here."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    def compute_etag(self) -> None:
        """No caching, so no hash of each answer."""


class EndpointHandler(CrushHandler):
    """Runs the operation of its route: parse, call, write."""

    @web.authenticated
    async def get(
        self, *ids: str
    ) -> None:  # the one method of all routes; prepare has refused those that a route lacks
        call = self.call
        answer = await self.run_operation(ids, call)
        if answer is not REFUSED:
            self.set_status(call.status or self.operation.statuses[0])
            if isinstance(answer, Document):
                self.set_attachment_header(answer.name)
                await self.send(answer.parts, answer.media_type)
            elif isinstance(answer, Snapshot):
                is_long = len(answer.messages) > FEW_MESSAGES
                parts = await asyncio.to_thread(encode_snapshot, answer) if is_long else encode_snapshot(answer)
                await self.send(parts)
            else:
                self.finish(*(() if self.operation.answer is None else (encode(answer),)))

    async def send(self, parts: Sequence[bytes], media_type: str = "application/json") -> None:
        """Answer with them; what is large in pieces, so that the others get their turn in between."""
        size = sum(map(len, parts))
        if size <= PIECE or self.request.method != "GET":
            self.finish(b"".join(parts), set_content_type=media_type)
            return
        self.set_header("Content-Type", media_type)
        self.set_header("Content-Length", str(size))
        for piece in in_pieces(parts, PIECE):
            self.write(piece)
            await self.flush()
            await asyncio.sleep(0)
        self.finish(set_content_type=media_type)

    head = post = put = patch = delete = trace = get
    options = get  # type: ignore[assignment]  # the base class answers any origin's preflight; here it is refused

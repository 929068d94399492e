"""What a route is: a path, and for each method a plain async function whose signature says the rest.

The positional parameters after ``call`` are the path's ids, keyword-only ones are query parameters, one named ``body`` is the
JSON body (with a default: it may be left out), the return type is the answer (None: 204), the docstring is the summary.
The tornado handler and the OpenAPI document read the same :class:`Operation`, so they cannot disagree.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Struct

from ..errors import BadRequest, NotFound
from ..permissions.policy import RULES, Action, Verb
from ..text.truncate import short
from .call import Call

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

RESOURCE = "crush"
"""The name that Jupyter's authorizer is asked about."""
MESSAGE_LIMIT = 300
ID_LIMIT = 256
"""Characters of an id in a path. No id is longer, so a longer one is not found."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Parameter(Struct, frozen=True):
    """A query parameter. ``type`` is what its text is converted to."""

    name: str
    type: Any
    required: bool


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one route."""

    function: Callable[..., Awaitable[Any]]
    summary: str
    action: Action
    """What the policy is asked for."""
    statuses: tuple[int, ...]
    """Of success, the usual one first."""
    errors: tuple[int, ...]
    """Statuses that this operation may answer beside the ones that all may (400, 401, 403, 404, 413, 415)."""
    ids: tuple[str, ...]
    query: tuple[Parameter, ...]
    body: Any
    """The type of the body; None: no body is taken."""
    body_required: bool
    large: bool
    """The body may be as large as a prompt with attachments."""
    answer: Any
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def verb(self) -> Verb:
        """What Jupyter's authorizer is asked for."""
        return RULES[self.action].verb

    async def run(self, call: Call, ids: Sequence[str], query: Mapping[str, str], body: bytearray) -> Any:
        """Parse, call, and give back the answer. The body is emptied as soon as it is parsed: a prompt's may be large, and its call
        waits for a disk. Raises CrushError."""
        arguments: dict[str, Any] = {one.name: parse_query(one, query.get(one.name)) for one in self.query}
        if self.body is not None and (body or self.body_required):
            arguments["body"] = parse_body(self.body, body)
        body.clear()
        return await self.function(call, *map(check_id, ids), **arguments)


class Route(Struct, frozen=True):
    """A path below the base, with ``{name}`` for an id, and what can be done there."""

    path: str
    operations: Mapping[str, Operation]

    @property
    def pattern(self) -> str:
        """The path as a pattern of tornado. An id is anything without a slash; an escaped slash arrives unescaped."""
        parts = re.split(r"\{\w+\}", self.path)
        return "([^/]+)".join(map(re.escape, parts))


def operation(
    function: Callable[..., Awaitable[Any]],
    action: Action,
    *,
    statuses: Sequence[int] = (),
    errors: Sequence[int] = (),
    large: bool = False,
    media_types: Sequence[str] = ("application/json",),
) -> Operation:
    """Read an endpoint's signature."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    body = next((one for one in parameters if one.name == "body"), None)
    query = [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY and one is not body]
    answer = hints["return"] if hints["return"] is not type(None) else None
    return Operation(
        function=function,
        summary=inspect.getdoc(function) or function.__name__,
        action=action,
        statuses=tuple(statuses) or ((204,) if answer is None else (200,)),
        errors=tuple(errors),
        ids=tuple(one.name for one in parameters if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD),
        query=tuple(Parameter(one.name, hints[one.name], one.default is inspect.Parameter.empty) for one in query),
        body=_not_none(hints["body"]) if body else None,
        body_required=body is not None and body.default is inspect.Parameter.empty,
        large=large,
        answer=answer,
        media_types=tuple(media_types),
    )


def _not_none(hint: Any) -> Any:
    return next((one for one in get_args(hint) if one is not type(None)), hint)


def check_id(text: str) -> str:
    """An id from a path. Ids are opaque, and what no id can be is not here."""
    if len(text) > ID_LIMIT or _CONTROL.search(text):
        raise NotFound
    return text


def parse_query(parameter: Parameter, text: str | None) -> Any:
    """Raises BadRequest."""
    if text is None:
        if parameter.required:
            raise BadRequest(f"The query parameter {parameter.name} is missing.")
        return None
    try:
        return msgspec.convert(text, parameter.type, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise BadRequest(_short(f"The query parameter {parameter.name}: {error}")) from error


def parse_body(kind: Any, body: bytes | bytearray) -> Any:
    """Raises BadRequest; the message names the field."""
    if not body:
        raise BadRequest("This route takes a JSON object as its body.")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(_short(f"The body: {error}")) from error
    except msgspec.DecodeError as error:
        raise BadRequest(_short(f"The body is not JSON: {error}")) from error
    except UnicodeError as error:
        raise BadRequest("The body is not UTF-8.") from error
    except RecursionError as error:
        raise BadRequest("The body is nested too deeply.") from error


def _short(message: str) -> str:
    return short(message, MESSAGE_LIMIT)

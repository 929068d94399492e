"""The table of routes as an OpenAPI 3.1 document. The schemas come from the wire models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, get_args

import msgspec

from .._version import __version__
from ..config import Limits
from ..export import Document
from ..wire import EVENT_TYPES, PROTOCOL, ChangeType, ErrorBody
from .events import Followed
from .links import links
from .route import ID_LIMIT, RESOURCE, Operation, Route

_ALWAYS = (400, 403, 404, 413)
_WITH_BODY = (415,)
_RETRY_AFTER = {429, 503}
_REF = "#/components/schemas/{name}"
_DESCRIPTION = f"""\
Protocol {PROTOCOL} of jupyter_crush. Jupyter's authentication, XSRF check and authorizer hold on every route (resource
`{RESOURCE}`); `x-jupyter-action` names the action asked for. Ids are opaque; times are milliseconds since the epoch."""


def document(routes: Sequence[Route], base_url: str, limits: Limits | None = None) -> msgspec.Raw:
    """The document, encoded. ``base_url`` is where the routes are, with the server's own prefix; ``limits`` are the server's."""
    operations = [one for route in routes for one in route.operations.values()]
    kinds = list(dict.fromkeys([*_kinds(operations), *EVENT_TYPES, ErrorBody]))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    named: dict[Any, dict[str, Any]] = dict(zip(kinds, schemas, strict=True))
    components["CrushEvent"] = {"oneOf": [_event(name, named[kind]) for kind, name in EVENT_TYPES.items()]}
    _limit_prompts(components["PromptRequest"], limits or Limits())
    named[Followed] = {"description": "Server-sent events. Each data line is a CrushEvent.", "type": "string"}
    return msgspec.Raw(
        msgspec.json.encode(
            {
                "openapi": "3.1.0",
                "info": {"title": "jupyter_crush", "version": __version__, "description": _DESCRIPTION},
                "servers": [{"url": base_url}],
                "security": [{"token": []}, {"cookie": [], "xsrf": []}],
                "paths": {f"/{route.path}": _path(route, named, operations) for route in routes},
                "components": {"schemas": components, "securitySchemes": _SECURITY},
            }
        )
    )


_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "Jupyter's token; `token <value>` works too."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "username-<host>", "description": "Jupyter's login cookie."},
    "xsrf": {"type": "apiKey", "in": "header", "name": "X-XSRFToken", "description": "The `_xsrf` cookie's value."},
}


def _limit_prompts(schema: dict[str, Any], limits: Limits) -> None:
    """What the type does not say: a prompt has words or something attached, and not too many words. That limit is in bytes as UTF-8; a
    text of other letters than ASCII's may be too long below it, and gets the same 413."""
    said = {"prompt": {"pattern": r"\S"}}
    attached = {"attachments": {"minItems": 1}}
    schema["anyOf"] = [{"properties": said}, {"properties": attached, "required": ["attachments"]}]
    schema["properties"]["prompt"]["maxLength"] = limits.text_bytes


def _file(media_type: str) -> dict[str, Any]:
    """A file to be kept, by what it is: the JSON ones are objects on the wire."""
    return {"description": "A file to be kept.", "type": "object" if media_type.endswith("json") else "string"}


def _kinds(operations: Sequence[Operation]) -> Iterator[Any]:
    for one in operations:
        if one.body is not None:
            yield one.body
        if one.answer not in (None, Followed, Document):
            yield one.answer
        yield from (parameter.type for parameter in one.query)


def _event(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    change = {"type": {"enum": list(get_args(ChangeType))}, "payload": payload}
    inner = {"type": "object", "properties": change, "required": ["type", "payload"]}
    outer = {"type": {"const": name}, "payload": inner}
    return {"type": "object", "properties": outer, "required": ["type", "payload"]}


def _path(route: Route, named: dict[Any, dict[str, Any]], operations: Sequence[Operation]) -> dict[str, Any]:
    ids = re.findall(r"\{(\w+)\}", route.path)
    schema = {"type": "string", "minLength": 1, "maxLength": ID_LIMIT}
    shared = [{"name": name, "in": "path", "required": True, "schema": schema} for name in ids]
    path: dict[str, Any] = {"parameters": shared} if shared else {}
    path.update((method.lower(), _operation(one, named, operations)) for method, one in route.operations.items())
    return path


def _operation(one: Operation, named: dict[Any, dict[str, Any]], operations: Sequence[Operation]) -> dict[str, Any]:
    summary, _, description = one.summary.partition("\n\n")
    said: dict[str, Any] = {
        "operationId": one.function.__name__,
        "summary": " ".join(summary.split()),
        "x-jupyter-action": one.verb,
        "responses": {**_successes(one, named), **_errors(one, named)},
    }
    if led := links(one, operations):
        for status in one.statuses:
            said["responses"][str(status)]["links"] = led
    if description:
        said["description"] = " ".join(description.split())
    if one.query:
        said["parameters"] = [
            {"name": each.name, "in": "query", "required": each.required, "schema": named[each.type]}
            for each in one.query
        ]
    if one.answer is Followed:
        schema = {"type": "string", "maxLength": 256}
        said["parameters"].append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": schema})
    if one.body is not None:
        said["requestBody"] = {
            "required": one.body_required,
            "content": {"application/json": {"schema": named[one.body]}},
        }
    return said


def _successes(one: Operation, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    if one.answer is None:
        return {str(status): {"description": HTTPStatus(status).phrase} for status in one.statuses}
    is_file = one.answer is Document
    content = {kind: {"schema": _file(kind) if is_file else named[one.answer]} for kind in one.media_types}
    return {str(status): {"description": HTTPStatus(status).phrase, "content": content} for status in one.statuses}


def _errors(one: Operation, named: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    statuses = sorted({*_ALWAYS, *one.errors, *(_WITH_BODY if one.body is not None else ())})
    content = {"application/json": {"schema": named[ErrorBody]}}
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
    said = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": content,
            **({"headers": retry} if status in _RETRY_AFTER else {}),
        }
        for status in statuses
    }
    return {**said, "default": {"description": "Any other failure, in the same form.", "content": content}}

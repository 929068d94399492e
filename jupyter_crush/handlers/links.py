"""How the answers of some operations lead to others, as OpenAPI's links: what a session's id is good for, and a run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .route import Operation

_NAMED: Mapping[str, Mapping[str, str]] = {
    "open_workspace": {"wid": "id"},
    "create_session": {"sid": "id"},
    "fork_session": {"sid": "id"},
    "prompt": {"sid": "session_id", "run_id": "run_id"},
    "list_grants": {"gid": "0/id"},
    "list_permissions": {"pid": "0/id"},
    "list_questions": {"qid": "0/id"},
}
"""For an operation, the ids that its answer holds: the path's name for them, and where they are."""
_PROMPT = {"session_id": "$response.body#/id", "prompt": "Hello"}


def links(one: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    """The links from an operation's answer to every operation whose path takes an id of it."""
    return dict(_links(one, operations))


def _links(one: Operation, operations: Sequence[Operation]) -> Iterator[tuple[str, Any]]:
    found = _NAMED.get(one.function.__name__, {})
    known = {name: f"$request.path.{name}" for name in one.ids}
    known |= {name: f"$response.body#/{place}" for name, place in found.items()}
    for other in operations:
        name = other.function.__name__
        if set(other.ids) & set(found) and set(other.ids) <= set(known):
            yield name, {"operationId": name, "parameters": {each: known[each] for each in other.ids}}
        elif name == "prompt" and "sid" in found and "id" in found.values():
            yield name, {"operationId": name, "parameters": {"wid": known["wid"]}, "requestBody": _PROMPT}

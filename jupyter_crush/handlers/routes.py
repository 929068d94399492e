"""The table of routes: all that the server answers under ``{base_url}api/crush/v1``, and who may ask it.

``action`` is what Jupyter's authorizer is asked for on the resource ``crush``; ``role`` is the server's own policy. What is
taken and answered stands in each function's signature.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import about, agent, changes, documents, permissions, questions, sessions, workspaces
from .base import CrushHandler, EndpointHandler
from .call import Services
from .events import EventsHandler, Followed, events
from .route import Operation, Route, operation

PREFIX = "api/crush/v1"
Function = Callable[..., Awaitable[Any]]


def look(function: Function, **more: Any) -> Operation:
    """Reads, changes nothing."""
    return operation(function, action="read", role="viewer", **more)


def hold(function: Function, **more: Any) -> Operation:
    """Says that a client is there, or gone."""
    return operation(function, action="write", role="viewer", **more)


def direct(function: Function, **more: Any) -> Operation:
    """Directs the agent."""
    return operation(function, action="write", role="prompter", **more)


WORKSPACE = "workspaces/{wid}"
SESSION = f"{WORKSPACE}/sessions/{{sid}}"
LANE = f"{WORKSPACE}/agent/sessions/{{sid}}"

ROUTES: tuple[Route, ...] = (
    Route("health", {"GET": look(about.health)}),
    Route("openapi.json", {"GET": look(about.openapi)}),
    Route(
        "workspaces",
        {
            "GET": look(workspaces.list_workspaces),
            "POST": hold(workspaces.open_workspace, statuses=(200, 201), errors=(409, 503)),
        },
    ),
    Route(WORKSPACE, {"GET": look(workspaces.get_workspace), "DELETE": hold(workspaces.release_workspace)}),
    Route(f"{WORKSPACE}/events", {"GET": look(events, media_types=("text/event-stream",), errors=(503,))}),
    Route(
        f"{WORKSPACE}/config",
        {"GET": look(workspaces.get_config), "PATCH": direct(workspaces.patch_config, errors=(409,))},
    ),
    Route(f"{WORKSPACE}/commands", {"GET": look(workspaces.list_commands)}),
    Route(
        f"{WORKSPACE}/sessions",
        {
            "GET": look(sessions.list_sessions),
            "POST": direct(sessions.create_session, statuses=(201,), errors=(409, 503)),
        },
    ),
    Route(
        SESSION,
        {
            "GET": look(sessions.get_session),
            "PATCH": direct(sessions.patch_session, errors=(409,)),
            "DELETE": direct(sessions.delete_session, errors=(409,)),
        },
    ),
    Route(f"{SESSION}/files", {"GET": look(changes.list_changes)}),
    Route(f"{SESSION}/files/keep", {"POST": direct(changes.keep_changes)}),
    Route(f"{SESSION}/files/revert", {"POST": direct(changes.revert_changes, errors=(409,))}),
    Route(f"{SESSION}/rewind", {"POST": direct(changes.rewind, errors=(409,))}),
    Route(f"{SESSION}/messages", {"GET": look(sessions.list_messages)}),
    Route(f"{SESSION}/restore", {"POST": direct(sessions.restore_session, errors=(409, 503))}),
    Route(f"{SESSION}/fork", {"POST": direct(sessions.fork_session, statuses=(201,), errors=(409, 503))}),
    Route(f"{SESSION}/export", {"GET": look(sessions.export_session, media_types=sessions.EXPORTED)}),
    Route(
        f"{WORKSPACE}/agent",
        {
            "GET": look(agent.get_status),
            "POST": operation(
                agent.prompt, action="execute", role="prompter", statuses=(202,), errors=(409, 429, 503), large=True
            ),
        },
    ),
    Route(f"{WORKSPACE}/agent/runs/{{run_id}}", {"GET": look(agent.get_run)}),
    Route(f"{LANE}/cancel", {"POST": direct(agent.cancel)}),
    Route(f"{LANE}/summarize", {"POST": direct(agent.summarize, statuses=(202,), errors=(409, 503))}),
    Route(f"{LANE}/prompts", {"GET": look(agent.list_prompts), "DELETE": direct(agent.clear_prompts)}),
    Route(f"{LANE}/prompts/{{run_id}}", {"PATCH": direct(agent.move_prompt), "DELETE": direct(agent.remove_prompt)}),
    Route(f"{WORKSPACE}/permissions", {"GET": look(permissions.list_permissions)}),
    Route(f"{WORKSPACE}/permissions/grants", {"GET": look(permissions.list_grants)}),
    Route(
        f"{WORKSPACE}/permissions/grants/{{gid}}",
        {"DELETE": operation(permissions.revoke_grant, action="write", role="approver")},
    ),
    Route(f"{WORKSPACE}/presence", {"PUT": direct(documents.put_presence, errors=(503,))}),
    Route(
        f"{WORKSPACE}/variables",
        {"POST": operation(documents.list_variables, action="execute", role="prompter", errors=(409, 422))},
    ),
    Route(f"{WORKSPACE}/documents/{{request_id}}/claim", {"POST": direct(documents.claim_document)}),
    Route(f"{WORKSPACE}/documents/{{request_id}}", {"POST": direct(documents.answer_document, large=True)}),
    Route(
        f"{WORKSPACE}/permissions/{{pid}}",
        {"POST": operation(permissions.answer_permission, action="execute", role="approver")},
    ),
    Route(f"{WORKSPACE}/questions", {"GET": look(questions.list_questions)}),
    Route(
        f"{WORKSPACE}/questions/{{qid}}",
        {"POST": operation(questions.answer_question, action="execute", role="prompter")},
    ),
)
"""``permissions/grants`` stands before ``permissions/{pid}``: the first pattern that matches answers."""


def handlers(services: Services) -> list[tuple[str, type[CrushHandler], dict[str, Any]]]:
    """The table as tornado takes it; at its end, whatever else is below the base is a typed 404."""
    found = [
        (
            f"/{PREFIX}/{route.pattern}",
            EventsHandler if any(one.answer is Followed for one in route.operations.values()) else EndpointHandler,
            {"route": route, "services": services},
        )
        for route in ROUTES
    ]
    nowhere = (f"/{PREFIX}(?:/.*)?", EndpointHandler, {"route": Route("", {}), "services": services})
    return [*found, nowhere]

"""The table of routes: all that the server answers under ``{base_url}api/crush/v1``, and who may ask it.

Each names the action that it needs; :mod:`..permissions.policy` says what an action takes, and what Jupyter's authorizer is asked for.
What is taken and answered stands in each function's signature.
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
    return operation(function, "view", **more)


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
            "POST": operation(workspaces.open_workspace, "attend", statuses=(200, 201), errors=(409, 503)),
        },
    ),
    Route(
        WORKSPACE, {"GET": look(workspaces.get_workspace), "DELETE": operation(workspaces.release_workspace, "attend")}
    ),
    Route(f"{WORKSPACE}/events", {"GET": look(events, media_types=("text/event-stream",), errors=(503,))}),
    Route(
        f"{WORKSPACE}/config",
        {"GET": look(workspaces.get_config), "PATCH": operation(workspaces.patch_config, "configure", errors=(409,))},
    ),
    Route(f"{WORKSPACE}/commands", {"GET": look(workspaces.list_commands)}),
    Route(
        f"{WORKSPACE}/sessions",
        {
            "GET": look(sessions.list_sessions),
            "POST": operation(sessions.create_session, "edit session", statuses=(201,), errors=(409, 503)),
        },
    ),
    Route(
        SESSION,
        {
            "GET": look(sessions.get_session),
            "PATCH": operation(sessions.patch_session, "edit session", errors=(409,)),
            "DELETE": operation(sessions.delete_session, "delete", errors=(409,)),
        },
    ),
    Route(f"{SESSION}/files", {"GET": look(changes.list_changes)}),
    Route(f"{SESSION}/files/keep", {"POST": operation(changes.keep_changes, "review")}),
    Route(f"{SESSION}/files/revert", {"POST": operation(changes.revert_changes, "review", errors=(409,))}),
    Route(f"{SESSION}/rewind", {"POST": operation(changes.rewind, "review", errors=(409,))}),
    Route(f"{SESSION}/messages", {"GET": look(sessions.list_messages)}),
    Route(f"{SESSION}/restore", {"POST": operation(sessions.restore_session, "restore", errors=(409, 503))}),
    Route(
        f"{SESSION}/fork",
        {"POST": operation(sessions.fork_session, "edit session", statuses=(201,), errors=(409, 503))},
    ),
    Route(f"{SESSION}/export", {"GET": look(sessions.export_session, media_types=sessions.EXPORTED)}),
    Route(
        f"{WORKSPACE}/agent",
        {
            "GET": look(agent.get_status),
            "POST": operation(agent.prompt, "prompt", statuses=(202,), errors=(409, 429, 503), large=True),
        },
    ),
    Route(f"{WORKSPACE}/agent/runs/{{run_id}}", {"GET": look(agent.get_run)}),
    Route(f"{LANE}/cancel", {"POST": operation(agent.cancel, "cancel")}),
    Route(
        f"{LANE}/summarize", {"POST": operation(agent.summarize, "edit session", statuses=(202,), errors=(409, 503))}
    ),
    Route(f"{LANE}/prompts", {"GET": look(agent.list_prompts), "DELETE": operation(agent.clear_prompts, "cancel")}),
    Route(
        f"{LANE}/prompts/{{run_id}}",
        {"PATCH": operation(agent.move_prompt, "arrange"), "DELETE": operation(agent.remove_prompt, "cancel")},
    ),
    Route(f"{WORKSPACE}/permissions", {"GET": look(permissions.list_permissions)}),
    Route(f"{WORKSPACE}/permissions/grants", {"GET": look(permissions.list_grants)}),
    Route(
        f"{WORKSPACE}/permissions/grants/{{gid}}",
        {"DELETE": operation(permissions.revoke_grant, "revoke grant")},
    ),
    Route(f"{WORKSPACE}/presence", {"PUT": operation(documents.put_presence, "lend documents", errors=(503,))}),
    Route(
        f"{WORKSPACE}/variables",
        {"POST": operation(documents.list_variables, "look into kernels", errors=(409, 422))},
    ),
    Route(
        f"{WORKSPACE}/documents/{{request_id}}/claim", {"POST": operation(documents.claim_document, "lend documents")}
    ),
    Route(
        f"{WORKSPACE}/documents/{{request_id}}",
        {"POST": operation(documents.answer_document, "lend documents", large=True)},
    ),
    Route(
        f"{WORKSPACE}/permissions/{{pid}}",
        {"POST": operation(permissions.answer_permission, "deny")},
    ),
    Route(f"{WORKSPACE}/questions", {"GET": look(questions.list_questions)}),
    Route(
        f"{WORKSPACE}/questions/{{qid}}",
        {"POST": operation(questions.answer_question, "decline")},
    ),
)
"""``permissions/grants`` stands before ``permissions/{pid}``: the first pattern that matches answers. Where a route
serves two actions, it names what takes less, and its function asks for the other."""


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

"""Opening, listing and letting go of workspaces; what a client may see and choose of one."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from ..wire import ConfigView, OpenWorkspace, PatchConfig, PromptCommand, Workspace
from .call import Call

ClientId = Annotated[str, Meta(min_length=1, max_length=128)]


async def list_workspaces(call: Call) -> tuple[Workspace, ...]:
    """The open workspaces."""
    return call.services.workspaces.list()


async def open_workspace(call: Call, *, body: OpenWorkspace | None = None) -> Workspace:
    """Open a folder as a workspace.

    200 with the one already open for that real path, 201 with a new one. path is relative to the server's root folder;
    without it, the root. client_id holds the workspace for 30 s, until the client's stream does.
    """
    asked = body or OpenWorkspace()
    workspace, created = await call.services.workspaces.open(asked.path, asked.client_id)
    call.status = 201 if created else 200
    return workspace.info()


async def get_workspace(call: Call, wid: str) -> Workspace:
    """One workspace."""
    return call.workspace(wid).info()


async def release_workspace(call: Call, wid: str, *, client_id: ClientId) -> None:
    """Let go of a client's hold on a workspace."""
    call.services.workspaces.release(wid, client_id)


async def get_config(call: Call, wid: str) -> ConfigView:
    """What a client may see and choose, and what who asks may do. Never a secret."""
    return await _for(call, call.workspace(wid).config())


async def list_commands(call: Call, wid: str) -> tuple[PromptCommand, ...]:
    """The workspace's own prompts (.crush/commands/*.md), which clients offer as /name."""
    return await call.workspace(wid).commands()


async def patch_config(call: Call, wid: str, *, body: PatchConfig) -> ConfigView:
    """Choose the model or the permission mode of a workspace."""
    await call.require_mode(body.permission_mode)
    return await _for(call, await call.workspace(wid).patch_config(body, await call.actor()))


async def _for(call: Call, view: ConfigView) -> ConfigView:
    return replace(view, may=call.policy.may(await call.actor()))

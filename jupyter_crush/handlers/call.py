"""What an endpoint is given: who calls, what the server has, and which status to answer with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from msgspec import Struct, UnsetType
from msgspec.structs import replace

from ..config import Config
from ..errors import CodeMayNotApprove, Forbidden
from ..permissions.names import names_somebody
from ..permissions.policy import RULES, Action, Policy, Role, Thing
from ..permissions.principal import CODE, Principal
from ..processes.descent import Connection, Descent, Speaker
from ..wire import Origin, PermissionMode

if TYPE_CHECKING:
    from ..documents.attached import AttachedBackend
    from ..workspace.registry import Workspaces
    from ..workspace.workspace import Workspace
    from .streams import Streams

LOOSE: frozenset[PermissionMode] = frozenset({"accept-edits", "auto"})
"""The modes in which some things are done without asking."""

NAMED = 3
"""People that a refusal names."""
_REFUSED: dict[Role, str] = {
    "viewer": "You may not look at this server's agent. Ask {} (CrushApp.viewers).",
    "prompter": "You may watch this server's agent but not direct it. Ask {} (CrushApp.prompters).",
    "approver": "You may not answer for what this server's agent does. Ask {} (CrushApp.approvers).",
}


class Services(Struct, frozen=True, kw_only=True):
    """What the handlers speak to. Made once, by the app."""

    config: Config
    workspaces: Workspaces
    attached: AttachedBackend
    streams: Streams
    descent: Descent
    base_url: str


class Call:
    """One request, admitted. ``principal`` is who sent it, from where the client says; ``connection`` is where it came in."""

    def __init__(self, services: Services, principal: Principal, connection: Connection | None = None) -> None:
        self.services = services
        self.principal = principal
        self._connection = connection
        self._actor: Principal | None = None
        self.policy = Policy(services.config)
        self.status: int | None = None
        """Other than the operation's first."""

    @property
    def user(self) -> str:
        """The name to show as author."""
        return self.principal.name

    def workspace(self, wid: str) -> Workspace:
        """Raises NotFound."""
        return self.services.workspaces.get(wid)

    async def require(self, action: Action, thing: Thing | None = None) -> Principal:
        """Who asks. Raises Forbidden when the policy does not allow it, CodeMayNotApprove where only a person may."""
        if not self.policy.allows(self.principal, action, thing):
            raise self._refusal(action)
        actor = await self.actor() if RULES[action].person else self.principal
        if not self.policy.allows(actor, action, thing):
            raise CodeMayNotApprove
        return actor

    def _refusal(self, action: Action) -> Forbidden:
        rule = RULES[action]
        if rule.role not in self.policy.roles(self.principal):
            people = self.policy.people(rule.role)
            return Forbidden(_REFUSED[rule.role].format(" or ".join(people[:NAMED]) or "its owner"))
        if rule.person:
            return CodeMayNotApprove()
        return Forbidden("Only who began this session and the server's owner may delete it or bring it back.")

    async def actor(self) -> Principal:
        """Who sent it, with the origin that the system knows, where it does."""
        if self._actor is None:
            self._actor = self._known_as(await self.services.descent.speaker(self._connection))
        return self._actor

    async def author(self) -> Principal:
        """The same for what is only noted: a connection that stays open is looked at once. Nobody may do more for it."""
        return self._actor or self._known_as(await self.services.descent.sender(self._connection))

    def _known_as(self, speaker: Speaker) -> Principal:
        known: Origin = "kernel" if speaker == "hidden" else speaker if speaker in CODE else self.principal.origin
        return replace(self.principal, origin=known)

    async def require_mode(self, mode: PermissionMode | UnsetType | None) -> None:
        """Raises Forbidden for a mode that asks less than who asks may have it."""
        if mode in LOOSE:
            await self.require("loosen mode")


def acting_user(user: Any, *, under_hub: bool) -> str:
    """The author to record for a Jupyter user. Without a Hub, Jupyter makes up a new identity for each token call
    ("Anonymous Io"), which names nobody: such a caller is "you"."""
    if under_hub:
        return str(user.username)
    name = str(user.display_name or user.username)
    return "you" if name.startswith("Anonymous ") else name


def warn_of_nobody(config: Config, provider: object, log: logging.Logger) -> None:
    """Say at start which lists let nobody in: names alone, where a username lasts no longer than a login."""
    if config.owner is not None or type(provider) not in {IdentityProvider, PasswordIdentityProvider}:
        return
    for name in ("viewers", "prompters", "approvers"):
        if not names_somebody(getattr(config, name)):
            log.warning(
                "jupyter_crush: CrushApp.%s holds nobody on this server, for its users have no lasting names. "
                "Add 'owner': whoever has the token.",
                name,
            )

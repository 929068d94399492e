"""What an endpoint is given: who calls, what the server has, and which status to answer with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from msgspec import Struct, UnsetType
from msgspec.structs import replace

from ..config import EVERYONE, OWNER, Config
from ..errors import CodeMayNotApprove, Forbidden
from ..permissions.policy import CODE, Policy, Principal, Role
from ..processes.descent import Connection, Descent, Speaker
from ..wire import Origin, PermissionMode, Session

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

    def require(self, role: Role) -> None:
        """Raises Forbidden when the policy does not give this user that role."""
        if not self.policy.holds(self.principal.id, role):
            people = self.policy.people(role)
            raise Forbidden(_REFUSED[role].format(" or ".join(people[:NAMED]) or "its owner"))

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

    async def require_person(self) -> Principal:
        """Who answers for what the agent does. Raises CodeMayNotApprove when code does."""
        actor = await self.actor()
        if actor.is_code:
            raise CodeMayNotApprove
        return actor

    async def require_for_mode(self, mode: PermissionMode | UnsetType | None) -> None:
        """Who loosens a permission mode answers beforehand for all that will not be asked. Raises Forbidden."""
        if mode in LOOSE:
            self.require("approver")
            await self.require_person()

    def require_for_deleting(self, session: Session) -> None:
        """Deleting and bringing back. Raises Forbidden."""
        if not self.policy.may_delete(self.principal.id, session.author_id):
            raise Forbidden("Only who began this session and the server's owner may delete it or bring it back.")


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
        if not {EVERYONE, OWNER} & set(getattr(config, name)):
            log.warning(
                "jupyter_crush: CrushApp.%s holds nobody on this server, for its users have no lasting names. "
                "Add 'owner': whoever has the token.",
                name,
            )

"""Who acts: the identity that travels through the server, from the request to the run, its turn and what is written down."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ..wire import Origin

PrincipalKind = Literal["person", "agent", "service", "code"]
"""A person at a client; the agent itself; the server, for a schedule; code in a kernel or in a command of the agent's."""
_KINDS: dict[Origin, PrincipalKind] = {"kernel": "code", "command": "code", "agent": "agent", "schedule": "service"}
OWN: frozenset[Origin] = frozenset({"agent", "schedule"})
"""What the server itself starts; no client can say that of itself."""
CODE: frozenset[Origin] = frozenset(_KINDS)
"""Where no person acts."""


class Principal(Struct, frozen=True):
    """Who acts, and from where. ``id`` is the username that the policy is asked about; ``name`` is what people are shown. Roles are
    the policy's to give (:meth:`.policy.Policy.roles`), so an old identity keeps none."""

    id: str
    name: str
    origin: Origin = "api"

    @property
    def kind(self) -> PrincipalKind:
        """Whether a person answers for it: all others may prompt as whoever they act for, and approve nothing."""
        return _KINDS.get(self.origin, "person")

"""Who may do what on this server, by its own configuration: the one place that is asked, by handlers, streams, runs and the gate.

Jupyter's authorizer is asked too, and first; this only narrows what it lets through.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from ..config import EVERYONE, OWNER, Config
from ..wire import May, Origin

OWN: frozenset[Origin] = frozenset({"agent", "schedule"})
"""What the server itself starts; no client can say that of itself."""
CODE: frozenset[Origin] = OWN | {"kernel", "command"}
Role = Literal["viewer", "prompter", "approver"]
"""What a person may do: look, direct the agent, answer for what it does."""


class Principal(Struct, frozen=True):
    """Who acts, and from where. ``id`` is the username that the policy is asked about; ``name`` is what people are shown."""

    id: str
    name: str
    origin: Origin = "api"

    @property
    def is_code(self) -> bool:
        """Code, and the server itself, may prompt as whoever runs it, and approve nothing."""
        return self.origin in CODE


class Policy:
    """Answers for one server. Holds no state of its own. Ids are usernames; None is the server itself, which may nothing."""

    def __init__(self, config: Config) -> None:
        self._owner = config.owner
        self._lists: dict[Role, Collection[str]] = {
            "viewer": config.viewers,
            "prompter": config.prompters,
            "approver": config.approvers,
        }

    def is_owner(self, who: str | None) -> bool:
        """Whether this is the person whose server it is. Without a Hub nobody is known to be: False."""
        return self._owner is not None and who == self._owner

    def holds(self, who: str | None, role: Role) -> bool:
        """Whether the configuration gives this user that role."""
        return who is not None and is_one_of(self._lists[role], who, self._owner)

    def may_view(self, who: str | None) -> bool:
        return self.holds(who, "viewer")

    def may_prompt(self, who: str | None) -> bool:
        return self.holds(who, "prompter")

    def may_approve(self, who: str | None) -> bool:
        """Answer permission requests, and therefore loosen a mode: that answers beforehand for all that is not asked."""
        return self.holds(who, "approver")

    def may_delete(self, who: str | None, author: str | None) -> bool:
        """Delete or bring back a session of that author: its author and the server's owner. Where no owner is known (no Hub),
        those who may approve stand for the owner."""
        if who is None or not self.may_prompt(who):
            return False
        return who == author or self.is_owner(who) or (self._owner is None and self.may_approve(who))

    def may(self, principal: Principal) -> May:
        """All of it, for somebody to see before they try, and whom they would ask."""
        who, is_person = principal.id, not principal.is_code
        can_prompt = self.may_prompt(who)
        return May(
            user=who,
            view=self.may_view(who),
            prompt=can_prompt,
            approve=is_person and self.may_approve(who),
            configure=is_person and can_prompt,
            delete_any=can_prompt and (self.is_owner(who) or (self._owner is None and self.may_approve(who))),
            prompters=self.people("prompter"),
            approvers=self.people("approver"),
            origin=principal.origin,
        )

    def people(self, role: Role) -> tuple[str, ...]:
        """Whom the configuration names for a role: usernames, the owner's first. Empty: everybody, or nobody that is known."""
        names = self._lists[role]
        if EVERYONE in names:
            return ()
        owner = [self._owner] if OWNER in names and self._owner is not None else []
        return tuple(dict.fromkeys([*owner, *(name for name in names if name != OWNER)]))

    def __repr__(self) -> str:
        return f"<Policy: owner {self._owner or 'unknown'}, {self._lists}>"


def is_one_of(names: Collection[str], username: str, owner: str | None) -> bool:
    """Whether a list of ``prompters``, ``approvers`` or ``viewers`` holds this user. ``owner`` there is never a user's name."""
    if EVERYONE in names or (username in names and username != OWNER):
        return True
    return OWNER in names and (owner is None or username == owner)


def prompters_and_approvers(
    prompters: Sequence[str] | None, approvers: Sequence[str] | None, owner: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both lists, where one or both were left to their default (None).

    Without a Hub that is everybody: whoever has the token is one person. On a Hub others come in with a share, and work on the
    owner's key and in the owner's account: there it is the owner and whoever the other list names. So naming people once is
    enough, also where the owner is an account that nobody logs in to; and letting everybody prompt lets nobody else approve.
    """
    named = [name for name in (*(prompters or ()), *(approvers or ())) if name != EVERYONE]
    default = (EVERYONE,) if owner is None else tuple(dict.fromkeys([OWNER, *named]))
    return default if prompters is None else tuple(prompters), default if approvers is None else tuple(approvers)

"""Who may do what on this server, by its own configuration: one table, which handlers, streams, runs and the gate ask.

Jupyter's authorizer is asked too, and first; this only narrows what it lets through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ..config import Config
from ..wire import May, PermissionRequest, QuestionRequest, Run, Session
from .names import holds, people
from .principal import Principal

Role = Literal["viewer", "prompter", "approver"]
"""What the configuration gives: to look, to direct the agent, to answer for what it does."""
Verb = Literal["read", "write", "execute"]
"""What Jupyter's authorizer is asked for, on the resource ``crush``."""
Thing = Session | Run | PermissionRequest | QuestionRequest
Action = Literal[
    "view",
    "attend",
    "lend documents",
    "look into kernels",
    "prompt",
    "cancel",
    "arrange",
    "edit session",
    "review",
    "configure",
    "choose mode",
    "loosen mode",
    "act unasked",
    "deny",
    "approve",
    "revoke grant",
    "decline",
    "answer",
    "delete",
    "restore",
    "manage others' sessions",
]


class Rule(NamedTuple):
    """What an action takes. ``person``: nothing but a person may; ``own``: of what others began, only who may manage that."""

    verb: Verb
    role: Role
    person: bool = False
    own: bool = False
    owner: bool = False
    """Only the server's owner may. Where none is known (no Hub), those who may approve stand for the owner."""


RULES: dict[Action, Rule] = {
    "view": Rule("read", "viewer"),
    "attend": Rule("write", "viewer"),  # say that a client is there, or gone
    "lend documents": Rule("write", "prompter"),  # what tabs do for the agent
    "look into kernels": Rule("execute", "prompter"),
    "prompt": Rule("execute", "prompter"),
    "cancel": Rule("write", "prompter"),
    "arrange": Rule("write", "prompter"),  # the queue
    "edit session": Rule("write", "prompter"),  # begin, fork, rename, summarize
    "review": Rule("write", "prompter"),  # keep, revert, rewind
    "configure": Rule("write", "prompter", person=True),
    "choose mode": Rule("write", "prompter", person=True),
    "loosen mode": Rule("write", "approver", person=True),  # which answers beforehand for all that is not asked then
    "act unasked": Rule("execute", "approver"),  # others' modes and grants count for their runs
    "deny": Rule("execute", "approver"),
    "approve": Rule("execute", "approver", person=True),
    "revoke grant": Rule("write", "approver"),
    "decline": Rule("execute", "prompter"),  # say that no answer to a question will come
    "answer": Rule("execute", "prompter", person=True),
    "delete": Rule("write", "prompter", own=True),
    "restore": Rule("write", "prompter", own=True),
    "manage others' sessions": Rule("write", "prompter", owner=True),
}


class Policy:
    """Answers for one server. Holds no state of its own."""

    def __init__(self, config: Config) -> None:
        self._owner = config.owner
        self._lists: dict[Role, Sequence[str]] = {
            "viewer": config.viewers,
            "prompter": config.prompters,
            "approver": config.approvers,
        }

    def allows(self, principal: Principal | None, action: Action, thing: Thing | None = None) -> bool:
        """Whether it may be done; with no ``thing`` yet, whether there may be one with which. None is the server itself, which may
        nothing."""
        rule = RULES.get(action)
        if rule is None or principal is None or rule.role not in self.roles(principal):
            return False
        if (rule.person and principal.kind != "person") or (rule.owner and not self._is_owner(principal)):
            return False
        is_free = not rule.own or thing is None or getattr(thing, "author_id", None) == principal.id
        return is_free or self.allows(principal, "manage others' sessions")

    def roles(self, principal: Principal) -> frozenset[Role]:
        """What the configuration gives this user."""
        return frozenset(role for role, names in self._lists.items() if holds(names, principal.id, self._owner))

    def may(self, principal: Principal) -> May:
        """All of it, for somebody to see before they try, and whom they would ask."""
        return May(
            user=principal.id,
            view=self.allows(principal, "view"),
            prompt=self.allows(principal, "prompt"),
            approve=self.allows(principal, "approve"),
            configure=self.allows(principal, "configure"),
            delete_any=self.allows(principal, "manage others' sessions"),
            prompters=self.people("prompter"),
            approvers=self.people("approver"),
            origin=principal.origin,
        )

    def people(self, role: Role) -> tuple[str, ...]:
        """Whom the configuration names for a role: usernames, the owner's first. Empty: everybody, or nobody that is known."""
        return people(self._lists[role], self._owner)

    def _is_owner(self, principal: Principal) -> bool:
        return principal.id == self._owner if self._owner is not None else "approver" in self.roles(principal)

    def __repr__(self) -> str:
        return f"<Policy: owner {self._owner or 'unknown'}, {self._lists}>"

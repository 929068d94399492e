"""What a workspace works with unless a session or a prompt says otherwise: its model and its mode, never more than is allowed."""

from __future__ import annotations

from ..config import Config, clamp_mode
from ..permissions.gate import Leeway
from ..permissions.policy import Policy
from ..permissions.principal import Principal
from ..wire import PermissionMode, Session
from .lane import Ticket


class Preferences:
    """Owner of a workspace's chosen model and mode. ``model`` None: the catalogue's default."""

    def __init__(self, config: Config) -> None:
        self._policy = Policy(config)
        self._default = config.model
        self._most: PermissionMode = config.max_permission_mode
        self.choose(model=None, mode=config.permission_mode)

    def choose(self, *, model: str | None, mode: PermissionMode) -> None:
        self.model = model or self._default
        self.mode = clamp_mode(mode, self._most)

    def mode_of(self, session: Session, ticket: Ticket) -> PermissionMode:
        """The prompt's mode, else the session's, else the workspace's; never looser than the administrator allows, nor than those
        whose words are in it may have it."""
        wanted = ticket.run.permission_mode or session.permission_mode or self.mode
        return self.leeway(clamp_mode(wanted, self._most), ticket).mode

    def leeway(self, mode: PermissionMode, ticket: Ticket) -> Leeway:
        """What a turn of that mode may do unasked: what all whose words are in it may. For whoever may not approve, others' choices
        do not count: they are asked for, at least. And no more than the run that started it, as it is now."""
        is_approved = all(self._policy.allows(one.author, "act unasked") for one in (ticket, *ticket.folded))
        own = Leeway(mode if is_approved else clamp_mode(mode, "ask"), grants=is_approved)
        if (parent := ticket.parent) is None:
            return own
        above = self.leeway(parent.run.permission_mode or "plan", parent)
        return Leeway(clamp_mode(own.mode, above.mode), grants=own.grants and above.grants)

    def mode_of_fork(self, origin: Session, user: Principal | None) -> PermissionMode | None:
        """A loose mode is not handed on to other people. None: the workspace's."""
        mode = origin.permission_mode
        is_own = user is not None and user.id == origin.author_id and self._policy.allows(user, "act unasked")
        return mode if is_own or mode == "plan" else None

    def __repr__(self) -> str:
        return f"<Preferences: {self.model or 'the default model'}, {self.mode}>"

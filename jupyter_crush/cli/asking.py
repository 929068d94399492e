"""What the agent asks, permission or a question, put to a person at the terminal, or answered as the command line said."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from ..client import AsyncWorkspace
from ..client.roles import FROM_CODE, cannot_answer, cannot_approve, doer
from ..wire import May, PermissionNotification, PermissionRequest, QuestionNotification, QuestionRequest
from .keyboard import Typed
from .permission_card import PermissionCard
from .question_card import QuestionCard
from .screen import Screen

Unattended = Literal["ask", "allow", "deny"]
Card: TypeAlias = PermissionCard | QuestionCard

SEEN_S = 0.7
"""So long a card stands before its question comes and can be answered, seconds: nobody has read it sooner."""


class Asker:
    """Owner of the cards that this command has open, oldest first. ``run_id``: only this run's; None: every one."""

    def __init__(
        self,
        workspace: AsyncWorkspace,
        screen: Screen,
        policy: Unattended,
        *,
        run_id: str | None = None,
        may: May | None = None,
    ) -> None:
        self._workspace = workspace
        self._screen = screen
        self._policy = policy
        self._run_id = run_id
        self._may = may
        self._watched: set[str] = set()
        """What others are asked, that was shown here."""
        self._open: dict[str, Card] = {}
        self._mine: set[str] = set()
        self._shown = 0
        """The mark at which the card that is first came."""
        self._question: asyncio.Future[None] | None = None
        """The question of the card that is first, on its way or put."""
        self.was_denied = False

    async def take(self, payload: object) -> None:
        """Look at an event's payload, and ask, answer or dismiss accordingly."""
        if isinstance(payload, PermissionRequest):
            await self._asked(PermissionCard(payload))
        elif isinstance(payload, QuestionRequest):
            await self._asked(QuestionCard(payload))
        elif isinstance(payload, PermissionNotification | QuestionNotification):
            await self._settled(payload)

    async def catch_up(self) -> None:
        """Look for what is pending on the server: it may have been asked before this command was there."""
        permissions, questions = await self._workspace.permissions(), await self._workspace.questions()
        pending: tuple[PermissionRequest | QuestionRequest, ...] = (*permissions, *questions)
        known = {request.id for request in pending}
        for gone in [one for one in reversed(self._open) if one not in known]:
            await self._next(gone)
        for request in pending:
            await self.take(request)

    def is_for_card(self, line: Typed) -> bool:
        """Whether a card was there when the line was ended."""
        return bool(self._open) and line.ended >= self._shown

    async def answer(self, line: Typed) -> bool:
        """What was typed while a card is open. False: somebody answered first, and these words are told to nobody yet."""
        card = next(iter(self._open.values()))
        self._mine.add(card.request.id)
        is_fresh = line.began == self._screen.keyboard.marks and self._question is not None and self._question.done()
        resolved = await card.take_line(line, self._screen, self._workspace, is_fresh=is_fresh)
        if resolved is None:
            self._mine.discard(card.request.id)
            self._ask(card)
            return True
        await self._done(card, resolved)
        return resolved or not card.has_words(line)

    async def _asked(self, card: Card) -> None:
        request = card.request
        if request.state != "pending" or self._run_id not in {None, request.run_id}:
            return
        if request.id in self._open or request.id in self._mine or request.id in self._watched:
            return
        if (told := self._cannot(card)) is not None:
            self._watched.add(request.id)
            card.watch(self._screen, told)
            return
        self._open[request.id] = card
        if self._policy != "ask":
            self._mine.add(request.id)
            await self._done(
                card, await card.answer_unattended(self._screen, self._workspace, allow=self._policy == "allow")
            )
        elif len(self._open) == 1:
            await self._show(card)

    def _cannot(self, card: Card) -> str | None:
        """Why nobody here can answer it. To deny, where nobody is at the terminal, code may, too."""
        told = cannot_approve(self._may) if isinstance(card, PermissionCard) else cannot_answer(self._may)
        return None if told == FROM_CODE and self._policy == "deny" else told

    async def _show(self, card: Card) -> None:
        if await self._screen.keyboard.mark():
            self._screen.show("")  # below what is being typed
        self._shown = self._screen.keyboard.marks
        card.show(self._screen)
        self._ask(card)

    def _ask(self, card: Card) -> None:
        """Put the question when the card can have been seen, unless it is settled by then."""
        self._withdraw()
        self._question = asyncio.ensure_future(self._put(card))

    async def _put(self, card: Card) -> None:
        """What was typed before this is no answer to it."""
        await asyncio.sleep(SEEN_S)
        standing = await self._screen.keyboard.mark()
        card.ask(self._screen, standing)
        if standing:
            self._screen.standing(standing)

    def _withdraw(self) -> None:
        if self._question is not None:
            self._question.cancel()

    async def _done(self, card: Card, resolved: bool) -> None:
        if not resolved:
            self._screen.note("Somebody answered first.", "dim")
        await self._next(card.request.id)

    async def _settled(self, notification: PermissionNotification | QuestionNotification) -> None:
        how = _ending(notification)
        if how == "denied" and (notification.id in self._open or notification.id in self._mine):
            self.was_denied = True
        if notification.id in {*self._open, *self._watched} - self._mine:
            self._screen.show(f"({how} by {doer(notification.by, notification.origin)})", "dim")
        self._watched.discard(notification.id)
        await self._next(notification.id)

    async def _next(self, done: str) -> None:
        if next(iter(self._open), None) == done:
            self._withdraw()
        if self._open.pop(done, None) is not None and self._open and self._policy == "ask":
            await self._show(next(iter(self._open.values())))


def _ending(notification: PermissionNotification | QuestionNotification) -> str:
    if notification.withdrawn:
        return "withdrawn"
    if isinstance(notification, PermissionNotification):
        return "allowed" if notification.granted else "denied"
    return "answered" if notification.answered else "not answered"

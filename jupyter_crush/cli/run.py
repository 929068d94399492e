"""``jupyter crush run``: a prompt, and its answer.

The run belongs to the server. Killing this command leaves it going; Ctrl-C cancels it and waits for its end.
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..client import AsyncWorkspace, Connected, Item, Refused, Resynced, own_error
from ..client.roles import cannot_approve, roles
from ..wire import Event, May, PermissionMode, RunComplete, Session, encode
from .asking import Asker, Unattended
from .connecting import choose_session, connect
from .exits import Exit, UsageError, exit_of_run
from .interrupts import Interrupt, Interrupts
from .keyboard import Typed
from .merging import merge
from .screen import Screen
from .telling import Teller, ending


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    prompt = whole_prompt(args.prompt, screen)
    async with connect(args, screen) as workspace:
        may = await roles(workspace)
        if args.yes and (told := cannot_approve(may)) is not None:
            raise UsageError(f"{told} --yes allows nothing here.")
        session = await _session(workspace, args)
        following = Following(workspace, screen, policy=policy(args, screen), output=args.output, may=may)
        return await following.prompt(session.id, prompt, mode=args.mode)


def policy(args: argparse.Namespace, screen: Screen) -> Unattended:
    if args.yes:
        return "allow"
    return "ask" if screen.can_ask else "deny"


def whole_prompt(words: list[str], screen: Screen) -> str:
    """The prompt and what was piped in."""
    said = " ".join(words).strip()
    piped = "" if screen.stdin.isatty() else screen.stdin.read().strip()
    if not said and not piped:
        raise UsageError("Say what to do: jupyter crush run 'What is in this folder?'")
    return "\n\n".join(part for part in (said, piped) if part)


async def _session(workspace: AsyncWorkspace, args: argparse.Namespace) -> Session:
    if args.session or args.go_on:
        session = await choose_session(workspace, args.session)
    else:
        session = await workspace.create_session()
    if args.model:
        session = await workspace.update_session(session.id, model=args.model)
    return session


class Following:
    """One run, followed by one command. Owner of what was printed of it."""

    def __init__(
        self,
        workspace: AsyncWorkspace,
        screen: Screen,
        *,
        policy: Unattended,
        output: str = "text",
        may: May | None = None,
    ) -> None:
        self._workspace = workspace
        self._screen = screen
        self._policy = policy
        self._output = output
        self._may = may
        self._complete: RunComplete | None = None
        self._error: str | None = None

    async def prompt(self, session_id: str, prompt: str, *, mode: PermissionMode | None = None) -> Exit:
        """Send the prompt, and print what happens until its run has ended."""
        cursor = (await self._workspace.messages(session_id, limit=1)).cursor
        with Interrupts() as interrupts:
            run = await self._workspace.prompt(session_id, prompt, permission_mode=mode)
            self._run = run
            self._teller = Teller(self._screen, session_id, run_id=run.run_id)
            self._asker = Asker(self._workspace, self._screen, self._policy, run_id=run.run_id, may=self._may)
            events = self._workspace.follow(run, cursor=cursor)
            async with aclosing(merge(events, interrupts.items(), self._typed())) as items:
                async for item in items:
                    if not await self._happened(item):
                        return Exit.CANCELLED
        return self._conclude()

    async def _happened(self, item: Item | Interrupt | Typed) -> bool:
        """Deal with an event, a line or an interrupt; False: stop here."""
        if isinstance(item, Interrupt):
            return await self._interrupted(item)
        if not isinstance(item, Typed):
            await self._take(item)
        elif self._asker.is_for_card(item):
            await self._asker.answer(item)
        return True

    async def _typed(self) -> AsyncGenerator[Typed]:
        """The keyboard, if somebody is there to be asked."""
        if not self._screen.can_ask:
            return
        async with aclosing(self._screen.keyboard.lines()) as lines:
            async for line in lines:
                yield line

    async def _take(self, item: Item) -> None:
        if isinstance(item, Connected | Resynced):
            await self._asker.catch_up()
        if self._output == "text" and self._screen.is_live:
            self._teller.tell(item)
        if not isinstance(item, Event):
            return
        if self._output == "stream-json":
            self._screen.raw(encode(item).decode() + "\n")
        payload = item.payload.payload
        await self._asker.take(payload)
        own = own_error(payload, session_id=self._run.session_id, run_id=self._run.run_id)
        self._error = own or self._error
        if isinstance(payload, RunComplete) and payload.run_id == self._run.run_id:
            self._complete = payload

    async def _interrupted(self, interrupt: Interrupt) -> bool:
        """Cancel the run and go on to its end; False when that was asked for once more."""
        if interrupt.count > 1:
            self._screen.warn("Not waiting for the end. The run is being cancelled.")
            return False
        self._screen.note("Cancelling… (Ctrl-C again: do not wait)", "yellow")
        run = await self._workspace.run(self._run.run_id)
        if run.state == "queued":
            try:
                await self._workspace.remove_prompt(run.session_id, run.run_id)
            except Refused:
                pass  # it has begun meanwhile
            else:
                return True
        await self._workspace.cancel(run.session_id)
        return True

    def _conclude(self) -> Exit:
        complete = self._complete
        assert complete is not None  # noqa: S101 - following ends with it
        if self._output == "json":
            self._screen.raw(encode(complete).decode() + "\n")
        elif self._output == "text" and not self._screen.is_live and complete.text:
            self._screen.raw(complete.text.rstrip("\n") + "\n")
        self._screen.end_line()
        exit_code = exit_of_run(complete, was_denied=self._asker.was_denied)
        if exit_code is Exit.ERROR:
            self._screen.error(ending(complete) or self._error or "The run failed; the server's log has the details.")
        elif exit_code is Exit.CANCELLED:
            self._screen.warn("Cancelled.")
        elif word := ending(complete):
            self._screen.warn(word)
        return exit_code

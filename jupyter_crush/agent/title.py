"""A session's name in a few words, by the small model: a side job after its first turn, off every run's path.

Until it is there, and whenever it does not come, the session has the prompt's first words. A person's own title is never replaced.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import aclosing

from ..concurrency.tasks import Tasks
from ..conversation.sessions import Sessions, title_from
from ..errors import CrushError
from ..events.journal import Journal
from ..models.port import Model, ModelRequest, Retry, Stop, TextDelta
from ..wire import Message, Run, Text
from .model_jobs import ModelJobs
from .prompts.templates import text

logger = logging.getLogger(__name__)

WITHIN_S = 30.0
MAX_TOKENS = 1_000
PROMPT_CHARS = 4_000
ANSWER_CHARS = 1_000
_DECORATION = re.compile(r"^[\s#*_`\"'“”«»]+|[\s*_`\"'“”«».]+$")


class Titles:
    """Owner of the side jobs that name sessions."""

    def __init__(self, models: ModelJobs, sessions: Sessions, journal: Journal, tasks: Tasks) -> None:
        self._models = models
        self._sessions = sessions
        self._journal = journal
        self._tasks = tasks
        self._jobs: set[asyncio.Task[None]] = set()

    def begin(self, run: Run) -> None:
        """Look for a name, if that run was a session's first and there is a small model that finds one."""
        if run.kind != "prompt" or run.state != "done" or not self._has_first_words(run):
            return
        if (small := self._models.small()) is None:
            return
        job = self._tasks.start(self._name(run, *small), name=f"title {run.session_id}")
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def close(self) -> None:
        """Leave it at the prompt's words."""
        jobs = set(self._jobs)
        for job in jobs:
            job.cancel()
        if jobs:
            await asyncio.wait(jobs, timeout=1)

    def _has_first_words(self, run: Run) -> bool:
        return run.session_id in self._sessions and self._sessions.get(run.session_id).title == title_from(run.prompt)

    async def _name(self, run: Run, model: Model, model_id: str) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                title = tidy(await _asked(run, model, model_id))
            if title and self._has_first_words(run):
                await self._journal.record(self._sessions.rename(run.session_id, title))
        except (CrushError, TimeoutError) as error:
            logger.info("the session %s keeps its prompt's words for a title: %s", run.session_id, error)

    def __repr__(self) -> str:
        return f"<Titles: {len(self._jobs)} looked for>"


async def _asked(run: Run, model: Model, model_id: str) -> str:
    said = f"The person: {run.prompt[:PROMPT_CHARS]}\n\nThe agent: {(run.text or '')[:ANSWER_CHARS]}"
    message = Message(
        id=f"{run.run_id}.title",
        session_id=run.session_id,
        run_id=run.run_id,
        seq=1,
        role="user",
        parts=(Text(text=said),),
        created_at=run.created_at,
        updated_at=run.created_at,
    )
    request = ModelRequest(model=model_id, system=(text("title.md"),), messages=(message,), max_tokens=MAX_TOKENS)
    words = ""
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            match event:
                case TextDelta(more):
                    words += more
                case Stop("end_turn"):
                    return words
                case Retry():
                    words = ""
                case _:
                    pass
    return ""


def tidy(answer: str) -> str:
    """The answer's first line, without what models put around a title; "" when it is none."""
    line = next((line for line in answer.splitlines() if line.strip()), "")
    return title_from(_DECORATION.sub("", line))

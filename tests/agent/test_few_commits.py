"""A turn waits for the disk no more often than it must, and says nothing before it is there."""

from __future__ import annotations

from pathlib import Path

from jupyter_crush.models.port import ModelRequest
from jupyter_crush.models.scripted import Item, ScriptedModel, says
from jupyter_crush.wire import Message, MessageDelta
from support.store.sql import sql
from support.workspace.workbench import desk


async def test_from_a_prompt_to_its_request_the_disk_is_waited_for_twice(tmp_path: Path) -> None:
    """Once for the prompt; once for the run that works and its user message together."""
    commits: list[str] = []
    before: list[int] = []

    def asked(_: ModelRequest) -> tuple[Item, ...]:
        before.append(len(commits))
        return says("hello")

    async with desk(tmp_path, ScriptedModel(otherwise=asked)) as work:

        def tell(statement: str) -> None:
            if statement == "COMMIT":
                commits.append(statement)

        await work.sqlite.read(lambda connection: connection.set_trace_callback(tell))
        for _ in range(2):
            commits.clear()
            await work.ended(await work.prompt("go on"))
    assert before == [2, 2]


async def test_a_message_is_told_before_the_first_word_of_it(tmp_path: Path) -> None:
    """The model is asked while its row is written, and may answer before the disk does."""
    async with desk(tmp_path, ScriptedModel([says("Hello")])) as work:
        await work.ended(await work.prompt("say hello"))
        told = [event.payload.payload for event in work.events]
    begun = next(one for one in told if isinstance(one, Message) and one.role == "assistant")
    words = [one for one in told if isinstance(one, MessageDelta)]
    assert not begun.parts, "as it was begun"
    assert all(told.index(begun) < told.index(word) for word in words)


async def test_a_run_whose_message_cannot_be_begun_ends_with_an_error_and_says_nothing(tmp_path: Path) -> None:
    """The store takes no message of the model's from the request on."""
    async with desk(tmp_path, model := ScriptedModel()) as work:
        await sql(
            work.sqlite,
            "CREATE TEMP TRIGGER full BEFORE INSERT ON messages WHEN NEW.role = 'assistant' AND NEW.parts = '[]' "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        model.script(says("Hello"))
        [terminal] = await work.ended(await work.prompt("say hello"))
        told = [event.payload.payload for event in work.events]
    assert terminal.state == "error"
    assert not [one for one in told if isinstance(one, MessageDelta)]
    assert model.active == 0

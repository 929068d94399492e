"""What waits on a card cannot be swapped: the calls of one answer, with a real shell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.port import ModelEvent
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import AnswerPermission, PermissionAction, PermissionRequest, Run, ToolResult
from support.workspace.workbench import ANA, Desk, desk

OLD, NEW = "echo old; echo ran >> ran\n", "echo new; echo ran >> ran\n"
Call = tuple[ModelEvent, ...]


def runs(command: str = "sh ok.sh", id: str = "run") -> Call:  # noqa: A002
    return call("run_command", {"command": command}, id=id)


def writes(content: str = NEW, path: str = "ok.sh", id: str = "write") -> Call:  # noqa: A002
    return call("write_file", {"path": path, "content": content}, id=id)


LOOKS = call("list_files", {}, id="look")


def model(*calls: Call) -> ScriptedModel:
    """It reads what it will write over, and then makes all calls in one answer."""
    return ScriptedModel(
        [says(call("read_file", {"path": "ok.sh"}, id="read")), says(*calls), says("Done.")], otherwise=says("Here.")
    )


class Step:
    """One answer with several calls, in a workspace whose ``ok.sh`` says "old"."""

    def __init__(self, work: Desk, asked: ScriptedModel, root: Path) -> None:
        self.work = work
        self.model = asked
        self.root = root
        self.run: Run

    @property
    def script(self) -> str:
        return (self.root / "ok.sh").read_text()

    async def begin(self) -> None:
        self.run = await self.work.prompt("go")

    async def cards(self, *ids: str) -> list[PermissionRequest]:
        """The requests that wait, once they are those of these calls; and all that needs no answer has come to its end."""

        def waiting() -> list[PermissionRequest]:
            return sorted(self.work.workspace.permissions(), key=lambda one: ids.index(one.tool_call_id))

        await self.work.until(lambda: {one.tool_call_id for one in self.work.workspace.permissions()} == set(ids))
        for _ in range(200):  # whoever would go on without an answer, does
            await self.work.workspace.messages(self.work.session.id)
        return waiting()

    async def answer(self, request: PermissionRequest, action: PermissionAction) -> None:
        assert (await self.work.workspace.answer(request.id, AnswerPermission(action=action), ANA)).resolved

    async def results(self) -> dict[str, ToolResult]:
        await self.work.ended(self.run)
        parts: Sequence[Any] = self.model.requests[2].messages[-1].parts
        return {part.tool_call_id: part for part in parts if isinstance(part, ToolResult)}


class Steps:
    """Opens workspaces in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, body: Any, *calls: Call, mode: str = "accept-edits") -> None:
        asked, root = model(*calls), self._folder / "root"
        root.mkdir()
        (root / "ok.sh").write_text(OLD)
        async with desk(self._folder, asked, permission_mode=mode) as work:
            step = Step(work, asked, root)
            await step.begin()
            await body(step)
            follow_up = await work.prompt("and again")
            assert (await work.ended(follow_up))[0].state == "done", "the next prompt works"
            assert not work.workspace.permissions()


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path)


@pytest.mark.parametrize("reads", [(), (LOOKS,)])
async def test_a_script_that_waits_on_a_card_is_not_changed_before_it_has_run(steps: Steps, reads: Any) -> None:
    async def body(step: Step) -> None:
        (card,) = await step.cards("run")
        assert step.script == OLD, "it is what the person sees who looks"
        await step.answer(card, "allow")
        results = await step.results()
        assert "old" in results["run"].content and "new" not in results["run"].content
        assert step.script == NEW and not results["write"].is_error

    await steps(body, *reads, runs(), writes())


async def test_what_was_changed_before_it_in_the_answer_is_there_when_the_card_comes_up(steps: Steps) -> None:
    async def body(step: Step) -> None:
        (card,) = await step.cards("run")
        assert step.script == NEW
        await step.answer(card, "allow")
        assert "new" in (await step.results())["run"].content

    await steps(body, writes(), runs())


async def test_a_denied_script_lets_the_change_go_on(steps: Steps) -> None:
    async def body(step: Step) -> None:
        (card,) = await step.cards("run")
        await step.answer(card, "deny")
        results = await step.results()
        assert results["run"].is_error and not results["write"].is_error
        assert step.script == NEW and not (step.root / "ran").exists()

    await steps(body, runs(), writes())


@pytest.mark.parametrize("first", ["a", "b"])
@pytest.mark.parametrize("second_answer", ["allow", "deny"])
async def test_of_two_cards_none_runs_before_both_are_answered(steps: Steps, first: str, second_answer: Any) -> None:
    async def body(step: Step) -> None:
        cards = {card.tool_call_id: card for card in await step.cards("a", "b")}
        second = "b" if first == "a" else "a"
        await step.answer(cards[first], "allow")
        await step.cards(second)
        assert not (step.root / "ran").exists() and step.script == OLD
        await step.answer(cards[second], second_answer)
        results = await step.results()
        assert "old" in results[first].content
        assert results[second].is_error is (second_answer == "deny")
        assert step.script == NEW

    await steps(body, runs("sh ok.sh", "a"), runs("sh ok.sh; true", "b"), writes())


async def test_a_card_for_code_comes_up_after_the_changes_before_it_were_decided(steps: Steps) -> None:
    async def body(step: Step) -> None:
        (change,) = await step.cards("write")
        await step.answer(change, "allow")
        (code,) = await step.cards("run")
        assert step.script == NEW
        await step.answer(code, "allow")
        assert "new" in (await step.results())["run"].content

    await steps(body, writes(), runs(), mode="ask")


async def test_a_change_between_two_scripts_stays_between_them(steps: Steps) -> None:
    async def body(step: Step) -> None:
        (one,) = await step.cards("a")
        await step.answer(one, "allow")
        (other,) = await step.cards("b")
        assert step.script == NEW
        await step.answer(other, "allow")
        results = await step.results()
        assert "old" in results["a"].content and "new" in results["b"].content

    await steps(body, runs(id="a"), writes(), runs("sh ok.sh; true", "b"))


@pytest.mark.parametrize("answered", [0, 1])
async def test_a_cancel_while_cards_wait_changes_nothing_and_leaves_nothing(steps: Steps, answered: int) -> None:
    async def body(step: Step) -> None:
        for card in (await step.cards("a", "b"))[:answered]:
            await step.answer(card, "allow")
        await step.work.workspace.runs.cancel(step.work.session.id, "Ana")
        (terminal,) = await step.work.ended(step.run)
        assert terminal.state == "cancelled"
        assert step.script == OLD and not (step.root / "ran").exists()

    await steps(body, runs("sh ok.sh", "a"), runs("sh ok.sh; true", "b"), writes())


async def test_a_command_that_cannot_run_holds_nothing_up(steps: Steps) -> None:
    async def body(step: Step) -> None:
        results = await step.results()
        assert results["bad"].is_error and not results["write"].is_error and step.script == NEW

    await steps(body, call("run_command", {"command": "ls", "cwd": "none"}, id="bad"), writes())


async def test_what_needs_no_answer_runs_side_by_side(steps: Steps) -> None:
    async def body(step: Step) -> None:
        results = await step.results()
        assert not any(result.is_error for result in results.values()), "each waited for the other"

    meets = "touch {0}; until [ -e {1} ]; do sleep 0.01; done"
    await steps(body, runs(meets.format("one", "two"), "a"), runs(meets.format("two", "one"), "b"), mode="auto")


async def test_two_changes_are_asked_for_together(steps: Steps) -> None:
    async def body(step: Step) -> None:
        for card in await step.cards("a", "b"):
            await step.answer(card, "allow")
        assert not any(result.is_error for result in (await step.results()).values())

    await steps(body, writes(path="a", id="a"), writes(path="b", id="b"), mode="ask")

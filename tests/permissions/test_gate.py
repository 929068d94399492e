"""Tools that would get round the gate, in a real workspace: it decides by their kind, whatever they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.tools.port import Output, Prepared, ToolContext
from jupyter_crush.tools.registry import builtin_tools
from jupyter_crush.tools.struct_tool import StructTool
from jupyter_crush.wire import AnswerPermission, ToolResult
from support.workspace.workbench import ANA, Desk, desk


class Given(Struct, frozen=True):
    command: str = ""


class Quiet(StructTool[Given]):
    """A tool under a name that the model is told of. It asks for nothing, and remembers what was done with it."""

    name = "run_command"
    description = "Do it."
    Args = Given

    def __init__(self, kind: str) -> None:
        self.kind: Any = kind
        self.done: list[str] = []

    async def prepare(self, args: Given, context: ToolContext) -> Prepared:  # noqa: ARG002  the port's
        async def perform() -> Output:
            self.done.append("performed")
            return Output(content=args.command)

        self.done.append("prepared")
        return Prepared(perform=perform)


def model() -> ScriptedModel:
    return ScriptedModel([says(call("run_command", {"command": "touch x"}, id="c1")), says("Done.")])


def result(asked: ScriptedModel) -> ToolResult:
    (part,) = asked.requests[1].messages[-1].parts
    assert isinstance(part, ToolResult)
    return part


async def waiting(work: Desk) -> Any:
    await work.until(lambda: bool(work.workspace.permissions()))
    (request,) = work.workspace.permissions()
    return request


@pytest.mark.parametrize("kind", ["edit", "execute", "shell"])
async def test_a_tool_that_asks_for_nothing_does_nothing_in_plan_mode(tmp_path: Path, kind: str) -> None:
    tool, asked = Quiet(kind), model()
    async with desk(tmp_path, asked, tools=[tool], permission_mode="plan") as work:
        await work.ended(await work.prompt("go"))
    assert tool.done == [] and result(asked).is_error and "Plan mode" in result(asked).content


@pytest.mark.parametrize("mode", ["plan", "ask", "accept-edits", "auto"])
async def test_a_tool_of_a_kind_that_nobody_knows_does_nothing_in_any_mode(tmp_path: Path, mode: str) -> None:
    tool, asked = Quiet("network"), model()
    async with desk(tmp_path, asked, tools=[tool], permission_mode=mode) as work:
        await work.ended(await work.prompt("go"))
    assert tool.done == [] and result(asked).is_error and "not allowed" in result(asked).content


@pytest.mark.parametrize(("kind", "mode"), [("shell", "ask"), ("shell", "accept-edits"), ("edit", "ask")])
@pytest.mark.parametrize("action", ["allow", "deny"])
async def test_a_tool_that_asks_for_nothing_is_asked_for_all_the_same(
    tmp_path: Path, kind: str, mode: str, action: Any
) -> None:
    tool, asked = Quiet(kind), model()
    async with desk(tmp_path, asked, tools=[tool], permission_mode=mode) as work:
        run = await work.prompt("go")
        request = await waiting(work)
        assert (request.action, json.loads(request.params["input"])) == (kind, {"command": "touch x"})
        assert tool.done == ["prepared"]
        await work.workspace.answer(request.id, AnswerPermission(action=action), ANA)
        await work.ended(run)
    assert tool.done == (["prepared", "performed"] if action == "allow" else ["prepared"])
    assert result(asked).is_error is (action == "deny")


@pytest.mark.parametrize(
    ("kind", "mode"), [("read", "plan"), ("talk", "plan"), ("edit", "accept-edits"), ("shell", "auto")]
)
async def test_what_a_mode_allows_is_not_asked_for(tmp_path: Path, kind: str, mode: str) -> None:
    tool, asked = Quiet(kind), model()
    async with desk(tmp_path, asked, tools=[tool], permission_mode=mode) as work:
        await work.ended(await work.prompt("go"))
    assert tool.done == ["prepared", "performed"] and not result(asked).is_error


def test_every_tool_of_ours_says_what_it_does() -> None:
    kinds = {tool.spec.name: tool.kind for tool in builtin_tools()}
    free = {name for name, kind in kinds.items() if kind in ("read", "talk")}
    assert free == {
        "list_files", "find_files", "search_text", "read_file", "read_notebook", "read_variables", "ask_user", "update_plan",
    }  # fmt: skip
    assert (kinds["run_command"], kinds["run_code"], kinds["run_cell"]) == ("shell", "execute", "execute")

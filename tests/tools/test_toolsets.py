"""Tools from elsewhere: by which names they are offered, who wraps them, and that what is wrong with them is theirs alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_crush.errors import ToolError
from jupyter_crush.plugins.loading import Plugin
from jupyter_crush.tools import (
    Approval,
    Filtered,
    Output,
    Prefixed,
    StaticToolset,
    Tool,
    ToolSpec,
    TurnContext,
    WorkspaceContext,
)
from jupyter_crush.tools.results import sound
from jupyter_crush.tools.source import Patience
from jupyter_crush.tools.toolsets import OURS, Toolsets, model_name
from support.tools.added_tools import Changing, Echo, plugin
from support.tools.tools_room import Room


async def opened(
    folder: Path, *plugins: Plugin, denied: Sequence[str] = (), patience: Patience | None = None
) -> Toolsets:
    made = Toolsets((OURS, *plugins), denied, patience or Patience())
    await made.open(WorkspaceContext(workspace_id="w", root=folder, env={}))
    return made


def tools_of(origin: str, *names: str) -> Plugin:
    return plugin(StaticToolset(origin, [Echo(name) for name in names]), origin)


async def test_a_name_that_is_taken_is_preceded_by_the_origin(tmp_path: Path) -> None:
    toolsets = await opened(tmp_path, tools_of("acme", "read_file", "search"), tools_of("zeta", "search"))
    offering = await toolsets.offer(TurnContext())
    origins = {name: offered.origin for name, offered in offering.items()}
    assert origins["read_file"] == "builtin" and origins["acme_read_file"] == "acme"
    assert (origins["search"], origins["zeta_search"]) == ("acme", "zeta")
    assert all(offered.spec.name == name for name, offered in offering.items())
    assert [status.problem for status in toolsets.statuses()] == [None, None]


async def test_two_tools_of_one_origin_by_one_name_are_a_problem_that_is_named(tmp_path: Path) -> None:
    toolsets = await opened(tmp_path, tools_of("acme", "search", "search", "search"))
    (status,) = toolsets.statuses()
    assert status.tools == ("search", "acme_search") and status.problem == "two of its tools are called search"


@pytest.mark.parametrize("name", ["github/list issues", "é", "a" * 65, "a.b", "x" * 500])
def test_a_name_becomes_one_that_models_take(name: str) -> None:
    fit = model_name(name)
    assert 0 < len(fit) <= 64 and fit.isascii() and fit.replace("_", "").replace("-", "a").isalnum() is not None
    assert model_name(fit) == fit


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert model_name("a" * 80 + "b") != model_name("a" * 80 + "c")


@pytest.mark.parametrize("denied", ["search", "acme_search"])
async def test_a_denied_name_is_denied_whoever_offers_it(tmp_path: Path, denied: str) -> None:
    plugins = tools_of("a", "search"), tools_of("acme", "search")
    toolsets = await opened(tmp_path, *plugins, denied=[denied])
    assert ("acme_search" not in toolsets.names) and (("search" in toolsets.names) is (denied == "acme_search"))


async def test_wrappers_compose(tmp_path: Path) -> None:
    inner = Changing("acme", [Echo("look"), Echo("write", "edit"), Echo("drop", "edit")])
    wrapped = Approval(Prefixed(Filtered(inner, denied={"drop"}), "acme"))
    toolsets = await opened(tmp_path, plugin(wrapped, "acme"))
    offering = await toolsets.offer(TurnContext())
    assert [name for name, offered in offering.items() if offered.origin == "acme"] == ["acme_look", "acme_write"]
    tool = offering["acme_look"].tool
    prepared = await tool.prepare(tool.parse({"text": "hi"}), Room(tmp_path).context)
    assert prepared.ask is not None and prepared.ask.always and '"hi"' in prepared.ask.params["input"]
    assert (await prepared.perform()).content == "echo: hi"
    await toolsets.close()
    assert inner.life == [f"open {tmp_path.name}", "close"]


async def test_only_the_allowed_names_pass_a_filter(tmp_path: Path) -> None:
    inner = StaticToolset("acme", [Echo("a"), Echo("b")])
    assert [tool.spec.name for tool in await Filtered(inner, allowed={"b"}).tools(TurnContext())] == ["b"]


def failing(error: Exception) -> Any:
    class Failing(Changing):
        async def open(self, workspace: WorkspaceContext) -> None:  # noqa: ARG002  its port
            raise error

    return Failing("acme")


async def test_a_toolset_that_does_not_open_is_named_and_the_others_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = failing(OSError("no such server"))
    toolsets = await opened(tmp_path, plugin(broken, "acme"), tools_of("zeta", "look"))
    for _ in range(3):
        await toolsets.offer(TurnContext())
    first, second = toolsets.statuses()
    assert first.problem == "did not open: OSError: no such server" and second.tools == ("look",)
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    await toolsets.close()
    assert broken.life == ["close"], "what it began is given back"


async def test_a_toolset_that_hangs_holds_nobody_up_for_long(tmp_path: Path) -> None:
    class Hanging(Changing):
        async def open(self, workspace: WorkspaceContext) -> None:  # noqa: ARG002  its port
            await asyncio.Event().wait()

    toolsets = await opened(tmp_path, plugin(Hanging("acme"), "acme"), patience=Patience(open=0.05))
    (status,) = toolsets.statuses()
    assert status.problem == "did not open: it took more than 0.05 s" and "read_file" in toolsets.names


async def test_a_listing_that_fails_is_tried_again_for_the_next_turn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    toolset = Changing("acme", [Echo("look")])
    toolsets = await opened(tmp_path, plugin(toolset, "acme"))
    toolset.fails = ConnectionError("gone")
    assert "look" not in await toolsets.offer(TurnContext())
    assert "look" not in await toolsets.offer(TurnContext())
    assert toolsets.statuses()[0].problem == "did not list its tools: ConnectionError: gone"
    assert len(caplog.records) == 1
    toolset.fails = None
    assert "look" in await toolsets.offer(TurnContext())
    assert toolsets.statuses()[0].problem is None


class Odd(Echo):
    """A tool that says of itself what it likes."""

    def __init__(self, spec: Any) -> None:
        super().__init__()
        self._spec = spec

    @property
    def spec(self) -> ToolSpec:
        if isinstance(self._spec, Exception):
            raise self._spec
        made: ToolSpec = self._spec
        return made


FINE = Echo("fine").spec


@pytest.mark.parametrize(
    "spec",
    [
        ValueError("not today"),
        None,
        {"name": "x"},
        replace(FINE, name=""),
        replace(FINE, name=3),
        replace(FINE, description=None),
        replace(FINE, schema={"type": "array"}),
        replace(FINE, schema={"type": "object", "default": object()}),
        replace(FINE, schema=None),
    ],
)
async def test_a_tool_that_no_model_can_be_told_of_is_left_out_alone(tmp_path: Path, spec: Any) -> None:
    tools: list[Tool[Any]] = [Odd(spec), Echo("fine")]
    toolsets = await opened(tmp_path, plugin(StaticToolset("acme", tools), "acme"))
    (status,) = toolsets.statuses()
    assert status.tools == ("fine",) and status.problem is not None


@pytest.mark.parametrize("made", [None, 3, [Echo()], Echo()])
async def test_what_is_no_toolset_is_named(tmp_path: Path, made: Any) -> None:
    toolsets = await opened(tmp_path, plugin(made, "acme"))
    (status,) = toolsets.statuses()
    assert status.problem is not None and "no Toolset" in status.problem


@pytest.mark.parametrize("origin", ["builtin", "", " ", None, 3])
async def test_nobody_passes_for_us(tmp_path: Path, origin: Any) -> None:
    toolsets = await opened(tmp_path, plugin(StaticToolset(origin, [Echo()])))
    (status,) = toolsets.statuses()
    assert status.problem is not None and "its origin is" in status.problem and "echo" not in toolsets.names


async def test_the_origin_of_an_entry_point_is_its_distribution_whatever_it_says(tmp_path: Path) -> None:
    toolsets = await opened(tmp_path, plugin(StaticToolset("builtin", [Echo()]), "acme"))
    assert (await toolsets.offer(TurnContext()))["echo"].origin == "acme"


def test_results_are_made_fit_to_be_kept() -> None:
    made = sound(Output(content="x" * 200_000 + "\ud800", metadata={"at": object()}))
    assert len(made.content.encode()) <= 64 * 1024 and made.metadata == {}
    assert sound(Output(content="x", metadata={"n": (1, 2)})).metadata == {"n": [1, 2]}
    for wrong in (None, "text", Output(content=None)):  # type: ignore[arg-type]
        with pytest.raises(ToolError, match="cannot be used"):
            sound(wrong)

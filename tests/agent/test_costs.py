"""What a run costs, and the budget for it: known only from a price that somebody gave, and applied before a request is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.config import Budgets, ModelOptions, Price
from jupyter_crush.errors import NoPrice
from jupyter_crush.models.demo import DemoModel
from jupyter_crush.models.metering import Meter, cost
from jupyter_crush.models.port import ToolSpec
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import ModelInfo, PatchSession, PromptRequest, SummarizeSession, Usage
from support.models.model_requests import asked
from support.workspace.workbench import ANA, desk

PRICE = Price(input=2.0, output=10.0, cache_read=0.2, cache_write=2.5)
PRICED = (ModelOptions(id="scripted", price=PRICE),)
STEP = Usage(
    input_tokens=100_000,
    output_tokens=1_000,
    cache_read_tokens=50_000,
    cache_write_tokens=4_000,
    context_tokens=155_000,
)
STEP_USD = 0.2 + 0.01 + 0.01 + 0.01


def looks(number: int) -> tuple[object, ...]:
    return says(call("list_files", {"path": "."}, id=f"c{number}"), usage=STEP)


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        (PRICE, STEP_USD),
        (Price(input=2.0, output=10.0), 0.2 + 0.01 + 0.1 + 0.01),
        (Price(input=0.0, output=0.0), 0.0),
    ],
)
def test_each_kind_of_token_has_its_price(price: Price, usd: float) -> None:
    assert cost(STEP, price) == pytest.approx(usd)


def test_a_sum_is_known_where_all_of_it_is() -> None:
    known, unknown = Usage(input_tokens=1, cost_usd=0.5), Usage(input_tokens=1)
    assert Usage().plus(known).plus(known).cost_usd == 1.0
    assert known.plus(Usage(context_tokens=3)).cost_usd == 0.5
    assert known.plus(unknown).cost_usd is None
    assert unknown.plus(known).cost_usd is None


@pytest.mark.parametrize(
    ("counted", "said", "is_taken"),
    [
        (Usage(input_tokens=60, output_tokens=5, context_tokens=65), "word " * 40, True),
        (Usage(input_tokens=1, cache_read_tokens=59, output_tokens=5, context_tokens=65), "word " * 40, True),
        (Usage(input_tokens=4_096, output_tokens=5, context_tokens=4_101), "word " * 40_000, False),
        (Usage(output_tokens=5_000, context_tokens=5_000), "word " * 40, False),
        (Usage(), "Hi", False),
    ],
    ids=["a template without tools", "from the cache", "most was left out", "only the answer", "nothing"],
)
def test_a_count_is_taken_where_the_messages_can_have_been_read(counted: Usage, said: str, *, is_taken: bool) -> None:
    request = asked(said, tools=[ToolSpec("look", "Look at something. " * 500, {})])
    info = ModelInfo(id="m", name="m", provider="p")
    usage = Meter(info=info).counted(counted, request, asked("yes").messages[0])
    assert (usage == counted) is is_taken
    if not is_taken:
        assert usage.input_tokens >= len(said) // 3
        assert usage.context_tokens == usage.input_tokens + usage.output_tokens


async def test_a_run_and_its_session_say_what_they_cost(tmp_path: Path) -> None:
    model = ScriptedModel([looks(1), says("Done.", usage=STEP), says("Again.", usage=STEP)])  # type: ignore[list-item]
    async with desk(tmp_path, model, models=PRICED) as work:
        (terminal,) = await work.ended(await work.prompt("Look"))
        assert terminal.usage is not None
        assert terminal.usage.cost_usd == pytest.approx(2 * STEP_USD)
        await work.ended(await work.prompt("Again"))
        assert (await work.workspace.session(work.session.id)).usage.cost_usd == pytest.approx(3 * STEP_USD)


async def test_without_a_price_nothing_is_said_of_costs(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Done.", usage=STEP)])) as work:
        (terminal,) = await work.ended(await work.prompt("Look"))
        assert terminal.usage is not None
        assert terminal.usage.cost_usd is None


async def test_a_run_ends_before_the_request_that_would_cross_its_budget(tmp_path: Path) -> None:
    model = ScriptedModel([looks(number) for number in range(9)])  # type: ignore[misc]
    async with desk(tmp_path, model, models=PRICED, budgets=Budgets(cost_usd=0.5)) as work:
        (terminal,) = await work.ended(await work.prompt("Look and look"))
        assert (terminal.state, terminal.reason) == ("error", "budget")
        assert "cost_usd in CrushApp.budgets" in (terminal.error or "")
        assert len(model.requests) == 2, (
            "two steps cost 0.46, and to send a third takes 0.03 and what is new, and 0.01 to answer"
        )
        assert terminal.usage is not None
        assert (terminal.usage.cost_usd or 0) <= 0.5


async def test_a_first_request_that_is_too_dear_is_not_sent(tmp_path: Path) -> None:
    model = ScriptedModel([says("Done.")])
    async with desk(tmp_path, model, models=PRICED, budgets=Budgets(cost_usd=0.000001)) as work:
        (terminal,) = await work.ended(await work.prompt("Hi"))
        assert (terminal.state, terminal.reason) == ("error", "budget")
        assert not model.requests


async def test_a_summary_keeps_to_it_too(tmp_path: Path) -> None:
    model = ScriptedModel([says("word " * 20_000, usage=Usage(input_tokens=1, output_tokens=1, context_tokens=20_000))])
    async with desk(tmp_path, model, models=PRICED, budgets=Budgets(cost_usd=0.02)) as work:
        await work.ended(await work.prompt("Talk"))
        (terminal,) = await work.ended(await work.workspace.runs.summarize(SummarizeSession(), work.session.id, ANA))
        assert (terminal.state, terminal.reason) == ("error", "budget")
        assert len(model.requests) == 1


async def test_a_model_without_a_price_takes_no_prompts_where_costs_are_limited(tmp_path: Path) -> None:
    model = ScriptedModel([says("Hello.")])
    async with desk(tmp_path, model, budgets=Budgets(cost_usd=1.0)) as work:
        with pytest.raises(NoPrice, match=r'CrushApp\.models = \[\{"id": "scripted", "price"') as refused:
            await work.prompt("Hi")
        assert (refused.value.status, refused.value.reason) == (409, "no_price")
        with pytest.raises(NoPrice):
            await work.workspace.runs.summarize(SummarizeSession(), work.session.id, ANA)
        assert await work.workspace.messages(work.session.id) is not None
        assert not model.requests


async def test_a_session_that_comes_to_a_model_without_a_price_takes_none_either(tmp_path: Path) -> None:
    model = ScriptedModel([looks(1), says("Hello.")])  # type: ignore[list-item]
    async with desk(tmp_path, model, models=PRICED, budgets=Budgets(cost_usd=9.0)) as work:
        first = await work.prompt("Hi", mode="queue")
        waiting = await work.prompt("And then?", mode="queue")
        await work.workspace.patch_session(work.session.id, PatchSession(model="unheard-of"), ANA)
        with pytest.raises(NoPrice, match="unheard-of"):
            await work.workspace.runs.prompt(PromptRequest(session_id=work.session.id, prompt="No"), ANA)
        _, terminal = await work.ended(first, waiting)
        assert (terminal.state, terminal.reason) == ("error", "no_price")


async def test_a_small_model_needs_its_own_price(tmp_path: Path) -> None:
    model = ScriptedModel([says("Hello.")])
    budgets = Budgets(cost_usd=9.0)
    async with desk(tmp_path, model, models=PRICED, budgets=budgets, small_model="tiny") as work:
        with pytest.raises(NoPrice, match="tiny"):
            await work.prompt("Hi")


async def test_the_demo_is_free(tmp_path: Path) -> None:
    async with desk(tmp_path, DemoModel(pace=0), budgets=Budgets(cost_usd=0.000001)) as work:
        (terminal,) = await work.ended(await work.prompt("What can you do?"))
        assert terminal.state == "done"
        assert terminal.usage is not None
        assert terminal.usage.cost_usd == 0.0

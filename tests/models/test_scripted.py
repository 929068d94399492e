"""The double says what it is told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_crush.errors import ModelError, ModelOverloaded
from jupyter_crush.models.port import Stop, TextDelta, ToolCallEnd
from jupyter_crush.models.scripted import ScriptedModel, call, says
from support.models.model_requests import asked, heard, text_of


async def test_it_answers_in_order_and_remembers_the_requests() -> None:
    model = ScriptedModel(
        [says("One. ", call("look", {"a": 1}, id="c")), lambda request: says(f"{len(request.messages)}")]
    )
    first = await heard(model, asked("hi"))
    assert text_of(first) == "One. "
    assert ToolCallEnd({"a": 1}) in first
    assert first[-1] == Stop("tool_use")
    assert text_of(await heard(model, asked("a", "b"))) == "2"
    assert [len(request.messages) for request in model.requests] == [1, 2]
    assert model.unused == 0


async def test_it_waits_for_an_event_and_counts_open_streams() -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[TextDelta("a"), gate, Stop("end_turn")]], otherwise=says("b"))
    stream = model.stream(asked("hi"))
    assert await anext(stream) == TextDelta("a")
    assert text_of(await heard(model, asked("meanwhile"))) == "b"
    assert (model.active, model.peak) == (1, 2)
    gate.set()
    assert await anext(stream) == Stop("end_turn")
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert model.active == 0


async def test_it_fails_where_it_is_told_to_and_at_the_scripts_end() -> None:
    model = ScriptedModel([[TextDelta("half"), ModelOverloaded()]])
    with pytest.raises(ModelOverloaded):
        await heard(model, asked("hi"))
    with pytest.raises(ModelError, match="no answer to request 2"):
        await heard(model, asked("hi"))

"""The checker finds what the API would refuse: without this, a valid history proves nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from support.models import history_check

VALID: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "stream": True,
    "system": [{"type": "text", "text": "s"}],
    "tools": [{"name": "look", "description": "", "input_schema": {"type": "object"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": history_check.signature("hm")},
                {"type": "tool_use", "id": "a", "name": "look", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "x"}]},
    ],
}
Change = Callable[[dict[str, Any]], object]

CHANGES: dict[str, Change] = {
    "alternate": lambda body: body["messages"].append({"role": "user", "content": "x"}),
    "end with a user": lambda body: body["messages"].append({"role": "assistant", "content": "x"}),
    "first message must be": lambda body: body["messages"].pop(0),
    "without tool_result blocks": lambda body: body["messages"][2].update(content="x"),
    "unexpected tool_use_id": lambda body: body["messages"][1]["content"].pop(1),
    "single result": lambda body: body["messages"][2]["content"].append(body["messages"][2]["content"][0]),
    "cannot be modified": lambda body: body["messages"][1]["content"][0].update(thinking="changed"),
    "final block": lambda body: body["messages"][1]["content"].reverse(),
    "non-whitespace": lambda body: body["messages"][0]["content"][0].update(text=" "),
    "content must be non-empty": lambda body: body["messages"][0].update(content=[]),
    "must come first": lambda body: body["messages"][2]["content"].insert(0, {"type": "text", "text": "x"}),
    "must be an object": lambda body: body["messages"][1]["content"][1].update(input="x"),
    "tool_use.id": lambda body: body["messages"][1]["content"][1].update(id="a b"),
    "Extra inputs": lambda body: body.update(temperature=1),
    "max_tokens": lambda body: body.update(max_tokens=0),
    "at least one message": lambda body: body.update(messages=[]),
    "must be unique": lambda body: body["tools"].append(body["tools"][0]),
    "input_schema": lambda body: body["tools"][0].update(input_schema={}),
    "text content blocks must be non-empty": lambda body: body.update(system=[{"type": "text", "text": ""}]),
    "at most 4": lambda body: body.update(system=[{"type": "text", "text": "x", "cache_control": {}}] * 5),
    "cannot hold 'image'": lambda body: body["messages"][1]["content"].insert(0, {"type": "image"}),
    "not base64": lambda body: body["messages"][2]["content"].append(
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!"}}
    ),
    "cannot be empty if is_error": lambda body: body["messages"][2]["content"][0].update(content=[], is_error=True),
    "unknown role": lambda body: body["messages"][1].update(role="system"),
}


def test_a_valid_body_is_valid() -> None:
    assert history_check.violations(VALID) == []


@pytest.mark.parametrize("expected", list(CHANGES))
def test_each_fault_is_found(expected: str) -> None:
    body = copy.deepcopy(VALID)
    CHANGES[expected](body)
    assert any(expected in found for found in history_check.violations(body)), history_check.violations(body)


@pytest.mark.parametrize("body", [None, [], {}, {"messages": [None]}, {"messages": [{"role": "user", "content": 5}]}])
def test_nonsense_is_refused_and_not_an_error(body: object) -> None:
    assert history_check.violations(body)

"""What a request's headline says in a terminal and in a cell."""

from __future__ import annotations

import pytest

from jupyter_crush.client.request_text import headline
from jupyter_crush.wire import PermissionRequest


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (None, "weather: Look at the sky [a.txt]"),
        ("builtin", "weather: Look at the sky [a.txt]"),
        ("acme-tools", "weather from acme-tools: Look at the sky [a.txt]"),
        ("acme\u202e", "weather from acme⟨U+202E⟩: Look at the sky [a.txt]"),
    ],
)
def test_a_tool_of_another_package_is_said_with_where_it_comes_from(origin: str | None, said: str) -> None:
    request = PermissionRequest(
        id="p",
        session_id="s",
        run_id="r",
        tool_call_id="c",
        tool_name="weather",
        action="read",
        description="Look at the sky",
        params={},
        path="a.txt",
        created_at=1,
        origin=origin,
    )
    assert headline(request) == said

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_crush.errors import ToolError
from jupyter_crush.kernels.kernels import Execution
from jupyter_crush.text.truncate import READ_LIMIT
from jupyter_crush.tools.registry import builtin_tools
from support.documents.managers import code, notebook
from support.scenarios.sizes import examples
from support.tools.tools_room import TOOLS, Room

NAMES = [
    "list_files",
    "find_files",
    "search_text",
    "read_file",
    "read_notebook",
    "read_variables",
    "write_file",
    "edit_file",
    "edit_notebook",
    "run_cell",
    "run_code",
    "run_command",
    "ask_user",
    "update_plan",
]


def test_there_are_these_tools() -> None:
    assert [tool.spec.name for tool in builtin_tools()] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_model_can_be_told_of_each_tool(name: str) -> None:
    spec = TOOLS[name].spec
    assert spec.name == name
    assert 100 < len(spec.description) < 2000
    text = json.dumps(spec.schema)
    assert len(text) < 3000
    assert "$ref" not in text
    assert "discriminator" not in text
    assert spec.schema["type"] == "object"
    assert spec.schema["additionalProperties"] is False
    assert set(spec.schema["required"]) <= set(spec.schema["properties"])


def test_edits_are_told_apart_by_op() -> None:
    edits = TOOLS["edit_notebook"].spec.schema["properties"]["edits"]
    options = {option["properties"]["op"]["enum"][0]: option for option in edits["items"]["anyOf"]}
    assert sorted(options) == ["delete", "insert", "move", "replace"]
    assert options["replace"]["required"] == ["op", "cell_id", "expected_hash", "source"]
    assert options["insert"]["required"] == ["op", "source"]


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        (
            "read_file",
            {},
            "read_file: Object missing required field `path`. It takes: path, offset (optional), limit (optional).",
        ),
        ("read_file", {"path": 1}, "Expected `str`, got `int` - at `path`"),
        ("read_file", {"path": "a", "lines": 2}, "unknown field `lines`"),
        ("read_file", {"path": "a", "offset": 0}, "Expected `int` >= 1 - at `offset`"),
        ("read_file", {"path": "a\ud800"}, "path holds half a character"),
        (
            "edit_notebook",
            {"path": "a", "edits": [{"op": "insert"}]},
            "missing required field `source` - at `edits[0]`",
        ),
        ("edit_notebook", {"path": "a", "edits": [{"op": "insert", "source": "\udfff"}]}, "edits[0].source holds half"),
    ],
)
def test_a_wrong_input_is_told_by_field(name: str, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolError) as error:
        TOOLS[name].parse(given)
    assert reason in error.value.message


def test_numbers_as_text_and_null_for_what_is_left_out_are_understood() -> None:
    args: Any = TOOLS["read_file"].parse({"path": "a", "offset": "3", "limit": None})
    assert (args.offset, args.limit) == (3, 2000)


TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "a.txt",
        "a.ipynb",
        "b.ipynb",
        "sub",
        "",
        ".",
        "..",
        "/",
        "c1",
        "end",
        "*",
        "**/*",
        "x\0",
        "\ud800",
        "(",
        ".env",
        "link",
        "fifo",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
HASHES = st.sampled_from(["43a1b6b1a3a4", "e3b0c44298fc", ""]) | TEXTS
EDITS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["insert", "replace", "delete", "move"])},
        optional={"after": TEXTS, "source": TEXTS, "cell_id": TEXTS, "expected_hash": HASHES, "cell_type": TEXTS},
    ),
    max_size=3,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "path": TEXTS,
    "cwd": TEXTS,
    "pattern": TEXTS,
    "include": TEXTS,
    "content": TEXTS,
    "old": TEXTS,
    "new": TEXTS,
    "cell_id": TEXTS,
    "code": TEXTS,
    "edits": EDITS,
    "offset": st.integers(-1, 5),
    "depth": st.integers(-1, 12),
}


def inputs(name: str) -> st.SearchStrategy[dict[str, Any]]:
    properties = TOOLS[name].spec.schema["properties"]
    likely = {field: FIELDS.get(field, JSON) | JSON for field in properties if field in FIELDS}
    other = {field: JSON for field in properties if field not in FIELDS}
    return st.fixed_dictionaries(likely, optional=other) | st.dictionaries(TEXTS, JSON, max_size=3)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_input_raises_anything_but_a_tool_error(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> None:
    given_input = data.draw(inputs(name))
    folder = tmp_path_factory.mktemp("room")
    jp_asyncio_loop.run_until_complete(_try(name, given_input, folder))


async def _try(name: str, given_input: dict[str, Any], folder: Path) -> None:
    room = Room(folder)
    room.put("a.txt", "one\ntwo\n")
    room.put("sub/b.txt", "x")
    (folder / "link").symlink_to("/etc")
    room.put("a.ipynb", json.dumps(notebook(code("c1", "a"))))
    room.planned.plan = [Execution(status="ok", outputs=(), execution_count=None, duration=0)]
    room.files.saw("a.txt", (await room.context.documents.read_text("a.txt")).version)
    tool = TOOLS[name]
    try:
        prepared = await tool.prepare(tool.parse(given_input), room.context)
        json.dumps(prepared.ask.params if prepared.ask else {}).encode()
        if name == "run_command":
            return  # nobody gave leave
        output = await prepared.perform()
    except ToolError as error:
        error.message.encode()
        return
    assert len(output.content.encode()) <= READ_LIMIT
    json.dumps(output.metadata)

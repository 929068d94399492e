"""Which tools there are, how a model is told of them, and how its input becomes their arguments."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import msgspec
from msgspec import Struct

from ..errors import ToolError
from ..models.port import ToolSpec
from .ask_user import AskUser
from .edit_file import EditFile
from .edit_notebook import EditNotebook
from .find_files import FindFiles
from .list_files import ListFiles
from .port import Tool
from .read_file import ReadFile
from .read_notebook import ReadNotebook
from .read_variables import ReadVariables
from .run_cell import RunCell
from .run_code import RunCode
from .run_command import RunCommand
from .search_text import SearchText
from .update_plan import UpdatePlan
from .write_file import WriteFile


def builtin_tools() -> tuple[Tool[Any], ...]:
    """All of them, those that only look first."""
    return (
        ListFiles(),
        FindFiles(),
        SearchText(),
        ReadFile(),
        ReadNotebook(),
        ReadVariables(),
        WriteFile(),
        EditFile(),
        EditNotebook(),
        RunCell(),
        RunCode(),
        RunCommand(),
        AskUser(),
        UpdatePlan(),
    )


def spec_of(tool: Tool[Any]) -> ToolSpec:
    """What the model is told: the text beside the tool's file, and the JSON Schema of its input."""
    return ToolSpec(name=tool.name, description=_description(tool.name), schema=_schema(tool))


def parse_args(tool: Tool[Any], given: dict[str, Any]) -> Struct:
    """The input as the tool's Struct. Raises ToolError that says which field is wrong, and what is expected."""
    if (field := _broken_text(given, "")) is not None:
        raise ToolError(f"{tool.name}: {field} holds half a character (a lone surrogate). Write it anew.")
    given = {name: value for name, value in given.items() if value is not None}  # null is how some models leave out
    try:
        args: Struct = msgspec.convert(given, tool.Args, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        reason = str(error).replace("`$.", "`").replace("`$`", "the input")
        raise ToolError(f"{tool.name}: {reason}. It takes: {_fields(tool)}.") from error
    return args


@cache
def _description(name: str) -> str:
    return (resources.files(__package__) / f"{name}.md").read_text("utf-8").strip()


def _schema(tool: Tool[Any]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([tool.Args], ref_template="{name}")
    inlined = _inlined(schema, components)
    assert isinstance(inlined, dict)  # noqa: S101  # a Struct's schema is an object's
    return inlined


def _inlined(node: Any, components: dict[str, Any]) -> Any:
    """A schema without references, titles, and the null that only says that a field can be left out."""
    if isinstance(node, list):
        return [_inlined(item, components) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(components[node["$ref"]], components)
    kept = {key: value for key, value in node.items() if key not in ("title", "discriminator")}
    if kept.get("default", ...) is None and "anyOf" in kept:
        options = [option for option in kept["anyOf"] if option != {"type": "null"}]
        del kept["default"]
        if len(options) == 1:
            del kept["anyOf"]
            kept = options[0] | kept
    if "properties" in kept:
        kept["properties"] = {name: _inlined(value, components) for name, value in kept["properties"].items()}
        return kept
    return {key: _inlined(value, components) if key in ("anyOf", "items") else value for key, value in kept.items()}


def _fields(tool: Tool[Any]) -> str:
    schema = _schema(tool)
    required = schema.get("required", ())
    fields = {name: _choices(value) for name, value in schema["properties"].items()}
    return ", ".join(f"{name}{said}" + " (optional)" * (name not in required) for name, said in fields.items())


def _choices(schema: dict[str, Any]) -> str:
    """The kinds of a list's items, where they are told apart by ``op``."""
    kinds = [option["properties"]["op"]["enum"][0] for option in schema.get("items", {}).get("anyOf", ())]
    return f" (a list of objects whose op is {', '.join(kinds)})" if kinds else ""


def _broken_text(value: Any, where: str) -> str | None:
    """The field that holds a lone surrogate, if any."""
    waiting = [(value, where)]
    while waiting:
        value, where = waiting.pop()
        match value:
            case str() if any("\ud800" <= character <= "\udfff" for character in value):
                return where or "the input"
            case dict():
                waiting += [(item, f"{where}.{key}".lstrip(".")) for key, item in value.items()]
                waiting += [(key, "a field's name") for key in value]
            case list():
                waiting += [(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return None

"""Tools whose input is a Struct: its JSON Schema is what the model gets, and what the model writes is parsed into it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from ..errors import ToolError
from ..models.port import ToolSpec
from ..permissions.asks import Kind
from .port import Prepared, ToolContext

A = TypeVar("A", bound=Struct)


class StructTool(Generic[A]):
    """Base of a tool. A subclass says ``name``, ``description`` (the text that the model chooses tools by), ``kind`` and ``Args``,
    and prepares calls."""

    name: str
    description: str
    kind: Kind
    Args: type[A]

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model is told of it."""
        return ToolSpec(name=self.name, description=self.description, schema=_schema(self.Args))

    def parse(self, given: dict[str, Any]) -> A:
        """The input as Args. Raises ToolError that says which field is wrong, and what is expected."""
        if (field := _broken_text(given, "")) is not None:
            raise ToolError(f"{self.name}: {field} holds half a character (a lone surrogate). Write it anew.")
        given = {name: value for name, value in given.items() if value is not None}  # null is how some models leave out
        try:
            return msgspec.convert(given, self.Args, strict=False)
        except (msgspec.ValidationError, RecursionError) as error:
            reason = str(error).replace("`$.", "`").replace("`$`", "the input")
            raise ToolError(f"{self.name}: {reason}. It takes: {_fields(self.Args)}.") from error

    async def prepare(self, args: A, context: ToolContext) -> Prepared:
        """Look, and say what would be done. Changes nothing. Raises ToolError."""
        raise NotImplementedError


def text_beside(file: str) -> str:
    """The text for the model that lies beside a tool's module, as a Markdown file of the same name."""
    return Path(file).with_suffix(".md").read_text("utf-8").strip()


@cache
def _schema(args: type[Struct]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([args], ref_template="{name}")
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


def _fields(args: type[Struct]) -> str:
    schema = _schema(args)
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

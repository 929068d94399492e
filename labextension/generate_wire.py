#!/usr/bin/env python3
"""Write src/wire.ts from jupyter_crush.wire, so that no type is written twice.

``python labextension/generate_wire.py`` writes it; ``--check`` only says whether it is stale (exit 1).

Every public Struct becomes an interface, every public alias of literals a union. A field of an answer or event is always
there, since the server encodes defaults; a field of a request may be left out where it has a default.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec
from msgspec import inspect as types

from jupyter_crush import wire
from jupyter_crush.wire import answers, changes, documents, entities, events, questions, requests

TARGET = Path(__file__).parent / "src" / "wire.ts"
NOT_SENT = {"Wire", "Body", "Change", "Event"}
"""Bases, the envelope (written by hand below), and what is kept and not published."""
PLAIN: dict[type[types.Type], str] = {
    types.StrType: "string",
    types.IntType: "number",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
    types.AnyType: "unknown",
}
WIDTH = 100
HEAD = """\
// GENERATED from jupyter_crush/wire by labextension/generate_wire.py. Do not edit: change the Python and run it again.
/* eslint-disable */

/** A JSON object of a foreign shape: a tool's input as the model wrote it. */
export type JsonObject = { [key: string]: unknown };
"""


def main() -> int:
    text = render()
    if "--check" in sys.argv[1:]:
        fresh = TARGET.exists() and TARGET.read_text("utf-8") == text
        if not fresh:
            sys.stderr.write("src/wire.ts is stale: run python labextension/generate_wire.py\n")
        return 0 if fresh else 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    return 0


def render() -> str:
    aliases = _aliases()
    blocks = [HEAD, f"export const PROTOCOL = {wire.PROTOCOL};\n"]
    blocks += [f"export type {name} = {_union(values)};\n" for name, values in aliases.items()]
    for module in (entities, answers, requests, documents, changes, questions, events):
        blocks += [_interface(cls, aliases) for cls in _structs(module)]
    blocks += [_parts(), _terminal(), _envelopes()]
    return "\n".join(blocks)


def _structs(module: ModuleType) -> Iterator[type[msgspec.Struct]]:
    """The public Structs that a module defines, in the order of its text."""
    for name, value in vars(module).items():
        own = isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
        if own and name not in NOT_SENT and hasattr(wire, name):
            yield value


def _aliases() -> dict[str, tuple[Any, ...]]:
    """Public names of literal unions, and their values."""
    named = {}
    for name, value in vars(entities).items():
        values = get_args(value)
        if hasattr(wire, name) and values and all(isinstance(one, str) for one in values):
            named[name] = values
    return named


def _interface(cls: type[msgspec.Struct], aliases: dict[str, tuple[Any, ...]]) -> str:
    info = types.type_info(cls)
    assert isinstance(info, types.StructType)  # noqa: S101  what a Struct's type_info is
    docs = _field_docs(cls)
    lines = [*_comment(_own_doc(cls)), f"export interface {cls.__name__} {{"]
    if info.tag is not None:
        lines.append(f"  {info.tag_field}: {_literal(info.tag)};")
    for field in info.fields:
        optional = "?" if issubclass(cls, requests.Body) and not field.required else ""
        lines += _comment(docs.get(field.name), "  ")
        lines.append(f"  {field.encode_name}{optional}: {_type(field.type, aliases)};")
    return "\n".join([*lines, "}\n"])


def _type(info: types.Type, aliases: dict[str, tuple[Any, ...]]) -> str:
    """The TypeScript of one type. A type that JSON does not have is an error here, not an ``any`` there."""
    if type(info) in PLAIN:
        return PLAIN[type(info)]
    if isinstance(info, types.StructType):
        return info.cls.__name__
    if isinstance(info, types.LiteralType):
        known = (name for name, own in aliases.items() if set(own) == set(info.values))
        return next(known, _union(info.values))
    if isinstance(info, types.UnionType):
        return _members(info.types, aliases)
    return _container(info, aliases)


def _container(info: types.Type, aliases: dict[str, tuple[Any, ...]]) -> str:
    match info:
        case types.Metadata(type=inner):
            return _type(inner, aliases)
        case types.VarTupleType(item_type=item) | types.ListType(item_type=item):
            text = _type(item, aliases)
            return f"({text})[]" if " | " in text else f"{text}[]"
        case types.DictType(value_type=types.AnyType()):
            return "JsonObject"
        case types.DictType(value_type=value):
            return f"{{ [key: string]: {_type(value, aliases)} }}"
    raise TypeError(f"no TypeScript for {info}")


def _members(members: tuple[types.Type, ...], aliases: dict[str, tuple[Any, ...]]) -> str:
    structs = {member.cls for member in members if isinstance(member, types.StructType)}
    if structs == set(get_args(entities.Part)):
        return "Part"
    names = [_type(member, aliases) for member in members]
    return " | ".join(sorted(names, key=lambda name: name == "null"))


def _parts() -> str:
    names = " | ".join(cls.__name__ for cls in get_args(entities.Part))
    return f"/** What a message is made of. */\nexport type Part = {names};\n"


def _terminal() -> str:
    states = [state for state in get_args(entities.RunState) if state in wire.TERMINAL]
    doc = "/** The states in which a run has ended. */"
    return f"{doc}\nexport const TERMINAL: readonly RunState[] = [{', '.join(map(_literal, states))}];\n"


def _envelopes() -> str:
    """The union that a reader of the stream narrows by ``type``."""
    names = "".join(f"\n  | Envelope<{_literal(name)}, {cls.__name__}>" for cls, name in wire.EVENT_TYPES.items())
    listed = "".join(f"\n  {_literal(name)}," for name in wire.EVENT_TYPES.values()).rstrip(",")
    return (
        "/** The envelope of every event. */\n"
        "export interface Envelope<T extends string, P> {\n"
        "  type: T;\n"
        "  payload: { type: ChangeType; payload: P };\n"
        "}\n\n"
        f"/** One event of the stream. A `type` that is not here comes from a newer server: ignore it. */\n"
        f"export type CrushEvent ={names};\n\n"
        f"export const EVENT_TYPES: readonly CrushEvent['type'][] = [{listed}\n];\n"
    )


def _own_doc(cls: type[msgspec.Struct]) -> str | None:
    return cls.__dict__.get("__doc__")


def _field_docs(cls: type[msgspec.Struct]) -> dict[str, str]:
    """The strings that follow the fields in the class's source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101  what a class's source is
    docs = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            docs[field.target.id] = after.value.value
    return docs


def _comment(doc: str | None, indent: str = "") -> list[str]:
    if not doc:
        return []
    text = re.sub(r"\bNone\b", "null", inspect.cleandoc(doc).replace("``", "`").replace("*/", "* /"))
    lines = textwrap.wrap(" ".join(text.split()), WIDTH)
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */"]
    return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def _union(values: tuple[Any, ...]) -> str:
    return " | ".join(_literal(value) for value in values)


def _literal(value: Any) -> str:
    return "'" + json.dumps(value)[1:-1].replace("'", "\\'") + "'" if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    sys.exit(main())

"""What runs in a Python kernel to tell of its variables. The server sends the text of this file; nothing else is ever run for it.

Theory. It is evaluated as a user expression of a silent request, in a namespace of its own: no history, no output, no execution
count, no name left behind. It only looks. Of objects whose class comes from the standard library or from a library for data it
asks shape, types and the first values; of all others it reads the attributes in their ``__dict__``. So no ``__repr__``, ``__str__``,
``__len__`` or ``__getattr__`` that a person wrote is called. What is told is bounded in every direction, and in time.

It runs in whatever Python (3.8 or newer) the kernel has, without this package: only the standard library is imported.
"""

# ruff: noqa: B905  zip(strict) came with Python 3.10

from __future__ import annotations

import itertools
import json
import sys
import time
import types
from typing import Any

NAMES = 300
"""Variables of one answer."""
TEXT = 60
"""Characters of one value."""
ITEMS = 5
"""Items of a container, in one value."""
DEPTH = 2
"""Containers in containers."""
ROWS = 5
"""Rows of a table's head."""
COLUMNS = 50
"""Columns of a schema."""
SHOWN_COLUMNS = 12
"""Columns of a table's head."""
ATTRIBUTES = 20
"""Attributes of an object."""
SIZE = 60000
"""Characters of one answer, as JSON."""

STANDARD = ("builtins", "collections", "datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo")
SHAPED = ("numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "jax", "jaxlib", "xarray", "geopandas", "cudf")
"""Libraries whose objects are asked for their shape and type."""
NUMBERS = ("int", "float", "complex", "bool", "range", "Decimal", "Fraction")
TIMES = ("date", "datetime", "time", "timedelta", "timezone", "ZoneInfo")
PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "UUID")
TEXTS = (str, bytes, bytearray)
BRACKETS = {"list": "[]", "tuple": "()", "set": "{}", "frozenset": "{}", "deque": "[]"}
MAPPINGS = ("dict", "defaultdict", "OrderedDict", "Counter")
FRAMES = ("DataFrame", "GeoDataFrame", "Table")
CALLABLES = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)
RANKS = {"data": 0, "value": 1, "callable": 2, "module": 3}


def describe_variables(namespace: dict[str, Any], names: list[str] | None, seconds: float) -> str:
    """The variables as JSON: all of them in short, or those that are named with their heads."""
    until = time.monotonic() + seconds
    found = _found(namespace, names)
    answer: dict[str, Any] = {"total": len(found), "variables": [], "cut": None}
    size = 0
    for name, value in found[:NAMES]:
        if time.monotonic() > until:
            answer["cut"] = "time"
            break
        try:
            entry = _variable(name, value, names is not None)
        except KeyboardInterrupt:
            answer["cut"] = "time"
            break
        except Exception as error:  # noqa: BLE001  a library's object in a broken state
            entry = {
                "name": name,
                "type": _type_name(type(value)),
                "kind": "value",
                "value": f"({type(error).__name__})",
            }
        size += len(json.dumps(entry))
        if size > SIZE:
            answer["cut"] = "size"
            break
        answer["variables"].append(entry)
    if answer["cut"] is None and len(found) > NAMES:
        answer["cut"] = "size"
    return json.dumps(answer)


def _found(namespace: dict[str, Any], names: list[str] | None) -> list[tuple[str, Any]]:
    """The person's own names, those with data first; what IPython put there is left out."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    variables = dict(getattr(shell, "user_ns", namespace))
    if names is not None:
        return [(name, variables[name]) for name in names if name in variables]
    hidden = getattr(shell, "user_ns_hidden", {})
    nothing = object()
    own = [
        (name, value)
        for name, value in variables.items()
        if type(name) is str and name.isidentifier() and name[:1] != "_" and hidden.get(name, nothing) is not value
    ]
    return sorted(own, key=lambda item: (RANKS[_kind(type(item[1]))], item[0]))


def _kind(cls: type) -> str:
    if issubclass(cls, types.ModuleType):
        return "module"
    if issubclass(cls, CALLABLES):
        return "callable"
    return "data" if _library(cls) in SHAPED else "value"


def _variable(name: str, value: Any, close: bool) -> dict[str, Any]:
    cls = type(value)
    kind = _kind(cls)
    entry: dict[str, Any] = {"name": name, "type": _type_name(cls), "kind": kind}
    if kind == "data":
        entry.update(_data(value, cls, close))
    elif kind == "value":
        entry["value"] = _short(value, 0, 20 * TEXT if close else TEXT)
        if cls in TEXTS or _is_container(cls):
            entry["length"] = len(value)
        if close:
            entry["attributes"] = _attributes(value)
    elif kind == "module":
        entry["value"] = _cut(_plain(_own(value).get("__name__")), TEXT)
    elif type(value) is types.FunctionType:
        code = value.__code__
        parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        entry["value"] = f"({', '.join(parameters[:ATTRIBUTES])})"
    return entry


# --- data ---


def _data(value: Any, cls: type, close: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        told["shape"] = [size if type(size) is int else None for size in shape[:8]]
    library, name = _library(cls) or "", _name(cls)
    if name in FRAMES:
        columns = list(_columns(value, library))
        told["columns"] = [[_short(column, 0, TEXT), _dtype(dtype)] for column, dtype in columns[:COLUMNS]]
        told["column_count"] = len(columns)
        if close:
            told["head"] = _table(value, library, len(columns))
        return told
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        told["dtype"] = _dtype(dtype)
    if library == "pandas" and name == "Series":
        told["value"] = (
            _series(list(value.index[:ROWS]), list(value.iloc[:ROWS])) if close else _short(value.name, 0, TEXT)
        )
    elif library == "polars" and name == "Series":
        told["value"] = _short(value.head(ROWS).to_list(), 0, 20 * TEXT)
    elif library == "numpy" and name in ("ndarray", "memmap") and (close or value.size <= ITEMS):
        told["value"] = _short(value.flat[: 4 * ITEMS].tolist(), 0, 20 * TEXT, 4 * ITEMS)
    elif not shape and library in ("numpy", "pandas"):
        told["value"] = _cut(repr(value), TEXT)
    return told


def _columns(value: Any, library: str) -> Any:
    """Pairs of a column's name and type."""
    if library == "polars":
        return value.schema.items()
    if library == "pyarrow":
        return zip(value.schema.names, value.schema.types)
    return zip(value.columns, value.dtypes)


def _table(value: Any, library: str, columns: int) -> list[list[str]]:
    """The first rows; the first of them names the columns."""
    count = min(columns, SHOWN_COLUMNS)
    if library == "polars":
        part = value[:ROWS, :count]
        names, rows = part.columns, part.rows()
    elif library == "pyarrow":
        part = value.slice(0, ROWS).select(list(range(count)))
        names, rows = part.schema.names, list(zip(*(column.to_pylist() for column in part.columns)))
    else:
        part = value.iloc[:ROWS, :count]
        names = ["", *part.columns]
        rows = list(zip(part.index, *(list(part.iloc[:, at]) for at in range(count))))
    return [[_cell(item) for item in row] for row in [names, *rows]]


def _cell(value: Any) -> str:
    return _cut(_plain(value), TEXT) if type(value) is str else _short(value, 0, TEXT)


def _series(index: list[Any], values: list[Any]) -> str:
    return f"{{{', '.join(_pair(key, value, 1) for key, value in zip(index, values))}}}"


def _pair(key: Any, value: Any, depth: int) -> str:
    return f"{_short(key, depth, TEXT)}: {_short(value, depth, TEXT)}"


def _dtype(dtype: Any) -> str:
    known = _library(type(dtype)) is not None or _library(dtype if isinstance(dtype, type) else type(dtype)) is not None
    return _cut(str(dtype), TEXT) if known else _type_name(type(dtype))


# --- any value, in short ---


def _short(value: Any, depth: int, limit: int, items: int = ITEMS) -> str:
    """A value as a line; ``<type>`` where only code of its own could say more."""
    cls = type(value)
    if value is None:
        return "None"
    if cls in TEXTS:
        return repr(value[:limit]) + ("…" if len(value) > limit else "")
    if cls is int and value.bit_length() > 256:
        return f"<int of {value.bit_length()} bits>"
    if _is_container(cls):
        return _container(value, _name(cls), depth, limit, items)
    return _cut(repr(value), limit) if _is_plain(value, cls) else f"<{_type_name(cls)}>"


def _is_plain(value: Any, cls: type) -> bool:
    """Whether its ``repr`` is a library's own, and small work."""
    library = _library(cls)
    timezone = getattr(value, "tzinfo", None) if library in ("datetime", "pandas") else None
    if timezone is not None and _library(type(timezone)) is None:
        return False
    if library in ("numpy", "pandas"):
        return _name(cls) not in ("void", "ndarray") and not getattr(value, "shape", ())
    return library in STANDARD and _name(cls) in (*NUMBERS, *TIMES, *PATHS)


def _is_container(cls: type) -> bool:
    return _library(cls) in ("builtins", "collections") and (_name(cls) in BRACKETS or _name(cls) in MAPPINGS)


def _container(value: Any, name: str, depth: int, limit: int, items: int) -> str:
    if depth >= DEPTH:
        return f"<{name} of {len(value)}>"
    first = list(itertools.islice(value.items() if name in MAPPINGS else value, items))
    if name in MAPPINGS:
        parts = [_pair(key, item, depth + 1) for key, item in first]
    else:
        parts = [_short(item, depth + 1, TEXT) for item in first]
    brackets = BRACKETS.get(name, "{}")
    more = [f"… {len(value) - items} more"] if len(value) > items else []
    return _cut(brackets[0] + ", ".join(parts + more) + brackets[1], max(limit, 2 * TEXT))


def _attributes(value: Any) -> list[list[str]]:
    return [
        [_cut(name, TEXT), _short(item, 1, TEXT)]
        for name, item in itertools.islice(_own(value).items(), ATTRIBUTES)
        if type(name) is str and name[:1] != "_"
    ]


def _own(value: Any) -> dict[Any, Any]:
    """An object's ``__dict__``, without asking the object."""
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return dict(own) if type(own) is dict else {}


# --- names ---


def _library(cls: Any) -> str | None:
    """The package that really has this class: it is found there under its name. None: the person's own, or unknown."""
    if not isinstance(cls, type):
        return None
    name, module = _name(cls), type.__dict__["__module__"].__get__(cls)
    if type(module) is not str:
        return None
    top = module.partition(".")[0]
    if top not in STANDARD and top not in SHAPED:
        return None
    home = sys.modules.get(module)
    return top if home is not None and vars(home).get(name) is cls else None


def _type_name(cls: Any) -> str:
    module = type.__dict__["__module__"].__get__(cls)
    where = "" if type(module) is not str or module in ("builtins", "__main__") else module.partition(".")[0] + "."
    return _cut(where + _name(cls), TEXT)


def _name(cls: Any) -> str:
    return _plain(type.__dict__["__name__"].__get__(cls))


def _plain(text: Any) -> str:
    return text.encode("utf-8", "replace").decode() if type(text) is str else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + "…"

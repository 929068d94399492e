"""What the code that runs in a kernel tells, and that it runs nobody else's."""

from __future__ import annotations

import collections
import datetime as dt
import json
import math
import types
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_crush.kernels.introspection import python


def look(*names: str, seconds: float = 60, **namespace: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(python.describe_variables(namespace, list(names) or None, seconds))
    return found


def one(value: Any, *, close: bool = False) -> dict[str, Any]:
    (found,) = look("x", x=value)["variables"] if close else look(x=value)["variables"]
    return dict(found)


RAN: list[str] = []
"""Code of persons' objects that ran."""


class Hostile:
    """Notes whatever is asked of it."""

    def __init__(self) -> None:
        object.__setattr__(self, "size", 3)

    def _note(self, *_: Any) -> Any:
        RAN.append("a method")
        return ""

    __repr__ = __str__ = __iter__ = __bool__ = __dir__ = __format__ = __len__ = __setattr__ = _note

    def __getattribute__(self, name: str) -> Any:
        RAN.append(name)
        return object.__getattribute__(self, name)


class Meta(type):
    """Notes that its classes are asked for their names."""

    def __getattribute__(cls, name: str) -> Any:
        RAN.append(name)
        return super().__getattribute__(name)

    def __repr__(cls) -> str:
        RAN.append("repr")
        return ""


class Strange(metaclass=Meta):
    pass


def test_no_code_of_a_persons_object_runs_alone_in_containers_or_in_tables() -> None:
    hostile = Hostile()
    frame = pd.DataFrame({"a": pd.Series([hostile, hostile], dtype=object)})
    values: dict[str, Any] = {
        "alone": hostile,
        "list": [hostile],
        "dict": {"key": hostile},
        "frame": frame,
        "array": np.array([hostile, 1], dtype=object),
        "scalar": np.array(hostile, dtype=object),
        "series": frame["a"],
        "kind": Strange,
        "instance": Strange(),
    }
    RAN.clear()
    for found in (look(**values), look(*values, **values)):
        assert {entry["name"] for entry in found["variables"]} == set(values)
    assert RAN == []
    assert "Hostile>" in one([hostile])["value"]


def test_a_class_that_only_calls_itself_a_librarys_is_not_taken_for_one() -> None:
    fake = type("DataFrame", (Hostile,), {"__module__": "pandas"})
    assert one(fake())["kind"] == "value"


def test_a_table_has_shape_schema_and_on_request_a_head() -> None:
    frame = pd.DataFrame({"species": ["Adelie", "Gentoo"], "mass": [3750.0, math.nan]}, index=["r1", "r2"])
    short = one(frame)
    assert (short["shape"], short["columns"]) == ([2, 2], [["'species'", "str"], ["'mass'", "float64"]])
    assert "head" not in short
    assert one(frame, close=True)["head"] == [
        ["", "species", "mass"],
        ["r1", "Adelie", "3750.0"],
        ["r2", "Gentoo", "nan"],
    ]


def test_arrays_and_series_have_shape_type_and_first_values() -> None:
    assert one(np.zeros((3, 4), dtype="int16")) | {"shape": [3, 4], "dtype": "int16"} == one(
        np.zeros((3, 4), dtype="int16")
    )
    assert one(np.arange(100), close=True)["value"].startswith("[0, 1, 2, 3")
    assert one(pd.Series([1, 2], index=["a", "b"]), close=True)["value"] == "{'a': 1, 'b': 2}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "3"),
        (None, "None"),
        ("text", "'text'"),
        ([1, [2, [3]]], "[1, [2, <list of 1>]]"),
        ({"a": (1, 2)}, "{'a': (1, 2)}"),
        (list(range(9)), "[0, 1, 2, 3, 4, … 4 more]"),
        (dt.date(2026, 1, 2), "datetime.date(2026, 1, 2)"),
        (collections.Counter("aab"), "{'a': 2, 'b': 1}"),
        pytest.param(10**1_000_000, "<int of 3321929 bits>", id="a huge number"),
        (np.float64(1.5), "np.float64(1.5)"),
    ],
)
def test_plain_values_are_told_as_they_are_written(value: Any, told: str) -> None:
    assert one(value)["value"] == told


def test_attributes_of_an_object_are_told_when_it_is_named() -> None:
    @dataclass
    class Point:
        x: int
        label: str

    assert one(Point(1, "here"), close=True)["attributes"] == [["x", "1"], ["label", "'here'"]]


def test_functions_have_their_parameters_and_modules_their_names() -> None:
    def clean(frame: Any, *, deep: bool = False) -> Any:
        return frame, deep

    assert one(clean)["value"] == "(frame, deep)"
    assert one(math)["value"] == "math"
    assert one(types.ModuleType("mine"))["value"] == "mine"


def test_huge_things_and_many_things_are_bounded() -> None:
    huge: dict[str, Any] = {
        "text": "x" * 50_000_000,
        "wide": pd.DataFrame(np.zeros((2, 3000))),
        "long": list(range(1_000_000)),
        "deep": [[[["x" * 1000] * 1000] * 1000] * 1000],
    }
    found = look(*huge, **huge)
    assert len(json.dumps(found)) < 20_000
    assert found["variables"][1]["column_count"] == 3000
    texts: dict[str, Any] = {f"v{index}": "x" * 1000 for index in range(5000)}
    many = look(**texts)
    assert (many["total"], len(many["variables"]), many["cut"]) == (5000, python.NAMES, "size")


def test_time_ends_the_look_and_what_was_seen_is_told() -> None:
    found = look(seconds=-1, x=1)
    assert (found["total"], found["variables"], found["cut"]) == (1, [], "time")


def test_private_names_are_left_out_unless_named_and_data_comes_first() -> None:
    namespace: dict[str, Any] = {"zeta": pd.DataFrame(), "alpha": 1, "_hidden": 2, "not a name": 3, "json": json}
    assert [entry["name"] for entry in look(**namespace)["variables"]] == ["zeta", "alpha", "json"]
    assert [entry["name"] for entry in look("_hidden", "gone", **namespace)["variables"]] == ["_hidden"]

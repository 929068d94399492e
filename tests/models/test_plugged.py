"""Providers of other packages: whom they stand behind, and that what goes wrong in one is its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jupyter_crush.errors import ModelError
from jupyter_crush.models import Model, ModelEvent, ModelInfo, ModelRequest, TextDelta
from jupyter_crush.models.catalog import Catalog
from jupyter_crush.models.demo import DemoModel
from jupyter_crush.models.plugged import PluggedModel, plugged, with_plugged
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.plugins.loading import Plugin


class Other:
    provider = "other"

    def __init__(self, *names: str) -> None:
        self.names = names

    def models(self) -> tuple[ModelInfo, ...]:
        return tuple(ModelInfo(id=name, name=name, provider=self.provider) for name in self.names)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:  # noqa: ARG002  its port
        yield TextDelta("half")
        raise KeyError("secret thing")

    async def aclose(self) -> None:
        raise OSError("already gone")


def found(make: Any) -> Plugin:
    return Plugin(provides="provider", name="other", origin="other-models", make=make)


async def test_a_failure_of_its_own_is_the_models() -> None:
    model = PluggedModel(Other("a"))
    with pytest.raises(ModelError, match="other failed: KeyError"):
        _ = [event async for event in model.stream(ModelRequest(model="a", system=(), messages=()))]
    await model.aclose()


@pytest.mark.parametrize("make", [Other, lambda: 3, lambda: 1 / 0])
def test_one_that_cannot_be_used_is_named(make: Any) -> None:
    models, (status,) = plugged([found(make)])
    assert models == () and status.problem is not None and status.origin == "other-models"


def test_the_configured_come_first_and_the_demo_last() -> None:
    configured, other, demo = ScriptedModel(), Other("a"), DemoModel()
    assert with_plugged([configured], [other]) == (configured, other)
    assert with_plugged([demo], [other]) == (other, demo)
    catalog = Catalog(with_plugged([demo], [other]))
    assert next(info.id for info in catalog.infos) == "a"


def test_a_model_that_two_offer_is_the_firsts() -> None:
    first, second = Other("a"), Other("a", "b")
    providers: list[Model] = [first, second]
    catalog = Catalog(providers)
    assert [info.id for info in catalog.infos] == ["a", "b"] and catalog.find("a")[0] is first

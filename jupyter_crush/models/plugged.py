"""Providers of models that other packages add. What goes wrong in one is its own: the others answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from ..errors import CrushError, ModelError
from ..plugins.loading import Plugin, reason_of
from ..wire import ModelInfo, PluginStatus
from .port import Model, ModelEvent, ModelRequest

logger = logging.getLogger(__name__)


class PluggedModel:
    """Somebody else's provider. Its models are asked for once; its failures become errors of the model."""

    def __init__(self, model: Model) -> None:
        self.provider = model.provider
        self._model = model
        self._models = tuple(model.models())
        if not self._models or not all(isinstance(info, ModelInfo) for info in self._models):
            raise ValueError("it offers no models")

    def models(self) -> tuple[ModelInfo, ...]:
        return self._models

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        try:
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    yield event
        except CrushError:
            raise
        except Exception as error:
            logger.exception("the provider %s failed", self.provider)
            raise ModelError(f"{self.provider} failed: {reason_of(error)}") from error

    async def aclose(self) -> None:
        try:
            await self._model.aclose()
        except Exception:
            logger.exception("the provider %s did not close", self.provider)


def plugged(plugins: Iterable[Plugin]) -> tuple[tuple[Model, ...], tuple[PluginStatus, ...]]:
    """The providers that can be used, and what is to be known of all."""
    models: list[Model] = []
    statuses = []
    for plugin in plugins:
        problem = plugin.problem
        if plugin.make is not None:
            try:
                models.append(PluggedModel(plugin.make()))
            except (Exception, SystemExit) as error:
                problem = reason_of(error)
                logger.exception("the provider %s of %s cannot be used", plugin.name, plugin.origin)
        origin = plugin.origin or plugin.name
        statuses.append(PluginStatus(name=plugin.name, origin=origin, provides="provider", problem=problem))
    return tuple(models), tuple(statuses)


def with_plugged(configured: Sequence[Model], added: Sequence[Model]) -> tuple[Model, ...]:
    """Whom the configuration names first, then those of other packages; the demo comes last, since it is what is there when
    nothing else is."""
    demos = [one for one in configured if is_demo(one)]
    return (*(one for one in configured if one not in demos), *added, *demos)


def is_demo(model: Model) -> bool:
    return any(info.is_demo for info in model.models())

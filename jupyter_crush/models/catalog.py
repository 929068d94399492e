"""Which models there are here, and which one answers. What is missing is said in words that name what to set."""

from __future__ import annotations

from collections.abc import Sequence

from ..config import Config
from ..errors import AgentNotReady, ModelNotFound
from ..wire import ModelInfo
from .port import Model


class Catalog:
    """The providers in use, the preferred first."""

    def __init__(self, providers: Sequence[Model], *, default: str | None = None) -> None:
        self._providers = tuple(providers)
        self._default = default

    @property
    def infos(self) -> tuple[ModelInfo, ...]:
        return tuple(info for provider in self._providers for info in provider.models())

    @property
    def reason(self) -> str | None:
        """Why no model can be used; None when one can."""
        return None if self._providers else AgentNotReady().message

    def info(self, model_id: str | None = None) -> ModelInfo | None:
        """The model that would answer; None when there is none."""
        try:
            return self.find(model_id)[1]
        except (AgentNotReady, ModelNotFound):
            return None

    def find(self, model_id: str | None = None) -> tuple[Model, ModelInfo]:
        """The model of that id, or the default. A name not listed goes to the first provider that is no demo: local servers
        have names of their own. Raises AgentNotReady or ModelNotFound.
        """
        if not self._providers:
            raise AgentNotReady
        wanted = model_id or self._default
        if wanted is None:
            return self._providers[0], self._providers[0].models()[0]
        for provider in self._providers:
            for info in provider.models():
                if info.id == wanted:
                    return provider, info
        for provider in self._providers:
            if not provider.models()[0].is_demo:
                return provider, ModelInfo(id=wanted, name=wanted, provider=provider.provider)
        raise ModelNotFound(
            f"There is no model {wanted!r} here. There are: {', '.join(info.id for info in self.infos)}."
        )

    async def aclose(self) -> None:
        for provider in self._providers:
            await provider.aclose()


def providers_from(config: Config) -> tuple[Model, ...]:
    """The providers that the configuration allows: a real one where a key or a server is named, else the demo where allowed."""
    from .anthropic import AnthropicModel  # noqa: PLC0415  imported when needed, like the one below
    from .demo import DemoModel  # noqa: PLC0415

    if config.demo == "always":
        return (DemoModel(),)
    if config.api_key or config.base_url:
        return (AnthropicModel(api_key=config.api_key, base_url=config.base_url, model=config.model),)
    return (DemoModel(),) if config.demo == "auto" else ()

"""Which models there are here, and which one answers. What is missing is said in words that name what to set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ..config import Config, ModelOptions, Price
from ..errors import AgentNotReady, ModelNotFound
from ..wire import ModelInfo, PluginStatus
from .port import Model, Preparing

FREE = Price(input=0.0, output=0.0)


class Catalog:
    """The providers in use, the preferred first, and what the configuration says of their models."""

    def __init__(
        self,
        providers: Sequence[Model],
        *,
        default: str | None = None,
        options: Sequence[ModelOptions] = (),
        plugins: Sequence[PluginStatus] = (),
    ) -> None:
        self.plugins = tuple(plugins)
        """What is to be known of the providers that other packages add."""
        self._providers = tuple(providers)
        self._default = default
        self._options = {one.id: one for one in options}

    @property
    def infos(self) -> tuple[ModelInfo, ...]:
        return tuple(info for _, info in self._choices())

    def _choices(self) -> Iterator[tuple[Model, ModelInfo]]:
        """What each provider offers, then what only the configuration names."""
        offered = set()
        for provider in self._providers:
            for info in provider.models():
                if info.id not in offered:
                    offered.add(info.id)
                    yield provider, self._told(info)
        if (real := self._real) is not None:
            for name in [name for name in self._options if name not in offered]:
                yield real, self._unlisted(name, real)

    @property
    def _real(self) -> Model | None:
        """Who answers for models that nobody lists: the first provider that is no demo."""
        return next((one for one in self._providers if not one.models()[0].is_demo), None)

    def _unlisted(self, name: str, provider: Model) -> ModelInfo:
        return self._told(ModelInfo(id=name, name=name, provider=provider.provider))

    def _told(self, info: ModelInfo) -> ModelInfo:
        """With what the configuration says of it."""
        said = self.options(info.id)
        return replace(info, name=said.name or info.name, context_window=said.context_window or info.context_window)

    def options(self, model_id: str) -> ModelOptions:
        """What the configuration says of a model."""
        return self._options.get(model_id) or ModelOptions(id=model_id)

    def price(self, info: ModelInfo) -> Price | None:
        """What a model costs; None: not known. The demo is free."""
        return self.options(info.id).price or (FREE if info.is_demo else None)

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
        for provider, info in self._choices():
            if wanted in (None, info.id):
                return provider, info
        if wanted is not None and (real := self._real) is not None:
            return real, self._unlisted(wanted, real)
        raise ModelNotFound(
            f"There is no model {wanted!r} here. There are: {', '.join(info.id for info in self.infos)}."
        )

    def prepare(self) -> None:
        """Somebody is about to use the models: what takes time before a first request is begun."""
        for provider in self._providers:
            if isinstance(provider, Preparing):
                provider.prepare()

    async def aclose(self) -> None:
        for provider in self._providers:
            await provider.aclose()


def providers_from(config: Config) -> tuple[Model, ...]:
    """The providers that the configuration allows: a real one where a key or a server is named, else the demo where allowed."""
    from .anthropic import AnthropicModel  # noqa: PLC0415  imported when needed, like the one below
    from .demo import DemoModel  # noqa: PLC0415

    if config.demo == "always":
        return (DemoModel(),)
    if config.api_key or config.auth_token or config.base_url:
        made = AnthropicModel(
            api_key=config.api_key,
            auth_token=config.auth_token,
            base_url=config.base_url,
            model=config.model,
            named=[one.id for one in config.models],
            full=config.full_requests,
            headers=config.headers,
            timeouts=config.timeouts,
        )
        return (made,)
    return (DemoModel(),) if config.demo == "auto" else ()

"""Which models there are here, and which one answers. What is missing is said in words that name what to set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from msgspec.structs import replace

from ..config import Config, ModelOptions, Price
from ..errors import AgentNotReady, ModelNotFound
from ..plugins.loading import Plugin
from ..wire import ModelInfo, PluginStatus
from .declared import DeclaredModel, declared, messages_listing, options_of
from .plugged import is_demo, plugged, with_plugged
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
        for name in [name for name in self._options if name not in offered]:
            if (home := self._home(name)) is not None:
                yield home, self._unlisted(name, home)

    def _home(self, model_id: str) -> Model | None:
        """Who answers for a model that nobody lists: the provider whose name it begins with, else the first that is no demo, unless
        that one has a name of its own."""
        for provider in self._providers:
            if isinstance(provider, DeclaredModel) and provider.owns(model_id):
                return provider
        real = next((one for one in self._providers if not is_demo(one)), None)
        return None if isinstance(real, DeclaredModel) and real.name else real

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
        """What a model costs, as the configuration says it, else as its provider does at its own address; None: not known. The demo is
        free."""
        said = self.options(info.id).price or (FREE if info.is_demo else None)
        if said is not None:
            return said
        owners = (
            one for one in self._providers if isinstance(one, DeclaredModel) and (not one.name or one.owns(info.id))
        )
        return next((price for one in owners if (price := one.price(info.id)) is not None), None)

    @property
    def reason(self) -> str | None:
        """Why no model can be used; None when one can."""
        if self._providers:
            return None if self.infos else self._problem
        return AgentNotReady().message

    @property
    def _problem(self) -> str | None:
        """Why the first provider, to which the default belongs, offers nothing."""
        first = self._providers[0]
        return first.problem if isinstance(first, DeclaredModel) else None

    def info(self, model_id: str | None = None) -> ModelInfo | None:
        """The model that would answer; None when there is none."""
        try:
            return self.find(model_id)[1]
        except (AgentNotReady, ModelNotFound):
            return None

    def find(self, model_id: str | None = None) -> tuple[Model, ModelInfo]:
        """The model of that id, or the default: the first provider's first. A name not listed goes to whom :meth:`_home` says: local
        servers have names of their own. Raises AgentNotReady or ModelNotFound.
        """
        if not self._providers:
            raise AgentNotReady
        wanted = model_id or self._default
        if wanted is None and not self._providers[0].models():
            self.prepare()  # its server may be there by now, for the next who asks
            raise ModelNotFound(self._problem or "No model is known yet. Try again, or name one in CrushApp.model.")
        for provider, info in self._choices():
            if wanted in (None, info.id):
                return provider, info
        if wanted is not None and (home := self._home(wanted)) is not None:
            return home, self._unlisted(wanted, home)
        raise ModelNotFound(
            f"There is no model {wanted!r} here. There are: {', '.join(info.id for info in self.infos) or 'none yet'}."
        )

    def prepare(self) -> None:
        """Somebody is about to use the models: what takes time before a first request is begun."""
        for provider in self._providers:
            if isinstance(provider, Preparing):
                provider.prepare()

    async def listed(self, within: float) -> None:
        """Wait until servers have listed their models, at most so many seconds."""
        waiting = [provider.listed() for provider in self._providers if isinstance(provider, DeclaredModel)]
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await asyncio.gather(*waiting)

    async def aclose(self) -> None:
        for provider in self._providers:
            await provider.aclose()


def catalog_of(
    config: Config, plugins: Iterable[Plugin], given: Callable[[Config], Iterable[Model]] | None = None
) -> Catalog:
    """What the configuration and other packages offer; ``given``, a function of the administrator's, is alone. Raises ValueError."""
    found = tuple(plugins)
    used = {provider.kind for provider in config.providers}
    others = () if given is not None or config.demo == "always" else (one for one in found if one.name not in used)
    added, statuses = plugged(others)
    providers = tuple(given(config)) if given is not None else providers_from(config, found)
    return Catalog(
        with_plugged(providers, added), default=config.model, options=tuple(options_of(config)), plugins=statuses
    )


def providers_from(config: Config, plugins: Sequence[Plugin] = ()) -> tuple[Model, ...]:
    """The providers that the configuration allows: those that it declares, or a real one where a key or a server is named, else the
    demo where allowed."""
    from .anthropic import AnthropicModel, MessagesServer  # noqa: PLC0415  imported when needed, like the one below
    from .anthropic.known import API_URL, is_anthropic  # noqa: PLC0415
    from .demo import DemoModel  # noqa: PLC0415

    if config.demo == "always":
        return (DemoModel(),)
    if config.providers:
        return declared(config, plugins)
    key = config.api_key or config.auth_token
    if not key and not config.base_url:
        return (DemoModel(),) if config.demo == "auto" else ()
    made = AnthropicModel(
        MessagesServer(
            api_key=config.api_key,
            auth_token=config.auth_token,
            base_url=config.base_url,
            full=config.full_requests,
            headers=config.headers,
        ),
        model=config.model,
        named=[one.id for one in config.models],
        timeouts=config.timeouts,
    )
    listing = None
    if config.base_url and not (config.model or config.models or is_anthropic(config.base_url)):
        listing = messages_listing(config.base_url, key, config.headers)
    return (DeclaredModel(None, made, (), listing, base_url=config.base_url or API_URL),)

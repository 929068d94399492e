"""The providers that ``CrushApp.providers`` declares: several at once, each with its own address, key and names of models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

from msgspec.structs import replace

from ..config import ApiKey, Config, ModelOptions, Price, Provider
from ..plugins.loading import Plugin
from ..wire import ModelInfo
from .listing import Listing
from .plugged import PluggedModel
from .port import Model, ModelEvent, ModelRequest, Preparing
from .prices import known

BUILTIN_KINDS = ("anthropic", "openai")


class DeclaredModel:
    """A provider as it is known here: its models are called ``name/model``, and are those that are declared, or that its server lists.

    ``name`` None: they have their own names, and where the server lists none, what the adapter itself offers is there."""

    def __init__(
        self,
        name: str | None,
        model: Model,
        declared: Sequence[ModelOptions] = (),
        listing: Listing | None = None,
        *,
        base_url: str | None = None,
    ) -> None:
        self.name = name
        self.provider = model.provider
        self._model = model
        self._prefix = f"{name}/" if name else ""
        self._declared = [ModelInfo(id=one.id, name=one.name or one.id, provider=self.provider) for one in declared]
        self._listing = listing
        self._base_url = base_url

    def models(self) -> tuple[ModelInfo, ...]:
        return tuple(map(self._named, self._offered()))

    def _offered(self) -> Sequence[ModelInfo]:
        if self._declared or self._listing is None:
            return self._declared or self._model.models()
        return self._listing.infos or (() if self.name else self._model.models())

    def _named(self, info: ModelInfo) -> ModelInfo:
        name = f"{info.name} ({self.name})" if self.name else info.name
        window = info.context_window or known(self._base_url, info.id).window
        return replace(info, id=self._prefix + info.id, name=name, context_window=window)

    def price(self, model_id: str) -> Price | None:
        """What a model of its costs; None: not known."""
        return known(self._base_url, model_id.removeprefix(self._prefix)).price

    @property
    def problem(self) -> str | None:
        """Why it offers nothing; None where it does, or may."""
        return self._listing.problem if self._listing is not None and not self.models() else None

    def owns(self, model_id: str) -> bool:
        """Whether that is a name of its own, listed or not."""
        return bool(self._prefix) and model_id.startswith(self._prefix)

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return self._model.stream(replace(request, model=request.model.removeprefix(self._prefix)))

    def prepare(self) -> None:
        if isinstance(self._model, Preparing):
            self._model.prepare()
        if self._listing is not None:
            self._listing.begin()

    async def listed(self) -> None:
        """Wait for the server's list, where there is none yet."""
        if self._listing is not None:
            await self._listing.done()

    async def aclose(self) -> None:
        if self._listing is not None:
            await self._listing.aclose()
        await self._model.aclose()

    def __repr__(self) -> str:
        return f"<DeclaredModel {self.name}: {self._model!r}>"


def declared(config: Config, plugins: Sequence[Plugin] = ()) -> tuple[Model, ...]:
    """One for each declaration, in its order. Raises ValueError for one that makes no sense."""
    kinds = {plugin.name: plugin for plugin in plugins}
    return tuple(_made(provider, config, kinds) for provider in config.providers)


def options_of(config: Config) -> Iterator[ModelOptions]:
    """What is said of models, by the names that they have here. What ``CrushApp.models`` says goes before."""
    for provider in config.providers:
        yield from (replace(one, id=f"{provider.name}/{one.id}") for one in provider.model_options)
    yield from config.models


def _made(provider: Provider, config: Config, kinds: Mapping[str, Plugin]) -> Model:
    match provider.kind:
        case "openai":
            return _openai(provider, config)
        case "anthropic":
            return _anthropic(provider, config)
        case kind if (plugin := kinds.get(kind)) is not None and plugin.make is not None:
            made = PluggedModel(plugin.make(**provider.options))
            return DeclaredModel(provider.name, made, provider.model_options)
        case kind if kind in kinds:
            raise ValueError(f"the provider {provider.name}: {kind} cannot be used: {kinds[kind].problem}")
        case kind:
            there = ", ".join((*BUILTIN_KINDS, *kinds))
            raise ValueError(f"the provider {provider.name} is of kind {kind!r}; there are: {there}")


def _openai(provider: Provider, config: Config) -> DeclaredModel:
    from .openai import OpenAIModel, Server  # noqa: PLC0415  imported when needed

    options = provider.model_options
    server = Server(
        **({"base_url": provider.base_url} if provider.base_url else {}),
        api_key=provider.api_key,
        key_header=provider.key_header,
        headers=provider.headers,
        body=provider.options,
        images={one.id: one.images for one in options if one.images is not None},
    )
    model = OpenAIModel(server, timeouts=config.timeouts)
    listing = None if options else Listing(server.url("models"), server.api_key, server.authorized, provider="openai")
    return DeclaredModel(provider.name, model, options, listing, base_url=server.base_url)


def _anthropic(provider: Provider, config: Config) -> DeclaredModel:
    from .anthropic import AnthropicModel, MessagesServer  # noqa: PLC0415  imported when needed
    from .anthropic.known import API_URL  # noqa: PLC0415

    options = provider.model_options
    model = AnthropicModel(
        MessagesServer(
            api_key=provider.api_key, base_url=provider.base_url, full=provider.full_requests, headers=provider.headers
        ),
        timeouts=config.timeouts,
    )
    listing = None
    if provider.base_url and not options:
        listing = messages_listing(provider.base_url, provider.api_key, provider.headers)
    return DeclaredModel(provider.name, model, options, listing, base_url=provider.base_url or API_URL)


def messages_listing(base_url: str, key: ApiKey | None, headers: Mapping[str, str]) -> Listing:
    """Of a server of the Messages API."""
    from .anthropic.known import PROVIDER, tidy  # noqa: PLC0415  imported when needed

    def authorized(key: str | None) -> Mapping[str, str]:
        named = {"Authorization": f"Bearer {key}", "x-api-key": key} if key else {}
        return {"anthropic-version": "2023-06-01", **headers, **named}

    return Listing(f"{tidy(base_url)}/v1/models", key, authorized, provider=PROVIDER)
